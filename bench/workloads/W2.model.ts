// Iris: 4-16-3, relu, softmax cross-entropy, Adam, batches of 16.
import { adam, batch, defineModel, dense, f32, i32, softmax, softmaxCrossEntropy } from "gradc";

const n = batch(16);

export default defineModel({
  name: "W2",
  inputs: { x: f32(n, 4), y: i32(n) },
  build({ x, y }) {
    const hidden = dense(x, { units: 16, activation: "relu", name: "hidden" });
    const logits = dense(hidden, { units: 3, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      optimizer: adam({ learningRate: 1e-3 }),
    };
  },
});
