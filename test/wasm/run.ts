import makeWabt from "wabt";
import {
  encodeModule,
  wasmModules,
  watText,
  type WasmEntry,
  type WasmModule,
} from "../../src/backends/wasm/index.ts";
import { prepare, type LoopArray } from "../../src/eval/interpret.ts";
import type { MemoryPlan, Placement } from "../../src/ir/arena.ts";
import type { Buffer } from "../../src/ir/kernel.ts";
import { eachCall, type LoopCall, type LoopFunction, type LoopProgram } from "../../src/ir/loop.ts";
import { bytesOf, sizeOf, type DType } from "../../src/ir/type.ts";

const arrays = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
} as const satisfies Record<DType, unknown>;

const wabt = await makeWabt();
const features = { simd: true, relaxed_simd: true, bulk_memory: true, sat_float_to_int: true };

/** The text form of a module as another assembler reads it. */
export const assembled = (module: WasmModule): Uint8Array =>
  wabt.parseWat("module.wat", watText(module), features).toBinary({}).buffer;

/** A buffer's elements in a memory. */
export const view = (memory: ArrayBufferLike, buffer: Buffer, { placements }: MemoryPlan): LoopArray =>
  new arrays[buffer.dtype](memory as ArrayBuffer, placements.get(buffer)!.offset, sizeOf(buffer.shape));
/** With what is a buffer's own behind its end. */
function room(memory: ArrayBufferLike, buffer: Buffer, { placements, padded }: MemoryPlan): LoopArray {
  const unit = padded.has(buffer) ? 16 / bytesOf[buffer.dtype] : 1;
  const count = Math.ceil(sizeOf(buffer.shape) / unit) * unit;
  return new arrays[buffer.dtype](memory as ArrayBuffer, placements.get(buffer)!.offset, count);
}

/** Bytes side by side from `start` on, each buffer aligned to its elements. */
export function planOf(buffers: readonly Buffer[], start = 0): MemoryPlan {
  const placements = new Map<Buffer, Placement>();
  let end = start;
  for (const buffer of buffers) {
    const size = bytesOf[buffer.dtype];
    const offset = Math.ceil(end / size) * size;
    const bytes = sizeOf(buffer.shape) * size;
    placements.set(buffer, { buffer, region: "temporary", offset, bytes, life: null });
    end = offset + bytes;
  }
  return {
    placements,
    padded: new Set(),
    numbers: [],
    regions: [],
    stateBytes: 0,
    predictorStateBytes: 0,
    predictorBytes: end,
    arenaBytes: end,
    liveBoundBytes: end,
    layoutHash: "",
  };
}

export const buffer = (name: string, dtype: DType, size: number): Buffer => ({
  name,
  kind: "temporary",
  dtype,
  shape: [size],
});
export const callOf = (fn: LoopFunction, buffers: readonly Buffer[], batch = false): LoopCall => ({
  name: fn.name,
  arrays: buffers,
  loops: [],
  times: [],
  batch,
});
export const programOf = (...functions: readonly LoopFunction[]): LoopProgram => ({
  functions,
  calls: new Map(),
  step: null,
  plain: new Map(),
});

export interface Running {
  readonly memory: ArrayBuffer;
  readonly call: (name: string, n?: number) => void;
}
export function instantiate(bytes: Uint8Array): Running {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { buffer: memory } = exports.memory as WebAssembly.Memory;
  return {
    memory: memory as ArrayBuffer,
    call: (name, n) => void (exports[name] as (n?: number) => void)(n),
  };
}
export const running = (
  loops: LoopProgram,
  memory: MemoryPlan,
  entries: readonly WasmEntry[],
  relaxed = false,
): Running => {
  const modules = wasmModules(loops, memory, entries);
  return instantiate(encodeModule(relaxed ? modules.relaxed() : modules.plain));
};

/** The program that engines without relaxed SIMD run, as a program of its own. */
export const plainLoops = (loops: LoopProgram): LoopProgram => ({
  ...loops,
  functions: loops.functions.map((fn) => loops.plain.get(fn.name) ?? fn),
  plain: new Map(),
});

/** The calls of an entry by the interpreter. */
export function interpretCalls(
  calls: readonly LoopCall[],
  { functions }: LoopProgram,
  memory: MemoryPlan,
  bytes: ArrayBuffer,
  n: number,
): void {
  const prepared = new Map<LoopCall, ReturnType<typeof prepare>>();
  const named = new Map(functions.map((fn) => [fn.name, fn]));
  eachCall(calls, (call, times) => {
    let run = prepared.get(call);
    if (!run) {
      run = prepare(
        named.get(call.name)!,
        call.arrays.map((array) => room(bytes, array, memory)),
        named,
      );
      prepared.set(call, run);
    }
    run([...times, ...(call.batch ? [n] : [])]);
  });
}

/** The first element in which two memories differ; numbers that are none are alike, and so are both zeros if told. */
export function firstDifference(
  found: ArrayBufferLike,
  expected: ArrayBufferLike,
  memory: MemoryPlan,
  buffers: Iterable<Buffer>,
  zerosAlike = false,
): string | null {
  for (const one of new Set(buffers)) {
    const [a, b] = [view(found, one, memory), view(expected, one, memory)];
    for (let k = 0; k < a.length; k++) {
      const alike = Object.is(a[k], b[k]) || (zerosAlike && a[k] === 0 && b[k] === 0);
      if (!alike) return `${one.name}[${k}] is ${a[k]}, expected ${b[k]}`;
    }
  }
  return null;
}
