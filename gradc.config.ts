import { defineConfig } from "gradc/config";

/** The examples: every stage and the module of each are checked in, so that a diff shows what a change does. */
export default defineConfig({
  models: "examples/*/*.model.ts",
  target: "ts",
  outDir: "generated/{name}",
  stages: true,
});
