// Handwritten digits through two convolutions, in the manner of LeNet.
import {
  accuracy,
  adam,
  batch,
  conv2d,
  cosineDecay,
  defineModel,
  dense,
  dropout,
  f32,
  flatten,
  i32,
  maxPool2d,
  softmax,
  softmaxCrossEntropy,
} from "gradc";

const n = batch(32);

export default defineModel({
  name: "mnist",
  inputs: { x: f32(n, 28, 28, 1), y: i32(n) },
  build({ x, y }) {
    const strokes = conv2d(x, { filters: 8, kernelSize: 5, activation: "relu", name: "strokes" });
    const shapes = conv2d(maxPool2d(strokes), {
      filters: 16,
      kernelSize: 5,
      activation: "relu",
      name: "shapes",
    });
    // A quarter of what is seen is withheld in training, so that no digit hangs on a single trait.
    const seen = dropout(flatten(maxPool2d(shapes)), { rate: 0.25 });
    const logits = dense(seen, { units: 10, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      metrics: { accuracy: accuracy(logits, y) },
      optimizer: adam({ learningRate: cosineDecay({ peak: 2e-3, steps: 15 * 141 }) }),
    };
  },
});
