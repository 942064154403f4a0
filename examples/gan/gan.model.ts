import {
  activation,
  adam,
  add,
  batch,
  batchNorm,
  defineModel,
  dense,
  dropout,
  f32,
  mean,
  neg,
  randomNormal,
  reshape,
  shared,
  softplus,
  type Value,
} from "gradc";

const n = batch(64);
const codes = 16;

/** Two networks against each other: one draws digits of 8×8 pixels, the other tells them from real ones. */
export default defineModel({
  name: "gan",
  inputs: { x: f32(n, 64), code: f32(n, codes) },
  build({ x, code }) {
    const generator = shared("generator", (z: Value) => {
      const first = activation(batchNorm(dense(z, { units: 64, useBias: false })), "relu");
      const second = activation(batchNorm(dense(first, { units: 128, useBias: false })), "relu");
      return dense(second, { units: 64, activation: "sigmoid", name: "pixels" });
    });
    const discriminator = shared("discriminator", (pixels: Value) => {
      const first = dropout(dense(pixels, { units: 128, activation: "leakyRelu" }), { rate: 0.3 });
      const second = dropout(dense(first, { units: 64, activation: "leakyRelu" }), { rate: 0.3 });
      return reshape(dense(second, { units: 1, name: "logit" }), [n]);
    });
    const fake = discriminator(generator(randomNormal([n, codes])));
    const real = discriminator(x);
    // A loss is −log of a probability: that both are told right, or that what was drawn is taken for real.
    const optimizer = adam({ learningRate: 1e-3, beta1: 0.5 });
    return {
      functions: { draw: { digits: generator(code) } },
      steps: {
        discriminator: {
          loss: add(mean(softplus(neg(real))), mean(softplus(fake))),
          optimizer,
          parameters: "discriminator/**",
        },
        generator: { loss: mean(softplus(neg(fake))), optimizer, parameters: "generator/**" },
      },
    };
  },
});
