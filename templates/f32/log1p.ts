import { select } from "../intrinsics.ts";
import { f32 } from "../types.ts";
import { logF32 } from "./log.ts";

/**
 * ln(1 + x): the logarithm of the rounded sum u = 1 + x, corrected by what the rounding lost, (x - (u - 1)) / u. At most
 * 1.44 units in the last place off, the same where products and sums fuse (measured over every seventh float32).
 */
export function log1pF32(x: f32): f32 {
  const u: f32 = f32(1 + x);
  const lost: f32 = (x - (u - 1)) / u;
  const y: f32 = logF32(u);
  return select(u === 1, x, y + select(0 < u && u < Infinity, lost, 0));
}
