import { exponent, pow2, select } from "../intrinsics.ts";
import type { bool, f64 } from "../types.ts";

/**
 * ln x in float64 for what is rounded to float32 next: e·ln 2 + ln m with x = 2^e·m and √½ ≤ m < √2, where ln m is
 * s·(2 + s²·p(s²)) with s = (m - 1) / (m + 1) and the polynomial of degree 3 whose greatest relative error is least,
 * 4.8e-12 (found by Remez's exchange). What is below 2^-1022 counts as 0.
 */
export function logSingle(x: f64): f64 {
  const e0: f64 = exponent(x);
  const m0: f64 = x * pow2(-e0);
  const high: bool = 1.4142135623730951 < m0;
  const f: f64 = select(high, m0 * 0.5, m0) - 1;
  const s: f64 = f / (2 + f);
  const z: f64 = s * s;
  const p: f64 =
    ((0.23581614278556665 * z + 0.2853733992960276) * z + 0.4000033463766098) * z + 0.6666666564822761;
  const value: f64 = (e0 + select(high, 1, 0)) * 0.6931471805599453 + s * (2 + z * p);
  return 2.2250738585072014e-308 <= x ? (x < Infinity ? value : x) : 0 <= x ? -Infinity : NaN;
}
