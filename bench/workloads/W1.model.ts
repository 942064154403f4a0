// The 2-2-2 network of the classic worked example: sigmoid units, ½‖y − O‖², plain gradient descent, one row.
import { defineModel, dense, f32, sgd, sumSquaredError } from "gradc";

export default defineModel({
  name: "W1",
  inputs: { x: f32(2), y: f32(2) },
  build({ x, y }) {
    const hidden = dense(x, { units: 2, activation: "sigmoid", name: "hidden" });
    const output = dense(hidden, { units: 2, activation: "sigmoid", name: "output" });
    return { outputs: { output }, loss: sumSquaredError(output, y), optimizer: sgd({ learningRate: 0.5 }) };
  },
});
