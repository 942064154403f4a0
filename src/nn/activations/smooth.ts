import type { Value } from "../../ir/graph.ts";
import { isBatch, typeText } from "../../ir/type.ts";
import { documented } from "../about.ts";
import { checkOptions, reject, shown } from "../check.ts";
import { here, refuse } from "../context.ts";
import { abs, add, div, erf, exp, mul, sigmoid, softplus, sub, tanh } from "../sugar/elementwise.ts";
import { geluGate } from "../../ops/special.ts";
import { slice } from "../sugar/movement.ts";
import { operand, type Operand } from "../sugar/operand.ts";

export const linear = documented(
  {
    kind: "activation",
    doc: "x itself.",
    formula: "x",
    keras: "linear",
    pytorch: "Identity",
    onnx: "Identity",
  },
  (x: Value): Value => x,
);

export interface GeluOptions {
  /** False by default: the exact form with erf. True: the form with tanh. */
  readonly approximate?: boolean;
}
const geluDefaults = { approximate: false };
/** x·Φ(x), the normal distribution function: Hendrycks and Gimpel 2016. 0·∞ is NaN, at −∞ here and at ±∞ in the gradient. In float32 alone, as in WebAssembly, either form errs by at most 2.1·2⁻²⁴·|x|. */
export const gelu = documented(
  {
    kind: "activation",
    doc: "x times the share of a standard normal distribution below x (Hendrycks and Gimpel 2016); NaN at −∞, as in PyTorch and JAX.",
    formula: "½·x·(1 + erf(x/√2)); approximate: ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))",
    defaults: geluDefaults,
    keras: "gelu (approximate)",
    pytorch: 'GELU (approximate: "tanh")',
    onnx: "Gelu",
  },
  (x: Operand, options: GeluOptions = {}): Value =>
    here(() => {
      const value = operand("gelu", x);
      checkOptions("gelu", options, ["approximate"]);
      const approximate: unknown = options.approximate ?? geluDefaults.approximate;
      if (typeof approximate !== "boolean")
        reject("option", `approximate of gelu must be true or false, found ${shown(approximate)}`);
      if (approximate) return mul(value, geluGate(value));
      return mul(mul(value, 0.5), add(erf(mul(value, Math.SQRT1_2)), 1));
    }),
);

/** x·σ(x), also called swish. 0·∞ is NaN, at −∞ here and at ±∞ in the gradient. */
export const silu = documented(
  { kind: "activation", doc: "x times its sigmoid, also called swish; NaN at −∞, as in PyTorch and JAX.", formula: "x·σ(x)", keras: "silu", pytorch: "SiLU", onnx: null },
  (x: Operand): Value =>
    here(() => {
      const value = operand("silu", x);
      return mul(value, sigmoid(value));
    }),
); // prettier-ignore

/** x·tanh(softplus x): Misra 2019. 0·∞ is NaN, at −∞ here and at ±∞ in the gradient. */
export const mish = documented(
  { kind: "activation", doc: "A smooth rectifier that dips below 0 (Misra 2019); NaN at −∞, as in PyTorch and JAX.", formula: "x·tanh(log(1 + eˣ))", keras: "mish", pytorch: "Mish", onnx: "Mish" },
  (x: Operand): Value =>
    here(() => {
      const value = operand("mish", x);
      return mul(value, tanh(softplus(value)));
    }),
); // prettier-ignore

/** x / (1 + |x|). ∞/∞ is NaN, here and in the gradient. */
export const softsign = documented(
  { kind: "activation", doc: "A sigmoid with tails that fall off slowly; NaN at ±∞, as in PyTorch and JAX.", formula: "x / (1 + |x|)", keras: "softsign", pytorch: "Softsign", onnx: "Softsign" },
  (x: Operand): Value =>
    here(() => {
      const value = operand("softsign", x);
      return div(value, add(abs(value), 1));
    }),
); // prettier-ignore

/** eˣ, under the name that Keras gives it as an activation. */
export const exponential = documented(
  { kind: "activation", doc: "The exponential function, exp as an op.", formula: "eˣ", keras: "exponential", pytorch: null, onnx: "Exp" },
  (x: Operand): Value => exp(x),
); // prettier-ignore

/** x − tanh x. */
export const tanhShrink = documented(
  { kind: "activation", doc: "What the hyperbolic tangent leaves of x.", formula: "x − tanh x", keras: "tanh_shrink", pytorch: "Tanhshrink", onnx: null },
  (x: Operand): Value =>
    here(() => {
      const value = operand("tanhShrink", x);
      return sub(value, tanh(value));
    }),
); // prettier-ignore

/** The first half of the last axis times the sigmoid of the second half: Dauphin et al. 2017. */
export const glu = documented(
  {
    kind: "activation",
    doc: "The first half of the last axis, gated by the second half (Dauphin et al. 2017).",
    formula: "a·σ(b) with x = [a, b]",
    shapes: "[…, 2·d] → […, d]",
    keras: "glu",
    pytorch: "GLU",
    onnx: null,
  },
  (x: Operand): Value =>
    here(() => {
      const value = operand("glu", x);
      const { shape } = value.type;
      const width = shape.at(-1);
      if (width === undefined || isBatch(width) || width % 2 !== 0)
        return refuse("shape", `glu needs a last axis of even length, found ${typeText(value.type)}`);
      const axis = shape.length - 1;
      const half = (from: number): Value =>
        slice(value, {
          start: shape.map((_, k) => (k === axis ? from : 0)),
          limit: shape.map((_, k) => (k === axis ? from + width / 2 : null)),
        });
      return mul(half(0), sigmoid(half(width / 2)));
    }),
);
