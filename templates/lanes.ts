import { erf } from "./erf.ts";
import { exponent, pow2, pow2n, quarter, rotateLeft, turned } from "./intrinsics.ts";
import { random } from "./threefry.ts";
import { bool, f32, i32, u32, type boolx4, type index } from "./types.ts";

/**
 * The lanes of the loop level as TypeScript, so that the text of a kernel that has them type-checks and runs as it
 * stands: `f32x4_add(v, w)` adds lane by lane and rounds each sum, `f32x4_load2(a, i)` fills two lanes and leaves 0 in
 * the others, `f32x4_sumLanes(v)` is (0 + 2) + (1 + 3). A scalar operand stands for four copies of itself.
 */
type Vector<T> = readonly [T, T, T, T];
type Operand<T> = Vector<T> | T;
type Elements = { [k: number]: number; readonly length: number };
/** What brings an exact result to a type. */
type Type<T> = (x: number | boolean) => T;

const four = <T>(lane: (k: number) => T): Vector<T> => [lane(0), lane(1), lane(2), lane(3)];
const laneOf = <T>(x: Operand<T>, k: number): T => (Array.isArray(x) ? (x as Vector<T>)[k] : (x as T));

/** What there is of every type. */
function lanesOf<T extends number | boolean>(type: Type<T>) {
  const load = (part: number) => (a: Elements, i: index) => four((k) => type(k < part && a[i + k]));
  const store = (part: number) => (a: Elements, i: index, v: Operand<T>) => {
    for (let k = 0; k < part; k++) a[i + k] = Number(laneOf(v, k));
  };
  return {
    const: (x: T) => four(() => type(x)),
    splat: (x: T) => four(() => type(x)),
    lanes: (a: T, b: T, c: T, d: T): Vector<T> => [a, b, c, d],
    lane: (v: Vector<T>, k: index) => v[k],
    load: load(4),
    load2: load(2),
    load3: load(3),
    store: store(4),
    store2: store(2),
    store3: store(3),
    select: (test: Operand<bool>, yes: Operand<T>, no: Operand<T>) =>
      four((k) => (laneOf(test, k) ? laneOf(yes, k) : laneOf(no, k))),
    cast: (v: Operand<number | boolean>) => four((k) => type(laneOf(v, k))),
    call: (run: (...args: T[]) => T, ...args: Operand<T>[]) =>
      four((k) => type(run(...args.map((arg) => laneOf(arg, k))))),
  };
}

/** Operations of one and of two operands in a type: on each lane, and as folds of all lanes. */
const inType = (type: Type<number>) => ({
  one: (run: (x: number) => number) => (v: Operand<number>) => four((k) => type(run(laneOf(v, k)))),
  two: (run: (x: number, y: number) => number) => (v: Operand<number>, w: Operand<number>) =>
    four((k) => type(run(laneOf(v, k), laneOf(w, k)))),
  fold: (run: (x: number, y: number) => number) => (v: Vector<number>) =>
    type(run(type(run(v[0], v[2])), type(run(v[1], v[3])))),
});

/** The larger and the smaller of two numbers, or what is none; of two zeros the first, whatever their signs. */
const larger = (x: number, y: number): number => (y > x || y !== y ? y : x);
const smaller = (x: number, y: number): number => (y < x || y !== y ? y : x);

/** What there is of numbers. */
function numbers(type: Type<number>, product: (x: number, y: number) => number) {
  const { one, two, fold } = inType(type);
  const sum = (x: number, y: number): number => x + y;
  return {
    ...lanesOf(type),
    add: two(sum),
    sub: two((x, y) => x - y),
    mul: two(product),
    div: two((x, y) => x / y),
    rem: two((x, y) => x % y),
    maximum: two(larger),
    minimum: two(smaller),
    neg: one((x) => -x),
    abs: one(Math.abs),
    sign: one(Math.sign),
    sumLanes: fold(sum),
    prodLanes: fold(product),
    maximumLanes: fold(larger),
    minimumLanes: fold(smaller),
  };
}

/** What there is of whole numbers of 32 bits. */
function integers(type: Type<number>, shiftRight: (x: number, y: number) => number) {
  const { one, two } = inType(type);
  return {
    ...numbers(type, Math.imul),
    and: two((x, y) => x & y),
    or: two((x, y) => x | y),
    xor: two((x, y) => x ^ y),
    not: one((x) => ~x),
    shiftLeft: two((x, y) => x << y),
    shiftRight: two(shiftRight),
    rotateLeft: two(rotateLeft),
  };
}

/** A comparison of lanes of any type. */
const compare =
  (test: (x: number | boolean, y: number | boolean) => boolean) =>
  (v: Operand<number | boolean>, w: Operand<number | boolean>): boolx4 =>
    four((k) => test(laneOf(v, k), laneOf(w, k)));

const logical = (run: (x: boolean, y: boolean) => boolean) => (v: Operand<boolean>, w: Operand<boolean>) =>
  four((k) => run(laneOf(v, k), laneOf(w, k)));

const { one: single, two: singles } = inType(f32);

