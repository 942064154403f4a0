import type { MemoryPlan } from "../../ir/arena.ts";
import type { Buffer, Schedule } from "../../ir/kernel.ts";
import { callTree, type CallTree, type LoopCall, type LoopProgram } from "../../ir/loop.ts";
import type { Phase } from "../../ir/phase.ts";
import type { Cell, Program, StepGraphs } from "../../ir/program.ts";
import { tablesOf } from "./function.ts";
import { packLoops, packsOf, type Pack } from "./pack.ts";
import { className, identifier } from "./names.ts";

/** Everything that the parts of a module share, worked out once. */
export interface ModuleContext {
  readonly program: Program;
  /** The one step of a model that declares no `steps`. */
  readonly step: StepGraphs | undefined;
  readonly schedule: Schedule;
  readonly memory: MemoryPlan;
  readonly loops: LoopProgram;
  readonly packs: readonly Pack[];
  readonly types: boolean;
  readonly className: string;
  readonly version: string;
  /** Inputs in declaration order with the argument names that stand for them. */
  readonly inputs: readonly Input[];
  readonly needed: ReadonlyMap<Entry, readonly Input[]>;
  readonly tables: { readonly powers: boolean; readonly bits: boolean };
  /** Buffers that prediction touches, and those that only the rest does. */
  readonly predictBuffers: readonly Buffer[];
  readonly otherBuffers: readonly Buffer[];
}
export type Entry = "forward" | "predict" | "evaluate";
export interface Input {
  readonly cell: Cell;
  readonly buffer: Buffer;
  readonly argument: string;
}

export function moduleContext(
  program: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  unpacked: LoopProgram,
  types: boolean,
  version: string,
): ModuleContext {
  const own = [
    "n",
    "options",
    "accumulate",
    "seed",
    "checkRows",
    "checkIndices",
    "checkState",
    "powersOfTwo",
  ];
  const taken = new Set<string>([...own, ...unpacked.functions.map(({ name }) => name)]);
  const inputs = program.cells
    .filter((cell) => cell.kind === "input")
    .map((cell): Input => {
      const buffer = schedule.buffers.find((b) => b.cell?.kind === "input" && b.cell.name === cell.name)!;
      return { cell, buffer, argument: identifier(cell.name, taken) };
    });
  const touched = new Set(
    [...unpacked.calls.values()]
      .flat()
      .concat(unpacked.step ?? [])
      .flatMap((call) => call.arrays),
  );
  const packs = packsOf(
    schedule.buffers.filter((b) => touched.has(b) || b.cell?.kind === "hyper" || b.cell?.kind === "state"),
    memory,
  );
  const loops = packLoops(unpacked, packs);
  const buffersIn = (phases: readonly Phase[]): Set<Buffer> =>
    new Set(phases.flatMap((phase) => (loops.calls.get(phase) ?? []).flatMap((call) => call.arrays)));
  const predicts = buffersIn(["predict"]);
  for (const result of schedule.results) if (result.phase === "predict") predicts.add(result.buffer);
  for (const buffer of schedule.buffers) if (buffer.cell?.kind === "parameter") predicts.add(buffer);
  const others = buffersIn(["init", "forward", "backward", "update", "commit", "evaluate"]);
  for (const array of loops.step?.arrays ?? []) others.add(array);
  for (const result of schedule.results) others.add(result.buffer);
  for (const input of inputs) others.add(input.buffer);
  for (const buffer of schedule.buffers) if (buffer.cell?.kind === "gradient") others.add(buffer);
  const needs = (phases: readonly Phase[]): Input[] => {
    const used = buffersIn(phases);
    return inputs.filter((input) => used.has(input.buffer));
  };
  const all = loops.functions.map(tablesOf);
  return {
    program,
    step: program.graphs.steps.find(({ name }) => name === null),
    schedule,
    memory,
    loops,
    packs,
    types,
    version,
    className: className(program.name),
    inputs,
    // A loss takes every declared input, so that its signature is the declaration's.
    needed: new Map([
      ["forward", inputs],
      ["evaluate", inputs],
      ["predict", needs(["predict"])],
    ]),
    tables: { powers: all.some((t) => t.powers), bits: all.some((t) => t.bits) },
    predictBuffers: schedule.buffers.filter((b) => predicts.has(b)),
    otherBuffers: schedule.buffers.filter((b) => others.has(b) && !predicts.has(b)),
  };
}

/** The statement that calls a kernel with the instance's views. */
export function callText(call: LoopCall, context: ModuleContext): string {
  const fn = context.loops.functions.find((f) => f.name === call.name)!;
  const tables = tablesOf(fn);
  const args = [
    ...call.arrays.map((buffer) => `this.$${buffer.name}`),
    ...(tables.powers ? ["this.$powers"] : []),
    ...(tables.bits ? ["this.$bits", "this.$words"] : []),
    ...call.times,
    ...(call.batch ? ["n"] : []),
  ];
  return `${call.name}(${args.join(", ")});`;
}

export const callsOf = (phase: Phase, context: ModuleContext): string[] =>
  callLines(callTree(context.loops.calls.get(phase) ?? []), context);

function callLines(tree: readonly CallTree[], context: ModuleContext): string[] {
  return tree.flatMap((item) => {
    if (!("loop" in item)) return [callText(item, context)];
    const { name, extent } = item.loop.axis;
    const head = item.loop.reverse
      ? `let ${name} = ${extent - 1}; ${name} >= 0; ${name}--`
      : `let ${name} = 0; ${name} < ${extent}; ${name}++`;
    return [`for (${head}) {`, ...callLines(item.calls, context).map((line) => `  ${line}`), "}"];
  });
}
export const usesBatch = (phase: Phase, context: ModuleContext): boolean =>
  (context.loops.calls.get(phase) ?? []).some((call) => call.batch);
