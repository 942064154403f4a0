import { expect, test } from "vitest";
import {
  applyColumn,
  batches,
  columnTexts,
  fitColumn,
  parseNumber,
  split,
  type Batch,
  type Table,
} from "../../src/data/index.ts";
import { evaluateAll, fit, loadWeights, saveWeights } from "../../src/train/index.ts";
import { example } from "../data/files.ts";
import { create, spec } from "./linear.ts";

const numbers = (table: Table, name: string): number[] =>
  columnTexts(table, name).map((text) => parseNumber(text)!);

test("from a file of weather to saved weights: a model fitted on the past is judged on the future", async () => {
  const parts = split(example("seattle-weather"), { by: "chronological" });
  const names = ["temp_min", "wind"];
  const statistics = names.map((name) => fitColumn(numbers(parts.train, name), { scale: "standard" }));
  const encode = (table: Table): Batch => {
    const columns = names.map((name, k) => applyColumn(numbers(table, name), statistics[k]));
    const n = table.rows.length;
    const x = Float32Array.from({ length: 2 * n }, (_, i) => columns[i % 2][i >> 1]);
    return { inputs: [x, Float32Array.from(numbers(table, "temp_max"))], n };
  };
  const data = { train: encode(parts.train), validation: encode(parts.validation), test: encode(parts.test) };
  const net = create();
  net.hyper.learningRate = 0.02;
  const history = await fit(net, {
    train: batches(data.train, { size: 32, seed: 1 }),
    validation: batches(data.validation, { size: 64 }),
    epochs: 40,
    patience: 5,
  });
  expect(history.best!.value).toBe(
    Math.min(...history.epochs.map(({ columns }) => columns.val_loss as number)),
  );

  const fresh = create();
  loadWeights(fresh, spec, saveWeights(net, spec));
  const found = evaluateAll(fresh, batches(data.test, { size: 64 }));
  expect(found).toEqual(evaluateAll(net, [data.test]));
  const mean = Array.from(data.train.inputs[1]).reduce((a, b) => a + b, 0) / data.train.n;
  const naive = Array.from(data.test.inputs[1]).reduce((sum, y) => sum + Math.abs(y - mean), 0) / data.test.n;
  console.log(`test mae ${(found.mae as number).toFixed(2)}, of the mean ${naive.toFixed(2)}`);
  expect(found.mae).toBeLessThan(naive / 2);
});
