import type { Backend } from "../../ir/backend.ts";
import { scalarFunctions, type LoopOp } from "../../ir/loop.ts";

/** Scalar functions that no engine has. */
const missing: ReadonlySet<LoopOp> = new Set<LoopOp>(["erf", "random"]);
/**
 * Those that f32 builds compute by templates, the same on every engine: all but sigmoid, which in float64 is accurate
 * enough as a formula of exp.
 */
const own: ReadonlySet<LoopOp> = new Set<LoopOp>(scalarFunctions.filter((op) => op !== "sigmoid"));

/**
 * JavaScript: float32 in memory, float64 in between. V8 keeps a 4×4 tile of accumulators in registers and reaches its
 * ceiling with it; 2×4 is a tenth slower and half as long. In between, where a product takes microseconds, short code
 * is worth more; the smallest are little more than their tile, whose loops then vanish. A cache serves neighbours a
 * quarter faster than a walk across rows, so where many rows read a matrix across, it is transposed first.
 */
export const jsBackend = (precision: "f32" | "f64"): Backend => ({
  name: "js",
  compute: "f64",
  lanes: 1,
  vectors: null,
  scalar: (op) => ((precision === "f32" ? own : missing).has(op) ? op : undefined),
  tiles: [
    { below: 2 ** 12, rows: 4, columns: 4 },
    { below: 2 ** 18, rows: 2, columns: 2 },
    { below: 2 ** 20, rows: 2, columns: 4 },
    { below: Infinity, rows: 4, columns: 4 },
  ],
  leastSlot: 0,
  pack: { rows: 128, work: 2 ** 18 },
});
