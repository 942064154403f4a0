import { select } from "./intrinsics.ts";
import type { bool, f64 } from "./types.ts";

/** What is left of x after k quarter turns, in [-π/4, π/4]; π/2 is subtracted in three parts of 22, 22 and 53 bits. */
export function turnedBy(x: f64, k: f64): f64 {
  const r: f64 = x - k * 1.570796012878418 - k * 3.139164164167596e-7 - k * 6.223372171896613e-14;
  // Beyond 2^50 no digit of the angle is left, but a sine stays between -1 and 1.
  return Math.max(-0.7854, Math.min(r, 0.7854));
}

/** sin r for |r| ≤ π/4, by Chebyshev interpolation with 60 digits. */
export function nearSine(r: f64): f64 {
  const z: f64 = r * r;
  const p: f64 = ((1.5917412836707387e-10 * z - 2.5051121875169608e-8) * z + 2.755731605459391e-6) * z;
  const q: f64 = ((p - 0.0001984126983666588) * z + 0.008333333333330887) * z - 0.16666666666666666;
  return r + r * z * q;
}

/** cos r for |r| ≤ π/4, likewise. */
export function nearCosine(r: f64): f64 {
  const z: f64 = r * r;
  const p: f64 = ((-1.138218421447753e-11 * z + 2.0876140031390975e-9) * z - 2.755731724172776e-7) * z;
  const q: f64 = ((p + 2.48015872987077e-5) * z - 0.0013888888888887359) * z + 0.041666666666666664;
  return 1 - 0.5 * z + z * z * q;
}

/** sin x, to 2^-52 for |x| up to 2^31; beyond that the error grows like |x|·2^-52, the spacing of doubles at x. */
export function sin(x: f64): f64 {
  const k: f64 = Math.floor(x * 0.6366197723675814 + 0.5);
  const r: f64 = turnedBy(x, k);
  const quarter: f64 = k - 4 * Math.floor(k / 4);
  const odd: bool = quarter === 1 || quarter === 3;
  const y: f64 = select(odd, nearCosine(r), nearSine(r));
  // So close to 0 the answer is x itself, with its sign.
  return select(Math.abs(x) < 7.450580596923828e-9, x, select(1 < quarter, -y, y));
}

/** cos x, as accurate as sin x. */
export function cos(x: f64): f64 {
  const k: f64 = Math.floor(x * 0.6366197723675814 + 0.5);
  const r: f64 = turnedBy(x, k);
  const quarter: f64 = k - 4 * Math.floor(k / 4);
  const odd: bool = quarter === 1 || quarter === 3;
  const y: f64 = select(odd, nearSine(r), nearCosine(r));
  return select(quarter === 1 || quarter === 2, -y, y);
}
