import type { LaneWiseOp, LocalType } from "../../ir/loop.ts";
import type { Context } from "./context.ts";
import { w, type Code } from "./encode/code.ts";
import type { PlainOp } from "./encode/opcodes.ts";
import { remainderName } from "./library.ts";

export interface Site {
  readonly context: Context;
  readonly type: LocalType;
  /** The type of the first operand. */
  readonly from: LocalType;
}
export type Row = (args: readonly Code[], site: Site) => Code;
/** By the kind of the result, or of what is compared; what is left out has no meaning there. */
export interface ByType {
  readonly float?: Row;
  readonly int?: Row;
  readonly bool?: Row;
}

export const isFloatType = (type: LocalType): type is "f32" | "f64" => type === "f32" || type === "f64";
const number = (value: number, type: LocalType): Code => {
  if (type === "f32") return w.f32(value);
  return type === "f64" ? w.f64(value) : w.i32(value);
};

/** The instruction of this name for the result's type. */
const float =
  (name: "abs" | "neg" | "floor" | "trunc" | "sqrt" | "add" | "sub" | "mul" | "div"): Row =>
  (args, { type }) =>
    w.op(`${type as "f32" | "f64"}.${name}`, ...args);
const int =
  (op: PlainOp): Row =>
  (args) =>
    w.op(op, ...args);
const signed = ({ type }: { readonly type: LocalType }, name: "lt" | "le" | "gt" | "shr" | "rem"): PlainOp =>
  `i32.${name}_${type === "u32" || type === "bool" ? "u" : "s"}`;
const same: Row = ([x]) => x;

const compare =
  (name: "eq" | "ne" | "lt" | "le"): Row =>
  (args, { from }) => {
    if (isFloatType(from)) return w.op(`${from}.${name}`, ...args);
    return w.op(name === "eq" || name === "ne" ? `i32.${name}` : signed({ type: from }, name), ...args);
  };

/** The larger or the smaller of two whole numbers. */
const extreme =
  (name: "lt" | "gt"): Row =>
  ([a, b], site) => {
    const [first, again] = site.context.twice(a, "i32");
    const [second, last] = site.context.twice(b, "i32");
    // Both stand on the stack already when they are compared.
    return w.op("select", first, second, w.op(signed(site, name), again, last));
  };

/** Division in 64 bits never traps: there is no overflow, and a divisor of 2^32 gives the 0 that one of 0 must give. */
const divide: Row = ([a, b], { type, context }) => {
  const [known] = context.constant(b) ?? [];
  const unsigned = type === "u32";
  if (known !== undefined && known !== 0 && known !== -1)
    return w.op(unsigned ? "i32.div_u" : "i32.div_s", a, b);
  const extend = unsigned ? "i64.extend_i32_u" : "i64.extend_i32_s";
  const [first, again] = context.twice(b, "i32");
  const by = w.op("select", w.op(extend, first), w.i64(2n ** 32n), again);
  return w.op("i32.wrap_i64", w.op("i64.div_s", w.op(extend, a), by));
};

/** A remainder of division by 0 is 0, as by 1. */
const remainder: Row = ([a, b], site) => {
  const [known] = site.context.constant(b) ?? [];
  if (known !== undefined && known !== 0) return w.op(signed(site, "rem"), a, b);
  const [first, again] = site.context.twice(b, "i32");
  return w.op(signed(site, "rem"), a, w.op("select", first, w.i32(1), again));
};

const floatRemainder: Row = ([a, b], { type, context }) => {
  context.called.add(remainderName);
  if (type === "f64") return w.call(remainderName, a, b);
  const wide = (x: Code): Code => w.op("f64.promote_f32", x);
  return w.op("f32.demote_f64", w.call(remainderName, wide(a), wide(b)));
};

/** ±1 with the sign of x, and x itself where it is 0 or no number. */
const signOfFloat: Row = ([x], { type, context }) => {
  const t = type as "f32" | "f64";
  const [first, again] = context.twice(x, t);
  const one = w.op(`${t}.copysign`, number(1, type), first);
  return w.op("select", one, again, w.op(`${t}.gt`, w.op(`${t}.abs`, again), number(0, type)));
};
const signOfInt: Row = ([x], { type, context }) => {
  if (type === "u32") return w.op("i32.ne", x, w.i32(0));
  const [first, again] = context.twice(x, "i32");
  return w.op("i32.sub", w.op("i32.gt_s", first, w.i32(0)), w.op("i32.lt_s", again, w.i32(0)));
};
const absOfInt: Row = ([x], { type, context }) => {
  if (type === "u32") return x;
  const [first, again] = context.twice(x, "i32");
  return w.op("select", w.op("i32.sub", w.i32(0), first), again, w.op("i32.lt_s", again, w.i32(0)));
};

