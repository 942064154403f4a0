import { adam, batch, defineModel, dense, f32, meanSquaredError, shared, type Value } from "gradc";

const n = batch(64);
const codes = 8;

/** Digits of 8×8 pixels through eight numbers and back; each half is a function of its own. */
export default defineModel({
  name: "autoencoder",
  inputs: { x: f32(n, 64), code: f32(n, codes) },
  build({ x, code }) {
    const encode = shared("encoder", (pixels: Value) =>
      dense(dense(pixels, { units: 128, activation: "relu" }), { units: codes, name: "code" }),
    );
    const decode = shared("decoder", (numbers: Value) =>
      dense(dense(numbers, { units: 128, activation: "relu" }), {
        units: 64,
        activation: "sigmoid",
        name: "pixels",
      }),
    );
    const hidden = encode(x);
    const image = decode(hidden);
    return {
      outputs: { image },
      functions: { encode: { code: hidden }, decode: { image: decode(code) } },
      loss: meanSquaredError(image, x),
      optimizer: adam({ learningRate: 2e-3 }),
    };
  },
});
