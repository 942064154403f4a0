// Two convolutions of 5×5 with pooling on images of 28×28, softmax cross-entropy, Adam, batches of 32.
import { adam, batch, conv2d, defineModel, dense, f32, flatten, i32, maxPool2d, reshape, softmax, softmaxCrossEntropy } from "gradc"; // prettier-ignore

const n = batch(32);

export default defineModel({
  name: "W4",
  inputs: { x: f32(n, 784), y: i32(n) },
  build({ x, y }) {
    const image = reshape(x, [n, 28, 28, 1]);
    const layer = { kernelSize: 5, padding: "same", activation: "relu" } as const;
    const first = maxPool2d(conv2d(image, { filters: 8, ...layer, name: "first" }));
    const second = maxPool2d(conv2d(first, { filters: 16, ...layer, name: "second" }));
    const logits = dense(flatten(second), { units: 10, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      optimizer: adam({ learningRate: 1e-3 }),
    };
  },
});
