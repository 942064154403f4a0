// Tomorrow's highest temperature in Seattle from today's weather: a regression on rows in order of time.
// Train it on the past and test it on the future: gradc train … --split chronological
import {
  adam,
  add,
  batch,
  category,
  defineModel,
  dense,
  features,
  labels,
  meanAbsoluteError,
  meanSquaredError,
  number,
  reshape,
  table,
  target,
} from "gradc";

const n = batch(64);

const days = table({
  precipitation: number({ scale: "standard" }),
  temp_max: number({ scale: "standard" }),
  temp_min: number({ scale: "standard" }),
  wind: number({ scale: "standard" }),
  weather: category(["drizzle", "fog", "rain", "snow", "sun"]),
  temp_max_yesterday: number({ scale: "standard" }),
  season_sine: number(),
  season_cosine: number(),
  temp_max_tomorrow: target(),
});

export default defineModel({
  name: "weather",
  inputs: { x: features(n, days), y: labels(n, days) },
  build({ x, y }) {
    const hidden = dense(x, { units: 16, activation: "tanh", name: "hidden" });
    const linear = dense(x, { units: 1, name: "linear", biasInitializer: [16] });
    const bent = dense(hidden, { units: 1, useBias: false, name: "bent" });
    const celsius = reshape(add(linear, bent), [n]);
    return {
      outputs: { celsius },
      loss: meanSquaredError(celsius, y),
      metrics: { mae: meanAbsoluteError(celsius, y) },
      optimizer: adam({ learningRate: 5e-3 }),
    };
  },
});
