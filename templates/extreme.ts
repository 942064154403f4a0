import { select } from "./intrinsics.ts";
import type { f64 } from "./types.ts";

/**
 * The larger of a number and a bound that is neither NaN nor −0: NaN stays, and where both are zeros it is +0. Engines
 * settle both cases of Math.max at run time, in three times as many instructions.
 */
export function larger(x: f64, bound: f64): f64 {
  return select(x <= bound, bound, x);
}

/** The smaller of a number and a bound that is neither NaN nor −0: NaN stays, and so does −0. */
export function smaller(x: f64, bound: f64): f64 {
  return select(bound < x, bound, x);
}
