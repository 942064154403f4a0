import type { Value } from "./graph.ts";
import type { Index } from "./index.ts";
import type { DType } from "./type.ts";

/** The scalar functions of every backend; a backend's table must have a row for each. */
const scalarOps = [
  "add", "sub", "mul", "div", "maximum", "minimum", "pow", "rem",
  "neg", "abs", "sign", "sqrt", "floor", "exp", "log", "expm1", "log1p", "tanh", "sin", "cos", "erf",
  "equal", "notEqual", "less", "lessEqual", "and", "or", "not",
  "xor", "shiftLeft", "shiftRight", "random",
  "select", "cast",
] as const; // prettier-ignore
export type ScalarOp = (typeof scalarOps)[number];

/**
 * A scalar expression: the value of one output element. `guard` evaluates only the branch it takes, so it may
 * protect a load that would be out of range; `select` may evaluate both.
 * `size` is `times`·n, the run-time extent of a batch dimension.
 */
export type Expr =
  | { readonly kind: "const"; readonly value: number; readonly dtype: DType }
  | { readonly kind: "load"; readonly from: Value; readonly at: readonly Index[]; readonly dtype: DType }
  | { readonly kind: "op"; readonly op: ScalarOp; readonly args: readonly Expr[]; readonly dtype: DType }
  | {
      readonly kind: "guard";
      readonly test: Expr;
      readonly yes: Expr;
      readonly no: Expr;
      readonly dtype: DType;
    }
  | { readonly kind: "index"; readonly index: Index; readonly dtype: DType }
  | { readonly kind: "size"; readonly times: number; readonly dtype: DType };

const op =
  (name: ScalarOp) =>
  (...args: readonly Expr[]): Expr => ({ kind: "op", op: name, args, dtype: args[0].dtype });
const test =
  (name: ScalarOp) =>
  (...args: readonly Expr[]): Expr => ({ kind: "op", op: name, args, dtype: "bool" });

/** Constructors of scalar expressions, named like the ops they compute. */
export const e = {
  constant: (value: number, dtype: DType): Expr => ({ kind: "const", value, dtype }),
  index: (index: Index, dtype: DType = "i32"): Expr => ({ kind: "index", index, dtype }),
  size: (times: number, dtype: DType): Expr => ({ kind: "size", times, dtype }),
  load: (from: Value, at: readonly Index[]): Expr => ({ kind: "load", from, at, dtype: from.type.dtype }),
  add: op("add"), sub: op("sub"), mul: op("mul"), div: op("div"),
  maximum: op("maximum"), minimum: op("minimum"), pow: op("pow"), rem: op("rem"),
  neg: op("neg"), abs: op("abs"), sign: op("sign"), sqrt: op("sqrt"), floor: op("floor"),
  exp: op("exp"), log: op("log"), expm1: op("expm1"), log1p: op("log1p"), tanh: op("tanh"),
  sin: op("sin"), cos: op("cos"), erf: op("erf"),
  xor: op("xor"), shiftLeft: op("shiftLeft"), shiftRight: op("shiftRight"),
  /** One word of Threefry-2x32-20: random(key0, key1, counter0, counter1), all u32. */
  random: op("random"),
  equal: test("equal"), notEqual: test("notEqual"), less: test("less"), lessEqual: test("lessEqual"),
  and: test("and"), or: test("or"), not: test("not"),
  select: (condition: Expr, yes: Expr, no: Expr): Expr => ({ kind: "op", op: "select", args: [condition, yes, no], dtype: yes.dtype }),
  guard: (condition: Expr, yes: Expr, no: Expr): Expr => ({ kind: "guard", test: condition, yes, no, dtype: yes.dtype }),
  cast: (x: Expr, dtype: DType): Expr => (x.dtype === dtype ? x : { kind: "op", op: "cast", args: [x], dtype }),
} as const; // prettier-ignore
