import type { bool, f32, f64, u32 } from "./types.ts";

const bits = new DataView(new ArrayBuffer(8));

/** The exact double 2^i for a whole number i from -1100 to 1100; 0 or infinity where 2^i is out of range. */
export function pow2(i: f64): f64 {
  let power = 1;
  for (let k = 0; k < Math.abs(i); k++) power *= i < 0 ? 0.5 : 2;
  return power;
}

/**
 * The float32 2^n for a whole number n from -126 to 127; 0 for -127 and infinity for 128, as numbers of those exponents
 * and no fraction read. For other n, which a template may only meet where it drops the result, it is any number. Once
 * 1.5·2^23 + 127 is added to n, shifting the bits of the sum to the left by 23 places leaves those of 2^n.
 */
export const pow2n = (n: f32): f32 => (n < -126 ? 0 : n > 127 ? Infinity : pow2(n));

/** floor(log2 x) of a positive normal double, read from its bits. */
export function exponent(x: f64): f64 {
  bits.setFloat64(0, x);
  return ((bits.getUint32(0) >>> 20) & 2047) - 1023;
}

/** Rounds toward zero. */
export const trunc = (x: f64): f64 => Math.trunc(x);

/** 1.5·2^52: added to a number below 2^51, it leaves the nearest whole number in the lowest bits. */
const magic = 6755399441055744;

/**
 * What is left of x beyond the nearest whole number of quarter turns, computed in float64 and then rounded to the type of
 * x. π/2 is subtracted in parts of 22 and 53 bits: the first product is exact up to |x| = 2^31, and what is left of a
 * float32 up to there errs by less than 2^-44; beyond that by about |x|·2^-52.
 */
export function turned(x: f64): f64 {
  const k = x * 0.6366197723675814 + magic - magic;
  return x - k * 1.570796012878418 - k * 3.139164786504813e-7;
}

/** That number of quarter turns modulo 4: 0 to 3. */
export function quarter(x: f64): f64 {
  bits.setFloat64(0, x * 0.6366197723675814 + magic);
  return bits.getUint32(4) & 3;
}

/** `yes` or `no`; unlike `test ? yes : no` it may evaluate both, so it can become a blend of lanes. */
export const select = (test: bool, yes: f64, no: f64): f64 => (test ? yes : no);

/** Turns the 32 bits of x to the left by r places. */
export const rotateLeft = (x: u32, r: u32): u32 => ((x << r) | (x >>> (32 - r))) >>> 0;
