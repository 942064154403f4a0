import { e } from "../ir/expr.ts";
import type { Value } from "../ir/graph.ts";
import { op, type Binary, type Unary } from "../ir/op.ts";
import { fullLike } from "./broadcast.ts";
import { equal, greater, where } from "./compare.ts";
import { map, zip } from "./naive.ts";
import { binarySamples, unarySamples } from "./samples.ts";
import { likeBoth, likeInput } from "./types.ts";

export * from "./compare.ts";

export const neg: Unary = op("neg", {
  doc: "−x, element by element.",
  inputs: ["x"],
  names: { numpy: "negative", stablehlo: "negate", onnx: "Neg", keras: "ops.negative" },
  type: likeInput("neg", "signed"),
  vjp: { x: ({ g }) => neg(g) },
  symbol: "−_",
  lower: { kind: "at", at: ({ x }, i) => e.neg(x(...i)) },
  eval: map((x) => -x),
  samples: unarySamples(),
});

export const abs: Unary = op("abs", {
  doc: "|x|, element by element; its gradient at 0 is 0.",
  inputs: ["x"],
  names: { onnx: "Abs", keras: "ops.abs" },
  type: likeInput("abs", "signed"),
  vjp: { x: ({ x, g }) => mul(g, sign(x)) },
  lower: { kind: "at", at: ({ x }, i) => e.abs(x(...i)) },
  eval: map(Math.abs),
  samples: unarySamples(),
});

export const sign: Unary = op("sign", {
  doc: "−1, 0 or 1, element by element; its gradient is 0.",
  inputs: ["x"],
  names: { onnx: "Sign", keras: "ops.sign" },
  type: likeInput("sign", "signed"),
  lower: { kind: "at", at: ({ x }, i) => e.sign(x(...i)) },
  eval: map(Math.sign),
  samples: unarySamples(),
});

export const floor: Unary = op("floor", {
  doc: "The largest integer that is not larger, element by element; its gradient is 0.",
  inputs: ["x"],
  names: { onnx: "Floor", keras: "ops.floor" },
  type: likeInput("floor", "float"),
  lower: { kind: "at", at: ({ x }, i) => e.floor(x(...i)) },
  eval: map(Math.floor),
  samples: unarySamples(),
});

export const square: Unary = op("square", {
  doc: "x², element by element.",
  inputs: ["x"],
  names: { onnx: "Pow", keras: "ops.square" },
  type: likeInput("square", "float"),
  vjp: { x: ({ x, g }) => mul(g, mul(fullLike(2, x), x)) },
  symbol: "_²",
  lower: {
    kind: "at",
    at: ({ x }, i) => {
      const v = x(...i);
      return e.mul(v, v);
    },
  },
  eval: map((x) => x ** 2),
  samples: unarySamples(),
});

export const sqrt: Unary = op("sqrt", {
  doc: "√x, element by element; its gradient at 0 is ∞.",
  inputs: ["x"],
  names: { onnx: "Sqrt", keras: "ops.sqrt" },
  type: likeInput("sqrt", "float"),
  vjp: { x: ({ y, g }) => div(g, mul(fullLike(2, y), y)) }, // g / (2·√x), from the saved output
  lower: { kind: "at", at: ({ x }, i) => e.sqrt(x(...i)) },
  eval: map(Math.sqrt),
  samples: unarySamples("~0.1..4", "~100..1e6"),
});

export const rsqrt: Unary = op("rsqrt", {
  doc: "1/√x, element by element.",
  inputs: ["x"],
  names: { keras: "ops.rsqrt" },
  type: likeInput("rsqrt", "float"),
  vjp: { x: ({ y, g }) => mul(g, mul(fullLike(-0.5, y), mul(y, mul(y, y)))) }, // −½·y³
  lower: {
    kind: "at",
    at: ({ x }, i, { out }) => e.div(e.constant(1, out.dtype), e.sqrt(x(...i))),
  },
  eval: map((x) => 1 / Math.sqrt(x)),
  samples: unarySamples("~0.1..4", "~100..1e4"),
});

export const reciprocal: Unary = op("reciprocal", {
  doc: "1/x, element by element.",
  inputs: ["x"],
  names: { onnx: "Reciprocal", keras: "ops.reciprocal" },
  type: likeInput("reciprocal", "float"),
  vjp: { x: ({ y, g }) => neg(mul(g, mul(y, y))) },
  symbol: "1 / _",
  lower: { kind: "at", at: ({ x }, i, { out }) => e.div(e.constant(1, out.dtype), x(...i)) },
  eval: map((x) => 1 / x),
  samples: unarySamples("~0.2..3", "~-9e2..-20"),
});

