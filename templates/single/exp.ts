import { pow2, select } from "../intrinsics.ts";
import type { f64 } from "../types.ts";

/**
 * e^x in float64 for what is rounded to float32 next: 2^k · e^r with k = round(x / ln 2), and e^r = 1 + r + r²·q(r) with
 * the polynomial of degree 5 whose greatest relative error on |r| ≤ ln(2) / 2 is least, 5.3e-11 (found by Remez's
 * exchange). Exactly 0 from about -745 on, so that a masked score costs no arithmetic on denormal numbers.
 */
export function expSingle(x: f64): f64 {
  const t: f64 = select(x < -746, -746, select(710 < x, 710, x));
  // 1.5·2^52 leaves whole numbers when it is added and taken off again.
  const k: f64 = t * 1.4426950408889634 + 6755399441055744 - 6755399441055744;
  const r: f64 = t - k * 0.6931471805599453;
  const z: f64 = r * r;
  const low: f64 = (0.1666666586459192 * r + 0.5000000068036492) * z + (1 + r);
  const high: f64 =
    (0.0001979024270489897 * r + 0.0013944758424196788) * z +
    (0.008333497675513021 * r + 0.04166629363706775);
  return (high * (z * z) + low) * pow2(k);
}
