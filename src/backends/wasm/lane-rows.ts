import type { LaneWiseOp, LocalType } from "../../ir/loop.ts";
import type { Context } from "./context.ts";
import { w, type Code } from "./encode/code.ts";
import type { PlainOp } from "./encode/opcodes.ts";
import { angles, isFloatType, type ByType, type Row } from "./scalar-rows.ts";

const four = (value: number): readonly number[] => [value, value, value, value];
/** Four copies of a number in a vector's own type; a bool is a mask. */
export const copiesOf = (value: number, type: LocalType, context: Context): Code =>
  type === "f32"
    ? context.vector({ shape: "f32x4", values: four(Math.fround(value)) })
    : context.vector({ shape: "i32x4", values: four(type === "bool" ? -Number(value !== 0) : value | 0) });

const lanes =
  (op: PlainOp): Row =>
  (args) =>
    w.op(op, ...args);
const same: Row = ([x]) => x;
const unsigned = (type: LocalType): "u" | "s" => (type === "u32" ? "u" : "s");

/**
 * The instruction that chooses, `f32x4.pmax`, gives its first operand unless the second is larger: no-number in the first
 * comes out, and that in the second, where it is no constant, is put in as a mask of ones. `f32x4.max` does all of that in
 * three times the steps; it would also tell zeros apart by their signs, which lanes do not promise.
 */
const extreme =
  (name: "max" | "min"): Row =>
  ([a, b], { context }) => {
    const isNumber = (x: Code): boolean => context.constant(x)?.every((value) => value === value) ?? false;
    if (isNumber(b)) return w.op(`f32x4.p${name}`, a, b);
    const [first, again] = context.twice(b, "v128");
    return w.op("v128.or", w.op(`f32x4.p${name}`, a, first), w.op("f32x4.ne", again, again));
  };

const compare =
  (name: "eq" | "ne" | "lt" | "le"): Row =>
  (args, { from }) => {
    if (from === "f32") return w.op(`f32x4.${name}`, ...args);
    return w.op(
      name === "eq" || name === "ne" ? `i32x4.${name}` : `i32x4.${name}_${unsigned(from)}`,
      ...args,
    );
  };

/** Where a branch is all zeros the mask itself does the choosing. */
const select: Row = ([mask, yes, no], { context }) => {
  const isZero = (x: Code): boolean => context.constant(x)?.every((value) => Object.is(value, 0)) ?? false;
  if (isZero(no)) return w.op("v128.and", yes, mask);
  if (isZero(yes)) return w.op("v128.andnot", no, mask);
  return w.op("v128.bitselect", yes, no, mask);
};

/** As for scalars: see there. */
const powerOfTwo: Row = ([x], { context }) => {
  const [bits, again] = context.twice(w.op("f32x4.add", x, copiesOf(12582912 + 254, "f32", context)), "v128");
  const [half, known] = context.twice(w.op("i32x4.shr_s", bits, w.i32(1)), "v128");
  const power = (exponent: Code): Code => w.op("i32x4.shl", exponent, w.i32(23));
  return w.op("f32x4.mul", power(half), power(w.op("i32x4.sub", again, known)));
};
const normalPower: Row = ([n], { context }) =>
  w.op("i32x4.shl", w.op("f32x4.add", n, copiesOf(12582912 + 127, "f32", context)), w.i32(23));
const exponentOf: Row = ([x], { context }) => {
  const field = w.op("v128.and", w.op("i32x4.shr_u", x, w.i32(23)), copiesOf(255, "i32", context));
  return w.op("f32x4.convert_i32x4_s", w.op("i32x4.sub", field, copiesOf(127, "i32", context)));
};

const signOfFloat: Row = ([x], { context }) => {
  const [first, again] = context.twice(x, "v128");
  const sign = w.op("v128.and", first, copiesOf(-2147483648, "i32", context));
  const one = w.op("v128.or", sign, copiesOf(1, "f32", context));
  return w.op(
    "v128.bitselect",
    one,
    again,
    w.op("f32x4.gt", w.op("f32x4.abs", again), copiesOf(0, "f32", context)),
  );
};
const signOfInt: Row = ([x], { type, context }) => {
  const zero = copiesOf(0, "i32", context);
  if (type === "u32") return w.op("v128.and", w.op("i32x4.ne", x, zero), copiesOf(1, "i32", context));
  const [first, again] = context.twice(x, "v128");
  // A mask that holds is −1.
  return w.op("i32x4.sub", w.op("i32x4.lt_s", first, zero), w.op("i32x4.gt_s", again, zero));
};

/**
 * A float as an integer modulo 2^32, and 0 for what is not finite. What remains of t beyond a multiple of 2^32 is exact
 * if it keeps the sign of t; the sign is put back in integers.
 */
const wholeOf = (x: Code, context: Context): Code => {
  const [first, again] = context.twice(w.op("f32x4.trunc", x), "v128");
  const turns = w.op("f32x4.trunc", w.op("f32x4.mul", again, copiesOf(2 ** -32, "f32", context)));
  const remaining = w.op("f32x4.sub", first, w.op("f32x4.mul", turns, copiesOf(2 ** 32, "f32", context)));
  const [rest, known] = context.twice(remaining, "v128");
  const size = w.op("i32x4.trunc_sat_f32x4_u", w.op("f32x4.abs", rest));
  const [sign, same] = context.twice(w.op("f32x4.lt", known, copiesOf(0, "f32", context)), "v128");
  return w.op("i32x4.sub", w.op("v128.xor", size, sign), same);
};

