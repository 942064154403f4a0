import { describe, expect, test } from "vitest";
import * as gradc from "gradc";
import { batch, defineModel, f32, i32, type Value } from "gradc";
import { compile } from "../../src/compile.ts";
import { buildGraph } from "../../src/nn/index.ts";
import { loadText } from "../compile/program.ts";
import { emitted, type Given } from "./emitted.ts";

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((t, x, k) => t + x * b[k], 0);
const average = (values: readonly number[]): number => dot(values, values.map(() => 1 / values.length)); // prettier-ignore
const logSoft = (row: readonly number[]): number[] => {
  const top = Math.max(...row);
  const total = Math.log(row.reduce((t, x) => t + Math.exp(x - top), 0)) + top;
  return row.map((x) => x - total);
};

const y = [0.5, -1.5, 3, 0, -0.25, 2];
const t = [1, -1, 0.5, 0, 0.75, -2];
const errors = y.map((value, k) => value - t[k]);
const flat = { y: { shape: [2, 3], values: y }, t: { shape: [2, 3], values: t } };
const zeroOne = { x: { shape: [6], values: y }, t: { shape: [6], values: [1, 0, 1, 0, 0.5, 0] } };
const logits = [[2, -1, 0.5], [0, 0.25, -3], [1, 1, 1], [-2, 4, 0.125]]; // prettier-ignore
const labels = [0, 2, 1, 1];
const weights = [1, 3, 0.5];
const classes = {
  x: { shape: [4, 3], values: logits.flat() },
  labels: { shape: [4], values: labels },
  s: { shape: [4], values: [1, 2, 0, 0.5] },
  m: { shape: [4], values: [1, 1, 0, 1] },
};
const soft = [[0.2, 0.3, 0.5], [1, 0, 0], [0, 0.5, 0.5], [0.1, 0.1, 0.8]]; // prettier-ignore
const distributions = { x: classes.x, t: { shape: [4, 3], values: soft.flat() } };
const nll = logits.map((row, k) => -logSoft(row)[labels[k]]);
const isTrue = (m: Value): Value => gradc.greater(m, 0);
const bce = (x: number, z: number): number => -z * Math.log(logistic(x)) - (1 - z) * Math.log(logistic(-x));

