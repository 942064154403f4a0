import type { Value } from "../../ir/graph.ts";
import * as fused from "../../ops/fused.ts";
import { documented } from "../about.ts";
import { checkNumber } from "../check.ts";
import { here } from "../context.ts";
import { add, greater, log, mul, neg, sub, where } from "../sugar/elementwise.ts";
import { oneHot } from "../sugar/movement.ts";
import { logSoftmax, mean, sum } from "../sugar/reduce.ts";
import {
  alike,
  checkUnnormalized,
  classWeightsOf,
  counted,
  vectors,
  withLabels,
  type IgnoreOption,
} from "./arguments.ts";
import { lossDefaults, reduced, type LossOptions } from "./reduce.ts";

export interface SmoothingOptions extends LossOptions {
  /** The share of each target that is spread evenly over all classes; 0 by default, below 1. */
  readonly labelSmoothing?: number;
}
export interface CrossEntropyOneHotOptions extends SmoothingOptions {
  /** A weight for each class, as numbers or as a value [classes]; all 1 by default. */
  readonly classWeights?: readonly number[] | Value;
}
export interface CrossEntropyOptions extends CrossEntropyOneHotOptions, IgnoreOption {}
const smoothingDefaults = { ...lossDefaults, labelSmoothing: 0 } as const;

const smoothingOf = (name: string, { labelSmoothing }: SmoothingOptions): number =>
  checkNumber(`labelSmoothing of ${name}`, labelSmoothing ?? smoothingDefaults.labelSmoothing, 0, 1);

/** The weight of each row's class. */
export const weightsOfLabels = (labels: Value, weights: Value, classes: number): Value =>
  sum(mul(oneHot(labels, { depth: classes, dtype: weights.type.dtype }), weights), { axis: -1 });

/**
 * −log softmax(logits)[label], averaged over the rows; labels are i32 class indices. With `classWeights` the mean
 * divides by the weights of the rows' classes, as PyTorch does.
 */
export const softmaxCrossEntropy = documented(
  {
    kind: "loss",
    doc: "Cross-entropy of softmax(logits) with class labels, of rows or of the positions of sequences.",
    formula: "mean −log softmax(x)[label]; smoothed: (1 − ε)·that + ε·mean over classes of −log softmax(x)",
    shapes: "logits […, classes], i32 labels […] → []",
    defaults: smoothingDefaults,
    keras: "SparseCategoricalCrossentropy(from_logits: true)",
    pytorch: "CrossEntropyLoss",
    optax: "softmax_cross_entropy_with_integer_labels",
  },
  (logits: Value, labels: Value, options: CrossEntropyOptions = {}): Value =>
    here(() => {
      const name = "softmaxCrossEntropy";
      const [x, given] = withLabels(name, logits, labels);
      checkUnnormalized(name, x, "softmax");
      const smoothing = smoothingOf(name, options);
      const weights = classWeightsOf(name, options.classWeights, x);
      const classes = vectors(name, x);
      const { labels: y, mask } = counted(name, given, classes, options);
      const ofRow = weights && weightsOfLabels(y, weights, classes);
      const sharp = fused.sparseSoftmaxCrossEntropy(x, y);
      const hard = ofRow ? mul(sharp, ofRow) : sharp;
      const logs = (): Value => (weights ? mul(logSoftmax(x), weights) : logSoftmax(x));
      const losses =
        smoothing > 0 ? sub(mul(hard, 1 - smoothing), mul(mean(logs(), { axis: -1 }), smoothing)) : hard;
      return reduced(name, losses, options, ["labelSmoothing", "classWeights", "ignoreIndex"], {
        counts: ofRow,
        mask,
      });
    }),
);

/**
 * −Σ target · log softmax(logits) over the last axis, averaged over the rows; targets are distributions. With
 * `classWeights` the mean still divides by the number of rows, as PyTorch does.
 */