export const exp: Unary = op("exp", {
  doc: "eˣ, element by element.",
  inputs: ["x"],
  names: { stablehlo: "exponential", onnx: "Exp", keras: "ops.exp" },
  type: likeInput("exp", "float"),
  vjp: { x: ({ y, g }) => mul(g, y) },
  lower: { kind: "at", at: ({ x }, i) => e.exp(x(...i)) },
  eval: map(Math.exp),
  samples: unarySamples("", "~-700..20"),
});

export const log: Unary = op("log", {
  doc: "The natural logarithm, element by element.",
  inputs: ["x"],
  names: { onnx: "Log", keras: "ops.log" },
  type: likeInput("log", "float"),
  vjp: { x: ({ x, g }) => div(g, x) },
  lower: { kind: "at", at: ({ x }, i) => e.log(x(...i)) },
  eval: map(Math.log),
  samples: unarySamples("~0.1..4", "~100..1e6"),
});

export const log1p: Unary = op("log1p", {
  doc: "log(1 + x), element by element, accurate near 0.",
  inputs: ["x"],
  names: { stablehlo: "log_plus_one", keras: "ops.log1p" },
  type: likeInput("log1p", "float"),
  vjp: { x: ({ x, g }) => div(g, add(fullLike(1, x), x)) },
  lower: { kind: "at", at: ({ x }, i) => e.log1p(x(...i)) },
  eval: map(Math.log1p),
  samples: unarySamples("~-0.8..4", "~100..1e6"),
});

export const expm1: Unary = op("expm1", {
  doc: "eˣ − 1, element by element, accurate near 0.",
  inputs: ["x"],
  names: { stablehlo: "exponential_minus_one", keras: "ops.expm1" },
  type: likeInput("expm1", "float"),
  vjp: { x: ({ x, g }) => mul(g, exp(x)) },
  lower: { kind: "at", at: ({ x }, i) => e.expm1(x(...i)) },
  eval: map(Math.expm1),
  samples: unarySamples("", "~-700..20"),
});

export const sigmoid: Unary = op("sigmoid", {
  doc: "1 / (1 + e⁻ˣ), element by element.",
  inputs: ["x"],
  names: { stablehlo: "logistic", onnx: "Sigmoid", keras: "ops.sigmoid" },
  type: likeInput("sigmoid", "float"),
  vjp: { x: ({ y, g }) => mul(g, mul(y, sub(fullLike(1, y), y))) }, // g·y·(1 − y)
  lower: {
    kind: "at",
    at: ({ x }, i, { out }) => {
      // Where e⁻ˣ overflows to ∞ the quotient is 0, which is the right answer.
      const one = e.constant(1, out.dtype);
      return e.div(one, e.add(one, e.exp(e.neg(x(...i)))));
    },
  },
  eval: map((x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))),
  samples: unarySamples("", "~-1000..1000"),
});

export const tanh: Unary = op("tanh", {
  doc: "The hyperbolic tangent, element by element.",
  inputs: ["x"],
  names: { onnx: "Tanh", keras: "ops.tanh" },
  type: likeInput("tanh", "float"),
  vjp: { x: ({ y, g }) => mul(g, sub(fullLike(1, y), mul(y, y))) }, // g·(1 − y²), from the saved output
  lower: { kind: "at", at: ({ x }, i) => e.tanh(x(...i)) },
  eval: map(Math.tanh),
  samples: unarySamples("", "~-1000..1000"),
});

export const relu: Unary = op("relu", {
  doc: "max(x, 0), element by element; its gradient at 0 is 0 and NaN stays NaN.",
  inputs: ["x"],
  names: { onnx: "Relu", keras: "ops.relu" },
  type: likeInput("relu", "float"),
  vjp: {
    x: ({ y, g }) => {
      const zero = fullLike(0, y);
      return where(greater(y, zero), g, zero);
    },
  },
  lower: { kind: "at", at: ({ x }, i, { out }) => e.maximum(x(...i), e.constant(0, out.dtype)) },
  eval: map((x) => Math.max(x, 0)),
  samples: unarySamples(),
});

export const add: Binary = op("add", {
  doc: "a + b, element by element.",
  inputs: ["a", "b"],
  names: { onnx: "Add", keras: "ops.add" },
  type: likeBoth("add", "number"),
  vjp: { a: ({ g }) => g, b: ({ g }) => g },
  offset: true,
  symbol: "_ + _",
  commutative: true,
  lower: { kind: "at", at: ({ a, b }, i) => e.add(a(...i), b(...i)) },
  eval: zip((a, b) => a + b),
  samples: binarySamples(),
});