/**
 * 2^i of a whole i is the product of the powers of its halves, which are normal numbers however small 2^i is. Added to
 * 1.5·2^52 (f32: 1.5·2^23), i lies in the low bits; twice the exponent's bias is added there too, so that both halves,
 * shifted to the exponent's place, are powers of two.
 */
const powerOfTwo: Row = ([x], { type, context }) => {
  if (type === "f32") {
    const [bits, again] = context.twice(
      w.op("i32.reinterpret_f32", w.op("f32.add", x, w.f32(12582912 + 254))),
      "i32",
    );
    const [half, known] = context.twice(w.op("i32.shr_s", bits, w.i32(1)), "i32");
    const power = (exponent: Code): Code => w.op("f32.reinterpret_i32", w.op("i32.shl", exponent, w.i32(23)));
    return w.op("f32.mul", power(half), power(w.op("i32.sub", again, known)));
  }
  const [bits, again] = context.twice(
    w.op("i64.reinterpret_f64", w.op("f64.add", x, w.f64(1.5 * 2 ** 52 + 2046))),
    "i64",
  );
  const [half, known] = context.twice(w.op("i64.shr_s", bits, w.i64(1n)), "i64");
  const power = (exponent: Code): Code => w.op("f64.reinterpret_i64", w.op("i64.shl", exponent, w.i64(52n)));
  return w.op("f64.mul", power(half), power(w.op("i64.sub", again, known)));
};

/** 2^n of a normal float32: one addition brings n and the exponent's bias together, one shift to their place. */
const normalPower: Row = ([n]) =>
  w.op(
    "f32.reinterpret_i32",
    w.op("i32.shl", w.op("i32.reinterpret_f32", w.op("f32.add", n, w.f32(12582912 + 127))), w.i32(23)),
  );

const exponentOf: Row = ([x], { type }) => {
  if (type === "f32") {
    const field = w.op("i32.shr_u", w.op("i32.reinterpret_f32", x), w.i32(23));
    return w.op("f32.convert_i32_s", w.op("i32.sub", w.op("i32.and", field, w.i32(255)), w.i32(127)));
  }
  const field = w.op("i32.wrap_i64", w.op("i64.shr_u", w.op("i64.reinterpret_f64", x), w.i64(52n)));
  return w.op("f64.convert_i32_s", w.op("i32.sub", w.op("i32.and", field, w.i32(2047)), w.i32(1023)));
};

/** The numbers that angles are reduced by, as the templates' own `turned` explains. */
export const angles = {
  turnsPerRadian: 0.6366197723675814,
  /** 1.5·2^52: added to a number of turns, it leaves the nearest whole one in the lowest bits. */
  magic: 1.5 * 2 ** 52,
  turn: 1.570796012878418,
  turnRest: 3.139164786504813e-7,
} as const;

const turnsOf = (x: Code): Code =>
  w.op("f64.add", w.op("f64.mul", x, w.f64(angles.turnsPerRadian)), w.f64(angles.magic));
const turned: Row = ([x], { type, context }) => {
  const [first, again] = context.twice(type === "f32" ? w.op("f64.promote_f32", x) : x, "f64");
  const [turns, same] = context.twice(w.op("f64.sub", turnsOf(again), w.f64(angles.magic)), "f64");
  const most = w.op("f64.sub", first, w.op("f64.mul", turns, w.f64(angles.turn)));
  const rest = w.op("f64.sub", most, w.op("f64.mul", same, w.f64(angles.turnRest)));
  return type === "f32" ? w.op("f32.demote_f64", rest) : rest;
};
const quarter: Row = ([x], { type }) => {
  const sum = turnsOf(type === "f32" ? w.op("f64.promote_f32", x) : x);
  const low = w.op("i32.wrap_i64", w.op("i64.reinterpret_f64", sum));
  return w.op(`${type as "f32" | "f64"}.convert_i32_s`, w.op("i32.and", low, w.i32(3)));
};

