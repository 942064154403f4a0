import { invariant } from "../../base/errors.ts";
import { groupsText } from "../../backends/js/groups.ts";
import { groupsOf } from "../../backends/wasm/groups.ts";
import { hasRelaxed } from "../../backends/wasm/host.ts";
import type { Compilation } from "../../compile.ts";
import type { Kernel } from "../../ir/kernel.ts";
import { byFunction } from "../../ir/kernel-walk.ts";
import { callTree, type CallTree, type LoopCall, type LoopFunction } from "../../ir/loop.ts";
import { entriesOf, functionPhase, stepParts, stepPhase, type Phase } from "../../ir/phase.ts";
import { importText } from "../load-generated.ts";
import { checkRows, sampleInputs } from "../sample-inputs.ts";
import type { Generated } from "../train/module.ts";
import { measure } from "./measure.ts";
import { overwrittenBy, restorer, wholeOf, type Memory, type Piece } from "./overwritten.ts";
import { workOf, type Work } from "./work.ts";

/** A kernel's part of what it is called in. */
export interface KernelTime extends Work {
  /** "forward", "predict", …; "trainStep" where that is written as one function. */
  readonly phase: Phase;
  readonly kernel: string;
  /** What it computes, and the line of the model that says so. */
  readonly doc: string;
  /** How often a call of the phase runs it; work and times are those of all runs. */
  readonly runs: number;
  /** Milliseconds. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The training step or function that it is a part of: "trainStep", "generator trainStep", "predict". */
  readonly entry: string;
  /** Of the time of all kernels of that. */
  readonly share: number;
}

/** A call with what it runs. */
interface Measured extends Pick<KernelTime, "phase" | "kernel" | "doc" | "entry"> {
  readonly call: LoopCall;
  readonly work: Work;
  /** What it would not find again if it ran twice. */
  readonly overwritten: readonly Piece[];
}

/** A measurement of a kernel takes at least this many milliseconds, and these many are thrown away. */
const leastTime = 1;
const warmUps = 15;

/**
 * Times each kernel by itself, in memory where everything before it has run. A kernel that works in place finds what
 * it began with at every timed call: its own results, again and again, are soon too small or too large for plain
 * numbers, with which processors are slower. Fails with `batch-size` where more rows are asked for than declared.
 */
export async function measureKernels(
  generated: Generated,
  compilation: Compilation,
  {
    samples,
    rows = generated.spec.batch ?? 1,
    runner = runnerOf,
  }: { samples: number; rows?: number; runner?: typeof runnerOf },
): Promise<KernelTime[]> {
  checkRows(generated.spec, rows);
  const parts = partsOf(compilation, rows);
  const groups = parts.flatMap(({ all, measured }) => [all, ...measured.map(({ call }) => [call])]);
  const { memories, run } = await runner(compilation, groups);
  fill(memories[0], generated, compilation, rows);
  const pass = (count: number): Omit<KernelTime, "share">[] => {
    let next = 0;
    return parts.flatMap(({ measured }) => {
      const all = run[next++];
      // Each is measured on what its neighbours find too.
      const before = memories.map((memory) => memory.slice());
      const restore = (pieces: readonly Piece[]): (() => void) => {
        const each = pieces.map((piece) => restorer(memories, before, piece));
        return () => {
          for (const one of each) one();
        };
      };
      const restoreAll = restore(memories.map(wholeOf));
      const times = measured.map(({ call, work, overwritten, ...about }) => {
        const one = run[next++];
        const runs = call.loops.reduce((product, { axis }) => product * axis.extent, 1);
        const prepare = overwritten.length > 0 ? restore(overwritten) : undefined;
        const time = measure(() => one(rows), count, { least: leastTime, prepare });
        restoreAll();
        return { ...about, runs, ...time, flops: work.flops * runs, bytes: work.bytes * runs };
      });
      all(rows);
      return times;
    });
  };
  // Engines optimise functions beside the program, which on a busy machine takes a while: a first pass only warms up.
  pass(warmUps);
  const times = pass(samples);
  return times.map((time) => ({ ...time, share: time.median / sumOf(times, time.entry) }));
}

/** Milliseconds of all kernels of an entry. */
export const sumOf = (times: readonly Pick<KernelTime, "entry" | "median">[], entry: string): number =>
  times.reduce((sum, time) => sum + (time.entry === entry ? time.median : 0), 0);

/** Neighbouring calls that run together, in running order: one call, or those in one loop. */
interface Part {
  readonly all: readonly LoopCall[];
  readonly measured: readonly Measured[];
}

