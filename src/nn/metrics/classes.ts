import type { Value } from "../../ir/graph.ts";
import { isBatch, sameShape, typeText } from "../../ir/type.ts";
import { documented } from "../about.ts";
import { checkCount, checkNumber } from "../check.ts";
import { here, refuse } from "../context.ts";
import { checkFloat, counted, vectors, withLabels, type IgnoreOption } from "../losses/arguments.ts";
import {
  add, cast, equal, greater, lessEqual, less, logicalAnd, logicalNot, mul, sub, where,
} from "../sugar/elementwise.ts"; // prettier-ignore
import { matmul } from "../sugar/matmul.ts";
import { expandDims, oneHot, reshape, tensor } from "../sugar/movement.ts";
import { checkValue } from "../sugar/operand.ts";
import { argMax, mean, sum } from "../sugar/reduce.ts";
import { countsOf, meanMetric, metric, ratio, type Metric, type MetricOptions } from "./metric.ts";

interface Compared {
  readonly kind: "binary" | "classes" | "oneHot";
  readonly logits: Value;
  readonly targets: Value;
  /** False where the label is one to be ignored. */
  readonly mask?: Value | undefined;
}

/** Tells binary logits, class logits with i32 labels, and class logits with one-hot targets apart by shape. */
function compared(name: string, givenLogits: unknown, givenTargets: unknown): Compared {
  const logits = checkFloat(name, "logits", givenLogits);
  const targets = checkValue(name, givenTargets);
  const [shape, rows] = [logits.type.shape, logits.type.shape.slice(0, -1)];
  const last = shape.at(-1);
  if (sameShape(shape, targets.type.shape)) {
    return { kind: shape.length > 1 && last !== 1 ? "oneHot" : "binary", logits, targets };
  }
  if (shape.length > 0 && sameShape(rows, targets.type.shape)) {
    if (last === 1) return { kind: "binary", logits: reshape(logits, rows), targets };
    if (targets.type.dtype === "i32") return { kind: "classes", logits, targets };
  }
  return refuse(
    "shape",
    `${name}: logits ${typeText(logits.type)} and labels ${typeText(targets.type)} do not belong together`,
    "give i32 labels without the class axis, or targets of the logits' shape",
  );
}

/** The same without the labels that are to be ignored, which only class labels can be. */
function withoutIgnored(name: string, found: Compared, options: IgnoreOption): Compared {
  const { kind, logits, targets } = found;
  if (options.ignoreIndex === undefined) return found;
  if (kind !== "classes") {
    refuse(
      "option",
      `${name}: ignoreIndex is a class label, but the targets ${typeText(targets.type)} are ${kind === "oneHot" ? "one-hot" : "of binary logits"}`,
      "give a mask of what counts instead",
    );
  }
  const { labels, mask } = counted(name, targets, vectors(name, logits), options);
  return { ...found, targets: labels, mask };
}

const isTrue = (targets: Value): Value =>
  targets.type.dtype === "bool" ? targets : greater(cast(targets, "f32"), 0.5);

/** Binary logits […] and whether each is of the positive class, from targets of the same shape. */
export function withPositives(name: string, logits: unknown, targets: unknown): readonly [Value, Value] {
  const [x, t] = [checkFloat(name, "logits", logits), checkValue(name, targets)];
  if (!sameShape(x.type.shape, t.type.shape)) {
    refuse(
      "shape",
      `${name}: logits ${typeText(x.type)} and targets ${typeText(t.type)} must have one shape`,
    );
  }
  return [x, isTrue(t)];
}

export interface ThresholdOptions extends MetricOptions {
  /** Binary logits above it count as 1; 0 by default, which is a probability of ½. */
  readonly threshold?: number;
}
export interface ClassMetricOptions extends ThresholdOptions, IgnoreOption {}
export interface ConfusionOptions extends MetricOptions, IgnoreOption {}
const thresholdDefaults = { threshold: 0 } as const;
const thresholdOf = (name: string, { threshold = thresholdDefaults.threshold }: ThresholdOptions): number =>
  checkNumber(`threshold of ${name}`, threshold);

/** The share of what is right. */
const share = (
  right: Value,
  name: string,
  options: MetricOptions,
  known: readonly string[],
  mask?: Value,
): Metric => {
  const hits = cast(right, "f32");
  return meanMetric(hits, countsOf(name, hits, options, known, mask), undefined, "correct");
};

