// Classifies one row of pixels with trained weights: node examples/digits/app.mjs [row, from 0 to 1796]
import { readFileSync } from "node:fs";
import { loadWeights } from "gradc/train";
import { create, spec } from "../../generated/digits/digits.gen.js";

const read = (path) => readFileSync(new URL(path, import.meta.url));
const net = create();
loadWeights(net, spec, read("digits.safetensors"));

const rows = read("../data/digits.csv").toString().trimEnd().split("\n").slice(1);
const row = Number(process.argv[2] ?? 0);
if (!(row in rows)) {
  console.error(`"${process.argv[2]}" is not a row: give a number from 0 to ${rows.length - 1}`);
  process.exit(1);
}
const pixels = rows[row].split(",").map(Number);
const digit = pixels.pop();
const probabilities = net.predict(Float32Array.from(pixels)).probabilities.subarray(0, 10);
const best = probabilities.indexOf(Math.max(...probabilities));
console.log(
  `row ${row} shows a ${digit}; the network sees a ${best} (${(100 * probabilities[best]).toFixed(1)} %)`,
);
