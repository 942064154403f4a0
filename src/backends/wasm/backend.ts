import type { Backend } from "../../ir/backend.ts";
import {
  scalarFunctions,
  type Lanes,
  type LocalType,
  type LoopOp,
  type ScalarFunction,
} from "../../ir/loop.ts";

const isFunction = (op: LoopOp): op is ScalarFunction => (scalarFunctions as readonly string[]).includes(op);

/**
 * No instruction computes any of these. f32 has templates of its own, which lanes share; but in float32 a power would
 * lose too many digits, so it is computed in float64, one by one. A float64 sigmoid stays the formula it is.
 */
function wasmScalar(op: LoopOp, type: LocalType, lanes: Lanes): string | undefined {
  if (!isFunction(op)) return undefined;
  if (op === "random") return op;
  if (type === "f32" && op !== "pow") return `${op}F32`;
  return lanes === 4 || op === "sigmoid" ? undefined : op;
}

/**
 * WebAssembly with 128-bit SIMD: float32 throughout, four at a time. The tiles are those of products whose columns do
 * not run in lanes, which are few and small. Engines keep a tile in 15 of the 16 registers; a sum takes four cycles to be
 * ready, in each of which about four instructions run.
 */
export const plainWasmBackend = {
  name: "wasm",
  plain: null,
  compute: "f32",
  lanes: 4,
  numbers: null,
  vectors: {
    registers: 15,
    fused: false,
    latency: 16,
    gather: 5,
    join: 6,
    call: 16,
    nearBytes: 2 ** 15,
    depthTile: { rows: 2, columns: 4 },
  },
  scalar: wasmScalar,
  tiles: [{ below: Infinity, rows: 2, columns: 2 }],
  leastSlot: 2 ** -120,
  pack: { rows: 16, work: 2 ** 12 },
} as const satisfies Backend;

/** The same with relaxed SIMD, beside code for engines that lack it. */
export const wasmBackend: Backend = {
  ...plainWasmBackend,
  plain: plainWasmBackend,
  vectors: { ...plainWasmBackend.vectors, fused: true },
};
