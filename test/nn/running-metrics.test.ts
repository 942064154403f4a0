import { describe, expect, test } from "vitest";
import * as gradc from "gradc";
import { batch, bool, defineModel, f32, i32, type Metric, type Value } from "gradc";
import { compile } from "gradc/compiler";
import { buildGraph } from "../../src/nn/index.ts";
import { loadText } from "../compile/program.ts";
import { randomFrom } from "../ops/sample.ts";

const n = batch(8);
const inputs = {
  x: f32(n, 4), labels: i32(n), z: f32(n), t: f32(n), y: f32(n, 2), u: f32(n, 2), w: f32(n), m: bool(n), s: f32(n, 3, 4),
  ids: i32(n, 3), spared: i32(n),
}; // prettier-ignore
type Inputs = { readonly [name in keyof typeof inputs]: Value };
const widths: Readonly<Record<keyof typeof inputs, number>> = { x: 4, labels: 1, z: 1, t: 1, y: 2, u: 2, w: 1, m: 1, s: 12, ids: 3, spared: 1 }; // prettier-ignore

/** Twenty rows; scores z repeat, so that some are equal. */
const rows = 20;
const random = randomFrom(3);
const data: Record<keyof typeof inputs, number[]> = {
  x: Array.from({ length: rows * 4 }, () => 4 * random() - 2),
  labels: Array.from({ length: rows }, () => Math.floor(4 * random())),
  z: Array.from({ length: rows }, () => Math.round(8 * random() - 4) / 2),
  t: Array.from({ length: rows }, () => Math.round(random())),
  y: Array.from({ length: rows * 2 }, () => Math.fround(random())),
  u: Array.from({ length: rows * 2 }, () => Math.fround(3 + random())),
  w: Array.from({ length: rows }, () => Math.floor(3 * random())),
  m: Array.from({ length: rows }, () => Math.round(random())),
  s: Array.from({ length: rows * 12 }, () => 4 * random() - 2),
  ids: Array.from({ length: rows * 3 }, () => Math.floor(4 * random())),
  spared: [],
};
data.spared = data.labels.map((label) => (random() < 0.3 ? -100 : label));
for (const name of ["x", "s"] as const) data[name] = data[name].map(Math.fround);
const each = Array.from({ length: rows }, (_, k) => k);
const rowOf = (name: keyof typeof inputs, k: number): number[] =>
  data[name].slice(k * widths[name], (k + 1) * widths[name]);

/** Σ w·v / Σ w over the rows. */
const mean = (value: (k: number) => number, weight: (k: number) => number = () => 1): number =>
  each.reduce((total, k) => total + value(k) * weight(k), 0) /
  each.reduce((total, k) => total + weight(k), 0);
const masked = (k: number): number => data.m[k];
const both = (k: number): number => data.w[k] * data.m[k];
const guessOf = (k: number): number => rowOf("x", k).indexOf(Math.max(...rowOf("x", k)));
const isRight = (k: number): number => Number(guessOf(k) === data.labels[k]);
const ofClasses = (score: (c: number) => number): number =>
  [0, 1, 2, 3].reduce((total, c) => total + (score(c) || 0), 0) / 4;
const inTop = (k: number, top: number): number =>
  Number(rowOf("x", k).filter((x) => x > rowOf("x", k)[data.labels[k]]).length < top);
const nll = (row: readonly number[], label: number): number =>
  Math.log(row.reduce((total, x) => total + Math.exp(x), 0)) - row[label];
