// Words drawn from a character model, a letter at a time.
import { randomBits } from "gradc/data";
import { boundary, length, vocabulary, wordOf } from "./words.mjs";

/**
 * `count` different words that are not in `known`. All rows of a batch grow together: each call of `predict` gives
 * what may follow every place of every row, and a token is drawn for the next place. The same seed draws the same.
 */
export function inventWords(net, spec, { count, seed, known }) {
  const random = randomBits(seed);
  const taken = new Set(known);
  const invented = [];
  while (invented.length < count) {
    for (const word of drawWords(net, spec.batch, random)) {
      if (invented.length === count) break;
      if (taken.has(word)) continue;
      taken.add(word);
      invented.push(word);
    }
  }
  return invented;
}

/** One word a row. A row that has ended goes on unread, which costs nothing and keeps the draws in step. */
function drawWords(net, rows, random) {
  const x = new Int32Array(rows * length).fill(boundary);
  const drawn = Array.from({ length: rows }, () => []);
  for (let at = 0; at < length; at++) {
    const { probabilities } = net.predict(x, rows);
    for (let row = 0; row < rows; row++) {
      const first = (row * length + at) * vocabulary;
      const token = draw(probabilities.subarray(first, first + vocabulary), random() / 2 ** 32);
      drawn[row].push(token);
      if (at + 1 < length) x[row * length + at + 1] = token;
    }
  }
  return drawn.map(wordOf).filter((word) => word !== "");
}

/** The token on whose share of the line from 0 to 1 the point lies. */
function draw(probabilities, point) {
  let reached = 0;
  for (let token = 0; token < probabilities.length; token++) {
    reached += probabilities[token];
    if (point < reached) return token;
  }
  return boundary; // the shares fell short of 1 by rounding
}
