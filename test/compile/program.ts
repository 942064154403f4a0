import { jsBackend } from "../../src/backends/js/backend.ts";
import { printModule } from "../../src/backends/index.ts";
import type { Compilation } from "../../src/compile.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import { interpret, type LoopArray } from "../../src/eval/interpret.ts";
import { shapeAt } from "../../src/eval/ndarray.ts";
import type { MemoryPlan } from "../../src/ir/arena.ts";
import { graphNodes, isLeaf, leafName, type Graph, type LeafOp, type Node } from "../../src/ir/graph.ts";
import type { Buffer, Schedule } from "../../src/ir/kernel.ts";
import type { Phase } from "../../src/ir/phase.ts";
import type { Backend } from "../../src/ir/backend.ts";
import { eachCall, type LoopProgram } from "../../src/ir/loop.ts";
import { assertLoops } from "../../src/ir/verify/loop.ts";
import type { NDArray } from "../../src/ir/op.ts";
import type { Cell, Program } from "../../src/ir/program.ts";
import { bytesOf, isBatch, maxOf, sizeOf, type DType, type Shape } from "../../src/ir/type.ts";
import { lower } from "../../src/lower/index.ts";
import { plan } from "../../src/memory/index.ts";
import { ops } from "../../src/ops/table.ts";
import { schedule } from "../../src/schedule/index.ts";
import { ownGraphs } from "../own-graphs.ts";

/** What leaves hold, by "kind:name". */
export type Feed = ReadonlyMap<string, NDArray>;
/** Results by "phase/name", gradients as "backward/name". */
export type Results = ReadonlyMap<string, Float64Array>;

/** A program from the schedule to the loops. */
export interface Stages {
  readonly program: Program;
  readonly kernels: Schedule;
  readonly memory: MemoryPlan;
  readonly loops: LoopProgram;
}
export interface Compiled extends Stages {
  readonly text: string;
}

export interface Parts {
  readonly predict: Graph;
  /** A loss and gradients of parameters. */
  readonly training?: Graph;
  readonly precision: "f32" | "f64";
}

const nothing: Graph = { name: "sample.init", batch: null, outputs: [], origins: new Map() };
const kinds: readonly LeafOp[] = ["input", "parameter", "state"];

/** A program around graphs: every leaf they read becomes a cell. */
export function programOf({ predict, training, precision }: Parts): Program {
  const nodes = [predict, ...(training ? [training] : [])].flatMap(graphNodes).filter(isLeaf);
  const cells = new Map(
    nodes.map((node): [string, Cell] => {
      const cell: Cell = { kind: node.op as LeafOp, name: leafName(node), type: node.outputs[0].type };
      return [`${cell.kind}:${cell.name}`, cell];
    }),
  );
  // A parameter that the optimised graphs no longer read is still declared.
  for (const { role, name, value } of training?.outputs ?? []) {
    const key = `parameter:${name}`;
    if (role === "gradient" && !cells.has(key)) cells.set(key, { kind: "parameter", name, type: value.type });
  }
  // Trained parameters come first, in the order of their gradients, as in a declared model.
  const trained = (training?.outputs ?? [])
    .filter(({ role }) => role === "gradient")
    .map(({ name }) => `parameter:${name}`);
  const rank = (cell: Cell): number => {
    const place = trained.indexOf(`${cell.kind}:${cell.name}`);
    return kinds.indexOf(cell.kind) * 1000 + (place < 0 ? 999 : place);
  };
  return {
    name: "sample",
    precision,
    source: "sample.model.ts",
    batch: predict.batch,
    cells: [...cells.values()].sort((a, b) => rank(a) - rank(b)),
    metrics: [],
    table: null,
    graphs: {
      init: nothing,
      functions: [{ name: "predict", graph: predict }],
      evaluate: null,
      steps: training ? [{ name: null, training, update: null, commit: null }] : [],
    },
  };
}

/** Everything from the schedule to the loops. The graphs must hold no composite ops. */
export function loopsOf(program: Program, backend: Backend): Stages {
  const kernels = schedule(program, ops, backend);
  const memory = plan(program, kernels);
  const loops = lower(program, kernels, memory, backend);
  assertLoops(loops);
  return { program, kernels, memory, loops };
}

