import {
  accuracy,
  adam,
  batch,
  defineModel,
  dense,
  f32,
  i32,
  sgd,
  softmax,
  softmaxCrossEntropy,
  sumSquaredError,
} from "gradc";

const n = batch(64);

/** The model of the contract. */
export const digits = defineModel({
  name: "digits",
  inputs: { x: f32(n, 64), y: i32(n) },
  build({ x, y }) {
    const hidden = dense(x, { units: 32, activation: "relu", name: "hidden" });
    const logits = dense(hidden, { units: 10, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      metrics: { accuracy: accuracy(logits, y) },
      optimizer: adam({ learningRate: 1e-3 }),
    };
  },
});

/** The worked example with two inputs, two hidden units and two outputs. */
export const seed = defineModel({
  name: "seed",
  inputs: { x: f32(2), y: f32(2) },
  build({ x, y }) {
    const h = dense(x, {
      units: 2,
      activation: "sigmoid",
      name: "hidden",
      kernelInitializer: [
        [0.15, 0.25],
        [0.2, 0.3],
      ],
      biasInitializer: [0.35, 0.35],
    });
    const o = dense(h, {
      units: 2,
      activation: "sigmoid",
      name: "output",
      kernelInitializer: [
        [0.4, 0.5],
        [0.45, 0.55],
      ],
      biasInitializer: [0.6, 0.6],
    });
    return { outputs: { o }, loss: sumSquaredError(o, y), optimizer: sgd({ learningRate: 0.5 }) };
  },
});
