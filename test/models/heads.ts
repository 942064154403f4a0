import * as g from "gradc";
import type { Value } from "gradc";
import { dimsOf, type Draw } from "./draw.ts";

/** Inputs that losses compare with: more numbers a row than any loss needs. */
export interface Wanted {
  /** i32 [n] and [n, many]. */
  readonly label: Value;
  readonly labels: Value;
  /** Floats [n, many], and a weight for each row [n]. */
  readonly targets: Value;
  readonly weight: Value;
}
export const many = 24;

interface Head {
  readonly outputs: { readonly [name: string]: Value };
  readonly loss: Value;
  readonly metrics: { readonly [name: string]: Value | g.Metric };
}

const first = (x: Value, count: number): Value => g.slice(x, { limit: [null, count] });

/** Weights of rows, a mask, or nothing. */
const counting = ({ weight }: Wanted, d: Draw) => {
  if (d.chance(0.2)) return { weights: g.add(g.abs(weight), 0.1) };
  return d.chance(0.2) ? { mask: g.greater(weight, -0.5) } : {};
};
const smoothing = (d: Draw, classes: number) => ({
  ...(d.chance(0.3) ? { labelSmoothing: 0.1 } : {}),
  ...(d.chance(0.2) ? { classWeights: Array.from({ length: classes }, (_, k) => 1 + (k % 3)) } : {}),
  ...(d.chance(0.2) ? { ignoreIndex: 1 } : {}),
});

/** Of the direction of one number nothing but rounding is left. */
const longer = (x: Value): Value => g.pad(x, { low: [0, 0], high: [0, 1], value: 0.5 });

/** Losses of numbers: y and t [n, width]. */
const numeric: readonly ((y: Value, t: Value, wanted: Wanted, d: Draw) => Value)[] = [
  (y, t, w, d) => g.meanSquaredError(y, t, counting(w, d)),
  (y, t, w, d) => g.meanAbsoluteError(y, t, counting(w, d)),
  (y, t) => g.sumSquaredError(y, t),
  (y, t, w, d) => g.huber(y, t, { delta: 0.5, ...counting(w, d) }),
  (y, t) => g.logCosh(y, t),
  (y, t) => g.poisson(y, g.abs(t)),
  (y, t, w, d) => g.quantileLoss(y, t, { quantile: 0.8, ...counting(w, d) }),
  (y, t) => g.gaussianNll(y, g.add(g.square(g.tanh(y)), 0.5), t),
  (y, t, w, d) => g.sigmoidBinaryCrossEntropy(y, g.sigmoid(t), { ...(d.chance(0.5) ? { positiveWeight: 2 } : {}), ...counting(w, d) }),
  (y, t) => g.sigmoidFocalLoss(y, g.sigmoid(t)),
  (y, t) => g.hinge(y, t),
  (y, t) => g.squaredHinge(y, t),
  (y, t) => g.cosineDistance(longer(y), longer(t)),
  (y, t) => g.categoricalHinge(y, g.softmax(t)),
  (y, t) => g.klDivergence(g.logSoftmax(y), g.softmax(t)),
  (y, t) => g.softmaxCrossEntropyOneHot(y, g.softmax(t)),
  (y, t) => g.tripletMargin(y, t, g.reverse(t, 1)),
  (y, t) => g.mean(g.square(g.sub(g.logSumExp(y, { axis: 1 }), g.mean(t, { axis: 1 })))),
]; // prettier-ignore

