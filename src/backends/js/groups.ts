import type { MemoryPlan } from "../../ir/arena.ts";
import { callTree, type LoopCall, type LoopProgram } from "../../ir/loop.ts";
import { sizeOf } from "../../ir/type.ts";
import { callLines } from "./engine.ts";
import { arrayClass } from "../module/layout.ts";
import { functionText, tablesOf } from "./function.ts";
import { numbersLines, powersLines } from "./tables.ts";

/**
 * A module that runs some calls of a program by themselves, to be measured: `groups(buffer)` takes an arena and gives
 * the arrays of plain numbers beside it, and to `run` a function of the batch size for each group, which runs its calls
 * in order and in their loops.
 */
export function groupsText(
  loops: LoopProgram,
  { placements, numbers }: MemoryPlan,
  groups: readonly (readonly LoopCall[])[],
): string {
  const buffers = new Set(groups.flat().flatMap((call) => call.arrays));
  const views = [...buffers].map((buffer) => {
    const array = numbers.findIndex(({ holds }) => holds.includes(buffer));
    if (array >= 0) return `    $${buffer.name}: arrays[${array}],`;
    const { offset } = placements.get(buffer)!;
    return `    $${buffer.name}: new ${arrayClass[buffer.dtype]}(buffer, ${offset}, ${sizeOf(buffer.shape)}),`;
  });
  const bodies = groups.flatMap((calls) => [
    "    (n) => {",
    ...callLines(callTree(calls), loops, "own").map((line) => `      ${line}`),
    "    },",
  ]);
  const tables = loops.functions.map(tablesOf);
  const powers = tables.some((table) => table.powers);
  return [
    ...loops.functions.flatMap((fn) => [functionText(fn, false), ""]),
    ...(powers ? powersLines(false) : []),
    ...(numbers.length > 0 ? numbersLines(false) : []),
    "export function groups(buffer) {",
    `  const arrays = [${numbers.map(({ array }) => `numbers(${sizeOf(array.shape)})`).join(", ")}];`,
    "  const own = {",
    ...views,
    ...(powers ? ["    $powers: powersOfTwo(),"] : []),
    "    $bits: new Float64Array(1),",
    "  };",
    "  own.$words = new Uint32Array(own.$bits.buffer);",
    "  const run = [",
    ...bodies,
    "  ];",
    "  return { arrays, run };",
    "}",
    "",
  ].join("\n");
}