const auc = (weight: (k: number) => number): number => {
  let [won, pairs] = [0, 0];
  for (const p of each.filter((k) => data.t[k] === 1)) {
    for (const q of each.filter((k) => data.t[k] === 0)) {
      const both = weight(p) * weight(q);
      pairs += both;
      won += both * (data.z[p] > data.z[q] ? 1 : data.z[p] === data.z[q] ? 0.5 : 0);
    }
  }
  return won / pairs;
};
const r2 = (weight: (k: number) => number): number => {
  const columns = [0, 1].map((c) => {
    const center = mean((k) => rowOf("u", k)[c], weight);
    const errors = mean((k) => (rowOf("y", k)[c] - rowOf("u", k)[c]) ** 2, weight);
    return 1 - errors / mean((k) => (rowOf("u", k)[c] - center) ** 2, weight);
  });
  return (columns[0] + columns[1]) / 2;
};
const cosine = (k: number): number => {
  const [[a, b], [c, d]] = [rowOf("y", k), rowOf("u", k)];
  return (a * c + b * d) / Math.hypot(a, b) / Math.hypot(c, d);
};
const squared = (k: number): number =>
  rowOf("y", k).reduce((total, v, c) => total + (v - rowOf("u", k)[c]) ** 2, 0) / 2;
const positions = (k: number, keep: (id: number) => number): number[][] =>
  [0, 1, 2].map((at) => {
    const id = rowOf("ids", k)[at];
    return [nll(rowOf("s", k).slice(at * 4, at * 4 + 4), id), keep(id)];
  });
const perplexity = (keep: (id: number) => number, weight: (k: number) => number): number => {
  const all = each.flatMap((k) => positions(k, keep).map(([loss, kept]) => [loss, kept * weight(k)]));
  const total = (at: (row: number[]) => number): number => all.reduce((sum, row) => sum + at(row), 0);
  return Math.exp(total(([loss, w]) => loss * w) / total(([, w]) => w));
};

const metrics: Readonly<Record<string, readonly [(values: Inputs) => Metric, number]>> = {
  accuracy: [({ x, labels }) => gradc.accuracy(x, labels), mean(isRight)],
  "accuracy, weights": [({ x, labels, w }) => gradc.accuracy(x, labels, { weights: w }), mean(isRight, (k) => data.w[k])],
  "accuracy, mask": [({ x, labels, m }) => gradc.accuracy(x, labels, { mask: m }), mean(isRight, masked)],
  "accuracy of binary logits, mask": [({ z, t, m }) => gradc.accuracy(z, t, { mask: m }), mean((k) => Number(data.z[k] > 0 === data.t[k] > 0), masked)],
  "accuracy, ignoreIndex": [({ x, labels }) => gradc.accuracy(x, labels, { ignoreIndex: 3 }), mean(isRight, (k) => Number(data.labels[k] !== 3))],
  "accuracy, mask and an ignoreIndex that is no class": [({ x, spared, m }) => gradc.accuracy(x, spared, { ignoreIndex: -100, mask: m }), mean(isRight, (k) => data.m[k] * Number(data.spared[k] >= 0))],
  "topKAccuracy, 2, weights and ignoreIndex": [({ x, spared, w }) => gradc.topKAccuracy(x, spared, { k: 2, ignoreIndex: -100, weights: w }), mean((k) => inTop(k, 2), (k) => data.w[k] * Number(data.spared[k] >= 0))],
  "precision of classes, ignoreIndex": [({ x, spared }) => gradc.precision(x, spared, { ignoreIndex: -100 }), ofClasses((c) => mean((k) => Number(data.labels[k] === c), (k) => Number(data.spared[k] >= 0 && guessOf(k) === c)))],
  "recall of classes, ignoreIndex": [({ x, spared }) => gradc.recall(x, spared, { ignoreIndex: -100 }), ofClasses((c) => mean((k) => Number(guessOf(k) === c), (k) => Number(data.spared[k] === c)))],
  binaryAccuracy: [({ y, u }) => gradc.binaryAccuracy(gradc.sub(y, 0.5), gradc.sub(u, 3)), mean((k) => rowOf("y", k).reduce((total, v, c) => total + Number(v > 0.5 === rowOf("u", k)[c] - 3 > 0.5), 0) / 2)],
  "topKAccuracy, 2": [({ x, labels }) => gradc.topKAccuracy(x, labels, { k: 2 }), mean((k) => inTop(k, 2))],
  "topKAccuracy, 3, weights and mask": [({ x, labels, w, m }) => gradc.topKAccuracy(x, labels, { k: 3, weights: w, mask: m }), mean((k) => inTop(k, 3), both)],
  "precision, weights": [({ z, t, w }) => gradc.precision(z, t, { weights: w }), mean((k) => data.t[k], (k) => data.w[k] * Number(data.z[k] > 0))],
  "recall, mask": [({ z, t, m }) => gradc.recall(z, t, { mask: m }), mean((k) => Number(data.z[k] > 0), (k) => data.m[k] * data.t[k])],
  rocAuc: [({ z, t }) => gradc.rocAuc(z, t), auc(() => 1)],
  "rocAuc, weights and mask": [({ z, t, w, m }) => gradc.rocAuc(z, t, { weights: w, mask: m, thresholds: 500 }), auc(both)],
  r2: [({ y, u }) => gradc.r2(y, u), r2(() => 1)],
  "r2, weights and mask": [({ y, u, w, m }) => gradc.r2(y, u, { weights: w, mask: m }), r2(both)],
  rootMeanSquaredError: [({ y, u }) => gradc.rootMeanSquaredError(y, u), Math.sqrt(mean(squared))],
  "rootMeanSquaredError, mask": [({ y, u, m }) => gradc.rootMeanSquaredError(y, u, { mask: m }), Math.sqrt(mean(squared, masked))],
  cosineSimilarity: [({ y, u }) => gradc.cosineSimilarity(y, u), mean(cosine)],
  "cosineSimilarity, weights": [({ y, u, w }) => gradc.cosineSimilarity(y, u, { weights: w }), mean(cosine, (k) => data.w[k])],
  perplexity: [({ s, ids }) => gradc.perplexity(s, ids), perplexity(() => 1, () => 1)],
  "perplexity, mask and ignoreIndex": [({ s, ids, m }) => gradc.perplexity(s, ids, { mask: m, ignoreIndex: 2 }), perplexity((id) => Number(id !== 2), masked)],
  "runningMean of masked losses": [({ y, u, m }) => gradc.runningMean(gradc.meanSquaredError(y, u, { reduction: "none" }), { mask: m }), mean(squared, masked)],
}; // prettier-ignore

