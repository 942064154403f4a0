import type { Value } from "../../ir/graph.ts";
import { documented } from "../about.ts";
import { checkNumber } from "../check.ts";
import { here } from "../context.ts";
import { add, exp, maximum, mul, neg, square, sub } from "../sugar/elementwise.ts";
import { alike } from "./arguments.ts";
import { lossDefaults, reduced, type LossOptions } from "./reduce.ts";

/** exp(logRates) − targets·logRates, averaged over all elements: counts from Poisson distributions. */
export const poisson = documented(
  {
    kind: "loss",
    doc: "The negative log-likelihood of counts under a Poisson distribution, without the term log t! of t alone.",
    formula: "mean of eʸ − t·y for a predicted logarithm of the rate y",
    shapes: "logRates […], targets […] → []",
    defaults: lossDefaults,
    keras: "Poisson (takes the rate itself)",
    pytorch: "PoissonNLLLoss",
    optax: null,
  },
  (logRates: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("poisson", logRates, targets, ["logRates", "targets"]);
      return reduced("poisson", sub(exp(y), mul(t, y)), options);
    }),
);

export interface QuantileOptions extends LossOptions {
  /** The share of targets that shall lie below the prediction, between 0 and 1; 0.5 (the median) by default. */
  readonly quantile?: number;
}
const quantileDefaults = { ...lossDefaults, quantile: 0.5 } as const;
/** max(q·e, (q − 1)·e) for e = targets − predictions, averaged over all elements: the pinball loss. */
export const quantileLoss = documented(
  {
    kind: "loss",
    doc: "The pinball loss, which a quantile of the targets makes smallest.",
    formula: "mean max(quantile·e, (quantile − 1)·e) for e = t − y",
    shapes: "predictions […], targets […] → []",
    defaults: quantileDefaults,
    keras: null,
    pytorch: null,
    optax: null,
  },
  (predictions: Value, targets: Value, options: QuantileOptions = {}): Value =>
    here(() => {
      const name = "quantileLoss";
      const [y, t] = alike(name, predictions, targets);
      const q = checkNumber(`quantile of ${name}`, options.quantile ?? quantileDefaults.quantile, 0, 1);
      const error = sub(t, y);
      return reduced(name, maximum(mul(error, q), mul(error, q - 1)), options, ["quantile"]);
    }),
);

/** ½·(logVariances + (means − targets)²·e^(−logVariances)), averaged over all elements. */
export const gaussianNll = documented(
  {
    kind: "loss",
    doc: "The negative log-likelihood of targets under normal distributions of predicted mean and variance, without the constant ½·log 2π.",
    formula: "mean ½·(s + (y − t)²·e⁻ˢ) for a predicted logarithm of the variance s",
    shapes: "means […], logVariances […], targets […] → []",
    defaults: lossDefaults,
    keras: null,
    pytorch: "GaussianNLLLoss (takes the variance itself)",
    optax: null,
  },
  (means: Value, logVariances: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const name = "gaussianNll";
      const [y, t] = alike(name, means, targets, ["means", "targets"]);
      const [, s] = alike(name, means, logVariances, ["means", "logVariances"]);
      const scaled = mul(square(sub(y, t)), exp(neg(s)));
      return reduced(name, mul(add(s, scaled), 0.5), options);
    }),
);
