import { fail } from "./base/errors.ts";
import { suggest } from "./base/suggest.ts";
import { jsBackend } from "./backends/js/backend.ts";
import { printModule, type PrintedFile } from "./backends/index.ts";
import { flopsPerRow } from "./flops.ts";
import type { Backend } from "./ir/backend.ts";
import { withBuilder } from "./ir/builder.ts";
import type { MemoryPlan } from "./ir/arena.ts";
import type { Graph } from "./ir/graph.ts";
import type { Schedule } from "./ir/kernel.ts";
import { assertLoops } from "./ir/verify/loop.ts";
import { assertGraph } from "./ir/verify/graph.ts";
import type { LoopProgram } from "./ir/loop.ts";
import type { OpTable } from "./ir/op.ts";
import { mapGraphs, type Program } from "./ir/program.ts";
import { lower } from "./lower/index.ts";
import { plan } from "./memory/index.ts";
import { buildGraph, type BuiltModel } from "./nn/model/build.ts";
import { isModel, type Model } from "./nn/model/define.ts";
import { differentiate } from "./nn/model/differentiate.ts";
import { optimizeGraph, type Listener } from "./optimize/index.ts";
import { opsOf } from "./ops/table.ts";
import { schedule } from "./schedule/index.ts";
import { version } from "./version.ts";

export type Target = "js" | "ts";
export interface CompileOptions {
  readonly target?: Target;
  readonly precision?: "f32" | "f64";
  /** The model file's base name, for comments, headers and file names. */
  readonly source?: string;
  /** Verifies every graph after every pass. */
  readonly debug?: boolean;
  /** Sees each optimizer pass: its name, its graph, the rules it applied. */
  readonly see?: Listener;
}

export interface Sizes {
  readonly code: number;
  readonly arenaBytes: number;
  readonly liveBoundBytes: number;
  readonly stateBytes: number;
  readonly flopsPerRow: number;
}

/** Every stage of one compilation, each a value that can be looked at. */
export interface Compilation {
  readonly backend: Backend;
  readonly forward: BuiltModel;
  readonly training: Program;
  readonly optimized: Program;
  readonly kernels: Schedule;
  readonly memory: MemoryPlan;
  readonly loops: LoopProgram;
  readonly files: readonly PrintedFile[];
  readonly sizes: Sizes;
}

const known: { readonly [option: string]: readonly unknown[] | null } = {
  target: ["js", "ts"],
  precision: ["f32", "f64"],
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
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(known, option))
      fail("option", `compile has no option "${option}"`, { hint: suggest(option, Object.keys(known)) });
    const allowed = known[option];
    if (value !== undefined && allowed && !allowed.includes(value)) {
      fail("option", `${option} cannot be ${JSON.stringify(value)}`, {
        hint: `it may be ${allowed.join(" or ")}`,
      });
    }
  }
}

/** The whole journey of a model, a line a stage. */
export function compile(model: Model, options: CompileOptions = {}): Compilation {
  checkArguments(model, options);
  const {
    target = "js",
    precision = "f32",
    source = `${model.declaration.name}.model.ts`,
    see,
    debug,
  } = options;
  const backend = jsBackend(precision);
  const forward = buildGraph(model, { precision, source });
  const training = differentiate(forward);
  // Ops that the model declares for itself are all known once gradients are made, which may use them too.
  const table = opsOf(forward.builder);
  const optimized = optimize(training, forward, table, backend, debug ? verifying(table, see) : see);
  const kernels = schedule(optimized, table, backend);
  const memory = plan(optimized, kernels);
  const loops = lower(optimized, kernels, memory, backend);
  if (debug) assertLoops(loops);
  const flops = flopsPerRow(
    training.graphs.steps.map((step) => step.training),
    training.batch,
    table,
  );
  const files = printModule(optimized, kernels, memory, loops, {
    target,
    base: baseName(source),
    flopsPerRow: flops,
    version,
  });
  const { arenaBytes, liveBoundBytes, stateBytes } = memory;
  const code = new TextEncoder().encode(files[0].text).length;
  return {
    backend,
    forward,
    training,
    optimized,
    kernels,
    memory,
    loops,
    files,
    sizes: { code, arenaBytes, liveBoundBytes, stateBytes, flopsPerRow: flops },
  };
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

/** `digits.model.ts` is called `digits`. */
export const baseName = (source: string): string =>
  source.replace(/\.[cm]?[jt]s$/, "").replace(/\.model$/, "");

/** Also checks what always holds, and names the pass that broke it. */
const verifying =
  (table: OpTable, see?: Listener): Listener =>
  (pass, graph, applied) => {
    assertGraph(graph, table, pass);
    see?.(pass, graph, applied);
  };
