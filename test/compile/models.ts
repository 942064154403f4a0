import {
  accuracy,
  adam,
  add,
  assign,
  adamW,
  batch,
  category,
  confusionMatrix,
  cosineDecay,
  defineModel,
  dense,
  f1,
  f32,
  features,
  i32,
  label,
  labels,
  lamb,
  mean,
  mul,
  meanAbsoluteError,
  meanSquaredError,
  number,
  precision,
  recall,
  sgd,
  softmax,
  softmaxCrossEntropy,
  square,
  state,
  sub,
  table,
  tanh,
  type Model,
  type OptimizerSpec,
} from "gradc";
import W1 from "../../bench/workloads/W1.model.ts";
import W2 from "../../bench/workloads/W2.model.ts";
import W3 from "../../bench/workloads/W3.model.ts";
import digits from "../../examples/digits/digits.model.ts";
import iris from "../../examples/iris/iris.model.ts";
import penguins from "../../examples/penguins/penguins.model.ts";
import seedShared from "../../examples/seed-shared/seed-shared.model.ts";
import seed from "../../examples/seed/seed.model.ts";
import weather from "../../examples/weather/weather.model.ts";

/** Batches of five, which no tile divides; regression with a mean over the batch. */
export const five = (optimizer: OptimizerSpec = sgd({ learningRate: 0.1, momentum: 0.9 })): Model => {
  const n = batch(5);
  return defineModel({
    name: "five",
    inputs: { x: f32(n, 3), y: f32(n, 2) },
    build({ x, y }) {
      const hidden = dense(x, { units: 7, activation: "tanh", name: "hidden" });
      const out = dense(hidden, { units: 2, name: "out" });
      return {
        outputs: { out, hidden },
        loss: meanSquaredError(out, y),
        metrics: { mae: mean(meanAbsoluteError(out, y)) },
        optimizer,
      };
    },
  });
};

/** Nothing but prediction. */
export const inference = defineModel({
  name: "inference",
  inputs: { x: f32(batch(6), 4) },
  build({ x }) {
    return { outputs: { h: tanh(dense(x, { units: 3, name: "h" })) } };
  },
});

const rows = table({
  bill: number({ missing: "mean", scale: "standard" }),
  island: category(["Biscoe", "Dream", "Torgersen"], { missing: "mode" }),
  age: number({ missing: 3 }),
  species: label(["Adelie", "Chinstrap"]),
});
/** A table with every kind of column that a classifier may have. */
export const tabular = defineModel({
  name: "tabular",
  inputs: { x: features(batch(8), rows), y: labels(batch(8), rows) },
  build({ x, y }) {
    const logits = dense(x, { units: 2, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      metrics: { accuracy: accuracy(logits, y) },
      optimizer: adam({ learningRate: 0.05 }),
    };
  },
});

/** Metrics of every kind, scalars and a matrix. */
export const measured = defineModel({
  name: "measured",
  inputs: { x: f32(batch(8), 4), y: i32(batch(8)) },
  build({ x, y }) {
    const logits = dense(x, { units: 3, name: "logits" });
    return {
      outputs: { logits },
      loss: softmaxCrossEntropy(logits, y),
      metrics: {
        accuracy: accuracy(logits, y),
        confusion: confusionMatrix(logits, y),
        precision: precision(logits, y),
        recall: recall(logits, y),
        f1: f1(logits, y),
      },
      optimizer: adamW({ learningRate: 0.01 }),
    };
  },
});

export const examples: Readonly<Record<string, Model>> = {
  digits,
  iris,
  penguins,
  seed,
  "seed-shared": seedShared,
  weather,
  W1,
  W2,
  W3,
};
/** Assigns states of several dtypes, and predicts from one. */
export const stateful = defineModel({
  name: "stateful",
  inputs: { x: f32(batch(5), 3) },
  build({ x }) {
    const count = state("count", [], { dtype: "i32" });
    assign(count, add(count, 1));
    const moving = state("moving", [3]);
    assign(moving, add(mul(moving, 0.9), mul(mean(x, { axis: 0 }), 0.1)));
    const out = dense(sub(x, moving), { units: 2, name: "out" });
    return { outputs: { out }, loss: mean(square(out)), optimizer: adam() };
  },
});

/** Everything that an optimizer may be asked for, but several calls for one update. */
const optimized = five(
  lamb({
    learningRate: cosineDecay({ peak: 0.05, steps: 20, warmup: 2 }),
    weightDecay: 0.01,
    globalClipNorm: 1,
    ema: 0.9,
    groups: { bias: { parameters: "**/bias", learningRate: 0.1, weightDecay: 0 }, "out/*": { beta1: 0.5 } },
  }),
);

export const all: Readonly<Record<string, Model>> = {
  ...examples,
  five: five(),
  optimized,
  inference,
  tabular,
  measured,
  stateful,
};