/** Everything from the schedule to the text of the js target. The graphs must hold no composite ops. */
export function compileProgram(program: Program, backend = jsBackend(program.precision)): Compiled {
  const stages = loopsOf(program, backend);
  const [{ text }] = printModule(program, stages.kernels, stages.memory, stages.loops, null, {
    types: false,
    base: "sample",
    flopsPerRow: 0,
    version: "0.0.0",
  });
  return { ...stages, text };
}

/** A compilation for js as the target ts prints it, without compiling again. */
export function typescriptOf({ optimized, kernels, memory, loops }: Compilation): string {
  const options = { types: true, base: "sample", flopsPerRow: 0, version: "0.0.0" };
  return printModule(optimized, kernels, memory, loops, null, options)[0].text;
}

const views: Readonly<Record<DType, new (memory: ArrayBuffer, at?: number, length?: number) => LoopArray>> = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
};

/** Row-major strides in elements; the batch dimension counts with its maximum. */
function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let k = shape.length - 2; k >= 0; k--) strides[k] = strides[k + 1] * maxOf(shape[k + 1]);
  return strides;
}

/** Offsets of the elements for a batch of n in the layout that counts n with its maximum. */
function offsetsOf(shape: Shape, n: number): number[] {
  const strides = stridesOf(shape);
  let offsets = [0];
  for (const [k, extent] of shapeAt(shape, n).entries()) {
    offsets = offsets.flatMap((base) => Array.from({ length: extent }, (_, i) => base + i * strides[k]));
  }
  return offsets;
}
const gather = (array: ArrayLike<number>, shape: Shape, n: number): Float64Array =>
  Float64Array.from(offsetsOf(shape, n), (offset) => array[offset]);

/** An array of the full batch with the values of n rows in it and poison everywhere else. */
function spread(value: NDArray, shape: Shape, n: number): LoopArray {
  const array = new views[value.dtype](new Uint8Array(sizeOf(shape) * 8).fill(255).buffer, 0, sizeOf(shape));
  for (const [k, offset] of offsetsOf(shape, n).entries()) array[offset] = value.data[k];
  return array;
}

const fed = (feed: Feed, { kind, name }: { readonly kind: string; readonly name: string }): NDArray => {
  const value = feed.get(`${kind}:${name}`);
  if (!value) throw new Error(`nothing is fed for ${kind} ${name}`);
  return value;
};

/** What the graphs of a program say, computed op by op. */
export function runNaive(program: Program, feed: Feed, n: number, round = false): Results {
  const graphs = ownGraphs(program);
  const found = new Map<string, Float64Array>();
  for (const [phase, graph] of [
    ["forward", graphs.training],
    ["predict", graphs.predict],
  ] as const) {
    if (!graph) continue;
    const leaves = graphNodes(graph).filter(isLeaf);
    const given = new Map<Node, NDArray>(
      leaves.map((node) => [node, fed(feed, { kind: node.op, name: leafName(node) })]),
    );
    const outputs = graph.outputs.map(({ value }) => value);
    for (const [k, { data }] of evaluate(outputs, given, { n, round }).entries()) {
      const { role, name } = graph.outputs[k];
      found.set(`${role === "gradient" ? "backward" : phase}/${name}`, data);
    }
  }
  return found;
}

/** Memory of a program as the module lays it out; everything that a run must write first holds NaN (or 255). */
export function arenaOf(
  { memory, kernels }: Stages,
  poison = 255,
  arena = new ArrayBuffer(memory.arenaBytes),
) {
  // Arrays of plain numbers have their exact length here, so that the interpreter sees what reaches beyond one.
  const numbers = new Map(
    memory.numbers
      .flatMap(({ holds }) => holds)
      .map((buffer) => [buffer, new Float64Array(sizeOf(buffer.shape)).fill(NaN)]),
  );
  const placed = (buffer: Buffer, count: number): LoopArray =>
    numbers.get(buffer) ?? new views[buffer.dtype](arena, memory.placements.get(buffer)!.offset, count);
  const viewOf = (buffer: Buffer): LoopArray => placed(buffer, sizeOf(buffer.shape));
  /** With what is a buffer's own behind its end. */
  const roomOf = (buffer: Buffer): LoopArray => {
    const unit = memory.padded.has(buffer) ? 16 / bytesOf[buffer.dtype] : 1;
    return placed(buffer, Math.ceil(sizeOf(buffer.shape) / unit) * unit);
  };
  for (const { offset, bytes, region } of memory.placements.values()) {
    if (region === "temporary" || region === "inputs") new Uint8Array(arena, offset, bytes).fill(poison);
  }
  for (const buffer of kernels.buffers) {
    if (buffer.values && memory.placements.has(buffer)) viewOf(buffer).set(buffer.values);
  }
  return { arena, viewOf, roomOf };
}

