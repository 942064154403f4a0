import type { Backend } from "../../ir/backend.ts";
import type { LoopOp } from "../../ir/loop.ts";

/** Scalar functions that no instruction computes. */
const functions: ReadonlySet<LoopOp> = new Set<LoopOp>([
  "exp", "log", "expm1", "log1p", "tanh", "sin", "cos", "erf", "pow", "random",
]); // prettier-ignore

/**
 * WebAssembly with 128-bit SIMD: float32 throughout, four at a time. Sixteen vector registers hold a tile of 4 rows
 * and 2 vectors beside what feeds it.
 */
export const wasmBackend: Backend = {
  name: "wasm",
  compute: "f32",
  lanes: 4,
  scalar: (op, _type, lanes) => (lanes === 1 && functions.has(op) ? op : undefined),
  tiles: [{ below: Infinity, rows: 2, columns: 2 }],
  leastSlot: 2 ** -120,
  pack: { rows: 16, work: 2 ** 12 },
};