/**
 * The share of rows that are predicted right. Class logits [..., C] take i32 labels [...] or one-hot targets
 * [..., C]; binary logits take targets of their own shape, and so do logits of one column.
 */
export const accuracy = documented(
  {
    kind: "metric",
    doc: "The share of rows whose class is predicted right.",
    formula: "mean of argMax(x) = label; of (x > threshold) = t for binary logits",
    shapes: "logits […, classes] with i32 labels […] or one-hot targets […, classes]; binary logits […] with targets […]",
    defaults: thresholdDefaults,
    keras: "SparseCategoricalAccuracy, CategoricalAccuracy, BinaryAccuracy (threshold is a probability)",
    pytorch: "torchmetrics Accuracy",
  },
  (logits: Value, labels: Value, options: ClassMetricOptions = {}): Metric =>
    here(() => {
      const threshold = thresholdOf("accuracy", options);
      const { kind, logits: x, targets, mask } = withoutIgnored("accuracy", compared("accuracy", logits, labels), options);
      const right =
        kind === "binary"
          ? equal(greater(x, threshold), isTrue(targets))
          : equal(argMax(x), kind === "classes" ? targets : argMax(targets));
      return share(right, "accuracy", options, ["threshold", "ignoreIndex"], mask);
    }),
); // prettier-ignore

/** The share of elements [...] that are on the right side of the threshold: for several yes-or-no questions a row. */
export const binaryAccuracy = documented(
  {
    kind: "metric",
    doc: "The share of elements on the right side of the threshold, also of several questions a row.",
    formula: "mean of (x > threshold) = t",
    shapes: "logits […], targets […]",
    defaults: thresholdDefaults,
    keras: "BinaryAccuracy (threshold is a probability)",
    pytorch: "torchmetrics MultilabelAccuracy",
  },
  (logits: Value, targets: Value, options: ThresholdOptions = {}): Metric =>
    here(() => {
      const threshold = thresholdOf("binaryAccuracy", options);
      const [x, positive] = withPositives("binaryAccuracy", logits, targets);
      return share(equal(greater(x, threshold), positive), "binaryAccuracy", options, ["threshold"]);
    }),
);

export interface TopKOptions extends MetricOptions, IgnoreOption {
  /** How many of the highest logits count as right; 5 by default. */
  readonly k?: number;
}
const topKDefaults = { k: 5 } as const;
/** The share of rows whose label is among the k highest logits; the label counts as ahead of its equals. */
export const topKAccuracy = documented(
  {
    kind: "metric",
    doc: "The share of rows whose label is among the k highest logits, equals counted in its favour.",
    formula: "mean of #{c : x[c] > x[label]} < k",
    shapes: "logits […, classes], i32 labels […]",
    defaults: topKDefaults,
    keras: "SparseTopKCategoricalAccuracy",
    pytorch: "torchmetrics Accuracy(top_k)",
  },
  (logits: Value, labels: Value, options: TopKOptions = {}): Metric =>
    here(() => {
      const name = "topKAccuracy";
      const [x, given] = withLabels(name, logits, labels);
      const k = checkCount(`k of ${name}`, options.k ?? topKDefaults.k);
      const classes = vectors(name, x);
      if (k > classes) refuse("option", `${name}: k = ${k} is more than the ${classes} classes of ${typeText(x.type)}`); // prettier-ignore
      const { labels: y, mask } = counted(name, given, classes, options);
      const own = sum(where(equal(oneHot(y, { depth: classes }), 1), x, 0), { axis: -1, keepDims: true });
      // NaN is not at most anything, so a row with NaN at its label is wrong.
      const ahead = sum(cast(logicalNot(lessEqual(x, own)), "f32"), { axis: -1 });
      return share(less(ahead, k), name, options, ["k", "ignoreIndex"], mask);
    }),
);

/** Rows are true classes, columns predicted ones (scikit-learn's layout). */
function confusionOf(
  name: string,
  { kind, logits: x, targets, mask }: Compared,
  options: MetricOptions,
  known: readonly string[],
): Value {
  const depth = x.type.shape.at(-1);
  if (kind === "binary" || depth === undefined || isBatch(depth))
    return refuse("shape", `${name} takes class logits [..., C], found ${typeText(x.type)}`);
  const guess = argMax(x);
  const counts = countsOf(name, cast(guess, "f32"), options, known, mask);
  const rows = (classes: Value): Value => reshape(oneHot(classes, { depth }), [-1, depth]);
  const truth = rows(kind === "classes" ? targets : argMax(targets));
  const weighed = counts ? mul(truth, expandDims(reshape(counts, [-1]), 1)) : truth;
  return matmul(weighed, rows(guess), { transposeA: true });
}

