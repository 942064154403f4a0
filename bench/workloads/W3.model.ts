// MNIST: 784-128-64-10, relu, softmax cross-entropy, Adam, batches of 64.
import { adam, batch, defineModel, dense, f32, i32, softmax, softmaxCrossEntropy } from "gradc";

const n = batch(64);

export default defineModel({
  name: "W3",
  inputs: { x: f32(n, 784), y: i32(n) },
  build({ x, y }) {
    const first = dense(x, { units: 128, activation: "relu", name: "first" });
    const second = dense(first, { units: 64, activation: "relu", name: "second" });
    const logits = dense(second, { units: 10, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      optimizer: adam({ learningRate: 1e-3 }),
    };
  },
});
