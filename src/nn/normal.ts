import type { Value } from "../ir/graph.ts";
import type { DType } from "../ir/type.ts";
import { randomUniform } from "../ops/random.ts";
import { add, less, log, mul, neg, sqrt, sub, where } from "./sugar/elementwise.ts";

/** Coefficients for w < 5 and for the tails, highest power first: Giles (2010), single precision. */
const central = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
];
const tails = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
];
const horner = (coefficients: readonly number[], x: Value): Value =>
  coefficients.slice(1).reduce<Value>((sum, c) => add(mul(sum, x), c), add(mul(x, 0), coefficients[0]));

/**
 * The inverse of the error function for −1 < x < 1, by the two polynomials of Giles, "Approximating the erfinv
 * function" (GPU Computing Gems, 2010). Relative error below 1e-6 in float64 arithmetic.
 */
export function inverseErf(x: Value): Value {
  // (1 − x)(1 + x) keeps the digits that 1 − x² would lose near ±1.
  const w = neg(log(mul(sub(1, x), add(1, x))));
  const polynomial = where(less(w, 5), horner(central, sub(w, 2.5)), horner(tails, sub(sqrt(w), 3)));
  return mul(polynomial, x);
}

/** Uniform on a symmetric grid of odd multiples of 2^-24 inside (−1, 1): exact in float32, never ±1. */
function symmetricUniform(shape: readonly number[], dtype: DType, seed: Value, stream: number): Value {
  return sub(mul(randomUniform(seed, { shape, stream, dtype }), 2), 1 - 2 ** -24);
}

/** Standard normal numbers by inverting the distribution function; the largest magnitude is 5.4. */
export const standardNormal = (shape: readonly number[], dtype: DType, seed: Value, stream: number): Value =>
  mul(inverseErf(symmetricUniform(shape, dtype, seed, stream)), Math.SQRT2);

/** The share of a normal distribution within two standard deviations: erf(√2). */
const withinTwo = 0.9544997361036416;

/** Normal numbers conditioned on lying within two standard deviations; their own deviation is 0.8796. */
export const standardTruncatedNormal = (
  shape: readonly number[],
  dtype: DType,
  seed: Value,
  stream: number,
): Value => mul(inverseErf(mul(symmetricUniform(shape, dtype, seed, stream), withinTwo)), Math.SQRT2);

/** The standard deviation of a normal distribution cut off at two standard deviations. */
export const truncatedDeviation = 0.8796256610342398;