/** What the loops compute, run by the interpreter. */
export function runLoops(compiled: Stages, feed: Feed, n: number, poison = 255): Results {
  const { loops } = compiled;
  const arena = arenaOf(compiled, poison);
  const named = new Map(loops.functions.map((fn) => [fn.name, fn]));
  return runPhases(compiled, arena, feed, n, (phase) => {
    eachCall(loops.calls.get(phase) ?? [], (call, times) => {
      const args = [...call.arrays.map(arena.roomOf), ...times, ...(call.batch ? [n] : [])];
      interpret(named.get(call.name)!, args, named);
    });
  });
}

/** The results of a program's phases, each run by `run` on an arena that holds what is fed. */
export function runPhases(
  { kernels, memory, program }: Stages,
  { viewOf }: Pick<ReturnType<typeof arenaOf>, "viewOf">,
  feed: Feed,
  n: number,
  run: (phase: Phase) => void,
): Results {
  for (const buffer of kernels.buffers) {
    const { cell } = buffer;
    if (!cell || !memory.placements.has(buffer) || !kinds.includes(cell.kind as LeafOp)) continue;
    const view = viewOf(buffer);
    const value = fed(feed, cell);
    if (cell.kind !== "input") view.set(value.data);
    else for (const [k, offset] of offsetsOf(buffer.shape, n).entries()) view[offset] = value.data[k];
  }
  const found = new Map<string, Float64Array>();
  const read = (phase: Phase): void => {
    for (const result of kernels.results) {
      if (result.phase === phase)
        found.set(`${phase}/${result.name}`, gather(viewOf(result.buffer), result.buffer.shape, n));
    }
  };
  const { training } = ownGraphs(program);
  if (training) {
    run("forward");
    read("forward");
    const gradients = kernels.buffers.filter(({ cell }) => cell?.kind === "gradient");
    for (const buffer of gradients) viewOf(buffer).fill(0);
    run("backward");
    for (const buffer of gradients)
      found.set(`backward/${buffer.cell!.name}`, Float64Array.from(viewOf(buffer)));
  }
  run("predict");
  read("predict");
  return found;
}

export interface Net {
  readonly state: Uint8Array;
  readonly params: { readonly [name: string]: LoopArray };
  readonly gradients: { readonly [name: string]: LoopArray };
  forward(...args: unknown[]): number;
  backward(accumulate?: boolean): void;
  update(): void;
  init(seed: number): void;
  trainStep(...args: unknown[]): number;
  evaluate(...args: unknown[]): { readonly [name: string]: number | LoopArray };
  resetMetrics(): void;
  readonly step: number;
  readonly hyper: { [name: string]: number };
  predict(...args: unknown[]): { readonly [name: string]: LoopArray };
}
export interface EmittedModule {
  readonly spec: { readonly [name: string]: unknown };
  create(options?: { seed?: number; state?: Uint8Array }): Net;
  createPredictor(state: Uint8Array): Pick<Net, "predict" | "params">;
}

/** Loads the text of a module that exports only definitions; far quicker than an import of its own. */
export function loadText(text: string): EmittedModule {
  const body = `"use strict";\n${text.replace(/^export /gm, "")}\nreturn { spec, create, createPredictor, encodeRow: typeof encodeRow === "function" ? encodeRow : undefined };`;
  // eslint-disable-next-line no-new-func
  return new Function(body)() as EmittedModule;
}

