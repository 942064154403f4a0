import { fail } from "./base/errors.ts";
import { baseName } from "./base/model-name.ts";
import { checkChoice, checkNames } from "./base/options.ts";
import { jsBackend } from "./backends/js/backend.ts";
import { printModule, type PrintedFile } from "./backends/index.ts";
import { assemble, type WasmCode } from "./backends/wasm/assemble.ts";
import { plainWasmBackend, wasmBackend } from "./backends/wasm/backend.ts";
import { flopsPerRow } from "./flops.ts";
import type { Backend } from "./ir/backend.ts";
import { withBuilder } from "./ir/builder.ts";
import type { MemoryPlan } from "./ir/arena.ts";
import type { Graph } from "./ir/graph.ts";
import type { Schedule } from "./ir/kernel.ts";
import { assertLoop, assertLoops } from "./ir/verify/loop.ts";
import { assertGraph } from "./ir/verify/graph.ts";
import { assertKernels } from "./ir/verify/kernel.ts";
import { assertMemory } from "./ir/verify/memory.ts";
import type { LoopProgram } from "./ir/loop.ts";
import type { OpTable } from "./ir/op.ts";
import { mapGraphs, type Program } from "./ir/program.ts";
import { sizeOf } from "./ir/type.ts";
import { lower } from "./lower/index.ts";
import { plan } from "./memory/index.ts";
import { buildGraph, type BuiltModel } from "./nn/model/build.ts";
import { isModel, type Model } from "./nn/model/define.ts";
import { differentiate } from "./nn/model/differentiate.ts";
import { optimizeGraph, type Listener } from "./optimize/index.ts";
import { opsOf } from "./ops/table.ts";
import { schedule } from "./schedule/index.ts";
import { chooseTarget, precisions, targetChoices, type Target, type TargetChoice } from "./target.ts";
import { version } from "./version.ts";

export type { Target } from "./target.ts";
/** What is made of a model. */
export interface CompileOptions {
  /** `auto` is wasm or js, by the work of a training step. */
  readonly target?: TargetChoice;
  /** Of what floats the build is made: f32 by default, or f64, which wasm does not have. */
  readonly precision?: "f32" | "f64";
  /** For wasm: leaves out relaxed SIMD, whose results depend on the host. */
  readonly strict?: boolean;
  /** For wasm: the code goes into files of its own, and whoever makes a network gives the compiled module. */
  readonly wasmFile?: boolean;
  /** The model file's base name, for comments, headers and file names. */
  readonly source?: string;
  /** Verifies graphs and loops after every pass, kernels, and the memory plan. */
  readonly debug?: boolean;
  /** Sees each optimizer pass: its name, its graph, the rules it applied. */
  readonly see?: Listener;
}

/** How large a build is, in bytes, and how much it computes. */
export interface Sizes {
  /** The files that run, before gzip. */
  readonly code: number;
  /** A network's memory. */
  readonly arenaBytes: number;
  /** What is alive at once at most, below which no arena can be. */
  readonly liveBoundBytes: number;
  /** What js keeps beside the arena: operands of large products as plain numbers. */
  readonly numbersBytes: number;
  /** What is worth saving: parameters, optimizer slots, counters. */
  readonly stateBytes: number;
  /** Operations of a training step for each row of the batch. */
  readonly flopsPerRow: number;
}

/** Every stage of one compilation, each a value that can be looked at. */
export interface Compilation {
  /** What the files are written in. */
  readonly target: Target;
  /** What the middle of the compiler knows of the target. */
  readonly backend: Backend;
  /** The model's graphs, as declared. */
  readonly forward: BuiltModel;
  /** The same with gradients and optimizers. */
  readonly training: Program;
  /** The same after all rewrites. */
  readonly optimized: Program;
  /** What is computed together, in which order. */
  readonly kernels: Schedule;
  /** Where everything lies. */
  readonly memory: MemoryPlan;
  /** Kernels as loops. */
  readonly loops: LoopProgram;
  /** The loops in WebAssembly, for that target. */
  readonly wasm: WasmCode | null;
  /** The module and its types, by name and text; of a binary file also its bytes. */
  readonly files: readonly PrintedFile[];
  /** How large the build is. */
  readonly sizes: Sizes;
}

const known: { readonly [option: string]: readonly unknown[] | null } = {
  target: targetChoices,
  precision: precisions,
  strict: [true, false],
  wasmFile: [true, false],
  source: null,
  debug: null,
  see: null,
};

