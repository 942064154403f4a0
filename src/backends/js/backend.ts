import type { Backend } from "../../ir/backend.ts";
import { scalarFunctions, type LoopExpr, type LoopOp } from "../../ir/loop.ts";

/** Scalar functions that no engine has. */
const missing: ReadonlySet<LoopOp> = new Set<LoopOp>(["erf", "random"]);
/**
 * Those that f32 builds compute by templates, the same on every engine: all but sigmoid, which in float64 is accurate
 * enough as a formula of exp.
 */
const own: ReadonlySet<LoopOp> = new Set<LoopOp>(scalarFunctions.filter((op) => op !== "sigmoid"));
/** Of these a float32 needs half the digits of a float64, at half the cost. */
const single: ReadonlySet<LoopOp> = new Set<LoopOp>(["exp", "log", "tanh"]);

/** Math.max and Math.min with a number from which a comparison tells every other as they do. */
function bounded(op: LoopOp, bound: LoopExpr | undefined): string | undefined {
  if (bound?.kind !== "number" || bound.type !== "f64" || Number.isNaN(bound.value) || Object.is(bound.value, -0))
    return undefined;
  return op === "maximum" ? "larger" : op === "minimum" ? "smaller" : undefined;
} // prettier-ignore

/**
 * JavaScript: float32 in memory, float64 in between. A float of a typed array takes V8 about seven instructions, a plain
 * number three, and a tile of 4×2 of those runs half as fast again as the best of floats, which is 4×4; so much is gained
 * from five or six reads on. Between small products and large ones, where a product takes microseconds, short code is
 * worth more; of the smallest the depth is written out too, and then eight sums stay in registers where sixteen do not.
 */
export const jsBackend = (precision: "f32" | "f64"): Backend => ({
  name: "js",
  plain: null,
  compute: "f64",
  lanes: 1,
  vectors: null,
  numbers: { passWork: 200, leastWork: 2 ** 18, leastReads: 5, tile: { rows: 4, columns: 2 }, bounded },
  scalar: (op) => {
    if (precision === "f32" && single.has(op)) return `${op}Single`;
    return (precision === "f32" ? own : missing).has(op) ? op : undefined;
  },
  tiles: [
    { below: 2 ** 12, rows: 4, columns: 2 },
    { below: 2 ** 18, rows: 2, columns: 2 },
    { below: 2 ** 20, rows: 2, columns: 4 },
    { below: Infinity, rows: 4, columns: 4 },
  ],
  leastSlot: 0,
  pack: null,
});