/** What the emitted module computes through its public interface; scratch is poisoned beforehand. */
export function runModule(compiled: Compiled, feed: Feed, n: number, poison = 255): Results {
  const { program, memory, kernels, loops, text } = compiled;
  const net = loadText(text).create();
  for (const cell of program.cells) {
    if (cell.kind === "parameter") net.params[cell.name].set(fed(feed, cell).data);
    else if (cell.kind !== "input") {
      const [buffer, place] = [...memory.placements].find(
        ([b]) => b.cell?.kind === cell.kind && b.cell.name === cell.name,
      )!;
      new views[buffer.dtype](net.state.buffer as ArrayBuffer, place.offset, sizeOf(buffer.shape)).set(
        fed(feed, cell).data,
      );
    }
  }
  for (const { offset, bytes, region } of memory.placements.values()) {
    if (region === "temporary" || region === "inputs" || region === "gradients")
      new Uint8Array(net.state.buffer, offset, bytes).fill(poison);
  }
  const inputs = program.cells.filter((cell) => cell.kind === "input");
  const argument = (cell: Cell): LoopArray => {
    const { shape, dtype } = cell.type;
    const value = fed(feed, cell);
    // Rows of a leading batch may be given alone; otherwise the array has the full layout.
    if (!shape.slice(1).some(isBatch)) {
      const array = new views[dtype](new ArrayBuffer(value.data.length * 8), 0, value.data.length);
      array.set(value.data);
      return array;
    }
    return spread(value, shape, n);
  };
  const rows = program.batch === null ? [] : [n];
  const found = new Map<string, Float64Array>();
  const { training } = ownGraphs(program);
  if (training) {
    const loss = net.forward(...inputs.map(argument), ...rows);
    const { name } = training.outputs.find(({ role }) => role === "loss")!;
    found.set(`forward/${name}`, Float64Array.of(loss));
    net.backward();
    for (const name of Object.keys(net.gradients))
      found.set(`backward/${name}`, Float64Array.from(net.gradients[name]));
  }
  const read = new Set(
    (loops.calls.get("predict") ?? []).flatMap((call) => call.arrays.map(({ cell }) => cell)),
  );
  const needed = inputs.filter((cell) =>
    [...read].some((other) => other?.kind === "input" && other.name === cell.name),
  );
  const outputs = net.predict(...needed.map(argument), ...rows);
  for (const { phase, name, buffer } of kernels.results)
    if (phase === "predict") found.set(`predict/${name}`, gather(outputs[name], buffer.shape, n));
  return found;
}

/** The naive evaluation, exact and with every f32 result rounded. */
export interface Truth {
  readonly naive: Results;
  readonly rounded: Results;
}
export const truthOf = (program: Program, feed: Feed, n: number): Truth => ({
  naive: runNaive(program, feed, n),
  rounded: runNaive(program, feed, n, true),
});

/** Where the first bit differs between two runs, or undefined. */
export function firstDifference(a: Results, b: Results): string | undefined {
  if ([...a.keys()].sort().join() !== [...b.keys()].sort().join())
    return `results ${[...a.keys()].join(", ")} against ${[...b.keys()].join(", ")}`;
  for (const [name, values] of a) {
    const others = b.get(name)!;
    for (const [k, value] of values.entries())
      if (!Object.is(value, others[k])) return `${name}[${k}] is ${value} against ${others[k]}`;
    if (values.length !== others.length)
      return `${name} has ${values.length} against ${others.length} elements`;
  }
  return undefined;
}

/** Where a run is further from the naive evaluation than rounding explains, or undefined. */
export function firstError({ naive, rounded }: Truth, found: Results, tolerance: number): string | undefined {
  for (const [name, values] of found) {
    const exact = naive.get(name)!;
    const other = rounded.get(name)!;
    const scale = exact.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
    for (const [k, value] of values.entries()) {
      const near = [exact[k], other[k]].some(
        (wanted) =>
          Object.is(value, wanted) || value === wanted || Math.abs(value - wanted) <= tolerance * scale,
      );
      // Beyond the range of f32 the two evaluations disagree themselves.
      const beyond = Number.isFinite(exact[k]) !== Number.isFinite(other[k]);
      if (!near && !beyond) return `${name}[${k}] is ${value}, expected ${exact[k]} (rounded ${other[k]})`;
    }
  }
  return undefined;
}
