import { fail } from "../base/errors.ts";
import { suggest } from "../base/suggest.ts";
import { e, type Expr } from "../ir/expr.ts";
import type { Value } from "../ir/graph.ts";
import { op, type Binary, type Op, type OpRoom, type Unary } from "../ir/op.ts";
import { dtypes, tensorType, type DType } from "../ir/type.ts";
import { fullLike } from "./broadcast.ts";
import { map, zip } from "./naive.ts";
import { rows, unarySamples } from "./samples.ts";
import { likeBoth, likeInput, need, opWith, sameTypes, type Kind, type With } from "./types.ts";

const comparisonNames: { readonly [name: string]: OpRoom["names"] } = {
  equal: { stablehlo: "compare EQ", onnx: "Equal", pytorch: "eq", keras: "ops.equal" },
  notEqual: { numpy: "not_equal", stablehlo: "compare NE", pytorch: "ne", keras: "ops.not_equal" },
  less: { stablehlo: "compare LT", onnx: "Less", pytorch: "lt", keras: "ops.less" },
  lessEqual: {
    numpy: "less_equal",
    stablehlo: "compare LE",
    onnx: "LessOrEqual",
    pytorch: "le",
    keras: "ops.less_equal",
  },
  greater: { stablehlo: "compare GT", onnx: "Greater", pytorch: "gt", keras: "ops.greater" },
  greaterEqual: {
    numpy: "greater_equal",
    stablehlo: "compare GE",
    onnx: "GreaterOrEqual",
    pytorch: "ge",
    keras: "ops.greater_equal",
  },
};

/** One block for six ops that differ in one word. */
function comparison(
  name: string,
  sign: string,
  doc: string,
  kind: Kind,
  at: (a: Expr, b: Expr) => Expr,
  holds: (a: number, b: number) => boolean,
): Binary {
  const asksEquality = sign === "=" || sign === "≠";
  const others = kind === "any" ? ["i32[4]~0..3", "bool[4]"] : ["i32[4]~0..3", "u32[4]~0..3"];
  return op(name, {
    doc,
    inputs: ["a", "b"],
    type: likeBoth(name, kind, "bool"),
    names: comparisonNames[name],
    symbol: `_ ${sign} _`,
    ...(asksEquality ? { commutative: true } : {}),
    lower: {
      kind: "at",
      at: ({ a, b }, i) => at(a(...i), b(...i)),
      ...(asksEquality ? { exact: true } : {}),
    },
    eval: zip((a, b) => Number(holds(a, b))),
    samples: [
      ...["f32[]", "f64[2,3]", "f32[n,2]", ...others].map((type) => ({ inputs: [type, type] })),
      { inputs: ["f32[3]", "@0"] },
    ],
  });
}
export const equal = comparison(
  "equal",
  "=",
  "a = b, element by element.",
  "any",
  e.equal,
  (a, b) => a === b,
);
export const notEqual = comparison("notEqual", "≠", "a ≠ b, element by element; NaN differs from everything.", "any", e.notEqual, (a, b) => a !== b); // prettier-ignore
export const less = comparison("less", "<", "a < b, element by element.", "number", e.less, (a, b) => a < b);
export const lessEqual = comparison("lessEqual", "≤", "a ≤ b, element by element.", "number", e.lessEqual, (a, b) => a <= b); // prettier-ignore
export const greater = comparison("greater", ">", "a > b, element by element.", "number", (a, b) => e.less(b, a), (a, b) => a > b); // prettier-ignore
export const greaterEqual = comparison("greaterEqual", "≥", "a ≥ b, element by element.", "number", (a, b) => e.lessEqual(b, a), (a, b) => a >= b); // prettier-ignore

const logicSamples = ["bool[]", "bool[4]", "bool[n,3]"];
export const logicalAnd: Binary = op("logicalAnd", {
  doc: "True where both are.",
  inputs: ["a", "b"],
  names: {
    numpy: "logical_and",
    stablehlo: "and",
    onnx: "And",
    pytorch: "logical_and",
    keras: "ops.logical_and",
  },
  type: likeBoth("logicalAnd", "bool"),
  commutative: true,
  lower: { kind: "at", at: ({ a, b }, i) => e.and(a(...i), b(...i)) },
  eval: zip((a, b) => Number(a === 1 && b === 1)),
  samples: logicSamples.map((type) => ({ inputs: [type, type] })),
});

export const logicalOr: Binary = op("logicalOr", {
  doc: "True where one is.",
  inputs: ["a", "b"],
  names: { numpy: "logical_or", stablehlo: "or", onnx: "Or", pytorch: "logical_or", keras: "ops.logical_or" },
  type: likeBoth("logicalOr", "bool"),
  commutative: true,
  lower: { kind: "at", at: ({ a, b }, i) => e.or(a(...i), b(...i)) },
  eval: zip((a, b) => Number(a === 1 || b === 1)),
  samples: logicSamples.map((type) => ({ inputs: [type, type] })),
});

