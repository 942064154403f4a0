// The classic worked example: two inputs, two sigmoid units, two sigmoid outputs, ½‖y − O‖², one step at a time.
// `gradc inspect examples/seed/seed.model.ts --stage training` shows the derivative as formulas.
import { defineModel, dense, f32, sgd, sumSquaredError } from "gradc";

export default defineModel({
  name: "seed",
  inputs: { x: f32(2), y: f32(2) },
  build({ x, y }) {
    const hidden = dense(x, {
      units: 2,
      activation: "sigmoid",
      kernelInitializer: [
        [0.15, 0.25],
        [0.2, 0.3],
      ],
      biasInitializer: [0.35, 0.35],
      name: "hidden",
    });
    const output = dense(hidden, {
      units: 2,
      activation: "sigmoid",
      kernelInitializer: [
        [0.4, 0.5],
        [0.45, 0.55],
      ],
      biasInitializer: [0.6, 0.6],
      name: "output",
    });
    return { outputs: { output }, loss: sumSquaredError(output, y), optimizer: sgd({ learningRate: 0.5 }) };
  },
});
