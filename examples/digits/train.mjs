// Trains the digits model and writes digits.safetensors, which app.mjs reads: node examples/digits/train.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { batches, encodeColumns, readCsv, split } from "gradc/data";
import { evaluateAll, fit, saveWeights } from "gradc/train";
import { create, spec } from "../../generated/digits/digits.gen.js";

const table = readCsv(readFileSync(new URL("../data/digits.csv", import.meta.url)));
const fractions = { train: 0.8, test: 0.2 };
const parts = split(table, { fractions, by: "stratified", label: "digit", seed: 1 });
const [train, test] = [parts.train, parts.test].map((part) => encodeColumns(spec, part, { label: "digit" }));

const net = create({ seed: 1 });
await fit(net, { train: batches(train, { size: 32, seed: 1 }), epochs: 60 });
writeFileSync(new URL("digits.safetensors", import.meta.url), saveWeights(net, spec));
console.log(`test accuracy ${evaluateAll(net, batches(test, { size: 64 })).accuracy.toFixed(4)}`);
