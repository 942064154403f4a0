import { e } from "../ir/expr.ts";
import { op, type Unary } from "../ir/op.ts";
import { fullLike } from "./broadcast.ts";
import { add, exp, minimum, mul, neg, sigmoid, square, sub } from "./elementwise.ts";
import { erfOf } from "./erf.ts";
import { map } from "./naive.ts";
import { unarySamples } from "./samples.ts";
import { likeInput } from "./types.ts";

export const sin: Unary = op("sin", {
  doc: "The sine of x in radians, element by element.",
  inputs: ["x"],
  type: likeInput("sin", "float"),
  names: { stablehlo: "sine", onnx: "Sin", keras: "ops.sin" },
  vjp: { x: ({ x, g }) => mul(g, cos(x)) },
  lower: { kind: "at", at: ({ x }, i) => e.sin(x(...i)) },
  eval: map(Math.sin),
  samples: unarySamples("", "~-50..50"),
});

export const cos: Unary = op("cos", {
  doc: "The cosine of x in radians, element by element.",
  inputs: ["x"],
  type: likeInput("cos", "float"),
  names: { stablehlo: "cosine", onnx: "Cos", keras: "ops.cos" },
  vjp: { x: ({ x, g }) => neg(mul(g, sin(x))) },
  lower: { kind: "at", at: ({ x }, i) => e.cos(x(...i)) },
  eval: map(Math.cos),
  samples: unarySamples("", "~-50..50"),
});

export const erf: Unary = op("erf", {
  doc: "The error function 2/√π · ∫₀ˣ e^(−t²) dt, element by element.",
  inputs: ["x"],
  type: likeInput("erf", "float"),
  names: { stablehlo: "chlo.erf", onnx: "Erf", keras: "ops.erf" },
  vjp: { x: ({ x, g }) => mul(g, mul(fullLike(2 / Math.sqrt(Math.PI), x), exp(neg(square(x))))) },
  lower: { kind: "at", at: ({ x }, i) => e.erf(x(...i)) },
  eval: map(erfOf),
  samples: unarySamples("", "~-1000..1000"),
});

const [geluLinear, geluCubic] = [2 * Math.sqrt(2 / Math.PI), 0.044715];
// Kept whole until after differentiation, since the slope of the cubic overflows where that of the sigmoid is 0.
export const geluGate: Unary = op("geluGate", {
  doc: "σ(2·√(2/π)·(x + 0.044715·x³)), element by element, by which the approximate gelu is x times it; its gradient is finite wherever x is. As ½·(1 + tanh) it would lose its digits below 0.",
  inputs: ["x"],
  type: likeInput("geluGate", "float"),
  vjp: {
    x: ({ x, y, g }) => {
      // From |x| = 10.2 on y·(1 − y) is 0 or a denormal float32, and 0 in float64 from 22.6 on, so there the square need
      // not grow.
      const square = minimum(mul(x, x), fullLike(x.type.dtype === "f64" ? 512 : 104, x));
      const slope = add(mul(square, fullLike(3 * geluCubic * geluLinear, x)), fullLike(geluLinear, x));
      return mul(mul(g, mul(y, sub(fullLike(1, x), y))), slope);
    },
  },
  lower: {
    kind: "expand",
    expand: ({ x }) =>
      sigmoid(mul(add(x, mul(mul(x, mul(x, x)), fullLike(geluCubic, x))), fullLike(geluLinear, x))),
  },
  eval: map((x) => 1 / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
  samples: unarySamples("", "~-1000..1000"),
});

export const softplus: Unary = op("softplus", {
  doc: "log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|), element by element, finite wherever x is.",
  inputs: ["x"],
  type: likeInput("softplus", "float"),
  names: { onnx: "Softplus", pytorch: "functional.softplus", keras: "ops.softplus" },
  vjp: { x: ({ x, g }) => mul(g, sigmoid(x)) },
  lower: {
    kind: "at",
    at: ({ x }, i, { out }) => {
      const v = x(...i);
      return e.add(e.maximum(v, e.constant(0, out.dtype)), e.log1p(e.exp(e.neg(e.abs(v)))));
    },
  },
  eval: map((x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)))),
  samples: unarySamples("", "~-1000..1000"),
});

export const logSigmoid: Unary = op("logSigmoid", {
  doc: "log σ(x) = min(x, 0) − log(1 + e^−|x|), element by element, finite wherever x is.",
  inputs: ["x"],
  type: likeInput("logSigmoid", "float"),
  names: { pytorch: "functional.logsigmoid", keras: "ops.log_sigmoid" },
  vjp: { x: ({ x, g }) => mul(g, sigmoid(neg(x))) },
  lower: {
    kind: "at",
    at: ({ x }, i, { out }) => {
      const v = x(...i);
      return e.sub(e.minimum(v, e.constant(0, out.dtype)), e.log1p(e.exp(e.neg(e.abs(v)))));
    },
  },
  eval: map((x) => (x < 0 ? x - Math.log1p(Math.exp(x)) : -Math.log1p(Math.exp(-x)))),
  samples: unarySamples("", "~-1000..1000"),
});
