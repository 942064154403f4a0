import { readdirSync, readFileSync } from "node:fs";
import type { LoopFunction } from "../../src/ir/loop.ts";
import { parseLoops } from "../../src/ir/text/loop-parse.ts";

const folder = new URL("../../templates/", import.meta.url);
const support = new Set(["types.ts", "intrinsics.ts", "lanes.ts"]);

/** Every function of `templates/` by its name, read from the files. */
export const templateTable = (): ReadonlyMap<string, LoopFunction> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => name.replaceAll("\\", "/"))
      .filter((name) => name.endsWith(".ts") && !support.has(name))
      .flatMap((name) => parseLoops(readFileSync(new URL(name, folder), "utf8"), `templates/${name}`))
      .map((fn) => [fn.name, fn] as const),
  );