const model = defineModel({
  name: "metrics",
  inputs,
  build: (values) => ({
    outputs: { z: values.z },
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, [make]]) => [name, make(values)])),
  }),
});

describe.each(["f32", "f64"] as const)(
  "in %s the emitted module adds up over batches of any size",
  (precision) => {
    const net = loadText(compile(model, { precision }).files[0].text).create();
    const Floats = precision === "f32" ? Float32Array : Float64Array;
    const evaluateIn = (sizes: readonly number[]): { readonly [name: string]: unknown } => {
      net.resetMetrics();
      let from = 0;
      let last = {};
      for (const size of sizes) {
        const args = Object.entries(data).map(([name, values]) => {
          const width = widths[name as keyof typeof inputs];
          const part = values.slice(from * width, (from + size) * width);
          return name === "m" ? Uint8Array.from(part) : ["labels", "ids", "spared"].includes(name) ? Int32Array.from(part) : Floats.from(part); // prettier-ignore
        });
        last = { ...net.evaluate(...args, size) };
        from += size;
      }
      expect(from).toBe(rows);
      return last;
    };
    const [one, other] = [evaluateIn([8, 8, 4]), evaluateIn([1, 7, 2, 8, 1, 1])];
    test.each(Object.entries(metrics))("%s", (name, [, expected]) => {
      for (const found of [one, other]) {
        const value = found[name] as number;
        expect(Math.abs(value - expected), `${value}, expected ${expected}`).toBeLessThan(precision === "f32" ? 1e-6 : 1e-12); // prettier-ignore
      }
    });
  },
);

