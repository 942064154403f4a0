import type { Value } from "../ir/graph.ts";
import { documented } from "./about.ts";
import { checkNumber, checkOptions, reject, shown } from "./check.ts";
import { here } from "./context.ts";
import {
  abs, add, clip, div, erf, exp, expm1, greater, mul, relu, sigmoid, softplus, tanh, where,
} from "./sugar/elementwise.ts"; // prettier-ignore
import { operand, type Operand } from "./sugar/operand.ts";

// Every one of these is finite with finite gradients wherever x is finite and far from the largest float. A branch
// that is not taken sees 0 instead of x, so that no 0·∞ arises in its gradient.

const negative = (x: Value): Value => where(greater(x, 0), 0, x);

function numberOption<K extends string>(
  name: string,
  options: { readonly [key in K]?: number },
  key: K,
  otherwise: number,
): number {
  checkOptions(name, options, [key]);
  return checkNumber(`${key} of ${name}`, options[key] ?? otherwise);
}

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

export interface LeakyReluOptions {
  /** 0.2 by default, as Keras' activation of this name. */
  readonly negativeSlope?: number;
}
const leakyReluDefaults = { negativeSlope: 0.2 };
/** x where x > 0, else negativeSlope·x; the gradient at 0 is the slope. */
export const leakyRelu = documented(
  {
    kind: "activation",
    doc: "A rectifier that lets a share of negative numbers through.",
    formula: "x > 0 ? x : negativeSlope·x",
    defaults: leakyReluDefaults,
    keras: "leaky_relu (its layer LeakyReLU has 0.3)",
    pytorch: "LeakyReLU (negative_slope 0.01)",
    onnx: "LeakyRelu (alpha 0.01)",
  },
  (x: Operand, options: LeakyReluOptions = {}): Value =>
    here(() => {
      const value = operand("leakyRelu", x);
      const slope = numberOption("leakyRelu", options, "negativeSlope", leakyReluDefaults.negativeSlope);
      return where(greater(value, 0), value, mul(value, slope));
    }),
);

export interface EluOptions {
  /** 1 by default. */
  readonly alpha?: number;
}
const eluDefaults = { alpha: 1 };
/** x where x > 0, else alpha·(eˣ − 1). */
export const elu = documented(
  {
    kind: "activation",
    doc: "The exponential linear unit.",
    formula: "x > 0 ? x : alpha·(eˣ − 1)",
    defaults: eluDefaults,
    keras: "elu",
    pytorch: "ELU",
    onnx: "Elu",
  },
  (x: Operand, options: EluOptions = {}): Value =>
    here(() => {
      const value = operand("elu", x);
      const alpha = numberOption("elu", options, "alpha", eluDefaults.alpha);
      return where(greater(value, 0), value, mul(expm1(negative(value)), alpha));
    }),
);

const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;
/** 1.0507…·(x where x > 0, else 1.6733…·(eˣ − 1)): Klambauer et al. 2017. */
export const selu = documented(
  {
    kind: "activation",
    doc: "The self-normalising exponential linear unit (Klambauer et al. 2017); initialise with lecunNormal.",
    formula: `${seluScale}·(x > 0 ? x : ${seluAlpha}·(eˣ − 1))`,
    keras: "selu",
    pytorch: "SELU",
    onnx: "Selu",
  },
  (x: Operand): Value =>
    here(() => {
      const value = operand("selu", x);
      return mul(where(greater(value, 0), value, mul(expm1(negative(value)), seluAlpha)), seluScale);
    }),
);

export interface GeluOptions {
  /** False by default: the exact form with erf. True: the form with tanh. */
  readonly approximate?: boolean;
}
const geluDefaults = { approximate: false };
/** x·Φ(x), the normal distribution function: Hendrycks and Gimpel 2016. */
export const gelu = documented(
  {
    kind: "activation",
    doc: "x times the share of a standard normal distribution below x (Hendrycks and Gimpel 2016).",
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
      const cubic = (): Value => mul(value, mul(value, value));
      const inner = approximate
        ? tanh(mul(add(value, mul(cubic(), 0.044715)), Math.sqrt(2 / Math.PI)))
        : erf(mul(value, Math.SQRT1_2));
      return mul(mul(value, 0.5), add(inner, 1));
    }),
);

