import type { LaneWiseOp, LocalType, LoopOp } from "../ir/loop.ts";
import { erfOf } from "../ops/erf.ts";

export type Scalar = (...args: readonly number[]) => number;

/** Brings an exact result to the values that a type holds, as the JS target does. */
export const wrap: Readonly<Record<LocalType, (x: number) => number>> = {
  index: (x) => x,
  f64: (x) => x,
  f32: Math.fround,
  i32: (x) => x | 0,
  u32: (x) => x >>> 0,
  bool: (x) => (x !== 0 ? 1 : 0),
};

const powers = tableOfPowers();

/** 2^-1100 … 2^1100 by exact doubling and halving; what a double cannot hold is 0 or infinity. */
function tableOfPowers(): Float64Array {
  const table = new Float64Array(2201);
  table[1100] = 1;
  for (let i = 1; i <= 1100; i++) {
    table[1100 + i] = table[1099 + i] * 2;
    table[1100 - i] = table[1101 - i] / 2;
  }
  return table;
}

function pow2(i: number): number {
  return i !== i ? i : powers[Math.max(-1100, Math.min(Math.trunc(i), 1100)) + 1100];
}

/** 2^i for -126 ≤ i ≤ 127; 0 below and infinity above. */
function pow2n(i: number): number {
  return i < -126 ? 0 : pow2(i > 127 ? Infinity : i);
}

/** floor(log2 x) of a positive normal double, from its bits. */
function exponent(x: number): number {
  const [, high] = new Uint32Array(new Float64Array([x]).buffer);
  return ((high >>> 20) & 2047) - 1023;
}

/** What is left of an angle: π/2 in a part of 22 bits, of which multiples up to 2^31 are exact, and the rest. */
function turned(x: number): number {
  const turns = x * 0.6366197723675814 + 6755399441055744 - 6755399441055744;
  return x - turns * 1.570796012878418 - turns * 3.139164786504813e-7;
}
/** The lowest two bits of the number of quarter turns. */
function quarter(x: number): number {
  const [low] = new Uint32Array(new Float64Array([x * 0.6366197723675814 + 6755399441055744]).buffer);
  return low & 3;
}

/** The first word of Threefry-2x32 with 20 rounds, written apart from the template so that each checks the other. */
export function threefry(key0: number, key1: number, counter0: number, counter1: number): number {
  const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
  const keys = [key0, key1, key0 ^ key1 ^ 0x1bd11bda];
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  for (let round = 0; round < 20; round++) {
    const r = rotations[round % 8];
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0;
    const group = (round + 1) / 4;
    if (Number.isInteger(group)) {
      x0 = (x0 + keys[group % 3]) | 0;
      x1 = (x1 + keys[(group + 1) % 3] + group) | 0;
    }
  }
  return x0 >>> 0;
}

const truth = (test: boolean): number => (test ? 1 : 0);

/** Every operation on exact operands; `scalarOp` wraps the result to the operation's type. */
const exact: Readonly<Record<LaneWiseOp, Scalar>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  rem: (a, b) => a % b,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  pow: (a, b) => Math.pow(a, b),
  neg: (a) => -a,
  abs: (a) => Math.abs(a),
  sign: (a) => Math.sign(a),
  sqrt: (a) => Math.sqrt(a),
  floor: (a) => Math.floor(a),
  exp: (a) => Math.exp(a),
  log: (a) => Math.log(a),
  expm1: (a) => Math.expm1(a),
  log1p: (a) => Math.log1p(a),
  tanh: (a) => Math.tanh(a),
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  sin: (a) => Math.sin(a),
  cos: (a) => Math.cos(a),
  erf: erfOf,
  equal: (a, b) => truth(a === b),
  notEqual: (a, b) => truth(a !== b),
  less: (a, b) => truth(a < b),
  lessEqual: (a, b) => truth(a <= b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  not: (a) => ~a,
  xor: (a, b) => a ^ b,
  shiftLeft: (a, b) => a << b,
  shiftRight: (a, b) => a >> b,
  rotateLeft: (a, b) => (a << b) | (a >>> (32 - b)),
  random: threefry,
  select: (test, yes, no) => (test !== 0 ? yes : no),
  cast: (a) => a,
  pow2,
  pow2n,
  exponent,
  trunc: (a) => Math.trunc(a),
  turned,
  quarter,
};

/** What an operation of this type computes. `from` is the type of its first operand, which a cast depends on. */
export function scalarOp(op: LoopOp, type: LocalType, from: LocalType): Scalar {
  if (op === "mul" && type === "i32") return Math.imul;
  if (op === "mul" && type === "u32") return (a, b) => Math.imul(a, b) >>> 0;
  if (op === "shiftRight" && type === "u32") return (a, b) => a >>> b;
  if (op === "not" && type === "bool") return (a) => 1 - a;
  if (op === "cast" && type === "index" && from !== "index") return (a) => Math.trunc(a);
  const compute = exact[op as LaneWiseOp];
  if (type === "f64" || type === "index" || (type === "bool" && op !== "cast")) return compute;
  const toType = wrap[type];
  switch (compute.length) {
    case 1:
      return (a) => toType(compute(a));
    case 2:
      return (a, b) => toType(compute(a, b));
    case 3:
      return (a, b, c) => toType(compute(a, b, c));
    default:
      return (...args) => toType(compute(...args));
  }
}

/**
 * What an operation computes in each of four lanes: the same, but that `maximum` and `minimum` of floats choose, so that
 * of two zeros the first comes out, whatever their signs.
 */
export function laneOp(op: LoopOp, type: LocalType, from: LocalType): Scalar {
  if (type === "f32" && op === "maximum") return (a, b) => (b > a || b !== b ? b : a);
  if (type === "f32" && op === "minimum") return (a, b) => (b < a || b !== b ? b : a);
  return scalarOp(op, type, from);
}