/** A float as an integer modulo 2^32, and 0 for what is not finite: a float64 holds what t has above a multiple of 2^32. */
const wholeOf = (x: Code, from: "f32" | "f64", context: Context): Code => {
  const wide = from === "f32" ? w.op("f64.promote_f32", x) : x;
  const [first, again] = context.twice(w.op("f64.trunc", wide), "f64");
  const turns = w.op("f64.floor", w.op("f64.mul", again, w.f64(2 ** -32)));
  return w.op("i32.trunc_sat_f64_u", w.op("f64.sub", first, w.op("f64.mul", turns, w.f64(2 ** 32))));
};

const cast: Row = ([x], { type: to, from, context }) => {
  if (to === from) return x;
  if (to === "bool")
    return isFloatType(from) ? w.op(`${from}.ne`, x, number(0, from)) : w.op("i32.ne", x, w.i32(0));
  if (isFloatType(to)) {
    if (isFloatType(from) && x.kind === "number") return number(Number(x.value), to);
    if (isFloatType(from)) return w.op(to === "f32" ? "f32.demote_f64" : "f64.promote_f32", x);
    return w.op(`${to}.convert_i32_${from === "u32" || from === "bool" ? "u" : "s"}`, x);
  }
  if (!isFloatType(from)) return x;
  return to === "index" ? w.op(`i32.trunc_sat_${from}_s`, x) : wholeOf(x, from, context);
};

const select: Row = ([test, yes, no]) => w.op("select", yes, no, test);
const wanted = (name: "and" | "or" | "xor"): ByType => ({
  int: int(`i32.${name}`),
  bool: int(`i32.${name}`),
});
const everywhere = (row: Row): ByType => ({ float: row, int: row, bool: row });
const template: ByType = {};

/** Scalar operations. Those without any row are written out from their templates before they come here. */
export const scalarRows = {
  add: { float: float("add"), int: int("i32.add") },
  sub: { float: float("sub"), int: int("i32.sub") },
  mul: { float: float("mul"), int: int("i32.mul") },
  div: { float: float("div"), int: divide },
  rem: { float: floatRemainder, int: remainder },
  maximum: {
    float: (args, { type }) => w.op(`${type as "f32" | "f64"}.max`, ...args),
    int: extreme("gt"),
    bool: int("i32.or"),
  },
  minimum: {
    float: (args, { type }) => w.op(`${type as "f32" | "f64"}.min`, ...args),
    int: extreme("lt"),
    bool: int("i32.and"),
  },
  pow: template,
  neg: { float: float("neg"), int: ([x]) => w.op("i32.sub", w.i32(0), x) },
  abs: { float: float("abs"), int: absOfInt },
  sign: { float: signOfFloat, int: signOfInt },
  sqrt: { float: float("sqrt") },
  floor: { float: float("floor"), int: same },
  exp: template,
  log: template,
  expm1: template,
  log1p: template,
  tanh: template,
  sigmoid: template,
  sin: template,
  cos: template,
  erf: template,
  equal: everywhere(compare("eq")),
  notEqual: everywhere(compare("ne")),
  less: everywhere(compare("lt")),
  lessEqual: everywhere(compare("le")),
  and: wanted("and"),
  or: wanted("or"),
  not: { int: ([x]) => w.op("i32.xor", x, w.i32(-1)), bool: int("i32.eqz") },
  xor: wanted("xor"),
  shiftLeft: { int: int("i32.shl") },
  shiftRight: { int: (args, site) => w.op(signed(site, "shr"), ...args) },
  rotateLeft: { int: int("i32.rotl") },
  random: template,
  select: everywhere(select),
  cast: everywhere(cast),
  pow2: { float: powerOfTwo },
  pow2n: { float: normalPower },
  exponent: { float: exponentOf },
  trunc: { float: float("trunc"), int: same },
  turned: { float: turned },
  quarter: { float: quarter },
} as const satisfies Record<LaneWiseOp, ByType>;

/** The row for an operation, if it has one: by the type of the result, of what it compares, or of both. */
export function rowOf(
  rows: Readonly<Record<LaneWiseOp, ByType>>,
  op: LaneWiseOp,
  { type, from }: Pick<Site, "type" | "from">,
): Row | undefined {
  const kind = comparing.has(op) ? from : type;
  if (isFloatType(kind)) return rows[op].float;
  return kind === "bool" ? rows[op].bool : rows[op].int;
}
const comparing: ReadonlySet<LaneWiseOp> = new Set<LaneWiseOp>(["equal", "notEqual", "less", "lessEqual"]);
