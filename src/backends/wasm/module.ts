import { fail, invariant } from "../../base/errors.ts";
import type { MemoryPlan } from "../../ir/arena.ts";
import type { Buffer } from "../../ir/kernel.ts";
import {
  callTree,
  type CallTree,
  type LoopCall,
  type LoopFunction,
  type LoopProgram,
} from "../../ir/loop.ts";
import { bytesOf, isBatch, type DType } from "../../ir/type.ts";
import { w, type Code, type Local } from "./encode/code.ts";
import type { WasmFunction, WasmModule } from "./encode/module.ts";
import { lanesFunction, wasmFunction, type Binding } from "./function.ts";
import { library } from "./library.ts";
import type { Range } from "./linear.ts";
import { byLikeness } from "./neighbours.ts";
import { withCommonNumbers } from "./numbering.ts";
import { relaxedModule } from "./relax.ts";

/** A function that the module exports: what it does, in order. */
export interface WasmEntry {
  readonly name: string;
  /** Where that is not its name, the name under which it is exported. */
  readonly exported?: string;
  readonly calls: readonly WasmAct[];
}
export type WasmAct =
  | { readonly kind: "calls"; readonly calls: readonly LoopCall[] }
  /** Does all that an entry before it does. */
  | { readonly kind: "entry"; readonly name: string }
  /** Fills bytes of the arena with 0. */
  | { readonly kind: "clear"; readonly offset: number; readonly bytes: number };

const pageBytes = 65536;
const mostPages = 65536;

/** A module for every host with SIMD, and one that needs relaxed SIMD instructions and a host that has them. */
export interface WasmModules {
  readonly plain: WasmModule;
  /** Made when it is asked for: strict builds have none. */
  readonly relaxed: () => WasmModule;
}

/**
 * The modules of a program: their memory is the arena, each kernel that an entry calls is a function, and each entry is
 * one that calls them. An entry takes the number of rows, `n`, exactly where a kernel that it calls does. Both have the
 * same functions in the same order, and locals of one name have one number in both, so that they compress together.
 */
export function wasmModules(
  loops: LoopProgram,
  memory: MemoryPlan,
  entries: readonly WasmEntry[],
): WasmModules {
  const calls = new Map<string, LoopCall[]>();
  for (const call of entries.flatMap(callsOf)) calls.set(call.name, [...(calls.get(call.name) ?? []), call]);
  const bindings = new Map<string, Binding>();
  const helpers = new Set<string>();
  const write = (fn: LoopFunction): WasmFunction => {
    const written = wasmFunction(fn, bindings.get(fn.name)!);
    for (const name of written.called) helpers.add(name);
    return written.fn;
  };
  const kernels = loops.functions.flatMap((fn) => {
    const mine = calls.get(fn.name);
    if (!mine) return [];
    bindings.set(fn.name, bindingOf(fn, mine, memory));
    return [write(fn)];
  });
  const others = new Map(
    [...loops.plain].filter(([name]) => bindings.has(name)).map(([name, fn]) => [name, write(fn)]),
  );
  const scalars = loops.functions.filter(({ name, returns }) => returns && helpers.has(name));
  const pages = Math.max(1, Math.ceil(memory.arenaBytes / pageBytes));
  if (pages > mostPages)
    fail("too-large", `WebAssembly addresses 4 GiB, and the model takes ${memory.arenaBytes} bytes`, {
      hint: "take a smaller batch, or target js",
    });
  const ordered = byLikeness(kernels);
  const numbered = withCommonNumbers([...ordered, ...others.values()]);
  const own = numbered.slice(0, ordered.length);
  const byName = new Map(numbered.slice(ordered.length).map((fn) => [fn.name, fn]));
  const taken = new Set([...kernels.map(({ name }) => name), ...helpers]);
  const written = new Map<string, WasmFunction>();
  for (const entry of entries)
    written.set(entry.name, entryFunction(entry, ownName(entry.name, taken), bindings, memory, written));
  const first = [
    // Entries first: whoever reads the text sees what runs before how, and so it compresses a little better.
    ...written.values(),
    ...[...library].filter(([name]) => helpers.has(name)).map(([, make]) => make()),
    ...scalars.map((fn) => lanesFunction(fn).fn),
  ];
  const data = constantsOf(memory);
  const module = (functions: readonly WasmFunction[]): WasmModule => ({
    functions: [...first, ...functions],
    pages,
    data,
  });
  return {
    plain: module(own.map((fn) => byName.get(fn.name) ?? fn)),
    relaxed: () => relaxedModule(module(own)),
  };
}

const callsOf = ({ calls }: WasmEntry): readonly LoopCall[] =>
  calls.flatMap((act) => (act.kind === "calls" ? act.calls : []));

function ownName(name: string, taken: Set<string>): string {
  let own = name;
  for (let k = 2; taken.has(own); k++) own = `${name}_${k}`;
  taken.add(own);
  return own;
}

function offsetOf(buffer: Buffer, memory: MemoryPlan): number {
  const placement = memory.placements.get(buffer);
  invariant(placement, `the buffer ${buffer.name} has no place`);
  return placement.offset;
}

