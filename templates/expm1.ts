import { pow2, select } from "./intrinsics.ts";
import type { f64 } from "./types.ts";

/**
 * e^x - 1 without cancellation near 0: with x = k·ln 2 + r it is 2^k·(e^r - 1) + (2^k - 1), and e^r - 1 comes
 * from the rational approximation of Cephes.
 */
export function expm1(x: f64): f64 {
  const t: f64 = Math.max(-746, Math.min(x, 710));
  const k: f64 = Math.floor(t * 1.4426950408889634 + 0.5);
  const r: f64 = t - k * 0.693145751953125 - k * 1.4286068203094173e-6;
  const z: f64 = r * r;
  const p: f64 = r * ((1.2617719307481058e-4 * z + 0.030299440770744195) * z + 1);
  const q: f64 = ((3.0019850513866446e-6 * z + 0.0025244834034968415) * z + 0.22726554820815503) * z + 2;
  const half: f64 = pow2(k - 1);
  const y: f64 = (half * ((2 * p) / (q - p)) + (half - 0.5)) * 2;
  // So close to 0 the answer is x itself, with its sign.
  return select(Math.abs(x) < 5e-17, x, y);
}
