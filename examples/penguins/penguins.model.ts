// Three species of penguin from a table with gaps: missing measurements take the mean of the training rows,
// a missing sex the most frequent one, and categories become one-hot. All of that is part of the module.
import {
  accuracy,
  adam,
  batch,
  category,
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

const penguins = table({
  island: category(["Biscoe", "Dream", "Torgersen"], { missing: "mode" }),
  bill_length_mm: number({ missing: "mean", scale: "standard" }),
  bill_depth_mm: number({ missing: "mean", scale: "standard" }),
  flipper_length_mm: number({ missing: "mean", scale: "standard" }),
  body_mass_g: number({ missing: "mean", scale: "standard" }),
  sex: category(["FEMALE", "MALE"], { missing: "mode" }),
  species: label(["Adelie", "Chinstrap", "Gentoo"]),
});

export default defineModel({
  name: "penguins",
  inputs: { x: features(n, penguins), y: labels(n, penguins) },
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