/** x·σ(x), also called swish. */
export const silu = documented(
  { kind: "activation", doc: "x times its sigmoid, also called swish.", formula: "x·σ(x)", keras: "silu", pytorch: "SiLU", onnx: null },
  (x: Operand): Value =>
    here(() => {
      const value = operand("silu", x);
      return mul(value, sigmoid(value));
    }),
); // prettier-ignore

/** x·tanh(softplus x): Misra 2019. */
export const mish = documented(
  { kind: "activation", doc: "A smooth rectifier that dips below 0 (Misra 2019).", formula: "x·tanh(log(1 + eˣ))", keras: "mish", pytorch: "Mish", onnx: "Mish" },
  (x: Operand): Value =>
    here(() => {
      const value = operand("mish", x);
      return mul(value, tanh(softplus(value)));
    }),
); // prettier-ignore

/** x / (1 + |x|). */
export const softsign = documented(
  { kind: "activation", doc: "A sigmoid with tails that fall off slowly.", formula: "x / (1 + |x|)", keras: "softsign", pytorch: "Softsign", onnx: "Softsign" },
  (x: Operand): Value =>
    here(() => {
      const value = operand("softsign", x);
      return div(value, add(abs(value), 1));
    }),
); // prettier-ignore

/** x/6 + ½ between 0 and 1; the gradient at ±3 is 1/6. */
export const hardSigmoid = documented(
  {
    kind: "activation",
    doc: "The sigmoid in three straight pieces; at ±3 the gradient is 1/6.",
    formula: "min(max(x/6 + ½, 0), 1)",
    keras: "hard_sigmoid",
    pytorch: "Hardsigmoid (gradient 0 at ±3)",
    onnx: "HardSigmoid (alpha 1/6)",
  },
  (x: Operand): Value => here(() => clip(add(div(operand("hardSigmoid", x), 6), 0.5), 0, 1)),
);

/** x·hardSigmoid(x): Howard et al. 2019. */
export const hardSwish = documented(
  { kind: "activation", doc: "x times its hard sigmoid (Howard et al. 2019).", formula: "x·min(max(x/6 + ½, 0), 1)", keras: "hard_silu", pytorch: "Hardswish", onnx: "HardSwish" },
  (x: Operand): Value =>
    here(() => {
      const value = operand("hardSwish", x);
      return mul(value, hardSigmoid(value));
    }),
); // prettier-ignore

/** x between −1 and 1; the gradient at the bounds is 1. */
export const hardTanh = documented(
  {
    kind: "activation",
    doc: "x between −1 and 1; at the bounds the gradient is 1.",
    formula: "min(max(x, −1), 1)",
    keras: "hard_tanh",
    pytorch: "Hardtanh (gradient 0 at ±1)",
    onnx: "Clip",
  },
  (x: Operand): Value => here(() => clip(operand("hardTanh", x), -1, 1)),
);

/** x between 0 and 6; the gradient is 0 at 0 and 1 at 6. */
export const relu6 = documented(
  {
    kind: "activation",
    doc: "relu that stops at 6; the gradient is 0 at 0, as relu's, and 1 at 6.",
    formula: "min(max(x, 0), 6)",
    keras: "relu6",
    pytorch: "ReLU6 (gradient 0 at 6)",
    onnx: "Clip",
  },
  (x: Operand): Value =>
    here(() => {
      const value = operand("relu6", x);
      return where(greater(value, 6), 6, relu(value));
    }),
);

/** eˣ, under the name that Keras gives it as an activation. */
export const exponential = documented(
  { kind: "activation", doc: "The exponential function, exp as an op.", formula: "eˣ", keras: "exponential", pytorch: null, onnx: "Exp" },
  (x: Operand): Value => exp(x),
); // prettier-ignore
