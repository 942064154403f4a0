import { exponent, pow2n, select } from "../intrinsics.ts";
import type { bool, f32 } from "../types.ts";

/**
 * ln x = k·ln 2 + ln m with x = 2^k·m and √½ ≤ m < √2; ln m = 2s + s·R(s²) with s = (m - 1) / (m + 1) = f / (2 + f), in
 * fdlibm's arrangement, where f is exact and everything else small. The three coefficients of R make its largest error
 * least. At most 0.84 units in the last place off, the same where products and sums fuse (measured over every float32
 * from ½ to 2 and every seventh elsewhere). ln 1 = 0, ln 0 = -∞, ln of what is negative is NaN; denormal numbers are
 * scaled first.
 */
export function logF32(x: f32): f32 {
  const tiny: bool = x < 7.888609e-31;
  const y: f32 = select(tiny, x * 33554432, x);
  // One less than the power of two nearest to y in its logarithm.
  const e: f32 = exponent(y * 0.70710677);
  // Two factors, since 1 / 2^128 is no normal float32.
  const f: f32 = y * 0.25 * pow2n(1 - e) - 1;
  const k: f32 = e + select(tiny, -24, 1);
  const s: f32 = f / (2 + f);
  const z: f32 = s * s;
  const half: f32 = 0.5 * f * f;
  const p: f32 = z * ((0.29870808 * z + 0.39977583) * z + 0.66666776);
  const value: f32 = k * 0.693359375 - (half - (s * (half + p) - k * 0.00021219444) - f);
  return select(0 < x, select(x < Infinity, value, x), select(x === 0, -Infinity, NaN));
}