export const softmaxCrossEntropyOneHot = documented(
  {
    kind: "loss",
    doc: "Cross-entropy of softmax(logits) with distributions, one-hot or not.",
    formula: "mean −Σ t·log softmax(x) with t ← (1 − ε)·t + ε/classes",
    shapes: "logits […, classes], targets […, classes] → []",
    defaults: smoothingDefaults,
    keras: "CategoricalCrossentropy(from_logits: true)",
    pytorch: "CrossEntropyLoss with probabilities",
    optax: "softmax_cross_entropy",
  },
  (logits: Value, targets: Value, options: CrossEntropyOneHotOptions = {}): Value =>
    here(() => {
      const name = "softmaxCrossEntropyOneHot";
      const [x, t] = alike(name, logits, targets, ["logits", "targets"]);
      checkUnnormalized(name, x, "softmax");
      const classes = vectors(name, x);
      const smoothing = smoothingOf(name, options);
      const weights = classWeightsOf(name, options.classWeights, x);
      const smooth = smoothing > 0 ? add(mul(t, 1 - smoothing), smoothing / classes) : t;
      const terms = mul(weights ? mul(smooth, weights) : smooth, logSoftmax(x));
      return reduced(name, neg(sum(terms, { axis: -1 })), options, ["labelSmoothing", "classWeights"]);
    }),
);

export interface BinaryCrossEntropyOptions extends SmoothingOptions {
  /** The weight of the positive part, 1 by default; above 1 it makes up for rare positives. */
  readonly positiveWeight?: number;
}
const binaryDefaults = { ...smoothingDefaults, positiveWeight: 1 } as const;
/**
 * Cross-entropy of sigmoid(logits) with targets in [0, 1], averaged over all elements, finite for large logits; an infinite
 * logit that its target agrees with costs 0.
 */
export const sigmoidBinaryCrossEntropy = documented(
  {
    kind: "loss",
    doc: "Cross-entropy of sigmoid(logits) with targets in [0, 1], finite for large logits; an infinite logit that its target agrees with costs 0.",
    formula: "mean −positiveWeight·t·log σ(x) − (1 − t)·log σ(−x) with t ← (1 − ε)·t + ε/2",
    shapes: "logits […], targets […] → []",
    defaults: binaryDefaults,
    keras: "BinaryCrossentropy(from_logits: true)",
    pytorch: "BCEWithLogitsLoss (pos_weight)",
    optax: "sigmoid_binary_cross_entropy",
  },
  (logits: Value, targets: Value, options: BinaryCrossEntropyOptions = {}): Value =>
    here(() => {
      const name = "sigmoidBinaryCrossEntropy";
      const [x, given] = alike(name, logits, targets, ["logits", "targets"]);
      checkUnnormalized(name, x, "sigmoid");
      const smoothing = smoothingOf(name, options);
      const positive = checkNumber(`positiveWeight of ${name}`, options.positiveWeight ?? binaryDefaults.positiveWeight, 0); // prettier-ignore
      const t = smoothing > 0 ? add(mul(given, 1 - smoothing), smoothing / 2) : given;
      const losses = fused.sigmoidCrossEntropy(x, t, { positiveWeight: positive });
      return reduced(name, losses, options, ["labelSmoothing", "positiveWeight"]);
    }),
);

/** Σ targets·(log targets − logProbabilities) over the last axis, averaged over the rows; a target of 0 adds 0. */
export const klDivergence = documented(
  {
    kind: "loss",
    doc: "The Kullback-Leibler divergence of predicted log-probabilities, such as logSoftmax(x), from target distributions.",
    formula: "mean Σ t·(log t − y)",
    shapes: "logProbabilities […, classes], targets […, classes] → []",
    defaults: lossDefaults,
    keras: "KLDivergence (takes probabilities)",
    pytorch: 'KLDivLoss(reduction: "batchmean")',
    optax: "kl_divergence",
  },
  (logProbabilities: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("klDivergence", logProbabilities, targets, ["logProbabilities", "targets"]);
      vectors("klDivergence", y);
      checkUnnormalized("klDivergence", y, "softmax", "log-probabilities");
      const there = greater(t, 0);
      // The logarithm never sees 0, so that its gradient is not 0·∞.
      const terms = where(there, mul(t, sub(log(where(there, t, 1)), y)), 0);
      return reduced("klDivergence", sum(terms, { axis: -1 }), options);
    }),
);
