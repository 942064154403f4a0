import { pow2n } from "../intrinsics.ts";
import { f32 } from "../types.ts";

/** The whole number nearest to t / ln 2, for |t| < 2^21: adding 1.5·2^23 leaves no place for a fraction. */
export function powersInF32(t: f32): f32 {
  return f32(t * 1.442695 + 12582912) - 12582912;
}

/** t - k·ln 2, with ln 2 in two parts, of which the first has 9 bits, so that its product with k is exact (Cephes' expf). */
export function restF32(t: f32, k: f32): f32 {
  return t - k * 0.693359375 + k * 0.00021219444;
}

/**
 * e^r - 1 for |r| ≤ ln(2) / 2, as r + r²·P(r) with the P that makes the largest error relative to e^r least, 3e-9
 * (Lawson's weights, computed with 40 digits).
 */
export function nearExpm1F32(r: f32): f32 {
  const p: f32 = (0.0013821 * r + 0.008368673) * r + 0.041668262;
  return r + r * r * ((p * r + 0.16666521) * r + 0.49999994);
}

/** e^t for |t| ≤ 87: k powers of two and e^r with |r| ≤ ln(2) / 2. */
export function boundedExpF32(t: f32): f32 {
  const k: f32 = powersInF32(t);
  return (1 + nearExpm1F32(restF32(t, k))) * pow2n(k);
}

/**
 * e^x as 2·e^r·2^(k - 1), since 2^128 is no float32. Errors are in units of the last place of float32, measured over every
 * third float32 number: at most 0.99, and 1.01 where products and sums fuse. Exactly 0 below -86.99, where k = -126 and
 * pow2n(-127) is 0: so near the denormal numbers a masked score costs no slow arithmetic. Infinite above 88.7228;
 * e^0 = 1; NaN stays NaN.
 */
export function expF32(x: f32): f32 {
  const t: f32 = Math.max(Math.min(x, 88.9), -87.2);
  const k: f32 = powersInF32(t);
  const y: f32 = 1 + nearExpm1F32(restF32(t, k));
  return (y + y) * pow2n(k - 1);
}