const cast: Row = ([x], { type: to, from, context }) => {
  if (to === from) return x;
  if (to === "bool") return w.op(from === "f32" ? "f32x4.ne" : "i32x4.ne", x, copiesOf(0, from, context));
  if (from === "bool") return w.op("v128.and", x, copiesOf(1, to, context));
  if (to === "f32") return w.op(`f32x4.convert_i32x4_${isShort(x) ? "s" : unsigned(from)}`, x);
  return isFloatType(from) ? wholeOf(x, context) : x;
};

/** What was shifted down has no sign; hosts convert signed numbers in one step and unsigned ones in many. */
const isShort = (x: Code): boolean =>
  x.kind === "plain" &&
  x.op === "i32x4.shr_u" &&
  x.args[1].kind === "number" &&
  Number(x.args[1].value) % 32 > 0;

/** What is made of two lanes in float64, for the lower two and the upper two. */
const inHalves = (x: Code, context: Context, make: (wide: Code) => Code): readonly [Code, Code] => {
  const [first, again] = context.twice(x, "v128");
  const upper = w.shuffle(again, again, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);
  const [low, high] = [first, upper].map((half) => make(w.op("f64x2.promote_low_f32x4", half)));
  return [low, high];
};
const both = (x: number, context: Context): Code => context.vector({ shape: "f64x2", values: [x, x] });
const turnsOf = (x: Code, context: Context): Code =>
  w.op("f64x2.add", w.op("f64x2.mul", x, both(angles.turnsPerRadian, context)), both(angles.magic, context));
const turned: Row = ([x], { context }) => {
  const [low, high] = inHalves(x, context, (wide) => {
    const [first, again] = context.twice(wide, "v128");
    const whole = w.op("f64x2.sub", turnsOf(again, context), both(angles.magic, context));
    const [turns, same] = context.twice(whole, "v128");
    const most = w.op("f64x2.sub", first, w.op("f64x2.mul", turns, both(angles.turn, context)));
    const rest = w.op("f64x2.sub", most, w.op("f64x2.mul", same, both(angles.turnRest, context)));
    return w.op("f32x4.demote_f64x2_zero", rest);
  });
  return w.shuffle(low, high, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
};
const quarter: Row = ([x], { context }) => {
  const [low, high] = inHalves(x, context, (wide) => turnsOf(wide, context));
  const words = w.shuffle(low, high, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
  return w.op("f32x4.convert_i32x4_s", w.op("v128.and", words, copiesOf(3, "i32", context)));
};

const rotate: Row = ([x, by], { context }) => {
  const [first, again] = context.twice(x, "v128");
  const [turns, known] = context.twice(by, "i32");
  return w.op(
    "v128.or",
    w.op("i32x4.shl", first, turns),
    w.op("i32x4.shr_u", again, w.op("i32.sub", w.i32(32), known)),
  );
};

const bits = (op: "and" | "or" | "xor" | "not"): ByType => ({
  int: lanes(`v128.${op}`),
  bool: lanes(`v128.${op}`),
});
const everywhere = (row: Row): ByType => ({ float: row, int: row, bool: row });
const onScalars: ByType = {};

/**
 * Operations on four lanes. Shifts and turns take a scalar as second operand; what has no row here is done lane by
 * lane by the scalar's row.
 */
export const laneRows = {
  add: { float: lanes("f32x4.add"), int: lanes("i32x4.add") },
  sub: { float: lanes("f32x4.sub"), int: lanes("i32x4.sub") },
  mul: { float: lanes("f32x4.mul"), int: lanes("i32x4.mul") },
  div: { float: lanes("f32x4.div") },
  rem: onScalars,
  maximum: {
    float: extreme("max"),
    int: (args, { type }) => w.op(`i32x4.max_${unsigned(type)}`, ...args),
    bool: lanes("v128.or"),
  },
  minimum: {
    float: extreme("min"),
    int: (args, { type }) => w.op(`i32x4.min_${unsigned(type)}`, ...args),
    bool: lanes("v128.and"),
  },
  pow: onScalars,
  neg: { float: lanes("f32x4.neg"), int: lanes("i32x4.neg") },
  abs: { float: lanes("f32x4.abs"), int: ([x], { type }) => (type === "u32" ? x : w.op("i32x4.abs", x)) },
  sign: { float: signOfFloat, int: signOfInt },
  sqrt: { float: lanes("f32x4.sqrt") },
  floor: { float: lanes("f32x4.floor"), int: same },
  exp: onScalars,
  log: onScalars,
  expm1: onScalars,
  log1p: onScalars,
  tanh: onScalars,
  sigmoid: onScalars,
  sin: onScalars,
  cos: onScalars,
  erf: onScalars,
  equal: everywhere(compare("eq")),
  notEqual: everywhere(compare("ne")),
  // Of masks, false is less than true.
  less: { ...everywhere(compare("lt")), bool: ([a, b]) => w.op("v128.andnot", b, a) },
  lessEqual: { ...everywhere(compare("le")), bool: ([a, b]) => w.op("v128.or", w.op("v128.not", a), b) },
  and: bits("and"),
  or: bits("or"),
  not: bits("not"),
  xor: bits("xor"),
  shiftLeft: { int: lanes("i32x4.shl") },
  shiftRight: { int: (args, { type }) => w.op(`i32x4.shr_${unsigned(type)}`, ...args) },
  rotateLeft: { int: rotate },
  random: onScalars,
  select: everywhere(select),
  cast: everywhere(cast),
  pow2: { float: powerOfTwo },
  pow2n: { float: normalPower },
  exponent: { float: exponentOf },
  trunc: { float: lanes("f32x4.trunc"), int: same },
  turned: { float: turned },
  quarter: { float: quarter },
} as const satisfies Record<LaneWiseOp, ByType>;
