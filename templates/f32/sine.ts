import { select } from "../intrinsics.ts";
import type { bool, f32 } from "../types.ts";

/**
 * What is left of x after k quarter turns. π/2 is subtracted in parts of 8, 8, 8 and 24 bits, whose products with k are
 * exact up to |k| = 2^16; beyond that digits are lost, and a sine still stays between -1 and 1.
 */
export function turnedF32(x: f32, k: f32): f32 {
  const r: f32 =
    x - k * 1.5703125 - k * 0.000484466552734375 + k * 6.407499313354492e-7 - k * 9.92093629470503e-10;
  return Math.max(Math.min(r, 1), -1);
}

/** sin r for |r| ≤ π/4, with the odd polynomial whose largest error relative to sin r is least. */
export function nearSineF32(r: f32): f32 {
  const z: f32 = r * r;
  return r + r * (z * ((-0.00019518616 * z + 0.008332191) * z + -0.16666655));
}

/** cos r for |r| ≤ π/4, likewise. */
export function nearCosineF32(r: f32): f32 {
  const z: f32 = r * r;
  return 1 - (0.5 * z - z * z * ((0.000024430668 * z + -0.0013887301) * z + 0.041666646));
}

/**
 * sin x, at most 1.65·2^-24 off for |x| up to 1e5, the same where products and sums fuse (measured over every 17th
 * float32). Beyond that products lose digits, and the error grows: to 0.008 by 2e5, to 0.6 by 1e7.
 */
export function sinF32(x: f32): f32 {
  const k: f32 = Math.floor(x * 0.63661975 + 0.5);
  const r: f32 = turnedF32(x, k);
  const quarter: f32 = k - 4 * Math.floor(k * 0.25);
  const odd: bool = quarter === 1 || quarter === 3;
  const y: f32 = select(odd, nearCosineF32(r), nearSineF32(r));
  // So close to 0 the answer is x itself, with its sign.
  return select(Math.abs(x) < 0.0001, x, select(1 < quarter, -y, y));
}

/** cos x, as accurate as sin x. */
export function cosF32(x: f32): f32 {
  const k: f32 = Math.floor(x * 0.63661975 + 0.5);
  const r: f32 = turnedF32(x, k);
  const quarter: f32 = k - 4 * Math.floor(k * 0.25);
  const odd: bool = quarter === 1 || quarter === 3;
  const y: f32 = select(odd, nearSineF32(r), nearCosineF32(r));
  return select(quarter === 1 || quarter === 2, -y, y);
}
