import { expect, test } from "vitest";
import { evaluate } from "../../src/eval/evaluate.ts";
import { Builder, withBuilder } from "../../src/ir/builder.ts";
import { tensorType } from "../../src/ir/type.ts";
import { constant, leaf } from "../../src/ops/leaves.ts";
import { randomBits, randomUniform, threefry } from "../../src/ops/random.ts";
import { scalarArray } from "./sample.ts";

// The known answers of Random123's own tests (kat_vectors, threefry2x32 with 20 rounds).
test.each([
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x13198a2e, 0x03707344],
    [0x243f6a88, 0x85a308d3],
    [0xc4923a9c, 0x483df7a0],
  ],
] as [number, number][][])("threefry of key %j and counter %j is %j", (key, counter, words) => {
  expect(threefry(key, counter)).toEqual(words);
});

const time = (value: number) => constant({ value, dtype: "u32", shape: [] });
const seeded = (value: number, body: (seed: ReturnType<typeof leaf>) => ReturnType<typeof leaf>, n = 1) =>
  withBuilder(new Builder(), () => {
    const seed = leaf("input", "seed", tensorType("u32", []));
    return evaluate([body(seed)], new Map([[seed.node, scalarArray("u32", value)]]), { n })[0].data;
  });

test("randomBits is the first word, with (seed, stream) as the key and (row-major number, counter) as the counter", () => {
  const bits = seeded(5, (seed) => randomBits(seed, time(3), { shape: [2, 2], stream: 9 }));
  expect([...bits]).toEqual([0, 1, 2, 3].map((k) => threefry([5, 9], [k, 3])[0]));
});

test("an element's bits do not depend on how many rows are given", () => {
  const shape = [{ times: 1, max: 6 }, 3] as const;
  const few = seeded(1, (seed) => randomBits(seed, time(0), { shape, stream: 0 }), 2);
  const many = seeded(1, (seed) => randomBits(seed, time(0), { shape, stream: 0 }), 6);
  expect([...few]).toEqual(Array.from(many.subarray(0, 6)));
});

test("randomUniform is even over [0, 1), the same in f32 and f64", () => {
  const draw = (dtype: "f32" | "f64") =>
    seeded(3, (seed) => randomUniform(seed, { shape: [20000], stream: 1, dtype }));
  const values = draw("f32");
  expect(values).toEqual(draw("f64"));
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  const buckets = Array.from({ length: 10 }, () => 0);
  for (const value of values) buckets[Math.floor(value * 10)]++;
  // Chi-square with 9 degrees of freedom is above 27.9 once in a thousand seeds; this seed is fixed.
  expect(buckets.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9);
  for (const value of values) expect(Math.fround(value)).toBe(value);
});