interface Row {
  readonly name: string;
  readonly given: Given;
  readonly build: (inputs: { readonly [name: string]: Value }) => Value;
  readonly expected: number;
}
const rows: readonly Row[] = [
  { name: "meanSquaredError", given: flat, build: ({ y, t }) => gradc.meanSquaredError(y, t), expected: dot(errors, errors) / 6 },
  { name: "meanAbsoluteError", given: flat, build: ({ y, t }) => gradc.meanAbsoluteError(y, t), expected: average(errors.map(Math.abs)) },
  { name: "sumSquaredError", given: flat, build: ({ y, t }) => gradc.sumSquaredError(y, t), expected: dot(errors, errors) / 2 },
  { name: "sumSquaredError, mean", given: flat, build: ({ y, t }) => gradc.sumSquaredError(y, t, { reduction: "mean" }), expected: dot(errors, errors) / 12 },
  { name: "meanAbsolutePercentageError", given: { y: { shape: [2], values: [2, -3] }, t: { shape: [2], values: [4, -2] } }, build: ({ y, t }) => gradc.meanAbsolutePercentageError(y, t), expected: 50 },
  { name: "huber", given: flat, build: ({ y, t }) => gradc.huber(y, t), expected: average(errors.map((e) => (Math.abs(e) <= 1 ? e * e / 2 : Math.abs(e) - 0.5))) },
  { name: "huber, delta 2", given: flat, build: ({ y, t }) => gradc.huber(y, t, { delta: 2 }), expected: average(errors.map((e) => (Math.abs(e) <= 2 ? e * e / 2 : 2 * (Math.abs(e) - 1)))) },
  { name: "logCosh", given: flat, build: ({ y, t }) => gradc.logCosh(y, t), expected: average(errors.map((e) => Math.log(Math.cosh(e)))) },
  { name: "poisson", given: flat, build: ({ y, t }) => gradc.poisson(y, t), expected: average(y.map((v, k) => Math.exp(v) - t[k] * v)) },
  { name: "meanSquaredLogarithmicError", given: flat, build: ({ y, t }) => gradc.meanSquaredLogarithmicError(y, t), expected: average(y.map((v, k) => (Math.log1p(Math.max(v, 0)) - Math.log1p(Math.max(t[k], 0))) ** 2)) },
  { name: "quantileLoss", given: flat, build: ({ y, t }) => gradc.quantileLoss(y, t, { quantile: 0.9 }), expected: average(errors.map((e) => (e < 0 ? -0.9 * e : 0.1 * e))) },
  { name: "gaussianNll", given: { ...flat, s: { shape: [2, 3], values: t } }, build: ({ y, t, s }) => gradc.gaussianNll(y, s, t), expected: average(errors.map((e, k) => (t[k] + e * e * Math.exp(-t[k])) / 2)) },
  { name: "hinge", given: flat, build: ({ y, t }) => gradc.hinge(y, t), expected: average(y.map((v, k) => Math.max(1 - t[k] * v, 0))) },
  { name: "squaredHinge", given: flat, build: ({ y, t }) => gradc.squaredHinge(y, t), expected: average(y.map((v, k) => Math.max(1 - t[k] * v, 0) ** 2)) },
  { name: "categoricalHinge", given: { x: classes.x, t: { shape: [4, 3], values: labels.flatMap((l) => [0, 1, 2].map((k) => Number(k === l))) } }, build: ({ x, t }) => gradc.categoricalHinge(x, t), expected: average(logits.map((row, r) => Math.max(Math.max(...row.map((v, k) => (k === labels[r] ? 0 : v))) - row[labels[r]] + 1, 0))) },
  { name: "cosineDistance", given: flat, build: ({ y, t }) => gradc.cosineDistance(y, t), expected: average([0, 3].map((at) => { const [a, b] = [y.slice(at, at + 3), t.slice(at, at + 3)]; return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)); })) },
  { name: "tripletMargin", given: { a: { shape: [1, 2], values: [0, 0] }, p: { shape: [1, 2], values: [3, 4] }, q: { shape: [1, 2], values: [0, 2] } }, build: ({ a, p, q }) => gradc.tripletMargin(a, p, q, { margin: 0.5 }), expected: Math.sqrt(25 + 1e-12) - Math.sqrt(4 + 1e-12) + 0.5 },
  { name: "contrastive", given: { a: { shape: [2, 2], values: [0, 0, 1, 1] }, b: { shape: [2, 2], values: [3, 4, 1, 1.5] }, s: { shape: [2], values: [1, 0] } }, build: ({ a, b, s }) => gradc.contrastive(a, b, s), expected: (25 + (1 - Math.sqrt(0.25 + 1e-12)) ** 2) / 2 },

  { name: "sigmoidBinaryCrossEntropy", given: zeroOne, build: ({ x, t }) => gradc.sigmoidBinaryCrossEntropy(x, t), expected: average(y.map((x, k) => bce(x, zeroOne.t.values[k]))) },
  { name: "sigmoidBinaryCrossEntropy, smoothed", given: zeroOne, build: ({ x, t }) => gradc.sigmoidBinaryCrossEntropy(x, t, { labelSmoothing: 0.2 }), expected: average(y.map((x, k) => bce(x, zeroOne.t.values[k] * 0.8 + 0.1))) },
  { name: "sigmoidBinaryCrossEntropy, positiveWeight", given: zeroOne, build: ({ x, t }) => gradc.sigmoidBinaryCrossEntropy(x, t, { positiveWeight: 3 }), expected: average(y.map((x, k) => { const z = zeroOne.t.values[k]; return -3 * z * Math.log(logistic(x)) - (1 - z) * Math.log(logistic(-x)); })) },
  { name: "sigmoidFocalLoss", given: zeroOne, build: ({ x, t }) => gradc.sigmoidFocalLoss(x, t), expected: average(y.map((x, k) => { const z = zeroOne.t.values[k]; const p = logistic(x) * z + logistic(-x) * (1 - z); return bce(x, z) * (1 - p) ** 2; })) },
  { name: "sigmoidFocalLoss, alpha and gamma", given: zeroOne, build: ({ x, t }) => gradc.sigmoidFocalLoss(x, t, { alpha: 0.25, gamma: 1.5 }), expected: average(y.map((x, k) => { const z = zeroOne.t.values[k]; const p = logistic(x) * z + logistic(-x) * (1 - z); return (0.25 * z + 0.75 * (1 - z)) * bce(x, z) * (1 - p) ** 1.5; })) },
  { name: "sigmoidFocalLoss with gamma 0 is cross-entropy", given: zeroOne, build: ({ x, t }) => gradc.sigmoidFocalLoss(x, t, { gamma: 0 }), expected: average(y.map((x, k) => bce(x, zeroOne.t.values[k]))) },

  { name: "softmaxCrossEntropy", given: classes, build: ({ x, labels }) => gradc.softmaxCrossEntropy(x, labels), expected: average(nll) },
  { name: "softmaxCrossEntropy, weights", given: classes, build: ({ x, labels, s }) => gradc.softmaxCrossEntropy(x, labels, { weights: s }), expected: dot(nll, [1, 2, 0, 0.5]) / 3.5 },
  { name: "softmaxCrossEntropy, weights, sum", given: classes, build: ({ x, labels, s }) => gradc.softmaxCrossEntropy(x, labels, { weights: s, reduction: "sum" }), expected: dot(nll, [1, 2, 0, 0.5]) },
  { name: "softmaxCrossEntropy, none", given: classes, build: ({ x, labels }) => gradc.slice(gradc.softmaxCrossEntropy(x, labels, { reduction: "none" }), { start: [1], limit: [2] }), expected: nll[1] },
  { name: "softmaxCrossEntropy, mask", given: classes, build: ({ x, labels, m }) => gradc.softmaxCrossEntropy(x, labels, { mask: isTrue(m) }), expected: (nll[0] + nll[1] + nll[3]) / 3 },
  { name: "softmaxCrossEntropy, mask and weights", given: classes, build: ({ x, labels, m, s }) => gradc.softmaxCrossEntropy(x, labels, { mask: isTrue(m), weights: gradc.add(s, 1) }), expected: dot(nll, [2, 3, 0, 1.5]) / 6.5 },
  { name: "softmaxCrossEntropy, ignoreIndex a class", given: classes, build: ({ x, labels }) => gradc.softmaxCrossEntropy(x, labels, { ignoreIndex: 1 }), expected: (nll[0] + nll[1]) / 2 },
  { name: "softmaxCrossEntropy, ignoreIndex no class", given: { ...classes, labels: { shape: [4], values: [0, -100, 1, -100] } }, build: ({ x, labels }) => gradc.softmaxCrossEntropy(x, labels, { ignoreIndex: -100 }), expected: (nll[0] + nll[2]) / 2 },
  { name: "softmaxCrossEntropy, classWeights", given: classes, build: ({ x, labels }) => gradc.softmaxCrossEntropy(x, labels, { classWeights: weights }), expected: dot(nll, labels.map((l) => weights[l])) / dot(labels.map((l) => weights[l]), [1, 1, 1, 1]) },
  { name: "softmaxCrossEntropy, smoothed", given: classes, build: ({ x, labels }) => gradc.softmaxCrossEntropy(x, labels, { labelSmoothing: 0.1 }), expected: average(logits.map((row, k) => 0.9 * nll[k] - 0.1 * average(logSoft(row)))) },
  // As PyTorch: every class' part has its own weight, the mean divides by the weights of the labels.
  { name: "softmaxCrossEntropy, smoothed with classWeights", given: classes, build: ({ x, labels }) => gradc.softmaxCrossEntropy(x, labels, { labelSmoothing: 0.1, classWeights: weights }), expected: logits.reduce((total, row, k) => total + 0.9 * nll[k] * weights[labels[k]] - 0.1 * dot(logSoft(row), weights) / 3, 0) / dot(labels.map((l) => weights[l]), [1, 1, 1, 1]) },
  { name: "softmaxCrossEntropyOneHot", given: distributions, build: ({ x, t }) => gradc.softmaxCrossEntropyOneHot(x, t), expected: average(logits.map((row, k) => -dot(soft[k], logSoft(row)))) },
  { name: "softmaxCrossEntropyOneHot, smoothed", given: distributions, build: ({ x, t }) => gradc.softmaxCrossEntropyOneHot(x, t, { labelSmoothing: 0.3 }), expected: average(logits.map((row, k) => -dot(soft[k].map((p) => p * 0.7 + 0.1), logSoft(row)))) },
  { name: "softmaxCrossEntropyOneHot, classWeights", given: distributions, build: ({ x, t }) => gradc.softmaxCrossEntropyOneHot(x, t, { classWeights: weights }), expected: average(logits.map((row, k) => -dot(soft[k].map((p, c) => p * weights[c]), logSoft(row)))) },
  { name: "softmaxFocalLoss", given: classes, build: ({ x, labels }) => gradc.softmaxFocalLoss(x, labels), expected: average(nll.map((l) => l * (1 - Math.exp(-l)) ** 2)) },
  { name: "softmaxFocalLoss, classWeights and gamma", given: classes, build: ({ x, labels }) => gradc.softmaxFocalLoss(x, labels, { gamma: 1, classWeights: weights }), expected: average(nll.map((l, k) => weights[labels[k]] * l * (1 - Math.exp(-l)))) },
  { name: "klDivergence", given: distributions, build: ({ x, t }) => gradc.klDivergence(gradc.logSoftmax(x), t), expected: average(logits.map((row, r) => soft[r].reduce((total, p, k) => total + (p > 0 ? p * (Math.log(p) - logSoft(row)[k]) : 0), 0))) },
]; // prettier-ignore

