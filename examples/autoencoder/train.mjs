// Squeezes digits through eight numbers, and draws what lies between two: node examples/autoencoder/train.mjs [epochs]
import { batches } from "gradc/data";
import { evaluateAll, fit } from "gradc/train";
import { create, spec } from "../../generated/autoencoder/autoencoder.gen.js";
import { shown, splitImages } from "../data/digits.mjs";

const { train, test } = splitImages(1);
const net = create({ seed: 1 });
await fit(net, { train: batches(train, { size: 32, seed: 1 }), epochs: Number(process.argv[2] ?? 100) });

/** The mean square of each pixel's distance from its mean: the error of a code of no numbers. */
function variance({ inputs: [pixels], n }) {
  const mean = new Float64Array(64);
  for (const [k, value] of pixels.entries()) mean[k % 64] += value / n;
  return pixels.reduce((sum, value, k) => sum + (value - mean[k % 64]) ** 2, 0) / pixels.length;
}
const { loss } = evaluateAll(net, batches(test, { size: spec.batch }));

// From the first test digit to the second in eight steps, along a straight line between their codes.
const { code } = net.encode(test.inputs[0].subarray(0, 128));
const [from, to] = [code.slice(0, 8), code.slice(8, 16)];
const codes = Float32Array.from({ length: 64 }, (_, k) => {
  const share = Math.floor(k / 8) / 7;
  return (1 - share) * from[k % 8] + share * to[k % 8];
});
console.log(shown(net.decode(codes).image.subarray(0, 512)));
console.log(
  `eight numbers keep ${(100 * (1 - loss / variance(test))).toFixed(1)} % of the variance of test digits`,
);
