import type { Value } from "../../ir/graph.ts";
import { documented } from "../about.ts";
import { checkNumber } from "../check.ts";
import { here } from "../context.ts";
import { abs, add, clip, div, log1p, maximum, mul, relu, softplus, square, sub } from "../sugar/elementwise.ts"; // prettier-ignore
import { alike } from "./arguments.ts";
import { lossDefaults, reduced, type LossOptions } from "./reduce.ts";

const shapes = "predictions […], targets […] → []";

/** (predictions − targets)², averaged over all elements. */
export const meanSquaredError = documented(
  {
    kind: "loss",
    doc: "The squared error, averaged over all elements.",
    formula: "mean (y − t)²",
    shapes,
    defaults: lossDefaults,
    keras: "MeanSquaredError",
    pytorch: "MSELoss",
    optax: "squared_error",
  },
  (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("meanSquaredError", predictions, targets);
      return reduced("meanSquaredError", square(sub(y, t)), options);
    }),
);

/** |predictions − targets|, averaged over all elements. */
export const meanAbsoluteError = documented(
  {
    kind: "loss",
    doc: "The absolute error, averaged over all elements.",
    formula: "mean |y − t|",
    shapes,
    defaults: lossDefaults,
    keras: "MeanAbsoluteError",
    pytorch: "L1Loss",
    optax: null,
  },
  (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("meanAbsoluteError", predictions, targets);
      return reduced("meanAbsoluteError", abs(sub(y, t)), options);
    }),
);

/** The least size of a target that a percentage is taken of, as in Keras. */
const leastTarget = 1e-7;
/** 100·|predictions − targets| / |targets|, averaged over all elements. */
export const meanAbsolutePercentageError = documented(
  {
    kind: "loss",
    doc: "The absolute error in percent of the target, averaged over all elements.",
    formula: `mean 100·|y − t| / max(|t|, ${leastTarget})`,
    shapes,
    defaults: lossDefaults,
    keras: "MeanAbsolutePercentageError",
    pytorch: null,
    optax: null,
  },
  (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("meanAbsolutePercentageError", predictions, targets);
      return reduced("meanAbsolutePercentageError", percentages(y, t), options);
    }),
);
/** 100·|y − t| / |t|, element by element. */
const percentages = (y: Value, t: Value): Value =>
  mul(div(abs(sub(y, t)), maximum(abs(t), leastTarget)), 100);

const sumDefaults = { reduction: "sum" } as const;
/** ½ Σ (predictions − targets)²: a sum over all elements, rows included, unless a reduction is given. */
export const sumSquaredError = documented(
  {
    kind: "loss",
    doc: "Half the squared error, summed over all elements and rows.",
    formula: "½ Σ (y − t)²",
    shapes,
    defaults: sumDefaults,
    keras: null,
    pytorch: 'MSELoss(reduction: "sum") / 2',
    optax: "l2_loss, summed",
  },
  (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("sumSquaredError", predictions, targets);
      const { reduction: otherwise } = sumDefaults;
      // Halving after the sum rounds once, and reads like the formula.
      return mul(reduced("sumSquaredError", square(sub(y, t)), options, [], { otherwise }), 0.5);
    }),
);

export interface HuberOptions extends LossOptions {
  /** Where the loss turns from squared to linear; 1 by default. */
  readonly delta?: number;
}
const huberDefaults = { ...lossDefaults, delta: 1 } as const;
/** ½·e² for an error |e| ≤ delta, else delta·(|e| − ½·delta), averaged over all elements. */
export const huber = documented(
  {
    kind: "loss",
    doc: "Squared near 0 and linear beyond delta, so that outliers pull less.",
    formula: "mean of ½·e² where |e| ≤ delta, else delta·(|e| − ½·delta), for e = y − t",
    shapes,
    defaults: huberDefaults,
    keras: "Huber",
    pytorch: "HuberLoss (SmoothL1Loss is huber / beta)",
    optax: "huber_loss",
  },
  (predictions: Value, targets: Value, options: HuberOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("huber", predictions, targets);
      const delta = checkNumber("delta of huber", options.delta ?? huberDefaults.delta, Number.MIN_VALUE);
      const error = sub(y, t);
      const near = clip(error, -delta, delta);
      // One formula for both parts, whose derivatives are right at 0 and at delta.
      return reduced("huber", mul(near, sub(error, mul(near, 0.5))), options, ["delta"]);
    }),
);

/** log cosh(predictions − targets), averaged over all elements. */
export const logCosh = documented(
  {
    kind: "loss",
    doc: "About ½·e² near 0 and |e| − log 2 far away, smooth everywhere.",
    formula: "mean log cosh(y − t)",
    shapes,
    defaults: lossDefaults,
    keras: "LogCosh",
    pytorch: null,
    optax: "log_cosh",
  },
  (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("logCosh", predictions, targets);
      const error = sub(y, t);
      // log cosh e = e + log(1 + e^(−2e)) − log 2, where softplus never overflows.
      return reduced("logCosh", sub(add(error, softplus(mul(error, -2))), Math.LN2), options);
    }),
);

/** (log(1 + predictions) − log(1 + targets))², averaged over all elements; negative numbers count as 0. */
export const meanSquaredLogarithmicError = documented(
  {
    kind: "loss",
    doc: "The squared error of the logarithms of 1 + x: relative errors of large numbers; negative numbers count as 0.",
    formula: "mean (log(1 + max(y, 0)) − log(1 + max(t, 0)))²",
    shapes,
    defaults: lossDefaults,
    keras: "MeanSquaredLogarithmicError",
    pytorch: null,
    optax: null,
  },
  (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const name = "meanSquaredLogarithmicError";
      const [y, t] = alike(name, predictions, targets);
      return reduced(name, square(sub(log1p(relu(y)), log1p(relu(t)))), options);
    }),
);