describe.each(["f32", "f64"] as const)("in %s the emitted module computes", (precision) => {
  test.each(rows.map((row) => [row.name, row] as const))("%s", (_, { given, build, expected }) => {
    const [[found], ...slopes] = emitted(given, build, precision);
    const error = Math.abs(found - expected) / Math.max(1, Math.abs(expected));
    expect(error, `${found}, expected ${expected}`).toBeLessThan(precision === "f32" ? 2e-6 : 1e-14);
    for (const slope of slopes.flat()) expect(slope).not.toBeNaN();
  });

  const extremes = [-1e4, -1000, -100, 0, 100, 1000, 1e4];
  const pairs = { y: { shape: [7], values: extremes }, t: { shape: [7], values: [1, 0, 1, 0, 0, 1, 0] } };
  const far = ["sigmoidBinaryCrossEntropy", "sigmoidFocalLoss", "logCosh", "huber", "hinge", "squaredHinge", "meanSquaredError"] as const; // prettier-ignore
  test.each(far)("%s of predictions up to ±1e4, finite with finite gradients", (name) => {
    const [values, ...slopes] = emitted(
      pairs,
      ({ y, t }) => gradc[name](y, t, { reduction: "none" }),
      precision,
    );
    for (const number of [values, ...slopes].flat()) expect(Number.isFinite(number)).toBe(true);
    expect(Math.max(...values)).toBeGreaterThan(10);
  });

  const wide = { x: { shape: [3, 3], values: [1e4, -1e4, 0, -1e4, 0, 1e4, 1e4, 1e4, 1e4] }, labels: { shape: [3], values: [1, 2, 0] } }; // prettier-ignore
  const options = [
    {},
    { labelSmoothing: 0.1 },
    { classWeights: [1, 2, 3] },
    { labelSmoothing: 0.5, classWeights: [1, 0, 1] },
  ];
  test.each(options)("softmaxCrossEntropy of logits of ±1e4 with %j, finite", (option) => {
    for (const build of [
      ({ x, labels }: { readonly [name: string]: Value }) => gradc.softmaxCrossEntropy(x, labels, option),
      ({ x, labels }: { readonly [name: string]: Value }) =>
        gradc.softmaxCrossEntropyOneHot(x, gradc.oneHot(labels, { depth: 3 }), option),
      ({ x, labels }: { readonly [name: string]: Value }) => gradc.softmaxFocalLoss(x, labels),
    ]) {
      for (const number of emitted(wide, build, precision).flat()) expect(Number.isFinite(number)).toBe(true);
    }
  });

  test("the gradient of cross-entropy exactly as softmax − one-hot, also with a label smoothed or weighed", () => {
    const [, slopes] = emitted(
      { x: { shape: [1, 2], values: [1e4, -1e4] }, labels: { shape: [1], values: [1] } },
      ({ x, labels }) => gradc.softmaxCrossEntropy(x, labels, { reduction: "sum" }),
      precision,
    );
    expect(slopes).toEqual([1, -1]);
  });

  test("a mean over nothing as 0 with gradients 0, not NaN", () => {
    const nothing = { x: classes.x, labels: classes.labels, m: { shape: [4], values: [0, 0, 0, 0] } };
    for (const option of [
      (m: Value) => ({ mask: isTrue(m) }),
      (m: Value) => ({ weights: m }),
      (m: Value) => ({ mask: isTrue(m), classWeights: [1, 2, 3] }),
    ]) {
      const [value, byLogits] = emitted(
        nothing,
        ({ x, labels, m }) => gradc.softmaxCrossEntropy(x, labels, option(m)),
        precision,
      );
      expect(value).toEqual([0]);
      expect(byLogits.map(Math.abs)).toEqual(byLogits.map(() => 0));
    }
  });

  test("what a mask hides as 0 even where it is not finite", () => {
    const [value] = emitted(
      { y: { shape: [3], values: [1, Infinity, 3] }, t: { shape: [3], values: [0, 0, 1] }, m: { shape: [3], values: [1, 0, 1] } },
      ({ y, t, m }) => gradc.meanSquaredError(y, t, { mask: isTrue(m) }),
      precision,
    ); // prettier-ignore
    expect(value).toEqual([2.5]);
  });

  test("losses of equal and of zero vectors with finite gradients", () => {
    const equal = { a: { shape: [2, 2], values: [1, 2, 0, 0] }, b: { shape: [2, 2], values: [1, 2, 0, 0] }, q: { shape: [2, 2], values: [1, 2, 0, 0] } }; // prettier-ignore
    for (const build of [
      ({ a, b, q }: { readonly [name: string]: Value }) => gradc.tripletMargin(a, b, q),
      ({ a, b }: { readonly [name: string]: Value }) => gradc.cosineDistance(a, b),
      ({ a, b }: { readonly [name: string]: Value }) =>
        gradc.contrastive(a, b, gradc.tensor([0, 1]), { margin: 2 }),
    ])
      for (const number of emitted(equal, build, precision).flat())
        expect(Number.isFinite(number)).toBe(true);
  });
});

