// The digits of examples/data as batches: 5,000 to learn from and choose by, 1,000 to test on.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { batches, randomBits, readIdx, shuffle } from "gradc/data";

const side = 28;

/** All images of a file as numbers from 0 to 1, with their labels. */
function read(part) {
  const [images, labels] = ["images.idx3", "labels.idx1"].map((kind) => {
    const name = `mnist-${part}-${kind}-ubyte.gz`;
    return readIdx(gunzipSync(readFileSync(new URL(`../data/${name}`, import.meta.url))), { file: name });
  });
  const x = Float32Array.from(images.data, (grey) => grey / 255);
  return { inputs: [x, Int32Array.from(labels.data)], n: labels.data.length };
}

/** Some rows of a data set, in the order given. */
function pick({ inputs: [x, y] }, rows) {
  const width = side * side;
  const images = new Float32Array(rows.length * width);
  for (const [to, from] of rows.entries()) {
    images.set(x.subarray(from * width, (from + 1) * width), to * width);
  }
  return { inputs: [images, Int32Array.from(rows, (row) => y[row])], n: rows.length };
}

/** 4,500 digits for training and 500 for validation, drawn by lot, and the 1,000 for the test. */
export function readDigits(seed) {
  const all = read("5k-train");
  const order = shuffle(Array.from({ length: all.n }, (_, row) => row), seed); // prettier-ignore
  return {
    train: pick(all, order.slice(500)),
    validation: pick(all, order.slice(0, 500)),
    test: read("1k-test"),
  };
}

/**
 * Shuffled batches in which each image is moved by up to a pixel in both directions, anew each time they are
 * iterated: a digit stays the same digit there, and the network sees nine times as many.
 */
export function shiftedBatches(data, { size, seed }) {
  const plain = batches(data, { size, seed });
  const random = randomBits(seed);
  const moved = new Float32Array(size * side * side);
  return {
    *[Symbol.iterator]() {
      for (const { inputs, n } of plain) {
        for (let row = 0; row < n; row++) shift(inputs[0], moved, row * side * side, random() % 9);
        yield { inputs: [moved.subarray(0, inputs[0].length), inputs[1]], n };
      }
    },
  };
}

/** One image, moved in the direction of one of the nine fields around its middle; what comes in is background. */
function shift(from, to, first, field) {
  const [down, right] = [Math.floor(field / 3) - 1, (field % 3) - 1];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const [i, j] = [row - down, column - right];
      const inside = i >= 0 && i < side && j >= 0 && j < side;
      to[first + row * side + column] = inside ? from[first + i * side + j] : 0;
    }
  }
}
