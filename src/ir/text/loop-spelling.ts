import type { LocalType, LoopOp } from "../loop.ts";

/** How operations of the loop level are spelt: one table for the printer and the parser. */
export const localTypes: readonly LocalType[] = ["index", "f64", "f32", "i32", "u32", "bool"];

/** Infix operators with their precedence in TypeScript; all associate to the left. */
export const infix: ReadonlyMap<string, { readonly op: LoopOp; readonly level: number }> = new Map([
  ["||", { op: "or", level: 2 }],
  ["&&", { op: "and", level: 3 }],
  ["|", { op: "or", level: 4 }],
  ["^", { op: "xor", level: 5 }],
  ["&", { op: "and", level: 6 }],
  ["===", { op: "equal", level: 7 }],
  ["!==", { op: "notEqual", level: 7 }],
  ["<", { op: "less", level: 8 }],
  ["<=", { op: "lessEqual", level: 8 }],
  ["<<", { op: "shiftLeft", level: 9 }],
  [">>", { op: "shiftRight", level: 9 }],
  [">>>", { op: "shiftRight", level: 9 }],
  ["+", { op: "add", level: 10 }],
  ["-", { op: "sub", level: 10 }],
  ["*", { op: "mul", level: 11 }],
  ["/", { op: "div", level: 11 }],
  ["%", { op: "rem", level: 11 }],
]);

/** Read as the mirrored comparison with its operands exchanged; never printed. */
export const mirrored: ReadonlyMap<string, string> = new Map([
  [">", "<"],
  [">=", "<="],
]);

/** Precedence of the forms that are not infix. */
export const level = { choose: 1, equality: 7, ascription: 8, unary: 12, primary: 13 } as const;

/** Members of `Math` and the operations they are. */
export const mathNames: ReadonlyMap<string, LoopOp> = new Map<string, LoopOp>([
  ["max", "maximum"],
  ["min", "minimum"],
  ["pow", "pow"],
  ["abs", "abs"],
  ["sign", "sign"],
  ["sqrt", "sqrt"],
  ["floor", "floor"],
  ["exp", "exp"],
  ["log", "log"],
  ["expm1", "expm1"],
  ["log1p", "log1p"],
  ["tanh", "tanh"],
  ["sin", "sin"],
  ["cos", "cos"],
]);
export const mathNameOf: ReadonlyMap<LoopOp, string> = new Map(
  [...mathNames].map(([name, op]) => [op, name] as const),
);

/** Operations that are spelt as a plain call of their own name. */
export const plainCalls: ReadonlySet<string> = new Set<LoopOp>([
  "select",
  "pow2",
  "pow2n",
  "exponent",
  "trunc",
  "turned",
  "quarter",
  "rotateLeft",
  "random",
  "erf",
  "sigmoid",
]);

export const arity: Readonly<Record<LoopOp, number>> = {
  add: 2, sub: 2, mul: 2, div: 2, rem: 2, maximum: 2, minimum: 2, pow: 2,
  neg: 1, abs: 1, sign: 1, sqrt: 1, floor: 1, exp: 1, log: 1, expm1: 1, log1p: 1, tanh: 1, sigmoid: 1,
  sin: 1, cos: 1, erf: 1,
  equal: 2, notEqual: 2, less: 2, lessEqual: 2, and: 2, or: 2, not: 1,
  xor: 2, shiftLeft: 2, shiftRight: 2, rotateLeft: 2, random: 4,
  select: 3, cast: 1, pow2: 1, pow2n: 1, exponent: 1, trunc: 1, turned: 1, quarter: 1,
  splat: 1, lanes: 4, ramp: 1, lane: 2, sumLanes: 1, prodLanes: 1, maximumLanes: 1, minimumLanes: 1,
}; // prettier-ignore

/** What `f32x4_word(…)` makes of a vector when the word is not an operation on each lane: a scalar. */
export const scalarsOfLanes: ReadonlySet<LoopOp> = new Set<LoopOp>([
  "lane",
  "sumLanes",
  "prodLanes",
  "maximumLanes",
  "minimumLanes",
]);

export const comparisons: ReadonlySet<LoopOp> = new Set<LoopOp>(["equal", "notEqual", "less", "lessEqual"]);