function partsOf(compilation: Compilation, rows: number): Part[] {
  const { loops, kernels, optimized, memory } = compilation;
  const functions = new Map(loops.functions.map((fn) => [fn.name, fn]));
  const work = (own: readonly Kernel[], call: LoopCall): Work =>
    sumOfWork(own.map((kernel) => workOf(kernel, functions.get(call.name)!, rows)));
  const callsIn = (item: CallTree): LoopCall[] => ("loop" in item ? item.calls.flatMap(callsIn) : [item]);
  const entries = entriesByPhase(compilation);
  const parts: Part[] = [];
  for (const { kind, phases } of entriesOf(optimized)) {
    if (kind === "init" || kind === "evaluate") continue;
    for (const phase of phases) {
      const calls = loops.calls.get(phase) ?? [];
      const kernelsIn = kernels.kernels.filter((kernel) => kernel.phase === phase);
      // A phase of a tiny model without a batch is written as one function.
      const own = calls.length === 1 ? [kernelsIn] : byFunction(kernelsIn);
      invariant(
        own.length === calls.length,
        `${phase} has ${own.length} functions and ${calls.length} calls`,
      );
      const kernelsOf = new Map(calls.map((call, k) => [call, own[k]]));
      for (const item of callTree(calls)) {
        const all = callsIn(item);
        const measured = all.map((call): Measured => {
          const together = kernelsOf.get(call)!;
          const [{ name, record }] = together;
          const doc = together.flatMap((kernel) => kernel.doc)[0] ?? "";
          const entry = entries.get(phase)!;
          const kernel = record.pass?.name ?? name;
          const overwritten = overwrittenBy(call, functions.get(call.name)!, memory);
          return { phase, kernel, doc, entry, call, work: work(together, call), overwritten };
        });
        parts.push({ all, measured });
      }
    }
  }
  if (!loops.step) return parts;
  const step = functions.get(loops.step.name)!;
  return withWholeStep(parts, loops.step, step, overwrittenBy(loops.step, step, memory));
}

/** What the training step or function of every phase is called. */
function entriesByPhase({ optimized: { graphs } }: Compilation): Map<Phase, string> {
  const entries = new Map<Phase, string>(graphs.functions.map(({ name }) => [functionPhase(name), name]));
  for (const step of graphs.steps)
    for (const part of stepParts)
      entries.set(stepPhase(part, step), step.name === null ? "trainStep" : `${step.name} trainStep`);
  return entries;
}

/** A training step that is written as one function stands in for its phases. */
function withWholeStep(
  parts: readonly Part[],
  call: LoopCall,
  { name, doc }: LoopFunction,
  overwritten: readonly Piece[],
): Part[] {
  const inStep = ({ measured }: Part): boolean => measured[0].entry === "trainStep";
  const work = sumOfWork(
    parts.filter(inStep).flatMap(({ measured }) => measured.map(({ work: own }) => own)),
  );
  const about = { phase: "trainStep", kernel: name, doc: doc[0] ?? "", entry: "trainStep" } as const;
  const whole: Part = { all: [call], measured: [{ ...about, call, work, overwritten }] };
  return [whole, ...parts.filter((part) => !inStep(part))];
}

const sumOfWork = (works: readonly Work[]): Work => ({
  flops: works.reduce((flops, own) => flops + own.flops, 0),
  bytes: works.reduce((bytes, own) => bytes + own.bytes, 0),
});

/** What runs groups of calls, and what they run on: the arena, then the arrays of plain numbers beside it. */
export interface Runner {
  readonly memories: readonly [Uint8Array, ...Memory[]];
  readonly run: readonly ((n: number) => void)[];
}

/** A module that runs groups of calls in JavaScript. */
type Groups = {
  readonly groups: (arena: ArrayBuffer) => { readonly arrays: number[][]; readonly run: Runner["run"] };
};

export async function runnerOf(
  { loops, memory, wasm }: Compilation,
  groups: readonly (readonly LoopCall[])[],
): Promise<Runner> {
  if (wasm) {
    const relaxed = wasm.relaxed !== null && hasRelaxed();
    const { arena, run } = groupsOf(loops, memory, groups, { relaxed });
    return { memories: [arena], run };
  }
  const buffer = new ArrayBuffer(memory.arenaBytes);
  const module = (await importText(groupsText(loops, memory, groups))) as Groups;
  const { arrays, run } = module.groups(buffer);
  return { memories: [new Uint8Array(buffer), ...arrays], run };
}

/** Fills an arena with a fresh network and random inputs. */
export function fill(
  arena: Uint8Array,
  { spec, create }: Generated,
  { kernels, memory }: Compilation,
  rows: number,
): void {
  const net = create({ seed: 1 });
  arena.set(new Uint8Array(net.state.buffer, 0, memory.arenaBytes));
  const inputs = sampleInputs(spec.inputs, rows, 1);
  for (const [k, { name }] of spec.inputs.entries()) {
    const buffer = kernels.buffers.find(({ cell }) => cell?.kind === "input" && cell.name === name);
    const placement = buffer && memory.placements.get(buffer);
    const { buffer: values, byteOffset, byteLength } = inputs[k];
    if (placement) arena.set(new Uint8Array(values, byteOffset, byteLength), placement.offset);
  }
}
