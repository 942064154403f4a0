/** A small classifier of two features and three classes. */
export const tinyModel = (name = "tiny", units = 3): string => `
import { accuracy, batch, defineModel, dense, f32, i32, sgd, softmax, softmaxCrossEntropy } from "gradc";

const n = batch(8);

export default defineModel({
  name: "${name}",
  inputs: { x: f32(n, 2), y: i32(n) },
  build({ x, y }) {
    const logits = dense(x, { units: ${units}, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      metrics: { accuracy: accuracy(logits, y) },
      optimizer: sgd({ learningRate: 0.1 }),
    };
  },
});
`;

/** Three groups of points that two features tell apart, `count` rows in all. */
export function tinyTable(count = 90, label: (k: number) => string = String): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const k = i % 3;
    const wobble = ((i * 7) % 10) / 20;
    return `${[2, -2, 0][k] + wobble},${[0, 1, -3][k] - wobble},${label(k)}`;
  });
  return ["a,b,label", ...rows, ""].join("\n");
}