export const logicalNot: Unary = op("logicalNot", {
  doc: "True where the input is false.",
  inputs: ["x"],
  names: {
    numpy: "logical_not",
    stablehlo: "not",
    onnx: "Not",
    pytorch: "logical_not",
    keras: "ops.logical_not",
  },
  type: likeInput("logicalNot", "bool"),
  lower: { kind: "at", at: ({ x }, i) => e.not(x(...i)) },
  eval: map((x) => 1 - x),
  samples: logicSamples.map((type) => ({ inputs: [type] })),
});

export const where: Op<(condition: Value, a: Value, b: Value) => Value> = op("where", {
  doc: "a where the condition holds, b elsewhere; the other one is not looked at.",
  inputs: ["condition", "a", "b"],
  names: { stablehlo: "select", onnx: "Where", keras: "ops.where" },
  type: ({ condition, a, b }) => {
    need("where", "bool", condition, "condition");
    sameTypes("where", "a", a, "b", b);
    sameTypes("where", "a", tensorType("bool", a.shape), "condition", condition);
    return a;
  },
  vjp: {
    a: ({ condition, g }) => where(condition, g, fullLike(0, g)),
    b: ({ condition, g }) => where(condition, fullLike(0, g), g),
  },
  offset: true,
  work: () => 0,
  lower: { kind: "at", at: ({ condition, a, b }, i) => e.select(condition(...i), a(...i), b(...i)) },
  eval: ({ condition, a, b }) => ({
    ...a,
    data: a.data.map((value, k) => (condition.data[k] ? value : b.data[k])),
  }),
  samples: [
    ...["[]", "[1]", "[5]", "[2,3]", "[n,2]", "[1,1]", "[2,2,2]"].map((shape) => ({
      inputs: [`bool${shape}`, `f32${shape}`, `f32${shape}`],
    })),
    { inputs: ["bool[4]", "f64[4]", "@1"] },
    { inputs: ["bool[4]", "f64[4]~-1e6..1e6", "f64[4]~-1e6..1e6"] },
    { inputs: ["bool[4]", "i32[4]", "i32[4]"] },
  ],
});

/** The conversions every backend makes: towards zero, modulo 2^32, NaN to 0; to bool it is x ≠ 0. */
const converted = (x: number, dtype: DType): number => {
  if (dtype === "bool") return x === 0 ? 0 : 1;
  if (dtype === "i32") return x | 0;
  return dtype === "u32" ? x >>> 0 : x;
};

export const cast: With<{ readonly dtype: DType }> = opWith<{ readonly dtype: DType }>("cast", {
  doc: "Converts the element type: floats to integers towards zero, to bool as x ≠ 0.",
  inputs: ["x"],
  names: { numpy: "astype", stablehlo: "convert", onnx: "Cast", pytorch: "to", keras: "ops.cast" },
  type: ({ x }, { dtype }) => {
    if (!dtypes.includes(dtype))
      fail("dtype", `cast: unknown element type "${String(dtype)}"`, { hint: suggest(dtype, dtypes) });
    return tensorType(dtype, x.shape);
  },
  // Integers and booleans carry no gradient, so both sides are floats here.
  vjp: { x: ({ x, g }) => cast(g, { dtype: x.type.dtype }) },
  symbol: "_",
  work: () => 0,
  lower: { kind: "at", at: ({ x }, i, { attrs }) => e.cast(x(...i), attrs.dtype) },
  eval: ({ x }, { dtype }) => ({ dtype, shape: x.shape, data: x.data.map((v) => converted(v, dtype)) }),
  samples: rows(
    ["f32[]", { dtype: "f64" }], ["f64[1]", { dtype: "f32" }], ["f32[5]", { dtype: "f64" }], ["f64[2,3]", { dtype: "f32" }],
    ["f32[n,2]", { dtype: "f64" }], ["f64[2,1,2]", { dtype: "f32" }], ["f32[1,1]", { dtype: "f32" }],
    ["f64[4]~-1e6..1e6", { dtype: "f32" }], ["f32[6]~-9..9", { dtype: "i32" }], ["bool[4]", { dtype: "f32" }],
    ["i32[4]", { dtype: "bool" }], ["f32[4]", { dtype: "bool" }], ["i32[4]", { dtype: "f64" }],
  ), // prettier-ignore
});

/** Has no gradient rule, and an op without one contributes nothing to the reverse sweep. */
export const stopGradient: Unary = op("stopGradient", {
  doc: "The same tensor, through which no gradient flows.",
  inputs: ["x"],
  names: { pytorch: "detach", keras: "ops.stop_gradient" },
  type: likeInput("stopGradient", "any"),
  mark: true,
  carries: "same",
  symbol: "_",
  lower: { kind: "at", at: ({ x }, i) => x(...i) },
  eval: map((x) => x),
  samples: unarySamples(),
});