export const sub: Binary = op("sub", {
  doc: "a − b, element by element.",
  inputs: ["a", "b"],
  names: { numpy: "subtract", stablehlo: "subtract", onnx: "Sub", keras: "ops.subtract" },
  type: likeBoth("sub", "number"),
  vjp: { a: ({ g }) => g, b: ({ g }) => neg(g) },
  offset: true,
  symbol: "_ − _",
  lower: { kind: "at", at: ({ a, b }, i) => e.sub(a(...i), b(...i)) },
  eval: zip((a, b) => a - b),
  samples: binarySamples(),
});

export const mul: Binary = op("mul", {
  doc: "a · b, element by element.",
  inputs: ["a", "b"],
  names: { numpy: "multiply", stablehlo: "multiply", onnx: "Mul", keras: "ops.multiply" },
  type: likeBoth("mul", "number"),
  vjp: { a: ({ b, g }) => mul(g, b), b: ({ a, g }) => mul(g, a) },
  symbol: "_ · _",
  commutative: true,
  lower: { kind: "at", at: ({ a, b }, i) => e.mul(a(...i), b(...i)) },
  // The product of two 32-bit integers is more than float64 holds exactly.
  eval: zip((a, b, dtype) => (dtype === "i32" || dtype === "u32" ? Math.imul(a, b) : a * b)),
  samples: binarySamples(),
});

export const div: Binary = op("div", {
  doc: "a / b, element by element.",
  inputs: ["a", "b"],
  names: { numpy: "divide", stablehlo: "divide", onnx: "Div", keras: "ops.divide" },
  type: likeBoth("div", "float"),
  vjp: { a: ({ b, g }) => div(g, b), b: ({ b, y, g }) => neg(div(mul(g, y), b)) }, // −g·a/b²
  symbol: "_ / _",
  lower: { kind: "at", at: ({ a, b }, i) => e.div(a(...i), b(...i)) },
  eval: zip((a, b) => a / b),
  samples: binarySamples("~0.2..3", "~0.2..3", "~10..1e4"),
});

/** g where a is the one chosen, half of it at a tie. */
const shareOf = (a: Value, b: Value, g: Value): Value =>
  where(greater(a, b), g, where(equal(a, b), mul(g, fullLike(0.5, g)), fullLike(0, g)));

export const maximum: Binary = op("maximum", {
  doc: "The larger of two, element by element; at a tie each gets half the gradient, and NaN stays NaN.",
  inputs: ["a", "b"],
  names: { onnx: "Max", keras: "ops.maximum" },
  type: likeBoth("maximum", "number"),
  vjp: { a: ({ a, b, g }) => shareOf(a, b, g), b: ({ a, b, g }) => shareOf(b, a, g) },
  commutative: true,
  lower: { kind: "at", at: ({ a, b }, i) => e.maximum(a(...i), b(...i)) },
  eval: zip((a, b) => Math.max(a, b)),
  samples: binarySamples(),
});

export const minimum: Binary = op("minimum", {
  doc: "The smaller of two, element by element; at a tie each gets half the gradient, and NaN stays NaN.",
  inputs: ["a", "b"],
  names: { onnx: "Min", keras: "ops.minimum" },
  type: likeBoth("minimum", "number"),
  vjp: { a: ({ a, b, g }) => shareOf(b, a, g), b: ({ a, b, g }) => shareOf(a, b, g) },
  commutative: true,
  lower: { kind: "at", at: ({ a, b }, i) => e.minimum(a(...i), b(...i)) },
  eval: zip((a, b) => Math.min(a, b)),
  samples: binarySamples(),
});

export const pow: Binary = op("pow", {
  doc: "aᵇ, element by element, with 0⁰ = 1; the gradient for b is 0 where a ≤ 0.",
  inputs: ["a", "b"],
  names: { numpy: "power", stablehlo: "power", onnx: "Pow", keras: "ops.power" },
  type: likeBoth("pow", "float"),
  vjp: {
    // b·aᵇ⁻¹. For b = 0 the exponent is replaced too, or 0·0⁻¹ would be NaN.
    a: ({ a, b, g }) => {
      const one = fullLike(1, b);
      const lower = where(equal(b, fullLike(0, b)), one, sub(b, one));
      return mul(g, mul(b, pow(a, lower)));
    },
    // y·log a, with the logarithm kept away from what it has no value for.
    b: ({ a, y, g }) => {
      const zero = fullLike(0, a);
      const positive = greater(a, zero);
      return where(positive, mul(g, mul(y, log(where(positive, a, fullLike(1, a))))), zero);
    },
  },
  lower: { kind: "at", at: ({ a, b }, i) => e.pow(a(...i), b(...i)) },
  eval: zip((a, b) => a ** b),
  samples: binarySamples("~0.2..3", "~-2..3", "~1..20"),
});
