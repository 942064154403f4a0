import { expect, test } from "vitest";
import { confusionText } from "../../src/cli/train/confusion.ts";
import type { Prepared } from "../../src/cli/train/data.ts";
import type { Net, Spec } from "../../src/cli/train/module.ts";
import { argmaxRows, confusionMatrix, confusionTable } from "../../src/train/index.ts";

test("counts true against predicted classes, batch after batch", () => {
  const predictions = argmaxRows([0.1, 0.8, 0.1, 0.5, 0.5, 0, 0, 0, 1], 3, 3);
  expect([...predictions]).toEqual([1, 0, 2]);
  const matrix = confusionMatrix([1, 1, 2], predictions, 3);
  expect([...confusionMatrix([1], [1], 3, matrix).counts]).toEqual([0, 0, 0, 1, 2, 0, 0, 0, 1]);
});

test("prints as plain text", () => {
  const matrix = confusionMatrix([0, 0, 1, 1, 1], [0, 1, 1, 1, 1], 3);
  expect(confusionTable(matrix, ["cat", "dog"])).toBe(
    [
      "true \\ predicted  cat  dog  2  recall",
      "cat                 1    1  0  0.5000",
      "dog                 0    3  0  1.0000",
      "2                   0    0  0       -",
    ].join("\n"),
  );
});

test("refuses what does not fit", () => {
  expect(() => confusionMatrix([0], [0, 1], 2)).toThrow("there are 1 labels, but 2 predictions");
  expect(() => confusionMatrix([0, 2], [0, 1], 2)).toThrow("row 1 has label 2 and prediction 1 of 2 classes");
});

test("of a model that ignores a label, without the rows that have it", () => {
  const inputs = [
    { name: "x", dtype: "f32", shape: ["n", 1], limit: null },
    { name: "y", dtype: "i32", shape: ["n"], limit: 2, allowed: -1 },
  ];
  const spec = {
    inputs,
    outputs: [{ name: "scores", dtype: "f32", shape: ["n", 2] }],
    batch: 8,
  } as unknown as Spec;
  const net = { predict: () => ({ scores: Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1) }) } as unknown as Net;
  const labels = Int32Array.of(0, -1, 1, 1);
  const data = { test: { inputs: [new Float32Array(4), labels], n: 4 }, classes: ["no", "yes"] };
  expect(confusionText(net, spec, data as unknown as Prepared, [0])).toBe(
    confusionTable(confusionMatrix([0, 1, 1], [0, 0, 1], 2), ["no", "yes"]),
  );
});
