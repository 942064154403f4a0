import { describe, expect, test } from "vitest";
import { batches, type Batch } from "../../src/data/index.ts";

const data: Batch = {
  inputs: [Float32Array.from({ length: 10 }, (_, i) => i), Int32Array.from({ length: 5 }, (_, i) => i)],
  n: 5,
};
/** The labels of each batch, which tell which rows it holds. */
const rowsOf = (iterable: Iterable<Batch>): number[][] =>
  Array.from(iterable, ({ inputs }) => [...inputs[1]]);

describe("batches", () => {
  test("in order, as views of the data", () => {
    const inOrder = batches(data, { size: 2 });
    expect(rowsOf(inOrder)).toEqual([[0, 1], [2, 3], [4]]);
    expect(rowsOf(inOrder)).toEqual([[0, 1], [2, 3], [4]]);
    for (const { inputs, n } of inOrder) {
      expect(inputs[0].length).toBe(2 * n);
      expect(inputs[0].buffer).toBe(data.inputs[0].buffer);
    }
  });

  test("dropLast leaves the smaller batch out", () => {
    expect(rowsOf(batches(data, { size: 2, dropLast: true }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(rowsOf(batches(data, { size: 2, dropLast: true, seed: 1 })).map((rows) => rows.length)).toEqual([
      2, 2,
    ]);
  });

  test("full and stochastic", () => {
    expect([...batches(data, { size: "full", seed: 1 })]).toEqual([data]);
    expect(rowsOf(batches(data, { size: 1, seed: 1 })).map((rows) => rows.length)).toEqual([1, 1, 1, 1, 1]);
    expect(
      rowsOf(batches(data, { size: 9, seed: 1 }))
        .flat()
        .sort(),
    ).toEqual([0, 1, 2, 3, 4]);
  });

  test("shuffled anew each epoch, rows kept together, the same for the same seed", () => {
    const shuffled = batches(data, { size: 2, seed: 7 });
    const first = rowsOf(shuffled);
    const second = rowsOf(shuffled);
    expect(first.flat().toSorted()).toEqual([0, 1, 2, 3, 4]);
    expect(first).not.toEqual(second);
    const again = batches(data, { size: 2, seed: 7 });
    expect([rowsOf(again), rowsOf(again)]).toEqual([first, second]);
    expect(rowsOf(batches(data, { size: 2, seed: 7, epoch: 1 }))).toEqual(second);
    for (const { inputs, n } of shuffled) {
      for (let i = 0; i < n; i++) expect(inputs[0][2 * i]).toBe(2 * inputs[1][i]);
    }
  });

  test("buffers are reused", () => {
    const buffers = Array.from(batches(data, { size: 2, seed: 7 }), ({ inputs }) => inputs[0].buffer);
    expect(new Set(buffers).size).toBe(1);
  });

  test.each<[message: string, data: Batch, size: number]>([
    ["input 0 has 3 numbers, not 2 equal rows", { inputs: [new Float32Array(3)], n: 2 }, 1],
    ["input 0 has 0 numbers, not 0 equal rows", { inputs: [new Float32Array(0)], n: 0 }, 1],
    ["a batch of 0 rows is not possible", data, 0],
    ["a batch of 1.5 rows is not possible", data, 1.5],
    ['a batch of "2" rows is not possible', data, "2" as never],
    ["5 rows give no batch of 6\n  hint: lower the batch size", data, 6],
  ])("refuses: %s", (message, wrong, size) => {
    expect(() => batches(wrong, { size, dropLast: true })).toThrow(message);
  });
});