test("nothing counted gives 0, and flat targets give r2 1 if met and 0 if not", () => {
  const still = defineModel({
    name: "nothing",
    inputs: { x: f32(n, 4), labels: i32(n), z: f32(n), m: bool(n) },
    build: ({ x, labels, z, m }) => ({
      outputs: { z },
      metrics: {
        accuracy: gradc.accuracy(x, labels, { mask: m }),
        auc: gradc.rocAuc(z, gradc.greater(z, 100)),
        perplexity: gradc.perplexity(x, labels, { mask: m }),
        met: gradc.r2(z, z),
        missed: gradc.r2(gradc.add(z, 1), z),
        nan: gradc.topKAccuracy(gradc.where(gradc.expandDims(gradc.greater(z, 100), 1), x, NaN_(x)), labels, { k: 2 }),
      },
    }),
  }); // prettier-ignore
  const net = loadText(compile(still).files[0].text).create();
  const result = net.evaluate(new Float32Array(8).fill(1), new Int32Array(2), new Float32Array(2).fill(3), new Uint8Array(2), 2); // prettier-ignore
  expect({ ...result }).toEqual({ accuracy: 0, auc: 0, perplexity: 1, met: 1, missed: 0, nan: 0 });
});
const NaN_ = (x: Value): Value => gradc.sub(gradc.div(x, 0), gradc.div(x, 0));

describe("refuses", () => {
  const built = (body: (values: Inputs) => Metric) => () =>
    buildGraph(
      defineModel({ name: "m", inputs, build: (values) => ({ outputs: { z: values.z }, metrics: { it: body(values) } }) }),
    ); // prettier-ignore
  const refusals: readonly (readonly [string, () => unknown, RegExp])[] = [
    ["k beyond the classes", built(({ x, labels }) => gradc.topKAccuracy(x, labels)), /topKAccuracy: k = 5 is more than the 4 classes of f32\[n,4\]/],
    ["k of 0", built(({ x, labels }) => gradc.topKAccuracy(x, labels, { k: 0 })), /k of topKAccuracy must be a positive integer, found 0/],
    ["weights of another shape", built(({ x, labels, y }) => gradc.accuracy(x, labels, { weights: y })), /accuracy: weights f32\[n,2\] must have the shape \[n\] or its leading axes/],
    ["a mask of numbers", built(({ x, labels, w }) => gradc.precision(x, labels, { mask: w })), /precision: the mask must be bool, found f32\[n\]/],
    ["targets of another shape", built(({ z, u }) => gradc.rocAuc(z, u)), /rocAuc: logits f32\[n\] and targets f32\[n,2\] must have one shape/],
    ["no thresholds", built(({ z, t }) => gradc.rocAuc(z, t, { thresholds: 0 })), /thresholds of rocAuc must be a positive integer, found 0/],
    ["an unknown option", built(({ y, u }) => gradc.r2(y, u, { weight: 1 } as object)), /r2 has no option "weight".*did you mean "?weights/s],
    ["binary logits in a table", built(({ z, t }) => gradc.confusionMatrix(z, t)), /confusionMatrix takes class logits \[..., C\], found f32\[n\]/],
    ["half an ignoreIndex", built(({ x, labels }) => gradc.accuracy(x, labels, { ignoreIndex: 0.5 })), /ignoreIndex of accuracy must be an integer, found 0.5/],
    ["an ignoreIndex of one-hot targets", built(({ x }) => gradc.f1(x, x, { ignoreIndex: -1 })), /f1: ignoreIndex is a class label, but the targets f32\[n,4\] are one-hot.*give a mask/s],
    ["an ignoreIndex of binary logits", built(({ z, t }) => gradc.accuracy(z, t, { ignoreIndex: -1 })), /accuracy: ignoreIndex is a class label, but the targets f32\[n\] are of binary logits/],
    ["other shapes", built(({ x, t }) => gradc.binaryAccuracy(x, t)), /binaryAccuracy: logits f32\[n,4\] and targets f32\[n\] must have one shape/],
  ]; // prettier-ignore
  test.each(refusals)("%s", (_, body, message) => {
    expect(body).toThrow(message);
  });
});
