import { expm1 } from "./expm1.ts";
import { select } from "./intrinsics.ts";
import type { f64 } from "./types.ts";

/** tanh |x| = -t / (t + 2) with t = e^(-2|x|) - 1, which never overflows; then the sign of x. */
export function tanh(x: f64): f64 {
  const t: f64 = expm1(-2 * Math.abs(x));
  const y: f64 = -t / (t + 2);
  // Below 2^-28 tanh x rounds to x, and keeps the sign of -0.
  return select(Math.abs(x) < 3.725290298461914e-9, x, select(x < 0, -y, y));
}
