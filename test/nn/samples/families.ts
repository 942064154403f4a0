import { readdirSync } from "node:fs";
import type { LayerSample } from "./sample.ts";

const folder = new URL("rows/", import.meta.url);
/** The rows of every file in `rows`, by its name. */
export const families = await Promise.all(
  readdirSync(folder)
    .sort()
    .map(async (file) => {
      const { rows } = (await import(/* @vite-ignore */ new URL(file, folder).href)) as {
        readonly rows: readonly LayerSample[];
      };
      return [file.replace(".ts", ""), rows] as const;
    }),
);
