// Written by scripts/bundle-templates.mjs from templates/*.ts; change those and run it again.

/** The source text of every template under its file's name. */
export const templates: Readonly<Record<string, string>> = {
  "erf": `import { select } from "./intrinsics.ts";
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
`,
  "exp": `import { pow2, select } from "./intrinsics.ts";
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
`,
  "expm1": `import { pow2, select } from "./intrinsics.ts";
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
`,
  "f32/erf": `import { select } from "../intrinsics.ts";
import type { f32 } from "../types.ts";
import { boundedExpF32 } from "./exp.ts";

/**
 * The error function: up to 0.92 the odd polynomial x + x·P(x²), beyond it 1 - e^Q(|x|) with the sign of x, where Q
 * approximates the logarithm of the complement, up to 4; from there on it is ±1. Both make their largest errors relative
 * to the result least (Lawson's weights, computed with 30 digits). At most 1.32 units in the last place off, 1.12 where
 * products and sums fuse (measured over every seventh float32). erf(-x) = -erf x to the bit.
 *
 * ½·x·(1 + erf(x / √2)), the gelu, then errs by at most 1.94·2^-24·|x|: little beside x, but where x is so negative that
 * the sum cancels, not little beside the result.
 */
export function erfF32(x: f32): f32 {
  const a: f32 = Math.abs(x);
  const z: f32 = x * x;
  // Negative numbers are added too, since only a product in a sum is one instruction with it.
  const p: f32 = ((-0.00058402904 * z + 0.0049622627) * z + -0.026744347) * z + 0.11281156;
  const near: f32 = x + x * ((p * z + -0.37612423) * z + 0.12837914);
  const c: f32 = Math.min(a, 4);
  const q: f32 = (((0.00019823499 * c + -0.003065603) * c + 0.022315554) * c + -0.10411423) * c + -0.6369756;
  const far: f32 = 1 - boundedExpF32((q * c + -1.1277975) * c + -0.0001663982);
  return select(a < 0.92, near, select(x < 0, -far, far));
}
`,
  "f32/exp": `import { pow2n } from "../intrinsics.ts";
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
`,
  "f32/expm1": `import { pow2n, select } from "../intrinsics.ts";
import type { f32 } from "../types.ts";
import { nearExpm1F32, powersInF32, restF32 } from "./exp.ts";

/**
 * e^x - 1 = 2^k·(e^r - 1) + (2^k - 1), half of it first, since 2^128 is no float32. At most 1.57 units in the last place
 * off, 1.46 where products and sums fuse (measured over every seventh float32).
 */
export function expm1F32(x: f32): f32 {
  const t: f32 = Math.max(Math.min(x, 88.9), -30);
  const k: f32 = powersInF32(t);
  const half: f32 = pow2n(k - 1);
  const y: f32 = half * nearExpm1F32(restF32(t, k)) + (half - 0.5);
  // So close to 0 the answer is x itself, with its sign.
  return select(Math.abs(x) < 5e-8, x, y + y);
}
`,
  "f32/log": `import { exponent, pow2n, select } from "../intrinsics.ts";
import type { bool, f32 } from "../types.ts";

/**
 * ln x = k·ln 2 + ln m with x = 2^k·m and √½ ≤ m < √2; ln m = 2s + s·R(s²) with s = (m - 1) / (m + 1) = f / (2 + f), in
 * fdlibm's arrangement, where f is exact and everything else small. The three coefficients of R make its largest error
 * least. At most 0.84 units in the last place off, the same where products and sums fuse (measured over every float32
 * from ½ to 2 and every seventh elsewhere). ln 1 = 0, ln 0 = -∞, ln of what is negative is NaN; denormal numbers are
 * scaled first.
 */
export function logF32(x: f32): f32 {
  const tiny: bool = x < 7.888609e-31;
  const y: f32 = select(tiny, x * 33554432, x);
  // One less than the power of two nearest to y in its logarithm.
  const e: f32 = exponent(y * 0.70710677);
  // Two factors, since 1 / 2^128 is no normal float32.
  const f: f32 = y * 0.25 * pow2n(1 - e) - 1;
  const k: f32 = e + select(tiny, -24, 1);
  const s: f32 = f / (2 + f);
  const z: f32 = s * s;
  const half: f32 = 0.5 * f * f;
  const p: f32 = z * ((0.29870808 * z + 0.39977583) * z + 0.66666776);
  const value: f32 = k * 0.693359375 - (half - (s * (half + p) - k * 0.00021219444) - f);
  return select(0 < x, select(x < Infinity, value, x), select(x === 0, -Infinity, NaN));
}
`,
  "f32/log1p": `import { select } from "../intrinsics.ts";
import { f32 } from "../types.ts";
import { logF32 } from "./log.ts";

/**
 * ln(1 + x): the logarithm of the rounded sum u = 1 + x, corrected by what the rounding lost, (x - (u - 1)) / u. At most
 * 1.44 units in the last place off, the same where products and sums fuse (measured over every seventh float32).
 */
export function log1pF32(x: f32): f32 {
  const u: f32 = f32(1 + x);
  const lost: f32 = (x - (u - 1)) / u;
  const y: f32 = logF32(u);
  return select(u === 1, x, y + select(0 < u && u < Infinity, lost, 0));
}
`,
  "f32/sigmoid": `import { pow2n, select } from "../intrinsics.ts";
import type { f32 } from "../types.ts";
import { nearExpm1F32, powersInF32, restF32 } from "./exp.ts";

/**
 * 1 / (1 + e^-x). The plain formula errs by up to 2.5 units in the last place, because 1 + e^-x is rounded before it is
 * divided by. Here e^-x = h + g with h a power of two, and what the two sums 1 + h and (1 + h) + g lost corrects the
 * quotient: at most 1.44 units off, 1.43 where products and sums fuse (measured over every fifth float32). Exactly 0
 * below -87.2, where the result would near the denormal numbers.
 */
export function sigmoidF32(x: f32): f32 {
  // From 40 on the answer is 1, and smaller powers would be denormal.
  const t: f32 = -Math.max(Math.min(x, 40), -87.2);
  const k: f32 = powersInF32(t);
  const h: f32 = pow2n(k);
  const g: f32 = h * nearExpm1F32(restF32(t, k));
  const whole: f32 = 1 + h;
  const sum: f32 = whole + g;
  const low: f32 = g - (sum - whole) + (1 - (whole - h));
  const y: f32 = 1 / sum;
  return select(x < -87.2, 0, y - y * (y * low));
}
`,
  "f32/sine": `import { quarter, select, turned } from "../intrinsics.ts";
import type { bool, f32 } from "../types.ts";

/** What is left of x beyond whole quarter turns; where no digit of the angle is left, a sine still stays between -1 and 1. */
export function turnedF32(x: f32): f32 {
  return Math.max(Math.min(turned(x), 1), -1);
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
 * sin x, at most 1.65·2^-24 off for |x| up to 2^31, the same where products and sums fuse (measured over every 17th
 * float32). Beyond that the error grows like the spacing of float64 numbers, to 2^-21 by 2^32 and to 1 by 2^52.
 */
export function sinF32(x: f32): f32 {
  const r: f32 = turnedF32(x);
  const turns: f32 = quarter(x);
  const odd: bool = turns === 1 || turns === 3;
  const y: f32 = select(odd, nearCosineF32(r), nearSineF32(r));
  // So close to 0 the answer is x itself, with its sign.
  return select(Math.abs(x) < 0.0001, x, select(1 < turns, -y, y));
}

/** cos x, as accurate as sin x. */
export function cosF32(x: f32): f32 {
  const r: f32 = turnedF32(x);
  const turns: f32 = quarter(x);
  const odd: bool = turns === 1 || turns === 3;
  const y: f32 = select(odd, nearSineF32(r), nearCosineF32(r));
  return select(turns === 1 || turns === 2, -y, y);
}
`,
  "f32/tanh": `import { select } from "../intrinsics.ts";
import type { f32 } from "../types.ts";
import { boundedExpF32 } from "./exp.ts";

/**
 * tanh x: up to 0.625 the odd polynomial x·P(x²), beyond it 1 - 2 / (e^2|x| + 1) with the sign of x, where the quotient is
 * below a half and so are its errors; from 9.1 on it is ±1. At most 1.33 units in the last place off, the same where
 * products and sums fuse (measured over every seventh float32). tanh(-x) = -tanh x to the bit, and ±0 keeps its sign.
 */
export function tanhF32(x: f32): f32 {
  const a: f32 = Math.abs(x);
  const z: f32 = x * x;
  // Negative numbers are added too, since only a product in a sum is one instruction with it.
  const p: f32 = ((-0.0057154992 * z + 0.020649103) * z + -0.053743005) * z + 0.13331485;
  const near: f32 = x * (1 + z * (p * z + -0.33333284));
  const far: f32 = 1 - 2 / (boundedExpF32(2 * Math.min(a, 9.1)) + 1);
  return select(a < 0.625, near, select(x < 0, -far, far));
}
`,
  "log": `import { exponent, pow2, select } from "./intrinsics.ts";
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
`,
  "log1p": `import { select } from "./intrinsics.ts";
import { log } from "./log.ts";
import type { f64 } from "./types.ts";

/** ln(1 + x): the logarithm of the rounded sum u = 1 + x, corrected by what the rounding lost, (x - (u - 1)) / u. */
export function log1p(x: f64): f64 {
  const u: f64 = 1 + x;
  const lost: f64 = (x - (u - 1)) / u;
  const y: f64 = log(u);
  return u === 1 ? x : y + select(0 < u && u < Infinity, lost, 0);
}
`,
  "matmul": `import type { f32s, f64, index } from "./types.ts";

/**
 * out[t, i, j] = Σₖ a[t, i, k] · b[t, k, j]. Every axis has its stride, so that transposed and batched operands are
 * the same loops; the sum is held in float64.
 */
export function matmul(
  a: f32s,
  b: f32s,
  out: f32s,
  batch: index,
  rows: index,
  columns: index,
  depth: index,
  aBatch: index,
  aRow: index,
  aDepth: index,
  bBatch: index,
  bDepth: index,
  bColumn: index,
  outBatch: index,
  outRow: index,
  outColumn: index,
  aStart: index,
  bStart: index,
  outStart: index,
): void {
  for (let t = 0; t < batch; t++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum: f64 = 0;
        for (let k = 0; k < depth; k++) {
          sum +=
            a[aStart + t * aBatch + i * aRow + k * aDepth] *
            b[bStart + t * bBatch + k * bDepth + j * bColumn];
        }
        out[outStart + t * outBatch + i * outRow + j * outColumn] = sum;
      }
    }
  }
}
`,
  "order": `import type { bool, f32s, f64, i32s, index } from "./types.ts";
import { i32 } from "./types.ts";

/**
 * Sums of the elements up to and including each one along the middle axis; from the other end where \`reverse\` is 1.
 * Counts may depend on the batch; the strides are what layouts count with.
 */
export function cumsum(
  x: f32s,
  out: f32s,
  before: index,
  length: index,
  after: index,
  lengthStride: index,
  afterStride: index,
  reverse: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let b = 0; b < after; b++) {
      let sum: f64 = 0;
      for (let i = 0; i < length; i++) {
        sum += x[(a * lengthStride + i + reverse * (length - 1 - 2 * i)) * afterStride + b];
        out[(a * lengthStride + i + reverse * (length - 1 - 2 * i)) * afterStride + b] = sum;
      }
    }
  }
}

/**
 * The positions of the elements along the middle axis in rising order (falling where \`descending\` is 1), equal
 * ones in their own order and NaN as the largest: each element's place is the number of those before it.
 */
export function argSort(
  x: f32s,
  out: i32s,
  before: index,
  length: index,
  after: index,
  afterStride: index,
  descending: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let b = 0; b < after; b++) {
      for (let i = 0; i < length; i++) {
        const mine: f64 = x[(a * length + i) * afterStride + b];
        let place: index = 0;
        for (let j = 0; j < length; j++) {
          const other: f64 = x[(a * length + j) * afterStride + b];
          const below: bool = other < mine || (mine !== mine && other === other);
          const above: bool = mine < other || (other !== other && mine === mine);
          const first: bool = (below && descending === 0) || (above && descending === 1);
          if (first || (j < i && !below && !above)) {
            place += 1;
          }
        }
        out[(a * length + place) * afterStride + b] = i32(i);
      }
    }
  }
}
`,
  "orthogonalize": `import { select } from "./intrinsics.ts";
import type { f32s, f64, index } from "./types.ts";

/**
 * Makes the columns of x [rows, columns] (row-major) orthonormal by modified Gram-Schmidt, each column projected
 * twice, which is enough for orthogonality to working precision. A column's component along its own direction
 * keeps its sign; a column that depends on the ones before it becomes zero.
 */
export function orthogonalize(x: f32s, out: f32s, rows: index, columns: index): void {
  for (let j = 0; j < columns; j++) {
    let before: f64 = 0;
    for (let i = 0; i < rows; i++) {
      const value: f64 = x[i * columns + j];
      before += value * value;
      out[i * columns + j] = value;
    }
    for (let pass = 0; pass < 2; pass++) {
      for (let c = 0; c < j; c++) {
        let dot: f64 = 0;
        for (let i = 0; i < rows; i++) {
          dot += out[i * columns + c] * out[i * columns + j];
        }
        for (let i = 0; i < rows; i++) {
          const value: f64 = out[i * columns + j];
          out[i * columns + j] = value - dot * out[i * columns + c];
        }
      }
    }
    let after: f64 = 0;
    for (let i = 0; i < rows; i++) {
      const value: f64 = out[i * columns + j];
      after += value * value;
    }
    // What is left of a dependent column is rounding noise, about 1e-7 of its length in float32.
    const kept: f64 = select(before * 1e-12 < after, 1 / Math.sqrt(after), 0);
    for (let i = 0; i < rows; i++) {
      const value: f64 = out[i * columns + j];
      out[i * columns + j] = value * kept;
    }
  }
}
`,
  "pow": `import { exp } from "./exp.ts";
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
`,
  "sine": `import { select } from "./intrinsics.ts";
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
`,
  "single/exp": `import { pow2, select } from "../intrinsics.ts";
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
`,
  "single/log": `import { exponent, pow2, select } from "../intrinsics.ts";
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
`,
  "single/tanh": `import { select } from "../intrinsics.ts";
import { expSingle } from "./exp.ts";
import type { f64 } from "../types.ts";

/** tanh x = 1 - 2 / (e^2x + 1) in float64 for what is rounded to float32 next. */
export function tanhSingle(x: f64): f64 {
  const y: f64 = 1 - 2 / (expSingle(2 * x) + 1);
  // Near 0 the difference loses digits, and tanh x is x to more than a float32 holds; it keeps the sign of -0.
  return select(Math.abs(x) < 1e-6, x, y);
}
`,
  "split": `import type { f64 } from "./types.ts";

/** The upper 26 bits of x, so that products of halves are exact (Veltkamp). Overflows above 1e300. */
export function split(x: f64): f64 {
  const scaled: f64 = x * 134217729;
  return scaled - (scaled - x);
}
`,
  "take": `import type { f32s, i32s } from "./types.ts";
import { index } from "./types.ts";

/**
 * out[a, p, b] = x[a, indices[p], b]. The counts may depend on the batch; \`rows\`, \`pickStride\` and \`afterStride\`
 * are the extents that layouts count with. An index outside the rows is taken as the nearest row.
 */
export function take(
  x: f32s,
  indices: i32s,
  out: f32s,
  before: index,
  picks: index,
  after: index,
  rows: index,
  pickStride: index,
  afterStride: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let p = 0; p < picks; p++) {
      for (let b = 0; b < after; b++) {
        out[(a * pickStride + p) * afterStride + b] =
          x[(a * rows + Math.min(Math.max(index(indices[p]), 0), rows - 1)) * afterStride + b];
      }
    }
  }
}

/** out[a, indices[p], b] += updates[a, p, b], in the order of p: the transpose of \`take\`. */
export function scatterAdd(
  updates: f32s,
  indices: i32s,
  out: f32s,
  before: index,
  picks: index,
  after: index,
  rows: index,
  pickStride: index,
  afterStride: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let p = 0; p < picks; p++) {
      for (let b = 0; b < after; b++) {
        out[(a * rows + Math.min(Math.max(index(indices[p]), 0), rows - 1)) * afterStride + b] +=
          updates[(a * pickStride + p) * afterStride + b];
      }
    }
  }
}

/** out[a, p, b] = x[a, indices[a, p, b], b]; sizes as of \`take\`. */
export function takeAlongAxis(
  x: f32s,
  indices: i32s,
  out: f32s,
  before: index,
  picks: index,
  after: index,
  rows: index,
  pickStride: index,
  afterStride: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let p = 0; p < picks; p++) {
      for (let b = 0; b < after; b++) {
        out[(a * pickStride + p) * afterStride + b] =
          x[
            (a * rows +
              Math.min(Math.max(index(indices[(a * pickStride + p) * afterStride + b]), 0), rows - 1)) *
              afterStride +
              b
          ];
      }
    }
  }
}

/** out[a, indices[a, p, b], b] += updates[a, p, b], in the order of p: the transpose of \`takeAlongAxis\`. */
export function scatterAddAlongAxis(
  updates: f32s,
  indices: i32s,
  out: f32s,
  before: index,
  picks: index,
  after: index,
  rows: index,
  pickStride: index,
  afterStride: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let p = 0; p < picks; p++) {
      for (let b = 0; b < after; b++) {
        out[
          (a * rows +
            Math.min(Math.max(index(indices[(a * pickStride + p) * afterStride + b]), 0), rows - 1)) *
            afterStride +
            b
        ] += updates[(a * pickStride + p) * afterStride + b];
      }
    }
  }
}
`,
  "tanh": `import { expm1 } from "./expm1.ts";
import { select } from "./intrinsics.ts";
import type { f64 } from "./types.ts";

/** tanh |x| = -t / (t + 2) with t = e^(-2|x|) - 1, which never overflows; then the sign of x. */
export function tanh(x: f64): f64 {
  const t: f64 = expm1(-2 * Math.abs(x));
  const y: f64 = -t / (t + 2);
  // Below 2^-28 tanh x rounds to x, and keeps the sign of -0.
  return select(Math.abs(x) < 3.725290298461914e-9, x, select(x < 0, -y, y));
}
`,
  "threefry": `import { rotateLeft } from "./intrinsics.ts";
import { u32 } from "./types.ts";

/**
 * The first word of Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
 * 1, 2, 3): five groups of four rounds, each group followed by one injection of the key. The rounds are written out
 * because rotations by constants take a third of the time of those by variables.
 */
export function random(key0: u32, key1: u32, counter0: u32, counter1: u32): u32 {
  const key2: u32 = key0 ^ key1 ^ 0x1bd11bda;
  let x: u32 = u32(counter0 + key0);
  let y: u32 = u32(counter1 + key1);
  x = u32(x + y);
  y = u32(rotateLeft(y, 13) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 15) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 26) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 6) ^ x);
  x = u32(x + key1);
  y = u32(y + key2 + 1);
  x = u32(x + y);
  y = u32(rotateLeft(y, 17) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 29) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 16) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 24) ^ x);
  x = u32(x + key2);
  y = u32(y + key0 + 2);
  x = u32(x + y);
  y = u32(rotateLeft(y, 13) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 15) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 26) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 6) ^ x);
  x = u32(x + key0);
  y = u32(y + key1 + 3);
  x = u32(x + y);
  y = u32(rotateLeft(y, 17) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 29) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 16) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 24) ^ x);
  x = u32(x + key1);
  y = u32(y + key2 + 4);
  x = u32(x + y);
  y = u32(rotateLeft(y, 13) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 15) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 26) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 6) ^ x);
  x = u32(x + key2);
  return x;
}
`,
};
