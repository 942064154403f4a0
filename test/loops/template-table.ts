import type { LoopFunction } from "../../src/ir/loop.ts";
import { parseLoops } from "../../src/ir/text/loop-parse.ts";
import { templates } from "../../src/lower/templates.gen.ts";

/** Every function of `templates/` by its name. */
export const templateTable = (): ReadonlyMap<string, LoopFunction> =>
  new Map(
    Object.entries(templates)
      .flatMap(([file, text]) => parseLoops(text, `templates/${file}.ts`))
      .map((fn) => [fn.name, fn] as const),
  );
