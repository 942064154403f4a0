import { describe, expect, test } from "vitest";
import * as gradc from "gradc";
import { batch, defineModel, f32, i32, type Value } from "gradc";
import { buildGraph } from "../../src/nn/index.ts";
import { randomFrom } from "../ops/sample.ts";
import { emitted } from "./emitted.ts";

/** The sum over all ways to draw a class at every time, one by one. */
function bruteForce(
  logits: readonly (readonly number[])[],
  wanted: readonly number[],
  blank: number,
): number {
  const shares = logits.map((row) => {
    const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
    return row.map((x) => Math.exp(x) / total);
  });
  const visit = (time: number, path: readonly number[], share: number): number => {
    if (time < shares.length)
      return shares[time].reduce((sum, p, c) => sum + visit(time + 1, [...path, c], share * p), 0);
    const merged = path.filter((c, k) => c !== path[k - 1]).filter((c) => c !== blank);
    return merged.join() === wanted.join() ? share : 0;
  };
  return -Math.log(visit(0, [], 1));
}

const random = randomFrom(4);
const [rows, times, classes, places] = [4, 5, 3, 3];
const x = Array.from({ length: rows * times * classes }, () => Math.fround(4 * random() - 2));
const labels = [1, 2, 1, 2, 2, 0, 1, 0, 0, 0, 0, 0];
const rowOf = (r: number): number[][] =>
  Array.from({ length: times }, (_, t) => x.slice((r * times + t) * classes, (r * times + t + 1) * classes));
const given = {
  x: { shape: [rows, times, classes], values: x },
  labels: { shape: [rows, places], values: labels },
  labelsLengths: { shape: [rows], values: [5, 4, 3, 2] },
};
const wanted = (r: number): number[] => labels.slice(r * places, (r + 1) * places).filter((c) => c !== 0);
const each = [0, 1, 2, 3];

describe.each(["f32", "f64"] as const)("ctc in %s", (precision) => {
  const tolerance = precision === "f32" ? 1e-6 : 1e-13;
  const compare = (build: (inputs: { readonly [name: string]: Value }) => Value, expected: number[]): void => {
    const [values, slopes] = emitted(given, build, precision);
    for (const [k, value] of expected.entries()) expect(Math.abs(values[k] - value)).toBeLessThan(tolerance * value);
    for (const slope of slopes) expect(Number.isFinite(slope)).toBe(true);
  }; // prettier-ignore

  test("is the sum over all alignments", () => {
    compare(({ x, labels }) => gradc.ctc(x, labels, { reduction: "none" }), each.map((r) => bruteForce(rowOf(r), wanted(r), 0))); // prettier-ignore
  });

  test("looks only at the times of each row", () => {
    compare(
      ({ x, labels, labelsLengths }) => gradc.ctc(x, labels, { reduction: "none", lengths: labelsLengths }),
      each.map((r) => bruteForce(rowOf(r).slice(0, 5 - r), wanted(r), 0)),
    );
  });

  test("with another blank, and as a mean", () => {
    const others = [1, 0, 1, 0, 0, 2, 1, 2, 2, 2, 2, 2];
    const all = each.map((r) =>
      bruteForce(
        rowOf(r),
        others.slice(r * places, (r + 1) * places).filter((c) => c !== 2),
        2,
      ),
    );
    const inputs = { x: given.x, labels: { shape: [rows, places], values: others } };
    const [[loss]] = emitted(inputs, ({ x, labels }) => gradc.ctc(x, labels, { blank: 2 }), precision);
    const mean = all.reduce((a, b) => a + b) / rows;
    expect(Math.abs(loss - mean)).toBeLessThan(tolerance * mean);
  });

  test("is 2^100 with finite gradients where labels do not fit", () => {
    const short = { x: { shape: [1, 1, 2], values: [1, 2] }, labels: { shape: [1, 2], values: [1, 1] } };
    const [[loss], slopes] = emitted(short, ({ x, labels }) => gradc.ctc(x, labels), precision);
    expect(loss).toBe(2 ** 100);
    for (const slope of slopes) expect(Number.isFinite(slope)).toBe(true);
  });
});

const n = batch(4);
describe("ctc refuses", () => {
  const built = (body: (inputs: { readonly [name: string]: Value }) => Value) => () =>
    buildGraph(
      defineModel({
        name: "m",
        inputs: { x: f32(n, 5, 3), y: i32(n, 2), k: i32(n), w: i32(3) },
        build: (inputs) => ({ outputs: { y: body(inputs) } }),
      }),
    );
  test.each([
    ["labels of one place", built(({ x, k }) => gradc.ctc(x, k)), /ctc takes logits \[n, times, classes\] and i32 labels \[n, places\], found f32\[n,5,3\] and i32\[n\]/],
    ["a blank that is no class", built(({ x, y }) => gradc.ctc(x, y, { blank: 3 })), /blank of ctc must be a class from 0 to 2, found 3/],
    ["lengths of another shape", built(({ x, y, w }) => gradc.ctc(x, y, { lengths: w })), /ctc: lengths must be i32 with one number a row of f32\[n,5,3\], found i32\[3\]/],
    ["an unknown option", built(({ x, y }) => gradc.ctc(x, y, { length: 3 } as object)), /ctc has no option "length".*did you mean "?lengths/s],
  ])("%s", (_, body, message) => {
    expect(body).toThrow(message);
  }); // prettier-ignore
});
