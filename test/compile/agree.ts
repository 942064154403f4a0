import { hasRelaxed } from "../../src/backends/wasm/host.ts";
import { encodeModule, wasmModules, type WasmModules } from "../../src/backends/wasm/index.ts";
import { jsBackend } from "../../src/backends/js/backend.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import type { Backend } from "../../src/ir/backend.ts";
import type { Buffer } from "../../src/ir/kernel.ts";
import type { LoopArray } from "../../src/eval/interpret.ts";
import type { Program } from "../../src/ir/program.ts";
import { view } from "../wasm/run.ts";
import {
  compileProgram,
  firstDifference,
  firstError,
  loopsOf,
  runLoops,
  runModule,
  runPhases,
  truthOf,
  type Compiled,
  type Feed,
  type Results,
  type Stages,
  type Truth,
} from "./program.ts";

/**
 * A program compiled for every target: for js, where it has products also with all that they read written out as plain
 * numbers, which else happens to large ones only, and where it holds float32 for wasm.
 */
export interface Everywhere {
  readonly js: Compiled;
  readonly written: Compiled | null;
  readonly wasm: Stages | null;
}
export function compileEverywhere(program: Program, writesOut = true): Everywhere {
  const js = compileProgram(program);
  const hasProducts = writesOut && js.kernels.kernels.some(({ core }) => core !== null);
  return {
    js,
    written: hasProducts ? compileProgram(program, eager(program.precision)) : null,
    wasm: program.precision === "f32" ? loopsOf(program, wasmBackend) : null,
  };
}

/** JavaScript that writes out every operand of a product that it can. */
function eager(precision: "f32" | "f64"): Backend {
  const backend = jsBackend(precision);
  return { ...backend, numbers: { ...backend.numbers!, leastWork: 1, leastReads: 0 } };
}

/**
 * What is wrong with the loops and the module of a program that reads plain numbers: its sums are those of the plain
 * program, in the same order, so that it computes the same bits.
 */
export function wrongNumbers(
  { written }: Everywhere,
  loops: Results,
  feed: Feed,
  n: number,
): string | undefined {
  if (!written) return undefined;
  const own = runLoops(written, feed, n);
  return firstDifference(loops, own) ?? firstDifference(own, runModule(written, feed, n));
}

type Instance = { readonly memory: ArrayBuffer; readonly run: (phase: string, n: number) => void };
const instances = new WeakMap<Stages, Map<boolean, Instance>>();

/** The module of a program, made once; null for the relaxed variant on a host that has no such instructions. */
function instanceOf(stages: Stages, relaxed: boolean): Instance | null {
  if (relaxed && !hasRelaxed()) return null;
  const made = instances.get(stages) ?? new Map<boolean, Instance>();
  instances.set(stages, made);
  const known = made.get(relaxed);
  if (known) return known;
  const own = modulesOf(stages);
  const instance = instantiate(encodeModule(relaxed ? own.relaxed() : own.plain));
  made.set(relaxed, instance);
  return instance;
}

const modules = new WeakMap<Stages, WasmModules>();

/** Both variants of a program's module, made together. */
function modulesOf(stages: Stages): WasmModules {
  const known = modules.get(stages);
  if (known) return known;
  const { loops, memory } = stages;
  const entries = [...loops.calls].map(([name, calls]) => ({
    name,
    calls: [{ kind: "calls" as const, calls }],
  }));
  const made = wasmModules(loops, memory, entries);
  modules.set(stages, made);
  return made;
}

function instantiate(bytes: Uint8Array): Instance {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return {
    memory: (exports["memory"] as WebAssembly.Memory).buffer,
    run: (phase, n) => (exports[phase] as (n: number) => void)(n),
  };
}

/** What the WebAssembly module of a program computes; unused memory is poisoned, constants are the module's own. */
export function runWasm(
  stages: Stages,
  feed: Feed,
  n: number,
  relaxed = false,
  poison = 255,
): Results | null {
  const instance = instanceOf(stages, relaxed);
  if (!instance) return null;
  const { memory } = stages;
  for (const { buffer, offset, bytes, region } of memory.placements.values()) {
    if ((region === "temporary" || region === "inputs") && !buffer.values)
      new Uint8Array(instance.memory, offset, bytes).fill(poison);
  }
  const viewOf = (buffer: Buffer): LoopArray => view(instance.memory, buffer, memory);
  return runPhases(stages, { viewOf }, feed, n, (phase) => instance.run(phase, n));
}

/** How far each target may be from the naive evaluation, relative to the largest number of a result. */
export interface Tolerance {
  readonly js: number;
  readonly wasm: number;
}

/**
 * Everything in which the runs of a program differ: the naive evaluator, the interpreter, the emitted JavaScript, and
 * in float32 the interpreter on the loops of the wasm target and both variants of the WebAssembly module. What a
 * target emits agrees with the interpreter to the bit; the relaxed variant, which rounds less often, as the naive
 * evaluation does, within the tolerance.
 */
export function disagreements(everywhere: Everywhere, feed: Feed, n: number, tolerance: Tolerance): string[] {
  const { js, wasm } = everywhere;
  const truth: Truth = truthOf(js.program, feed, n);
  const found: string[] = [];
  const say = (what: string, difference: string | undefined): void => {
    if (difference) found.push(`${what}: ${difference}`);
  };
  const loops = runLoops(js, feed, n);
  say("loops against module", firstDifference(loops, runModule(js, feed, n)));
  say("js", firstError(truth, loops, tolerance.js));
  say("js with plain numbers", wrongNumbers(everywhere, loops, feed, n));
  if (!wasm) return found;
  const lanes = runLoops(wasm, feed, n);
  say("loops against wasm", firstDifference(lanes, runWasm(wasm, feed, n)!));
  say("wasm", firstError(truth, lanes, tolerance.wasm));
  const relaxed = runWasm(wasm, feed, n, true);
  if (relaxed) say("relaxed wasm", firstError(truth, relaxed, tolerance.wasm));
  return found;
}
