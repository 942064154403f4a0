import { describe, expect, test } from "vitest";
import type { Batch } from "../../src/data/index.ts";
import { exampleFile } from "./run.ts";

interface Parts {
  readonly train: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
}

interface Words {
  readonly vocabulary: number;
  readonly length: number;
  readonly boundary: number;
  readonly ignored: number;
  readonly tokensOf: (word: string) => number[];
  readonly wordOf: (tokens: readonly number[]) => string;
  readonly readWords: () => string[];
  readonly splitWords: (words: readonly string[], seed: number) => Parts;
  readonly encodeWords: (words: readonly string[]) => Batch;
}

interface TrigramModel {
  readonly weights: readonly number[];
  readonly probability: (a: number, b: number, c: number) => number;
  readonly nats: (words: readonly string[]) => number;
}

interface Predictor {
  predict(x: Int32Array, n: number): { readonly probabilities: Float32Array };
}

const load = async <T>(path: string): Promise<T> =>
  (await import(/* @vite-ignore */ exampleFile(path).href)) as T;
const w = await load<Words>("words/words.mjs");
const { trigramModel } = await load<{
  trigramModel(
    train: readonly string[],
    validation: readonly string[],
    options?: { readonly steps?: number },
  ): TrigramModel;
}>("words/trigram.mjs");
const { inventWords } = await load<{
  inventWords(
    net: Predictor,
    spec: { readonly batch: number },
    options: { readonly count: number; readonly seed: number; readonly known: readonly string[] },
  ): string[];
}>("words/invent.mjs");

describe("words as tokens", () => {
  test("all words of the list fit, each once in one part, the same parts for the same seed", () => {
    const words = w.readWords();
    expect(new Set(words).size).toBe(20_000);
    for (const word of words) expect(word).toMatch(/^[a-z]{3,12}$/);
    const parts = w.splitWords(words, 1);
    expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual([16_000, 2_000, 2_000]);
    expect([...parts.train, ...parts.validation, ...parts.test].sort()).toEqual([...words].sort());
    expect(w.splitWords(words, 1)).toEqual(parts);
    expect(w.splitWords(words, 2).test).not.toEqual(parts.test);
  });

  test("x begins with the boundary, y ends with it, and nothing is predicted after a word", () => {
    const { inputs, n } = w.encodeWords(["cab", "abcdefghijkl"]);
    expect(n).toBe(2);
    const rows = inputs.map((input) => [Array.from(input.slice(0, 13)), Array.from(input.slice(13))]);
    expect(rows).toEqual([
      [
        [0, 3, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      ],
      [
        [3, 1, 2, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1],
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0],
      ],
    ]);
    expect(["cab", "zoo"].map((word) => w.wordOf([...w.tokensOf(word), 0, 5]))).toEqual(["cab", "zoo"]);
  });
});

describe("the trigram model", () => {
  const [a, b, c] = w.tokensOf("abc");
  const tiny = trigramModel(["ab", "ab", "ac", "b"], ["ab", "ca", "bz"]);

  test("mixes what followed two characters, one, any, and nothing", () => {
    // Of 11 predictions: a 3 times, b 3, c 1, the end 4. After the boundary and a: b twice, c once.
    const [two, one, any, none] = tiny.weights;
    expect(two + one + any + none).toBeCloseTo(1, 12);
    expect(tiny.probability(0, a, b)).toBeCloseTo(((two + one) * 2) / 3 + (any * 3) / 11 + none / 27, 12);
    expect(tiny.probability(b, a, c)).toBeCloseTo(one / 3 + any / 11 + none / 27, 12); // "ba" never occurred
    expect(tiny.probability(0, 0, a)).toBeCloseTo(((two + one) * 3) / 4 + (any * 3) / 11 + none / 27, 12);
    expect(tiny.probability(c, c, 26)).toBeCloseTo(none / 27, 12);
  });

  test("its probabilities of what may come next add up to 1 wherever the context is known", () => {
    for (const [first, second] of [
      [0, 0],
      [0, a],
      [a, b],
      [a, c],
    ]) {
      // prettier-ignore
      let sum = 0;
      for (let next = 0; next < w.vocabulary; next++) sum += tiny.probability(first, second, next);
      expect(sum).toBeCloseTo(1, 12);
    }
  });

  test("each step of fitting the weights makes the validation words more probable, up to a standstill", () => {
    const { train, validation } = w.splitWords(w.readWords().slice(0, 2000), 1);
    const nats = [0, 1, 2, 5, 20, 100, 101].map((steps) =>
      trigramModel(train, validation, { steps }).nats(validation),
    );
    for (let k = 1; k < nats.length - 1; k++) expect(nats[k]).toBeLessThan(nats[k - 1]);
    expect(nats[5] - nats[6]).toBeLessThan(1e-6);
  });

  test("what the networks have to beat: 2.177 nats a character on the test words", () => {
    const parts = w.splitWords(w.readWords(), 1);
    const model = trigramModel(parts.train, parts.validation);
    expect(model.nats(parts.test)).toBeCloseTo(2.1769, 4);
    expect(model.nats(parts.train)).toBeLessThan(model.nats(parts.test));
  });
});

test("invented words follow the model's probabilities, are new, and are the same for the same seed", () => {
  // A model of "a or b, then c, or else the end at once": it sees nothing but the place.
  const net: Predictor = {
    predict(x, n) {
      const probabilities = new Float32Array(n * w.length * w.vocabulary);
      const put = (at: number, token: number, share: number): void => {
        for (let row = 0; row < n; row++) probabilities[(row * w.length + at) * w.vocabulary + token] = share;
      };
      put(0, 1, 0.5);
      put(0, 2, 0.5);
      put(1, 3, 0.5);
      put(1, 0, 0.5);
      for (let at = 2; at < w.length; at++) put(at, 0, 1);
      expect(x.length).toBe(n * w.length);
      return { probabilities };
    },
  };
  const draw = (seed: number, known: string[], count: number): string[] =>
    inventWords(net, { batch: 8 }, { count, seed, known });
  expect(draw(1, [], 4).sort()).toEqual(["a", "ac", "b", "bc"]);
  expect(draw(1, ["a", "bc"], 2).sort()).toEqual(["ac", "b"]);
  expect(draw(5, [], 4)).toEqual(draw(5, [], 4));
  expect([1, 2, 3, 4].map((seed) => draw(seed, [], 1)[0]).some((word, _, all) => word !== all[0])).toBe(true);
});
