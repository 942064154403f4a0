import { pow2, select } from "./intrinsics.ts";
import type { f64 } from "./types.ts";

/**
 * e^x = 2^k · e^r with k = round(x / ln 2) and |r| ≤ ln(2) / 2; e^r by the rational approximation of Cephes.
 * Exactly 0 from about -745 on, so that a masked score costs no arithmetic on denormal numbers.
 */
export function exp(x: f64): f64 {
  const t: f64 = select(x < -746, -746, select(710 < x, 710, x));
  const k: f64 = Math.floor(t * 1.4426950408889634 + 0.5);
  const r: f64 = t - k * 0.693145751953125 - k * 1.4286068203094173e-6;
  const z: f64 = r * r;
  const p: f64 = r * ((1.2617719307481058e-4 * z + 0.030299440770744195) * z + 1);
  const q: f64 = ((3.0019850513866446e-6 * z + 0.0025244834034968415) * z + 0.22726554820815503) * z + 2;
  // Half the power of two, since 2^1024 itself is not a double.
  return (2 + (4 * p) / (q - p)) * pow2(k - 1);
}
