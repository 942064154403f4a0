import {
  accuracy,
  adam,
  batch,
  defineModel,
  dense,
  features,
  label,
  labels,
  number,
  softmax,
  softmaxCrossEntropy,
  table,
} from "../index.ts";

const n = batch(16);
const points = table({
  x: number({ missing: "mean", scale: "standard" }),
  y: number(),
  kind: label(["near", "far"]),
});

/** A model whose module has everything that one may export. */
export const networkModel = defineModel({
  name: "points",
  inputs: { x: features(n, points), y: labels(n, points) },
  build({ x, y }) {
    const logits = dense(x, { units: 2, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      metrics: { accuracy: accuracy(logits, y) },
      optimizer: adam(),
    };
  },
});