function ofVectors(x: Value, wanted: Wanted, d: Draw): Head {
  if (d.chance(0.5)) {
    const classes = d.large ? d.pick([10, 16, 33, 64]) : d.int(2, d.size === "tiny" ? 3 : 9);
    const logits = g.dense(x, { units: classes, name: "logits" });
    const options = { ...smoothing(d, classes), ...counting(wanted, d) };
    const focal = d.chance(0.2);
    return {
      outputs: { probabilities: g.softmax(logits) },
      loss: focal
        ? g.softmaxFocalLoss(logits, wanted.label)
        : g.softmaxCrossEntropy(logits, wanted.label, options),
      metrics: { accuracy: g.accuracy(logits, wanted.label) },
    };
  }
  const width = d.int(1, d.size === "tiny" ? 3 : 9);
  const y = g.dense(x, { units: width, name: "numbers" });
  const t = first(wanted.targets, width);
  const loss = d.pick(numeric)(y, t, wanted, d);
  return { outputs: { y }, loss, metrics: { rmse: g.rootMeanSquaredError(y, t) } };
}

function ofSequences(x: Value, wanted: Wanted, d: Draw): Head {
  const times = Math.min(dimsOf(x)[0], many);
  const kept = first(x, times);
  const classes = d.int(2, d.large ? 40 : 6);
  const logits = g.dense(kept, { units: classes, name: "logits" });
  const labels = first(wanted.labels, times);
  if (d.chance(0.15) && times >= 2 && times <= 8) {
    const targets = first(wanted.labels, Math.floor(times / 2));
    return { outputs: { y: g.softmax(logits) }, loss: g.ctc(logits, targets), metrics: {} };
  }
  if (d.chance(0.3)) {
    const y = g.reshape(g.slice(logits, { limit: [null, null, 1] }), [x.type.shape[0], times]);
    const t = first(wanted.targets, times);
    return {
      outputs: { y },
      loss: d.pick(numeric)(y, t, wanted, d),
      metrics: { error: g.mean(g.abs(g.sub(y, t))) },
    };
  }
  const mask = d.chance(0.4) ? { mask: g.greater(first(wanted.targets, times), -0.6) } : {};
  return {
    outputs: { probabilities: g.softmax(logits) },
    loss: g.softmaxCrossEntropy(logits, labels, { ...smoothing(d, classes), ...mask }),
    metrics: { accuracy: g.accuracy(logits, labels), perplexity: g.perplexity(logits, labels) },
  };
}

/** Losses of one row that nothing says to be one: y and t [width]. */
const alone: readonly ((y: Value, t: Value) => Value)[] = [
  (y, t) => g.meanSquaredError(y, t),
  (y, t) => g.meanAbsoluteError(y, t),
  (y, t) => g.sumSquaredError(y, t),
  (y, t) => g.huber(y, t, { delta: 0.5 }),
  (y, t) => g.logCosh(y, t),
  (y, t) => g.sigmoidBinaryCrossEntropy(y, g.sigmoid(t)),
  (y, t) => g.softmaxCrossEntropyOneHot(y, g.softmax(t)),
  (y, t) => g.neg(g.sum(g.mul(g.logSoftmax(y), g.oneHot(g.argMax(t, { axis: 0 }), { depth: width(t) })))),
];
const width = ({ type }: Value): number => type.shape.at(-1) as number;

function ofSingles(x: Value, { targets }: Wanted, d: Draw): Head {
  const y = g.dense(x, { units: d.int(1, 4), name: "numbers" });
  const t = g.reshape(g.slice(targets, { limit: [1, width(y)] }), [width(y)]);
  return { outputs: { y }, loss: d.pick(alone)(y, t), metrics: { error: g.mean(g.abs(g.sub(y, t))) } };
}

/** Outputs, a loss and metrics of what a model has computed. */
export function headOf(x: Value, wanted: Wanted, d: Draw): Head {
  if (x.type.shape.length === 1) return ofSingles(x, wanted, d);
  if (x.type.shape.length === 2) return ofVectors(x, wanted, d);
  if (x.type.shape.length === 3 && d.chance(0.5)) return ofSequences(x, wanted, d);
  const pooled = x.type.shape.length === 3 ? g.globalAvgPool1d : g.globalAvgPool2d;
  return ofVectors(d.chance(0.6) ? g.flatten(x) : pooled(x), wanted, d);
}
