import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^gradc$/, replacement: source("index.ts") },
      { find: /^gradc\/compiler$/, replacement: source("compiler.ts") },
      { find: /^gradc\/train$/, replacement: source("train/index.ts") },
      { find: /^gradc\/data$/, replacement: source("data/index.ts") },
      { find: /^gradc\/config$/, replacement: source("config.ts") },
    ],
  },
  // Files share a worker and what it has loaded: no test leaves anything behind, and loading the compiler takes as long
  // as most of them.
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: process.env["GRADC_LONG"] ? 600_000 : 120_000,
    maxWorkers: 2,
    isolate: false,
  },
});
