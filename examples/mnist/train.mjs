// Trains the network and writes mnist.safetensors: node examples/mnist/train.mjs (ten seconds of processor time, in WebAssembly)
import { writeFileSync } from "node:fs";
import { batches } from "gradc/data";
import { evaluateAll, fit, saveWeights } from "gradc/train";
import { create, spec } from "../../generated/mnist/wasm/mnist.gen.js";
import { readDigits, shiftedBatches } from "./images.mjs";

const { train, validation, test } = readDigits(1);
const net = create({ seed: 1 });
await fit(net, {
  train: shiftedBatches(train, { size: spec.batch, seed: 1 }),
  validation: batches(validation, { size: spec.batch }),
  epochs: 15,
  patience: 5, // the weights of the epoch that was best on the validation digits are kept
  callbacks: [
    {
      onEpochEnd: ({ epoch, columns }) =>
        console.error(
          `epoch ${epoch}: validation loss ${columns.val_loss.toFixed(4)}, accuracy ${columns.val_accuracy.toFixed(3)}`,
        ),
    },
  ],
});
writeFileSync(new URL("mnist.safetensors", import.meta.url), saveWeights(net, spec));
console.log(`test accuracy ${evaluateAll(net, batches(test, { size: spec.batch })).accuracy.toFixed(4)}`);
