import { select } from "./intrinsics.ts";
import { log } from "./log.ts";
import type { f64 } from "./types.ts";

/** ln(1 + x): the logarithm of the rounded sum u = 1 + x, corrected by what the rounding lost, (x - (u - 1)) / u. */
export function log1p(x: f64): f64 {
  const u: f64 = 1 + x;
  const lost: f64 = (x - (u - 1)) / u;
  const y: f64 = log(u);
  return u === 1 ? x : y + select(0 < u && u < Infinity, lost, 0);
}
