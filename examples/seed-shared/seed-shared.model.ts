// The worked example with one bias a layer: a single number that both units add, so its gradient is the sum
// of what the two units would get. Layers written out from ops, as a layer of one's own would be.
import {
  add,
  defineModel,
  f32,
  matmul,
  param,
  scope,
  sgd,
  sigmoid,
  sumSquaredError,
  type Value,
} from "gradc";

const layer = (name: string, x: Value, kernel: number[][], bias: number): Value =>
  scope(name, () => {
    const weights = param("kernel", [2, 2], { initializer: kernel });
    const offset = param("bias", [], { initializer: bias });
    return sigmoid(add(matmul(x, weights), offset));
  });

export default defineModel({
  name: "seed-shared",
  inputs: { x: f32(2), y: f32(2) },
  build({ x, y }) {
    const firstKernel = [
      [0.15, 0.25],
      [0.2, 0.3],
    ];
    const secondKernel = [
      [0.4, 0.5],
      [0.45, 0.55],
    ];
    const hidden = layer("hidden", x, firstKernel, 0.35);
    const output = layer("output", hidden, secondKernel, 0.6);
    return { outputs: { output }, loss: sumSquaredError(output, y), optimizer: sgd({ learningRate: 0.5 }) };
  },
});
