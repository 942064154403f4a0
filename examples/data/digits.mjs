// The digits as images: 64 pixels each, from 0 to 1, for examples that need no labels.
import { readFileSync } from "node:fs";
import { readCsv, split } from "gradc/data";

const table = () => readCsv(readFileSync(new URL("digits.csv", import.meta.url)));
const imagesOf = ({ rows }) => ({
  inputs: [Float32Array.from(rows.flatMap((row) => row.slice(0, 64).map((text) => Number(text) / 16)))],
  n: rows.length,
});

/** All images as one batch. */
export const readImages = () => imagesOf(table());

/** Four fifths to learn from and one to test with, each digit in its share of both. */
export function splitImages(seed) {
  const fractions = { train: 0.8, test: 0.2 };
  const { train, test } = split(table(), { fractions, by: "stratified", label: "digit", seed });
  return { train: imagesOf(train), test: imagesOf(test) };
}

/** Images side by side as text, two characters a pixel. */
export function shown(images) {
  const shades = " .:-=+*#%@";
  const row = (image, y) =>
    Array.from(images.subarray(64 * image + 8 * y, 64 * image + 8 * y + 8), (value) =>
      shades[Math.min(9, Math.floor(10 * value))].repeat(2),
    ).join("");
  const count = images.length / 64;
  const line = (y) => Array.from({ length: count }, (_, image) => row(image, y)).join("  ");
  return Array.from({ length: 8 }, (_, y) => line(y).trimEnd()).join("\n");
}
