// examples/digits/digits.model.ts
import { accuracy, adam, batch, defineModel, dense, f32, i32, softmax, softmaxCrossEntropy } from "gradc";

const n = batch(64); // up to 64 rows a call; every 1 ≤ n ≤ 64 works at run time with the same code

export default defineModel({
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
