import { exp } from "./exp.ts";
import { exponent, pow2, select } from "./intrinsics.ts";
import { split } from "./split.ts";
import type { bool, f64 } from "./types.ts";

/**
 * x^y = e^(y·ln x). A relative error of ln x grows by up to 709 in the result, so ln |x| and its product with y
 * are kept as unevaluated sums of two doubles (Dekker), and e^(high + low) = e^high·(1 + low).
 * Special values are those of Math.pow.
 */
export function pow(x: f64, y: f64): f64 {
  const a: f64 = Math.abs(x);
  const tiny: bool = a < 2.2250738585072014e-308;
  const g: f64 = select(0 < a && a < Infinity, select(tiny, a * 18014398509481984, a), 1);
  const e0: f64 = exponent(g);
  const m0: f64 = g * pow2(-e0);
  const high: bool = 1.4142135623730951 < m0;
  const e: f64 = e0 + select(high, 1, 0) - select(tiny && 0 < a, 54, 0);

  // ln m = 2s + s·series with s = f / (2 + f); s has a low part, found from the exact remainder of the division.
  const f: f64 = select(high, m0 * 0.5, m0) - 1;
  const d: f64 = 2 + f;
  const s: f64 = f / d;
  const s1: f64 = split(s);
  const d1: f64 = split(d);
  const sd: f64 = s * d;
  const sdLow: f64 = s1 * d1 - sd + s1 * (d - d1) + (s - s1) * d1 + (s - s1) * (d - d1);
  const sLow: f64 = (f - sd - sdLow - s * (f - (d - 2))) / d;
  const z: f64 = s * s;
  const w: f64 = z * z;
  const odd: f64 =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const even: f64 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));

  const whole: f64 = e * 0.6931471803691238;
  const sum: f64 = whole + 2 * s;
  const rest: f64 = whole - sum + 2 * s + (e * 1.9082149292705877e-10 + (2 * sLow + s * (odd + even)));
  const ln: f64 = sum + rest;
  const lnLow: f64 = rest - (ln - sum);

  // Beyond 2^70 the answer no longer depends on how large y is.
  const t: f64 = Math.max(-1180591620717411303424, Math.min(y, 1180591620717411303424));
  const t1: f64 = split(t);
  const l1: f64 = split(ln);
  const power: f64 = t * ln;
  const low: f64 = t1 * l1 - power + t1 * (ln - l1) + (t - t1) * l1 + (t - t1) * (ln - l1) + t * lnLow;
  const finite: f64 = exp(power) * (1 + select(Math.abs(power) < 800, low, 0));

  const integer: bool = Math.floor(y) === y;
  const oddly: bool = integer && Math.floor(y * 0.5) * 2 !== y;
  const below: bool = x < 0 || (x === 0 && 1 / x < 0);
  const size: f64 =
    a === 0 || a === Infinity
      ? (a === 0) === y < 0
        ? Infinity
        : 0
      : a === 1 && Math.abs(y) === Infinity
        ? NaN
        : finite;
  const real: bool = x === x && y === y && (integer || !(x < 0) || a === Infinity);
  return y === 0 ? 1 : real ? select(below && oddly, -size, size) : NaN;
}