/** How often each true class (row) was predicted as each class (column): a C × C table. */
export const confusionMatrix = documented(
  {
    kind: "metric",
    doc: "How often each true class (row) was predicted as each class (column).",
    shapes: "logits […, classes] with i32 labels […] or one-hot targets […, classes] → [classes, classes]",
    keras: "tf.math.confusion_matrix",
    pytorch: "torchmetrics ConfusionMatrix",
  },
  (logits: Value, labels: Value, options: ConfusionOptions = {}): Metric =>
    here(() => {
      const name = "confusionMatrix";
      const found = withoutIgnored(name, compared(name, logits, labels), options);
      return metric({ counts: confusionOf(name, found, options, ["ignoreIndex"]) }, ([counts]) => counts);
    }),
);

const identity = (size: number): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Number(i === j)));

/** True positives, false positives and false negatives: one each for binary logits, else one for each class. */
const hitsMetric =
  (name: string, score: (hits: Value, falseAlarms: Value, misses: Value) => Value) =>
  (logits: Value, labels: Value, options: ClassMetricOptions = {}): Metric =>
    here(() => {
      const threshold = thresholdOf(name, options);
      const known = ["threshold", "ignoreIndex"];
      const found = withoutIgnored(name, compared(name, logits, labels), options);
      const { kind, logits: x, targets } = found;
      if (kind === "binary") {
        const [said, so] = [greater(x, threshold), isTrue(targets)];
        const counts = countsOf(name, x, options, known);
        const count = (condition: Value): Value =>
          sum(counts ? where(condition, counts, 0) : cast(condition, "f32"));
        const totals = {
          truePositives: count(logicalAnd(said, so)),
          falsePositives: count(logicalAnd(said, logicalNot(so))),
          falseNegatives: count(logicalAnd(logicalNot(said), so)),
        };
        return metric(totals, ([hits, alarms, misses]) => score(hits, alarms, misses));
      }
      return metric({ counts: confusionOf(name, found, options, known) }, ([counts]) => {
        const eye = tensor(identity(counts.type.shape[0] as number), "f64");
        const hits = sum(mul(counts, eye), { axis: 1 });
        return mean(score(hits, sub(sum(counts, { axis: 0 }), hits), sub(sum(counts, { axis: 1 }), hits)));
      });
    });

const hitShapes = "logits […, classes] with labels, or binary logits […] with targets";
/** True positives / predicted positives; over classes the plain mean (macro). A class never predicted counts 0. */
export const precision = documented(
  {
    kind: "metric",
    doc: "How much of what was predicted is true; over classes the plain mean, where a class never predicted counts 0.",
    formula: "true positives / (true positives + false positives)",
    shapes: hitShapes,
    defaults: thresholdDefaults,
    keras: "Precision (thresholds are probabilities)",
    pytorch: "torchmetrics Precision (macro)",
  },
  hitsMetric("precision", (hits, alarms) => ratio(hits, add(hits, alarms))),
);
/** True positives / actual positives; over classes the plain mean (macro). A class that never occurs counts 0. */
export const recall = documented(
  {
    kind: "metric",
    doc: "How much of what is true was predicted; over classes the plain mean, where a class that never occurs counts 0.",
    formula: "true positives / (true positives + false negatives)",
    shapes: hitShapes,
    defaults: thresholdDefaults,
    keras: "Recall (thresholds are probabilities)",
    pytorch: "torchmetrics Recall (macro)",
  },
  hitsMetric("recall", (hits, _, misses) => ratio(hits, add(hits, misses))),
);
/** 2·hits / (2·hits + false positives + false negatives); over classes the plain mean (macro). */
export const f1 = documented(
  {
    kind: "metric",
    doc: "The harmonic mean of precision and recall; over classes the plain mean.",
    formula: "2·tp / (2·tp + fp + fn)",
    shapes: hitShapes,
    defaults: thresholdDefaults,
    keras: "F1Score (average: macro)",
    pytorch: "torchmetrics F1Score (macro)",
  },
  hitsMetric("f1", (hits, alarms, misses) => ratio(mul(hits, 2), add(mul(hits, 2), add(alarms, misses)))),
);
