// Three species of iris from four measurements, standardised inside the model.
import {
  accuracy,
  adam,
  batch,
  defineModel,
  dense,
  features,
  label,
  labels,
  number,
  softmax,
  softmaxCrossEntropy,
  table,
} from "gradc";

const n = batch(32);

const flowers = table({
  sepal_length: number({ scale: "standard" }),
  sepal_width: number({ scale: "standard" }),
  petal_length: number({ scale: "standard" }),
  petal_width: number({ scale: "standard" }),
  species: label(["setosa", "versicolor", "virginica"]),
});

export default defineModel({
  name: "iris",
  inputs: { x: features(n, flowers), y: labels(n, flowers) },
  build({ x, y }) {
    const hidden = dense(x, { units: 16, activation: "relu", name: "hidden" });
    const logits = dense(hidden, { units: 3, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      metrics: { accuracy: accuracy(logits, y) },
      optimizer: adam({ learningRate: 1e-2 }),
    };
  },
});
