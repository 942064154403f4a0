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

/** Two steps, two functions, dropout, and no short form of either. */
export const stepsModel = (): string => `
import { add, batch, defineModel, dense, dropout, f32, mean, scope, sgd, square, sub } from "gradc";

const n = batch(8);

export default defineModel({
  name: "pair",
  inputs: { x: f32(n, 2), code: f32(n, 3) },
  build({ x, code }) {
    const a = scope("first", () => dense(dropout(x, { rate: 0.25 }), { units: 3 }));
    const b = scope("second", () => dense(add(code, mean(a, { axis: 0 })), { units: 2 }));
    return {
      functions: { encode: { a }, decode: { b } },
      steps: {
        first: { loss: mean(square(a)), optimizer: sgd({ learningRate: 0.1 }), parameters: "first/**" },
        second: { loss: mean(square(sub(b, x))), optimizer: sgd({ learningRate: 0.1 }), parameters: "second/**" },
      },
    };
  },
});
`;
