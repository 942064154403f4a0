// Tomorrow's highest temperature in Seattle from the last seven days: a GRU reads them one after another.
import {
  adamW,
  add,
  batch,
  defineModel,
  dense,
  f32,
  gru,
  meanAbsoluteError,
  meanSquaredError,
  mul,
  reshape,
} from "gradc";

const n = batch(32);
const days = 7;
const features = 11;

export default defineModel({
  name: "weather-gru",
  inputs: { x: f32(n, days, features), y: f32(n) },
  build({ x, y }) {
    const week = gru(x, { units: 16, name: "week" });
    const scaled = reshape(dense(week, { units: 1, name: "tomorrow" }), [n]);
    // The middle and the spread of a year's temperatures, so that the weights have to find neither.
    const celsius = add(mul(scaled, 7), 16);
    return {
      outputs: { celsius },
      loss: meanSquaredError(celsius, y),
      metrics: { mae: meanAbsoluteError(celsius, y) },
      optimizer: adamW({ learningRate: 2e-3, weightDecay: 0.1 }),
    };
  },
});
