import { expect, test } from "vitest";
import { batches, type Batch } from "../../src/data/index.ts";
import { exampleFile } from "./run.ts";

interface Images {
  readonly readDigits: (seed: number) => Readonly<Record<"train" | "validation" | "test", Batch>>;
  readonly shiftedBatches: (
    data: Batch,
    options: { readonly size: number; readonly seed: number },
  ) => Iterable<Batch>;
}

const { readDigits, shiftedBatches } = (await import(
  /* @vite-ignore */ exampleFile("mnist/images.mjs").href
)) as Images;

test("5,000 digits are divided by lot into 4,500 and 500, the 1,000 for the test stay apart", () => {
  const parts = readDigits(1);
  expect([parts.train.n, parts.validation.n, parts.test.n]).toEqual([4500, 500, 1000]);
  for (const { inputs, n } of Object.values(parts)) {
    const [x, y] = [Array.from(inputs[0]), Array.from(inputs[1])];
    expect([x.length, y.length]).toEqual([n * 784, n]);
    expect(x.reduce((low, grey) => Math.min(low, grey), 1)).toBe(0);
    expect(x.reduce((high, grey) => Math.max(high, grey), 0)).toBe(1);
    // Every class is there, about as often as the others.
    for (let digit = 0; digit < 10; digit++) {
      expect(y.filter((label) => label === digit).length / n).toBeGreaterThan(0.05);
    }
  }
  const images = ({ inputs: [x], n }: Batch): string[] =>
    Array.from({ length: n }, (_, row) => x.subarray(row * 784, (row + 1) * 784).join());
  const seen = new Set([...images(parts.train), ...images(parts.validation)]);
  expect(seen.size).toBe(5000);
  expect(images(parts.test).filter((image) => seen.has(image))).toEqual([]);
});

test("images are moved by at most a pixel, nothing else changes, and labels stay with them", () => {
  const n = 120;
  const x = new Float32Array(n * 784);
  for (let row = 0; row < n; row++) x[row * 784 + 14 * 28 + 7] = row + 1; // one pixel, which says its row
  const data: Batch = { inputs: [x, Int32Array.from({ length: n }, (_, row) => row)], n };
  const epoch = (source: Iterable<Batch>): string => {
    const places: string[] = [];
    for (const { inputs, n: rows } of source) {
      for (let row = 0; row < rows; row++) {
        const image = inputs[0].subarray(row * 784, (row + 1) * 784);
        const at = image.findIndex((grey) => grey !== 0);
        expect(image.filter((grey) => grey !== 0)).toEqual(Float32Array.of(inputs[1][row] + 1));
        places.push(`${Math.floor(at / 28) - 14},${(at % 28) - 7}`);
      }
    }
    expect(places.length).toBe(n);
    return places.join(" ");
  };
  const moved = shiftedBatches(data, { size: 16, seed: 3 });
  const [first, second] = [epoch(moved), epoch(moved)];
  expect(new Set(first.split(" "))).toEqual(
    new Set([-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => `${down},${right}`))),
  );
  expect(second).not.toBe(first);
  expect(epoch(shiftedBatches(data, { size: 16, seed: 3 }))).toBe(first);
  expect(new Set(epoch(batches(data, { size: 16 })).split(" "))).toEqual(new Set(["0,0"]));
});

test("what moves out of the image is gone, and what comes in is background", () => {
  const data: Batch = { inputs: [new Float32Array(9 * 784).fill(1), new Int32Array(9)], n: 9 };
  for (const { inputs, n } of shiftedBatches(data, { size: 9, seed: 1 })) {
    for (let row = 0; row < n; row++) {
      const light = Array.from(inputs[0].subarray(row * 784, (row + 1) * 784)).reduce(
        (sum, grey) => sum + grey,
        0,
      );
      expect([28 * 28, 27 * 28, 27 * 27]).toContain(light);
    }
  }
});
