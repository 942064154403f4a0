import * as gradc from "gradc";
import type { LayerSample } from "../sample.ts";

const pairs = ["f32[n]", "f32[n,3]", "f32[2,3]", "f32[n,2,2]"];
const regressions = ["meanSquaredError", "meanAbsoluteError", "sumSquaredError", "huber", "logCosh", "poisson", "hinge", "squaredHinge", "sigmoidBinaryCrossEntropy", "sigmoidFocalLoss"] as const; // prettier-ignore
const cornered = new Set<string>(["meanAbsoluteError", "huber", "hinge", "squaredHinge"]);
const rowwise = ["cosineDistance", "categoricalHinge"] as const;

const options: Readonly<Record<string, gradc.CrossEntropyOptions>> = {
  plain: {},
  "smoothed": { labelSmoothing: 0.1 },
  "class weights": { classWeights: [1, 2, 0.5, 0] },
  "ignoring a class": { ignoreIndex: 2 },
  "everything": { labelSmoothing: 0.2, classWeights: [1, 2, 0.5, 3], ignoreIndex: 1 },
}; // prettier-ignore

export const rows: readonly LayerSample[] = [
  ...regressions.flatMap((name) =>
    pairs.map((type): LayerSample => ({
      name: `${name} of ${type}`,
      inputs: { y: type, t: name === "sigmoidFocalLoss" ? `${type}~0..1` : type },
      build: ({ y, t }) => ({ mean: gradc[name](y, t), sum: gradc[name](y, t, { reduction: "sum" }) }),
      smooth: !cornered.has(name),
    })),
  ),
  {
    name: "quantileLoss, meanSquaredLogarithmicError and gaussianNll",
    inputs: { y: "f32[n,3]", t: "f32[n,3]", s: "f32[n,3]" },
    build: ({ y, t, s }) => ({
      quantile: gradc.quantileLoss(y, t, { quantile: 0.9 }),
      logarithmic: gradc.meanSquaredLogarithmicError(y, t),
      likelihood: gradc.gaussianNll(y, s, t),
    }),
  },
  {
    name: "meanAbsolutePercentageError",
    inputs: { y: "f32[n,3]", t: "f32[n,3]~1..2" },
    build: ({ y, t }) => gradc.meanAbsolutePercentageError(y, t),
  },
  ...rowwise.flatMap((name) =>
    ["f32[n,3]", "f32[2,4]", "f32[n,2,3]", "f32[3]"].map((type): LayerSample => ({
      name: `${name} of ${type}`,
      inputs: { y: type, t: type },
      build: ({ y, t }) => gradc[name](y, t),
      smooth: name === "cosineDistance",
    })),
  ),
  {
    name: "tripletMargin and contrastive",
    inputs: { a: "f32[n,3]", b: "f32[n,3]", c: "f32[n,3]", same: "f32[n]~0..1" },
    build: ({ a, b, c, same }) => ({
      triplet: gradc.tripletMargin(a, b, c),
      contrastive: gradc.contrastive(a, b, same, { margin: 3 }),
    }),
  },
  {
    name: "klDivergence",
    inputs: { x: "f32[n,4]", t: "f32[n,4]~0.1..1" },
    build: ({ x, t }) => gradc.klDivergence(gradc.logSoftmax(x), t),
    smooth: true,
  },
  ...Object.entries(options).map(([name, option]): LayerSample => ({
    name: `softmaxCrossEntropy, rows and sequences, ${name}`,
    inputs: { x: "f32[n,4]", y: "i32[n]~0..4", xs: "f32[n,3,4]", ys: "i32[n,3]~0..4" },
    build: ({ x, y, xs, ys }) => ({
      one: gradc.softmaxCrossEntropy(x, y, option),
      many: gradc.softmaxCrossEntropy(xs, ys, option),
      each: gradc.softmaxCrossEntropy(xs, ys, { ...option, reduction: "none" }),
    }),
    smooth: true,
  })),
  {
    name: "softmaxFocalLoss, rows and sequences",
    inputs: { x: "f32[n,4]", y: "i32[n]~0..4", xs: "f32[n,3,4]", ys: "i32[n,3]~0..4" },
    build: ({ x, y, xs, ys }) => ({
      one: gradc.softmaxFocalLoss(x, y, { classWeights: [1, 2, 3, 4] }),
      many: gradc.softmaxFocalLoss(xs, ys, { gamma: 1 }),
    }),
    smooth: true,
  },
  {
    name: "softmaxCrossEntropyOneHot",
    inputs: { x: "f32[n,4]", t: "f32[n,4]~0..1" },
    build: ({ x, t }) => ({
      plain: gradc.softmaxCrossEntropyOneHot(x, t),
      smooth: gradc.softmaxCrossEntropyOneHot(x, t, { labelSmoothing: 0.1, classWeights: [1, 2, 3, 4] }),
    }),
    smooth: true,
  },
  {
    name: "sigmoidBinaryCrossEntropy with options",
    inputs: { x: "f32[n,4]", t: "f32[n,4]~0..1" },
    build: ({ x, t }) => gradc.sigmoidBinaryCrossEntropy(x, t, { labelSmoothing: 0.1, positiveWeight: 3 }),
    smooth: true,
  },
  {
    name: "ctc",
    inputs: { x: "f32[n,4,3]", y: "i32[n,2]~0..3", lengths: "i32[n]~3..5" },
    build: ({ x, y, lengths }) => ({ all: gradc.ctc(x, y), some: gradc.ctc(x, y, { lengths, blank: 1 }) }),
    smooth: true,
  },
  ...(["mean", "sum", "none"] as const).map((reduction): LayerSample => ({
    name: `weights by row, a mask by position, ${reduction}`,
    inputs: { x: "f32[n,3,4]", y: "i32[n,3]~0..4", w: "f32[n]~0.1..2", m: "bool[n,3]", t: "f32[n,3,4]" },
    build: ({ x, y, w, m, t }) => ({
      labels: gradc.softmaxCrossEntropy(x, y, { weights: w, mask: m, reduction }),
      classes: gradc.softmaxCrossEntropy(x, y, {
        weights: w,
        mask: m,
        reduction,
        classWeights: [1, 2, 3, 4],
      }),
      numbers: gradc.meanSquaredError(x, t, { weights: w, mask: m, reduction }),
    }),
    smooth: true,
  })),
];