export const {
  const: f32x4_const, splat: f32x4_splat, lanes: f32x4_lanes, lane: f32x4_lane, load: f32x4_load,
  load2: f32x4_load2, load3: f32x4_load3, store: f32x4_store, store2: f32x4_store2, store3: f32x4_store3,
  select: f32x4_select, cast: f32x4_cast, call: f32x4_call, add: f32x4_add, sub: f32x4_sub, mul: f32x4_mul,
  div: f32x4_div, rem: f32x4_rem, maximum: f32x4_maximum, minimum: f32x4_minimum, neg: f32x4_neg,
  abs: f32x4_abs, sign: f32x4_sign, sumLanes: f32x4_sumLanes, prodLanes: f32x4_prodLanes,
  maximumLanes: f32x4_maximumLanes, minimumLanes: f32x4_minimumLanes,
} = numbers(f32, (x, y) => x * y); // prettier-ignore
export const f32x4_sqrt = single(Math.sqrt);
export const f32x4_floor = single(Math.floor);
export const f32x4_trunc = single(Math.trunc);
export const f32x4_exp = single(Math.exp);
export const f32x4_log = single(Math.log);
export const f32x4_expm1 = single(Math.expm1);
export const f32x4_log1p = single(Math.log1p);
export const f32x4_tanh = single(Math.tanh);
export const f32x4_sigmoid = single((x) => 1 / (1 + Math.exp(-x)));
export const f32x4_sin = single(Math.sin);
export const f32x4_cos = single(Math.cos);
export const f32x4_pow2 = single(pow2);
export const f32x4_pow2n = single(pow2n);
export const f32x4_exponent = single(exponent);
export const f32x4_turned = single(turned);
export const f32x4_quarter = single(quarter);
export const f32x4_erf = single(erf);
export const f32x4_pow = singles(Math.pow);

export const {
  const: i32x4_const, splat: i32x4_splat, lanes: i32x4_lanes, lane: i32x4_lane, load: i32x4_load,
  load2: i32x4_load2, load3: i32x4_load3, store: i32x4_store, store2: i32x4_store2, store3: i32x4_store3,
  select: i32x4_select, cast: i32x4_cast, call: i32x4_call, add: i32x4_add, sub: i32x4_sub, mul: i32x4_mul,
  div: i32x4_div, rem: i32x4_rem, maximum: i32x4_maximum, minimum: i32x4_minimum, neg: i32x4_neg,
  abs: i32x4_abs, sign: i32x4_sign, sumLanes: i32x4_sumLanes, prodLanes: i32x4_prodLanes,
  maximumLanes: i32x4_maximumLanes, minimumLanes: i32x4_minimumLanes, and: i32x4_and, or: i32x4_or,
  xor: i32x4_xor, not: i32x4_not, shiftLeft: i32x4_shiftLeft, shiftRight: i32x4_shiftRight,
  rotateLeft: i32x4_rotateLeft,
} = integers(i32, (x, y) => x >> y); // prettier-ignore
export const i32x4_ramp = (x: index) => four((k) => i32(x + k));

export const {
  const: u32x4_const, splat: u32x4_splat, lanes: u32x4_lanes, lane: u32x4_lane, load: u32x4_load,
  load2: u32x4_load2, load3: u32x4_load3, store: u32x4_store, store2: u32x4_store2, store3: u32x4_store3,
  select: u32x4_select, cast: u32x4_cast, call: u32x4_call, add: u32x4_add, sub: u32x4_sub, mul: u32x4_mul,
  div: u32x4_div, rem: u32x4_rem, maximum: u32x4_maximum, minimum: u32x4_minimum, neg: u32x4_neg,
  abs: u32x4_abs, sign: u32x4_sign, sumLanes: u32x4_sumLanes, prodLanes: u32x4_prodLanes,
  maximumLanes: u32x4_maximumLanes, minimumLanes: u32x4_minimumLanes, and: u32x4_and, or: u32x4_or,
  xor: u32x4_xor, not: u32x4_not, shiftLeft: u32x4_shiftLeft, shiftRight: u32x4_shiftRight,
  rotateLeft: u32x4_rotateLeft,
} = integers(u32, (x, y) => x >>> y); // prettier-ignore
export const u32x4_random = (...args: readonly Operand<number>[]) => lanesOf(u32).call(random, ...args);

export const {
  const: boolx4_const, splat: boolx4_splat, lanes: boolx4_lanes, lane: boolx4_lane, load: boolx4_load,
  load2: boolx4_load2, load3: boolx4_load3, store: boolx4_store, store2: boolx4_store2, store3: boolx4_store3,
  select: boolx4_select, cast: boolx4_cast, call: boolx4_call,
} = lanesOf(bool); // prettier-ignore
export const boolx4_equal = compare((x, y) => x === y);
export const boolx4_notEqual = compare((x, y) => x !== y);
export const boolx4_less = compare((x, y) => x < y);
export const boolx4_lessEqual = compare((x, y) => x <= y);
export const boolx4_and = logical((x, y) => x && y);
export const boolx4_or = logical((x, y) => x || y);
export const boolx4_not = (v: Operand<boolean>): boolx4 => four((k) => !laneOf(v, k));
