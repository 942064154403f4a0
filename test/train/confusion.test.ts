import { expect, test } from "vitest";
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
