// A table of your own, from the file to predictions. Compile first, then run from the same directory:
//   npx gradc compile examples/penguins/penguins.model.ts --target js --out-dir out
//   node examples/penguins/train.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { batches, encodeTable, fitTable, readCsv, split } from "gradc/data";
import { evaluateAll, fit, saveWeights, writeTable } from "gradc/train";

// Your own script imports its module at the top, as any other; this one says what is to be done where it is not there.
const module = await import("../../out/penguins.gen.js").catch((error) => {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error(
    "out/penguins.gen.js is not there yet. Run first: npx gradc compile examples/penguins/penguins.model.ts --target js --out-dir out",
  );
  process.exit(1);
});
const { create, createPredictor, encodeRow, spec } = module;

const table = readCsv(readFileSync(new URL("../data/penguins.csv", import.meta.url)));
const parts = split(table, { by: "stratified", label: "species", seed: 1 }); // 70 %, 15 %, 15 %
const [train, validation, test] = [parts.train, parts.validation, parts.test].map((part) =>
  encodeTable(spec, part, encodeRow),
);

const net = create({ seed: 1 });
writeTable(net, spec, fitTable(spec, parts.train)); // means and deviations, of the training rows alone
await fit(net, {
  train: batches(train, { size: 16, seed: 1 }),
  validation: batches(validation, { size: spec.batch }),
  epochs: 100,
  patience: 20,
});
console.log(`test accuracy ${evaluateAll(net, batches(test, { size: spec.batch })).accuracy.toFixed(4)}`);
writeFileSync("out/penguins.safetensors", saveWeights(net, spec)); // to load by name: loadWeights
writeFileSync("out/penguins.state", net.state); // every byte, to go on training where this ended

const again = create({ state: readFileSync("out/penguins.state") });
console.log(`step ${again.step}`);

const predictor = createPredictor(net.state); // without the memory that training needs
const x = new Float32Array(9); // one row of features
encodeRow({ island: "Biscoe", bill_length_mm: 47, bill_depth_mm: 14, flipper_length_mm: 217 }, x);
const probabilities = [...predictor.predict(x, 1).probabilities.subarray(0, 3)];
const { values } = spec.table.columns.find(({ kind }) => kind === "label");
console.log(values.map((name, k) => `${name} ${probabilities[k].toFixed(3)}`).join(", "));
