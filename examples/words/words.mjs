// English words for character models: split into parts, and encoded as rows of tokens.
import { readFileSync } from "node:fs";
import { shuffle } from "gradc/data";

/** Token 0 stands before a word and ends it; the letters a to z are 1 to 26. */
export const boundary = 0;
export const vocabulary = 27;
/** The longest words have twelve letters, and the end is a token too. */
export const length = 13;
/** The label of a place after the end of a word, where nothing is to be predicted. */
export const ignored = -1;

const letters = "abcdefghijklmnopqrstuvwxyz";

/** The tokens of a word's letters. */
export const tokensOf = (word) => [...word].map((letter) => letters.indexOf(letter) + 1);

/** Token rows back to words; a word goes up to its first boundary. */
export const wordOf = (tokens) => {
  const end = tokens.indexOf(boundary);
  const spelt = end < 0 ? tokens : tokens.slice(0, end);
  return Array.from(spelt, (token) => letters[token - 1]).join("");
};

/** All 20,000 words of words.txt, in its order. */
export const readWords = () =>
  readFileSync(new URL("../data/words.txt", import.meta.url), "utf8")
    .trim()
    .split(/\s+/);

/** Four fifths to learn from, a tenth to choose by, a tenth that is looked at once. */
export function splitWords(words, seed) {
  const order = shuffle(Array.from(words.keys()), seed);
  const [validation, test] = [0.8, 0.9].map((share) => Math.round(share * words.length));
  const pick = (from, to) => order.slice(from, to).map((at) => words[at]);
  return { train: pick(0, validation), validation: pick(validation, test), test: pick(test) };
}

/**
 * Words as a batch of two inputs [n, length]: x, the tokens from the boundary before the word on, and y, the token
 * that follows each of them, up to the boundary after the word. Later places hold the boundary and an ignored label.
 */
export function encodeWords(words) {
  const x = new Int32Array(words.length * length).fill(boundary);
  const y = new Int32Array(words.length * length).fill(ignored);
  for (const [row, word] of words.entries()) {
    const tokens = tokensOf(word);
    x.set(tokens, row * length + 1);
    y.set([...tokens, boundary], row * length);
  }
  return { inputs: [x, y], n: words.length };
}
