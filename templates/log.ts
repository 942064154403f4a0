import { exponent, pow2, select } from "./intrinsics.ts";
import type { bool, f64 } from "./types.ts";

/**
 * ln x = e·ln 2 + ln m with x = 2^e·m and √½ ≤ m < √2; ln m by the odd series in s = (m - 1) / (m + 1) of
 * fdlibm's e_log.c.
 */
export function log(x: f64): f64 {
  const tiny: bool = x < 2.2250738585072014e-308;
  const y: f64 = select(tiny, x * 18014398509481984, x);
  const e0: f64 = exponent(y);
  const m0: f64 = y * pow2(-e0);
  const high: bool = 1.4142135623730951 < m0;
  const e: f64 = e0 + select(high, 1, 0) - select(tiny, 54, 0);
  const f: f64 = select(high, m0 * 0.5, m0) - 1;
  const s: f64 = f / (2 + f);
  const z: f64 = s * s;
  const w: f64 = z * z;
  const odd: f64 =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const even: f64 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const half: f64 = 0.5 * f * f;
  const low: f64 = s * (half + odd + even) + e * 1.9082149292705877e-10;
  const value: f64 = e * 0.6931471803691238 - (half - low - f);
  return 0 < x ? (x < Infinity ? value : x) : x === 0 ? -Infinity : NaN;
}
