// Trains the two networks against each other and shows digits that no one wrote: node examples/gan/train.mjs [epochs]
import { readFileSync } from "node:fs";
import { batches } from "gradc/data";
import { loadWeights } from "gradc/train";
import * as digits from "../../generated/digits/digits.gen.js";
import { create, spec } from "../../generated/gan/gan.gen.js";
import { readImages, shown } from "../data/digits.mjs";
import { compared, confidenceOf, normals } from "./measure.mjs";

const epochs = Number(process.argv[2] ?? 100);
const real = readImages();
// The network of the digits example knows what digits look like; the two here are told nothing of it.
const judge = digits.create();
const weights = readFileSync(new URL("../digits/digits.safetensors", import.meta.url));
loadWeights(judge, digits.spec, weights);

const net = create({ seed: 1 });
const normal = normals(1);
/** As many drawn digits as asked, from codes that are normal numbers. */
function draw(count) {
  const drawn = new Float32Array(count * 64);
  for (let at = 0; at < count; at += spec.batch) {
    const code = Float32Array.from({ length: 16 * spec.batch }, normal);
    drawn.set(net.draw(code).digits.subarray(0, 64 * Math.min(spec.batch, count - at)), at * 64);
  }
  return drawn;
}
/** What can be said of 1,024 of them. */
function report(epoch) {
  const drawn = draw(1024);
  const { mean, deviation } = compared(drawn, real.inputs[0]);
  const { confidence, classes } = confidenceOf(judge, drawn);
  return (
    `epoch ${epoch}: pixel means differ by ${mean.toFixed(3)}, deviations by ${deviation.toFixed(3)}; ` +
    `the digits network is ${(100 * confidence).toFixed(0)} % sure, and sees ${classes} kinds`
  );
}

console.error(report(0));
for (let epoch = 1; epoch <= epochs; epoch++) {
  for (const { inputs, n } of batches(real, { size: spec.batch, seed: epoch })) {
    net.steps.discriminator.trainStep(inputs[0], n);
    net.steps.generator.trainStep(n);
  }
  if (epoch % 20 === 0 && epoch < epochs) console.error(report(epoch));
}
console.log(shown(draw(8)));
console.log(report(epochs));
