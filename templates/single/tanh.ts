import { select } from "../intrinsics.ts";
import { expSingle } from "./exp.ts";
import type { f64 } from "../types.ts";

/** tanh x = 1 - 2 / (e^2x + 1) in float64 for what is rounded to float32 next. */
export function tanhSingle(x: f64): f64 {
  const y: f64 = 1 - 2 / (expSingle(2 * x) + 1);
  // Near 0 the difference loses digits, and tanh x is x to more than a float32 holds; it keeps the sign of -0.
  return select(Math.abs(x) < 1e-6, x, y);
}
