import { suggest } from "../base/suggest.ts";
import type { Value } from "../ir/graph.ts";
import { isFloat, sameShape, shapeText, typeText } from "../ir/type.ts";
import * as fused from "../ops/fused.ts";
import { checkOptions } from "./check.ts";
import { here, refuse } from "./context.ts";
import { abs, mul, neg, square, sub } from "./sugar/elementwise.ts";
import { logSoftmax, mean, sum } from "./sugar/reduce.ts";
import { checkValue } from "./sugar/operand.ts";

export type Reduction = "mean" | "sum" | "none";
export interface LossOptions {
  /** "mean" over everything (the default), "sum", or "none" to keep every element. */
  readonly reduction?: Reduction;
}

const reductions: ReadonlyMap<string, (x: Value) => Value> = new Map([
  ["mean", (x: Value) => mean(x)],
  ["sum", (x: Value) => sum(x)],
  ["none", (x: Value) => x],
]);

function reduced(name: string, losses: Value, options: LossOptions, otherwise: Reduction = "mean"): Value {
  checkOptions(name, options, ["reduction"]);
  const reduction = String(options.reduction ?? otherwise);
  const reduce = reductions.get(reduction);
  if (!reduce)
    return refuse("option", `${name} has no reduction "${reduction}"`, suggest(reduction, reductions.keys()));
  return reduce(losses);
}

export function checkFloat(name: string, what: string, x: unknown): Value {
  const value = checkValue(name, x);
  if (!isFloat(value.type.dtype)) {
    refuse("dtype", `${name}: ${what} must be floats, found ${typeText(value.type)}`, `use cast(x, "f32")`);
  }
  return value;
}

// Losses never broadcast: [n] against [n, 1] would quietly compare every row with every other.
function alike(name: string, predictions: unknown, targets: unknown): readonly [Value, Value] {
  const [y, t] = [checkFloat(name, "predictions", predictions), checkFloat(name, "targets", targets)];
  if (!sameShape(y.type.shape, t.type.shape) || y.type.dtype !== t.type.dtype) {
    refuse(
      "shape",
      `${name}: predictions ${typeText(y.type)} and targets ${typeText(t.type)} must have one shape and dtype`,
      "losses do not broadcast; reshape one of them",
    );
  }
  return [y, t];
}

/** Logits [..., classes] and i32 labels [...]. */
export function withLabels(name: string, logits: unknown, labels: unknown): readonly [Value, Value] {
  const [x, y] = [checkFloat(name, "logits", logits), checkValue(name, labels)];
  const rows = x.type.shape.slice(0, -1);
  if (x.type.shape.length === 0 || y.type.dtype !== "i32" || !sameShape(rows, y.type.shape)) {
    refuse(
      "shape",
      `${name}: logits ${typeText(x.type)} take i32 labels of shape ${shapeText(rows)}, found ${typeText(y.type)}`,
      "labels hold one class index for each row of logits",
    );
  }
  return [x, y];
}

/** (predictions − targets)², averaged over all elements. */
export const meanSquaredError = (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
  here(() => {
    const [y, t] = alike("meanSquaredError", predictions, targets);
    return reduced("meanSquaredError", square(sub(y, t)), options);
  });

/** |predictions − targets|, averaged over all elements. */
export const meanAbsoluteError = (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
  here(() => {
    const [y, t] = alike("meanAbsoluteError", predictions, targets);
    return reduced("meanAbsoluteError", abs(sub(y, t)), options);
  });

/** ½ Σ (predictions − targets)²: a sum over all elements, rows included, unless a reduction is given. */
export const sumSquaredError = (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
  here(() => {
    const [y, t] = alike("sumSquaredError", predictions, targets);
    const reduction = options.reduction ?? "sum";
    // Halving after the sum rounds once, and reads like the formula.
    return mul(reduced("sumSquaredError", square(sub(y, t)), { ...options, reduction }, "sum"), 0.5);
  });

/** −log softmax(logits)[label], averaged over the rows; labels are i32 class indices. */
export const softmaxCrossEntropy = (logits: Value, labels: Value, options: LossOptions = {}): Value =>
  here(() => {
    const [x, y] = withLabels("softmaxCrossEntropy", logits, labels);
    return reduced("softmaxCrossEntropy", fused.sparseSoftmaxCrossEntropy(x, y), options);
  });

/** −Σ target · log softmax(logits) over the last axis, averaged over the rows; targets are distributions. */
export const softmaxCrossEntropyOneHot = (logits: Value, targets: Value, options: LossOptions = {}): Value =>
  here(() => {
    const [x, t] = alike("softmaxCrossEntropyOneHot", logits, targets);
    return reduced("softmaxCrossEntropyOneHot", neg(sum(mul(t, logSoftmax(x)), { axis: -1 })), options);
  });

/** Cross-entropy of sigmoid(logits) with targets in [0, 1], averaged over all elements, finite for large logits. */
export const sigmoidBinaryCrossEntropy = (logits: Value, targets: Value, options: LossOptions = {}): Value =>
  here(() => {
    const [x, t] = alike("sigmoidBinaryCrossEntropy", logits, targets);
    return reduced("sigmoidBinaryCrossEntropy", fused.sigmoidCrossEntropy(x, t), options);
  });