/** What all calls of a function agree on, and between which values its scalars lie. */
function bindingOf(fn: LoopFunction, calls: readonly LoopCall[], memory: MemoryPlan): Binding {
  const arrays = fn.params.filter((param) => param.kind === "array");
  const bases = arrays.map((_, k) => {
    const offsets = new Set(calls.map((call) => offsetOf(call.arrays[k], memory)));
    return offsets.size === 1 ? [...offsets][0] : null;
  });
  const ranges = new Map<string, Range>();
  for (const [k, { name }] of fn.params.filter((param) => param.kind === "scalar").entries()) {
    const extents = calls.map(({ times, loops }) => {
      const loop = loops.find(({ axis }) => axis.name === times[k]);
      return loop ? loop.axis.extent - 1 : -1;
    });
    const isTime = k < calls[0].times.length;
    ranges.set(name, isTime ? [0, Math.max(...extents)] : [1, largestBatch(memory)]);
  }
  return { bases, ranges, bytes: memory.arenaBytes };
}

/** The most rows that n may count, by the shapes of what is placed; unlimited where none has rows. */
function largestBatch({ placements }: MemoryPlan): number {
  for (const { shape } of placements.keys()) for (const dim of shape) if (isBatch(dim)) return dim.max;
  return Infinity;
}

/** An entry: its calls, with loops over time around those that stand in them, and those of entries before it. */
function entryFunction(
  entry: WasmEntry,
  name: string,
  bindings: ReadonlyMap<string, Binding>,
  memory: MemoryPlan,
  before: ReadonlyMap<string, WasmFunction>,
): WasmFunction {
  const n: Local = { name: "n", type: "i32" };
  const locals: Local[] = [];
  const call = (
    { name: callee, arrays, times, batch }: LoopCall,
    counters: ReadonlyMap<string, Local>,
  ): Code => {
    const { bases } = bindings.get(callee)!;
    const addresses = arrays.flatMap((buffer, k) =>
      bases[k] === null ? [w.i32(offsetOf(buffer, memory))] : [],
    );
    const scalars = times.map((time) => w.get(counters.get(time)!));
    return w.call(callee, ...addresses, ...scalars, ...(batch ? [w.get(n)] : []));
  };
  const tree = (items: readonly CallTree[], counters: ReadonlyMap<string, Local>): Code[] =>
    items.flatMap((item) => {
      if (!("loop" in item)) return [call(item, counters)];
      const { axis, reverse } = item.loop;
      if (axis.extent <= 0) return [];
      const counter: Local = { name: axis.name, type: "i32" };
      locals.push(counter);
      const inside = tree(item.calls, new Map(counters).set(axis.name, counter));
      const step = w.set(counter, w.op("i32.add", w.get(counter), w.i32(reverse ? -1 : 1)));
      const again = reverse
        ? w.op("i32.ge_s", w.get(counter), w.i32(0))
        : w.op("i32.lt_s", w.get(counter), w.i32(axis.extent));
      return [
        w.set(counter, w.i32(reverse ? axis.extent - 1 : 0)),
        w.loop(axis.name, [...inside, step, w.branch(axis.name, again)]),
      ];
    });
  let takesRows = callsOf(entry).some(({ batch }) => batch);
  const body = entry.calls.flatMap((act) => {
    if (act.kind === "calls") return tree(callTree(act.calls), new Map());
    if (act.kind === "clear")
      return act.bytes > 0 ? [w.fill(w.i32(act.offset), w.i32(0), w.i32(act.bytes))] : [];
    const { name: callee, params } = before.get(act.name)!;
    takesRows ||= params.length > 0;
    return [w.call(callee, ...(params.length > 0 ? [w.get(n)] : []))];
  });
  const params = takesRows ? [n] : [];
  return { name, doc: [], params, locals, results: [], body, exported: entry.exported ?? entry.name };
}

/** The bytes of constants, where they are placed. */
function constantsOf({ placements }: MemoryPlan): WasmModule["data"] {
  const data: { offset: number; bytes: Uint8Array; note: string }[] = [];
  for (const { buffer, offset } of placements.values()) {
    if (buffer.kind !== "constant") continue;
    invariant(buffer.values, `the constant ${buffer.name} has no values`);
    data.push({ offset, bytes: valueBytes(buffer.values, buffer.dtype), note: buffer.name });
  }
  return data.sort((a, b) => a.offset - b.offset);
}

function valueBytes(values: readonly number[], dtype: DType): Uint8Array {
  const bytes = new Uint8Array(values.length * bytesOf[dtype]);
  const view = new DataView(bytes.buffer);
  const setters: Readonly<Record<DType, (at: number, value: number) => void>> = {
    f32: (at, value) => view.setFloat32(at, value, true),
    f64: (at, value) => view.setFloat64(at, value, true),
    i32: (at, value) => view.setInt32(at, value, true),
    u32: (at, value) => view.setUint32(at, value, true),
    bool: (at, value) => view.setUint8(at, Number(value !== 0)),
  };
  for (const [k, value] of values.entries()) setters[dtype](k * bytesOf[dtype], value);
  return bytes;
}
