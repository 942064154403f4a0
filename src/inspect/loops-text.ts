import type { LoopProgram } from "../ir/loop.ts";
import { printLoops } from "../ir/text/loop-print.ts";

/** The functions as the TypeScript subset they are, after the calls of each phase in their order. */
export function loopsText({ functions, calls }: LoopProgram): string {
  const order = [...calls].flatMap(([phase, list]) => [
    `// ${phase}`,
    ...list.map(
      ({ name, arrays, batch }) =>
        `//   ${name}(${[...arrays.map((b) => b.name), ...(batch ? ["n"] : [])].join(", ")})`,
    ),
  ]);
  return [...order, "", printLoops(functions)].join("\n");
}
