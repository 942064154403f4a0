import {
  meanAbsoluteError,
  meanSquaredError,
  sigmoidBinaryCrossEntropy,
  softmaxCrossEntropy,
  softmaxCrossEntropyOneHot,
  sumSquaredError,
} from "gradc";
import type { LayerSample } from "../sample.ts";

const elementwise = { meanSquaredError, meanAbsoluteError, sumSquaredError };

export const rows: readonly LayerSample[] = [
  ...Object.entries(elementwise).flatMap(([name, loss]) =>
    ["f32[n]", "f32[n,3]", "f32[2,3]", "f32[n,2,2]"].map((type): LayerSample => ({
      name: `${name} of ${type}`,
      inputs: { y: type, t: type },
      build: ({ y, t }) => ({ mean: loss(y, t), sum: loss(y, t, { reduction: "sum" }) }),
      smooth: name !== "meanAbsoluteError",
    })),
  ),
  {
    name: "softmaxCrossEntropy, rows and sequences",
    inputs: { x: "f32[n,4]", y: "i32[n]~0..4", xs: "f32[n,3,4]", ys: "i32[n,3]~0..4" },
    build: ({ x, y, xs, ys }) => ({ one: softmaxCrossEntropy(x, y), many: softmaxCrossEntropy(xs, ys) }),
    smooth: true,
  },
  {
    name: "softmaxCrossEntropyOneHot",
    inputs: { x: "f32[n,4]", t: "f32[n,4]~0..1" },
    build: ({ x, t }) => softmaxCrossEntropyOneHot(x, t),
    smooth: true,
  },
  {
    name: "sigmoidBinaryCrossEntropy",
    inputs: { x: "f32[n,4]", t: "f32[n,4]~0..1" },
    build: ({ x, t }) => sigmoidBinaryCrossEntropy(x, t),
    smooth: true,
  },
];
