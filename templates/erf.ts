import { select } from "./intrinsics.ts";
import type { f64 } from "./types.ts";

/**
 * The error function 2/√π · ∫₀ˣ e^(-t²) dt, to 4 units of 2^-52 relative to the result: up to |x| = 1 the odd
 * polynomial x·P(x²), beyond it 1 - e^(-x²)·Q(u) with u linear in 1 / (|x| + 3.75). Both polynomials interpolate
 * at Chebyshev points, computed with 60 digits.
 */
export function erf(x: f64): f64 {
  const a: f64 = Math.abs(x);
  const z: f64 = x * x;
  let y: f64 = 0;
  if (1 < a) {
    const u: f64 = 18.525 / (Math.min(a, 6) + 3.75) - 2.9;
    const q0: f64 = ((-9.177843976627855e-13 * u - 3.9463576729097154e-12) * u + 4.352628300921367e-11) * u;
    const q1: f64 = (((q0 + 3.455621495970236e-10) * u - 1.21093738598073e-9) * u - 2.689807049037668e-8) * u;
    const q2: f64 =
      (((q1 - 9.099147530458474e-8) * u + 1.1522173938653192e-6) * u + 1.8986211059704694e-5) * u;
    const q3: f64 =
      (((q2 + 0.00015707827815077187) * u + 0.0009330603369342567) * u + 0.004376991048768362) * u;
    const q4: f64 = (((q3 + 0.016885942379635793) * u + 0.05463901420051134) * u + 0.14956560740980876) * u;
    const far: f64 = 1 - Math.exp(-z) * (q4 + 0.20100586278980304);
    y = select(x < 0, -far, far);
  } else {
    const p0: f64 = ((5.957176147748911e-11 * z - 1.1372848856791674e-9) * z + 1.4659775274047436e-8) * z;
    const p1: f64 =
      (((p0 - 1.6350312701054695e-7) * z + 1.6461000484121368e-6) * z - 1.4925595266831182e-5) * z;
    const p2: f64 =
      (((p1 + 0.0001205533111164271) * z - 0.000854832698083379) * z + 0.0052239776248180145) * z;
    const p3: f64 = (((p2 - 0.026866170645076792) * z + 0.11283791670954879) * z - 0.3761263890318375) * z;
    y = x * (p3 + 1.1283791670955126);
  }
  return y;
}