const n = batch(4);
describe("refuses", () => {
  const built = (body: (inputs: { readonly [name: string]: Value }) => Value) => () =>
    buildGraph(
      defineModel({
        name: "m",
        inputs: { x: f32(n, 3), k: i32(n), s: f32(n), w: f32(3) },
        build: (inputs) => ({ outputs: { y: body(inputs) } }),
      }),
    );
  const refusals: readonly (readonly [string, () => unknown, RegExp])[] = [
    ["weights of another shape", built(({ x, k, w }) => gradc.softmaxCrossEntropy(x, k, { weights: w })), /softmaxCrossEntropy: weights f32\[3\] must have the shape \[n\] or its leading axes/],
    ["weights that would broadcast", built(({ x, w }) => gradc.meanSquaredError(x, x, { weights: w })), /meanSquaredError: weights f32\[3\] must have the shape \[n,3\] or its leading axes.*such as \[n\]/s],
    ["a mask of numbers", built(({ x, k, s }) => gradc.softmaxCrossEntropy(x, k, { mask: s })), /softmaxCrossEntropy: the mask must be bool, found f32\[n\].*greater\(mask, 0\)/s],
    ["a mask of another shape", built(({ x, k, w }) => gradc.softmaxCrossEntropy(x, k, { mask: gradc.greater(w, 0) })), /mask bool\[3\] must have the shape \[n\] or its leading axes/],
    ["too few class weights", built(({ x, k }) => gradc.softmaxCrossEntropy(x, k, { classWeights: [1, 2] })), /softmaxCrossEntropy: 2 classWeights were given for 3 classes/],
    ["a negative class weight", built(({ x, k }) => gradc.softmaxCrossEntropy(x, k, { classWeights: [1, -2, 1] })), /classWeights of softmaxCrossEntropy must be numbers of at least 0, found -2 for class 1/],
    ["class weights that are one number", built(({ x, k }) => gradc.softmaxCrossEntropy(x, k, { classWeights: 2 as unknown as number[] })), /classWeights of softmaxCrossEntropy must be an array of numbers, found 2/],
    ["class weights of another shape", built(({ x, k, s }) => gradc.softmaxCrossEntropy(x, k, { classWeights: s })), /classWeights must be f32\[3\] for logits f32\[n,3\], found f32\[n\]/],
    ["smoothing of 1", built(({ x, k }) => gradc.softmaxCrossEntropy(x, k, { labelSmoothing: 1 })), /labelSmoothing of softmaxCrossEntropy must be a finite number in \[0, 1\), found 1/],
    ["half an ignoreIndex", built(({ x, k }) => gradc.softmaxCrossEntropy(x, k, { ignoreIndex: 0.5 })), /ignoreIndex of softmaxCrossEntropy must be an integer, found 0.5/],
    ["an unknown option", built(({ x, k }) => gradc.softmaxCrossEntropy(x, k, { labelSmooth: 0.1 } as object)), /softmaxCrossEntropy has no option "labelSmooth".*did you mean "?labelSmoothing/s],
    ["an unknown reduction", built(({ x }) => gradc.huber(x, x, { reduction: "avg" as "mean" })), /huber has no reduction "avg"/],
    ["a gamma between 0 and 1", built(({ x }) => gradc.sigmoidFocalLoss(x, x, { gamma: 0.5 })), /gamma of sigmoidFocalLoss must be 0 or at least 1, found 0.5/],
    ["a quantile of 1", built(({ x }) => gradc.quantileLoss(x, x, { quantile: 1 })), /quantile of quantileLoss must be a finite number in \[0, 1\), found 1/],
    ["a delta of 0", built(({ x }) => gradc.huber(x, x, { delta: 0 })), /delta of huber must be a finite number of at least/],
    ["images of the other layout", built(({ x }) => gradc.meanSquaredError(gradc.reshape(x, [n, 3, 1, 1]), gradc.reshape(x, [n, 1, 1, 3]))), /f32\[n,3,1,1\] and targets f32\[n,1,1,3\] must have one shape and dtype.*hint: if \[n,3,1,1\] has its channels first, as in PyTorch: they stand last here, so transpose\(x, \[0, 2, 3, 1\]\)/s],
    ["sequences of the other layout", built(({ x }) => gradc.meanSquaredError(gradc.reshape(x, [n, 3, 1]), gradc.reshape(x, [n, 1, 3]))), /hint: if \[n,1,3\] has its channels first, .* transpose\(x, \[0, 2, 1\]\)/s],
    ["pairs of other lengths", built(({ x, s }) => gradc.contrastive(x, x, gradc.expandDims(s, 1))), /contrastive: distances f32\[n\] and same f32\[n,1\] must have one shape and dtype/],
    ["probabilities for logits", built(({ x, k }) => gradc.softmaxCrossEntropy(gradc.softmax(x), k)), /^softmaxCrossEntropy takes logits, found the output of softmax\n {2}at losses\.test\.ts:\d+\n {2}hint: the loss applies softmax itself: give it what softmax was given, and keep softmax for the outputs$/],
    ["an activation's probabilities", built(({ x, k }) => gradc.softmaxCrossEntropy(gradc.dense(x, { units: 3, activation: "softmax" }), k)), /softmaxCrossEntropy takes logits, found the output of softmax/],
    ["probabilities of positions", built(({ x, k }) => gradc.softmaxCrossEntropy(gradc.reshape(gradc.softmax(gradc.reshape(x, [n, 1, 3])), [n, 3]), k)), /takes logits, found the output of softmax/],
    ["probabilities beside distributions", built(({ x }) => gradc.softmaxCrossEntropyOneHot(gradc.softmax(x), x)), /softmaxCrossEntropyOneHot takes logits, found the output of softmax/],
    ["probabilities in focus", built(({ x, k }) => gradc.softmaxFocalLoss(gradc.softmax(x), k)), /softmaxFocalLoss takes logits, found the output of softmax/],
    ["probabilities of times", built(({ x, k }) => gradc.ctc(gradc.softmax(gradc.reshape(x, [n, 1, 3])), gradc.reshape(k, [n, 1]))), /ctc takes logits, found the output of softmax/],
    ["chances for logits", built(({ x }) => gradc.sigmoidBinaryCrossEntropy(gradc.sigmoid(x), x)), /sigmoidBinaryCrossEntropy takes logits, found the output of sigmoid.*hint: the loss applies sigmoid itself/s],
    ["chances of one unit", built(({ x, s }) => gradc.sigmoidBinaryCrossEntropy(gradc.reshape(gradc.dense(x, { units: 1, activation: "sigmoid" }), [n]), s)), /takes logits, found the output of sigmoid/],
    ["chances in focus", built(({ x }) => gradc.sigmoidFocalLoss(gradc.sigmoid(x), x)), /sigmoidFocalLoss takes logits, found the output of sigmoid/],
    ["probabilities for their logarithms", built(({ x }) => gradc.klDivergence(gradc.softmax(x), x)), /klDivergence takes log-probabilities, found the output of softmax.*hint: give it logSoftmax of what softmax was given/s],
  ]; // prettier-ignore
  test("what only may be no logits is taken", () => {
    const bodies: ((inputs: { readonly [name: string]: Value }) => Value)[] = [
      ({ x, k }) => gradc.softmaxCrossEntropy(gradc.logSoftmax(x), k),
      ({ x, k }) => gradc.softmaxCrossEntropy(gradc.sigmoid(x), k),
      ({ x, k }) => gradc.softmaxCrossEntropy(gradc.softmax(x, { axis: 0 }), k),
      ({ x, k }) => gradc.softmaxCrossEntropy(gradc.mul(gradc.softmax(x), 10), k),
      ({ x }) => gradc.softmaxCrossEntropyOneHot(x, gradc.softmax(x)),
      ({ x }) => gradc.sigmoidBinaryCrossEntropy(x, gradc.sigmoid(x)),
    ];
    for (const body of bodies) expect(built(body)).not.toThrow();
  });
  test.each(refusals)("%s", (_, body, message) => {
    expect(body).toThrow(message);
  });

  const labelled = (uses: (x: Value, k: Value) => readonly Value[]) =>
    defineModel({
      name: "m",
      inputs: { x: f32(n, 3), k: i32(n) },
      build: ({ x, k }) => ({ outputs: { x }, loss: uses(x, k).reduce((a, b) => gradc.add(a, b)) }),
    });
  const rangeOf = (uses: (x: Value, k: Value) => readonly Value[]): object => {
    const { limit, allowed } = buildGraph(labelled(uses)).cells.find(({ name }) => name === "k")!;
    return { limit, allowed };
  };
  const entropy = (x: Value, k: Value, option: object = {}): Value => gradc.softmaxCrossEntropy(x, k, option);

  test("labels out of range at run time, but for the ignoreIndex", () => {
    const { text } = compile(labelled((x, k) => [entropy(x, k, { ignoreIndex: -100 })])).files[0];
    const net = loadText(text).create();
    const x = Float32Array.of(1, 2, 3, 1, 2, 3);
    const alone = net.forward(x.subarray(0, 3), Int32Array.of(1));
    expect(net.forward(x, Int32Array.of(1, -100))).toBe(alone);
    for (const bad of [3, 7, -1, -99]) {
      expect(() => net.forward(x, Int32Array.of(-100, bad))).toThrow(
        new RangeError(`input k: number ${bad} at 1 is not a whole number from 0 to 2 nor -100`),
      );
    }
    expect(loadText(text).spec["inputs"]).toContainEqual({ name: "k", dtype: "i32", shape: ["n"], limit: 3, allowed: -100 }); // prettier-ignore
    const others = compile(labelled((x, k) => [entropy(x, k)])).files[0].text;
    expect(others).toContain("checkIndices(name, values, count, limit)");
    expect(() => loadText(others).create().forward(x, Int32Array.of(3, -100))).toThrow(
      new RangeError("input k: number 3 at 0 is not a whole number from 0 to 2"),
    );
  });

  test("what several uses of labels have in common is allowed", () => {
    expect(rangeOf((x, k) => [entropy(x, k)])).toEqual({ limit: 3 });
    expect(
      rangeOf((x, k) => [entropy(x, k, { classWeights: [1, 2, 3], labelSmoothing: 0.1, ignoreIndex: 2 })]),
    ).toEqual({ limit: 3 });
    const ignoring = (ignoreIndex: number) => (x: Value, k: Value) => entropy(x, k, { ignoreIndex });
    const hot = (depth: number) => (_: Value, k: Value) => gradc.sum(gradc.oneHot(k, { depth }));
    const both = (...uses: readonly ((x: Value, k: Value) => Value)[]): object => {
      const ranges = [uses, uses.toReversed()].map((list) => rangeOf((x, k) => list.map((use) => use(x, k))));
      expect(ranges[1]).toEqual(ranges[0]);
      return ranges[0];
    };
    expect(both(ignoring(-100), ignoring(-100))).toEqual({ limit: 3, allowed: -100 });
    expect(both(ignoring(-100), ignoring(-1))).toEqual({ limit: 3 });
    expect(both(ignoring(-100), entropy)).toEqual({ limit: 3 });
    // What one use ignores is an index of the other.
    expect(both(ignoring(4), hot(5))).toEqual({ limit: 3, allowed: 4 });
    expect(both(ignoring(4), hot(4))).toEqual({ limit: 3 });
    expect(both(ignoring(-1), hot(2))).toEqual({ limit: 2 });
  });

  test("labels that a model replaces itself are limited likewise", () => {
    const filled = (by: number) => (x: Value, k: Value) => [
      entropy(x, gradc.where(gradc.equal(-1, k), by, k)),
    ];
    expect(rangeOf(filled(2))).toEqual({ limit: 3, allowed: -1 });
    expect(rangeOf(filled(3))).toEqual({});
    expect(rangeOf((x, k) => [entropy(x, gradc.where(gradc.equal(k, 1), 0, k))])).toEqual({ limit: 3 });
  });
});