/** Refuses what is no model and options that do not exist, since callers in JavaScript have no types. */
function checkArguments(model: unknown, options: CompileOptions): void {
  if (!isModel(model)) {
    fail("model", `compile takes a model made by defineModel, found ${typeof model}`, {
      hint: typeof model === "string" ? "pass the model itself, not the path of its file" : undefined,
    });
  }
  checkNames("compile", options, known);
  for (const [option, value] of Object.entries(options)) {
    const allowed = known[option];
    if (value !== undefined && allowed) checkChoice(option, value, allowed);
  }
  const { target = "js", precision } = options;
  if (target === "wasm" && precision === "f64") {
    fail("option", "the target wasm computes in float32, so there is no float64 build of it", {
      hint: "use the target js for float64, or leave precision out",
    });
  }
  for (const option of ["strict", "wasmFile"] as const) {
    if (options[option] && target !== "wasm" && target !== "auto")
      fail("option", `${option} is of the target wasm alone, not of ${target}`);
  }
}

/**
 * Compiles a model: its whole journey, a line a stage, each of which is a value. Nothing is written. Faults of the model
 * are told as `gradc compile` tells them. Fails with `model` for what is no model, with `option` for options that are not these.
 */
export function compile(model: Model, options: CompileOptions = {}): Compilation {
  checkArguments(model, options);
  const {
    target: asked = "js",
    precision = "f32",
    strict = false,
    wasmFile = false,
    source = `${model.declaration.name}.model.ts`,
    see,
    debug,
  } = options;
  const forward = buildGraph(model, { precision, source });
  const training = differentiate(forward);
  // Ops that the model declares for itself are all known once gradients are made, which may use them too.
  const table = opsOf(forward.builder);
  const flops = flopsPerRow(
    training.graphs.steps.map((step) => step.training),
    training.batch,
    table,
  );
  const { target } =
    asked === "auto" ? chooseTarget(flops, training.batch ?? 1, precision) : { target: asked };
  const backend = backendOf(target, precision, strict);
  const optimized = optimize(training, forward, table, backend, debug ? verifying(table, see) : see);
  const kernels = schedule(optimized, table, backend);
  if (debug) assertKernels(kernels, backend.lanes);
  const memory = plan(optimized, kernels);
  if (debug) assertMemory(optimized, kernels, memory);
  const loops = lower(optimized, kernels, memory, backend, debug ? assertLoop : undefined);
  if (debug) assertLoops(loops);
  const wasm = target === "wasm" ? assemble(optimized, kernels, memory, loops, { strict }) : null;
  const files = printModule(optimized, kernels, memory, loops, wasm, {
    types: target === "ts",
    wasmFile,
    base: baseName(source),
    flopsPerRow: flops,
    version,
  });
  const { arenaBytes, liveBoundBytes, stateBytes } = memory;
  const numbersBytes = memory.numbers.reduce((sum, { array }) => sum + 8 * sizeOf(array.shape), 0);
  const code = codeFiles(files).reduce((sum, file) => sum + bytesOf(file).length, 0);
  return {
    target,
    backend,
    forward,
    training,
    optimized,
    kernels,
    memory,
    loops,
    wasm,
    files,
    sizes: { code, arenaBytes, liveBoundBytes, numbersBytes, stateBytes, flopsPerRow: flops },
  };
}

/** What the middle of the compiler knows of a target. */
function backendOf(target: Target, precision: "f32" | "f64", strict: boolean): Backend {
  if (target !== "wasm") return jsBackend(precision);
  return strict ? plainWasmBackend : wasmBackend;
}

function optimize(
  program: Program,
  { builder }: BuiltModel,
  table: OpTable,
  backend: Backend,
  see?: Listener,
): Program {
  const simplify = (graph: Graph): Graph =>
    withBuilder(builder, () => optimizeGraph(graph, table, backend, see));
  return { ...program, graphs: mapGraphs(program.graphs, simplify) };
}

/** The files that run; the others only say types. */
export const codeFiles = (files: readonly PrintedFile[]): PrintedFile[] =>
  files.filter(({ name }) => !name.endsWith(".d.ts"));
export const bytesOf = ({ text, bytes }: PrintedFile): Uint8Array => bytes ?? new TextEncoder().encode(text);

/** Also checks what always holds, and names the pass that broke it. */
const verifying =
  (table: OpTable, see?: Listener): Listener =>
  (pass, graph, applied) => {
    assertGraph(graph, table, pass);
    see?.(pass, graph, applied);
  };
