import { builder } from "../ir/builder.ts";
import type { Value } from "../ir/graph.ts";
import { productOf, sameShape, typeText, type Dim } from "../ir/type.ts";
import { dimensionSize } from "../ops/leaves.ts";
import { checkNumber, checkOptions } from "./check.ts";
import { here, place, refuse } from "./context.ts";
import { checkFloat } from "./losses/arguments.ts";
import {
  add,
  cast,
  div,
  equal,
  greater,
  logicalAnd,
  logicalNot,
  maximum,
  mul,
  sub,
} from "./sugar/elementwise.ts";
import { matmul } from "./sugar/matmul.ts";
import { oneHot, reshape, tensor } from "./sugar/movement.ts";
import { checkValue } from "./sugar/operand.ts";
import { argMax, mean, sum } from "./sugar/reduce.ts";

/** A sum over the rows of one call; the model keeps adding it up until resetMetrics(). */
export interface Total {
  readonly name: string;
  /** Of dtype f64. */
  readonly value: Value;
}

/** A metric is its totals and what is computed from them, so that it is exact over batches of any size. */
export interface Metric {
  readonly totals: readonly Total[];
  readonly result: (totals: readonly Value[]) => Value;
}

export const isMetric = (thing: unknown): thing is Metric =>
  typeof thing === "object" && thing !== null && "totals" in thing && "result" in thing;

/** The totals are made now; the result later, but said to come from the same line. */
function metric(
  totals: Readonly<Record<string, Value>>,
  result: (totals: readonly Value[]) => Value,
): Metric {
  const origin = place();
  return {
    totals: Object.entries(totals).map(([name, value]) => ({ name, value: cast(value, "f64") })),
    result: (values) => builder().within(origin, () => result(values)),
  };
}

/** The run-time number of rows or elements, as f64. */
export const countOf = (shape: readonly Dim[]): Value =>
  dimensionSize({ dim: productOf(shape), dtype: "f64" });

/** A scalar's mean over calls, each weighted by its rows. */
export const weighted = (value: Value, rows: Value): Metric =>
  here(() => metric({ sum: mul(cast(value, "f64"), rows), rows }, ([total, count]) => div(total, count)));

const count = (condition: Value): Value => sum(cast(condition, "f32"));
// Where nothing was counted the numerator is 0 too, and so is the ratio.
const ratio = (part: Value, whole: Value): Value => div(part, maximum(whole, 1));

interface Compared {
  readonly kind: "binary" | "classes" | "oneHot";
  readonly logits: Value;
  readonly targets: Value;
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

const isTrue = (targets: Value): Value =>
  targets.type.dtype === "bool" ? targets : greater(cast(targets, "f32"), 0.5);

export interface ThresholdOptions {
  /** Binary logits above it count as 1; 0 by default, which is a probability of ½. */
  readonly threshold?: number;
}
function thresholdOf(name: string, options: ThresholdOptions): number {
  checkOptions(name, options, ["threshold"]);
  return checkNumber(`threshold of ${name}`, options.threshold ?? 0);
}

/**
 * The share of rows that are predicted right. Class logits [..., C] take i32 labels [...] or one-hot targets
 * [..., C]; binary logits take targets of their own shape, and so do logits of one column.
 */
export const accuracy = (logits: Value, labels: Value, options: ThresholdOptions = {}): Metric =>
  here(() => {
    const threshold = thresholdOf("accuracy", options);
    const { kind, logits: x, targets } = compared("accuracy", logits, labels);
    const right =
      kind === "binary"
        ? equal(greater(x, threshold), isTrue(targets))
        : equal(argMax(x), kind === "classes" ? targets : argMax(targets));
    return metric({ correct: count(right), rows: countOf(right.type.shape) }, ([correct, rows]) =>
      div(correct, rows),
    );
  });

/** Rows are true classes, columns predicted ones (scikit-learn's layout). */
function confusionOf(name: string, logits: Value, labels: Value): Value {
  const { kind, logits: x, targets } = compared(name, logits, labels);
  if (kind === "binary") refuse("shape", `${name} takes class logits [..., C], found ${typeText(x.type)}`);
  const depth = x.type.shape.at(-1) as number;
  const rows = (classes: Value): Value => reshape(oneHot(classes, { depth }), [-1, depth]);
  return matmul(rows(kind === "classes" ? targets : argMax(targets)), rows(argMax(x)), { transposeA: true });
}

/** How often each true class (row) was predicted as each class (column): a C × C table. */
export const confusionMatrix = (logits: Value, labels: Value): Metric =>
  here(() => {
    const table = confusionOf("confusionMatrix", logits, labels);
    return metric({ counts: table }, ([counts]) => counts);
  });

/** True positives, false positives and false negatives: one each for binary logits, else one for each class. */
const hitsMetric =
  (name: string, score: (hits: Value, falseAlarms: Value, misses: Value) => Value) =>
  (logits: Value, labels: Value, options: ThresholdOptions = {}): Metric =>
    here(() => {
      const threshold = thresholdOf(name, options);
      const { kind, logits: x, targets } = compared(name, logits, labels);
      if (kind === "binary") {
        const [said, so] = [greater(x, threshold), isTrue(targets)];
        const totals = {
          truePositives: count(logicalAnd(said, so)),
          falsePositives: count(logicalAnd(said, logicalNot(so))),
          falseNegatives: count(logicalAnd(logicalNot(said), so)),
        };
        return metric(totals, ([hits, alarms, misses]) => score(hits, alarms, misses));
      }
      return metric({ counts: confusionOf(name, x, targets) }, ([counts]) => {
        const classes = counts.type.shape[0] as number;
        const eye = tensor(identity(classes), "f64");
        const hits = sum(mul(counts, eye), { axis: 1 });
        return mean(score(hits, sub(sum(counts, { axis: 0 }), hits), sub(sum(counts, { axis: 1 }), hits)));
      });
    });

const identity = (size: number): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Number(i === j)));

/** True positives / predicted positives; over classes the plain mean (macro). A class never predicted counts 0. */
export const precision = hitsMetric("precision", (hits, alarms) => ratio(hits, add(hits, alarms)));
/** True positives / actual positives; over classes the plain mean (macro). A class that never occurs counts 0. */
export const recall = hitsMetric("recall", (hits, _, misses) => ratio(hits, add(hits, misses)));
/** 2·hits / (2·hits + false positives + false negatives); over classes the plain mean (macro). */
export const f1 = hitsMetric("f1", (hits, alarms, misses) =>
  ratio(mul(hits, 2), add(mul(hits, 2), add(alarms, misses))),
);
