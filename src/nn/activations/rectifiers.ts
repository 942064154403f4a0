import type { Value } from "../../ir/graph.ts";
import { documented } from "../about.ts";
import { checkNumber, checkOptions, reject } from "../check.ts";
import { here } from "../context.ts";
import {
  abs,
  add,
  clip,
  div,
  expm1,
  greater,
  lessEqual,
  mul,
  relu,
  sub,
  where,
} from "../sugar/elementwise.ts";
import { operand, type Operand } from "../sugar/operand.ts";

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

const celuDefaults = { alpha: 1 };
/** x where x > 0, else alpha·(e^(x/alpha) − 1), whose slope has no jump: Barron 2017. */
export const celu = documented(
  {
    kind: "activation",
    doc: "An exponential linear unit whose slope has no jump for any alpha (Barron 2017).",
    formula: "x > 0 ? x : alpha·(e^(x/alpha) − 1)",
    defaults: celuDefaults,
    keras: "celu",
    pytorch: "CELU",
    onnx: "Celu",
  },
  (x: Operand, options: EluOptions = {}): Value =>
    here(() => {
      const value = operand("celu", x);
      const alpha = numberOption("celu", options, "alpha", celuDefaults.alpha);
      if (!(alpha > 0)) reject("option", `alpha of celu must be above 0, found ${alpha}`);
      return where(greater(value, 0), value, mul(expm1(div(negative(value), alpha)), alpha));
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
  { kind: "activation", doc: "x times its hard sigmoid (Howard et al. 2019); NaN at −∞, as in PyTorch and JAX.", formula: "x·min(max(x/6 + ½, 0), 1)", keras: "hard_silu", pytorch: "Hardswish", onnx: "HardSwish" },
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

export interface ShrinkOptions {
  /** What |x| must exceed; 0.5 by default. */
  readonly threshold?: number;
}
const shrinkDefaults = { threshold: 0.5 };
const thresholdOf = (name: string, options: ShrinkOptions): number => {
  const threshold = numberOption(name, options, "threshold", shrinkDefaults.threshold);
  return threshold >= 0 ? threshold : reject("option", `threshold of ${name} must be at least 0, found ${threshold}`);
}; // prettier-ignore

/** x where |x| > threshold, else 0. */
export const hardShrink = documented(
  {
    kind: "activation",
    doc: "What is near 0 becomes 0; the rest stays.",
    formula: "|x| > threshold ? x : 0",
    defaults: shrinkDefaults,
    keras: "hard_shrink",
    pytorch: "Hardshrink",
    onnx: "Shrink",
  },
  (x: Operand, options: ShrinkOptions = {}): Value =>
    here(() => {
      const value = operand("hardShrink", x);
      return where(lessEqual(abs(value), thresholdOf("hardShrink", options)), 0, value);
    }),
);

/** x moved towards 0 by the threshold, 0 where |x| ≤ threshold. */
export const softShrink = documented(
  {
    kind: "activation",
    doc: "Everything moves towards 0 by the threshold and stops there.",
    formula: "x − min(max(x, −threshold), threshold)",
    defaults: shrinkDefaults,
    keras: "soft_shrink",
    pytorch: "Softshrink",
    onnx: "Shrink (bias = lambd)",
  },
  (x: Operand, options: ShrinkOptions = {}): Value =>
    here(() => {
      const value = operand("softShrink", x);
      const threshold = thresholdOf("softShrink", options);
      return where(lessEqual(abs(value), threshold), 0, sub(value, clip(value, -threshold, threshold)));
    }),
);
