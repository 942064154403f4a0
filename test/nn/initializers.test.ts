import { describe, expect, test } from "vitest";
import {
  constant,
  defineModel,
  f32,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  normal,
  ones,
  orthogonal,
  param,
  truncatedNormal,
  uniform,
  values,
  zeros,
  type InitializerOption,
} from "gradc";
import { buildGraph } from "../../src/nn/index.ts";
import { fans } from "../../src/nn/initializers.ts";
import { hashOf } from "../../src/base/hash.ts";
import { inverseErf } from "../../src/nn/normal.ts";
import { run } from "./run.ts";
import { ownGraphs } from "../own-graphs.ts";

const draw = (
  initializer: InitializerOption,
  shape: readonly number[],
  { seed = 3, name = "w", precision = "f64" as "f32" | "f64" } = {},
): number[] => {
  const model = defineModel({
    name: "one",
    inputs: { x: f32(1) },
    build: ({ x }) => {
      param(name, shape, { initializer });
      return { outputs: { x } };
    },
  });
  return run(ownGraphs(buildGraph(model, { precision })).init, { seed: [seed] }).get(name) ?? [];
};
const average = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const deviation = (x: readonly number[]): number => {
  const m = average(x);
  return Math.sqrt(average(x.map((v) => (v - m) ** 2)));
};

describe("initializers", () => {
  test("constants", () => {
    expect(draw(zeros(), [2, 2])).toEqual([0, 0, 0, 0]);
    expect(draw(ones(), [3])).toEqual([1, 1, 1]);
    expect(draw(constant(2.5), [])).toEqual([2.5]);
    expect(draw(values([[1, 2, 3], [4, 5, 6]]), [2, 3])).toEqual([1, 2, 3, 4, 5, 6]); // prettier-ignore
    expect(draw(Float32Array.of(1, 2, 3, 4), [2, 2])).toEqual([1, 2, 3, 4]);
    expect(draw(0.25, [])).toEqual([0.25]);
  });

  test("uniform and normal have their moments", () => {
    const u = draw(uniform({ min: -1, max: 3 }), [100, 100]);
    expect(Math.min(...u)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...u)).toBeLessThan(3);
    expect(average(u)).toBeCloseTo(1, 1);
    expect(deviation(u)).toBeCloseTo(4 / Math.sqrt(12), 1);
    const z = draw(normal({ mean: 2, stddev: 0.5 }), [100, 100]);
    expect(Math.abs(average(z) - 2)).toBeLessThan(0.02);
    expect(Math.abs(deviation(z) - 0.5)).toBeLessThan(0.01);
    // The tails are there: about 4.6 % lie outside two deviations, 0.27 % outside three.
    const outside = (k: number): number => z.filter((v) => Math.abs(v - 2) > k * 0.5).length / z.length;
    expect(Math.abs(outside(2) - 0.0455)).toBeLessThan(0.008);
    expect(Math.abs(outside(3) - 0.0027)).toBeLessThan(0.002);
    const cut = draw(truncatedNormal({ stddev: 1 }), [100, 100]);
    expect(Math.max(...cut.map(Math.abs))).toBeLessThan(2);
    expect(Math.abs(deviation(cut) - 0.87962566)).toBeLessThan(0.02);
  });

  test("scaled by fans", () => {
    expect(fans([3, 3, 8, 16])).toEqual({ fanIn: 72, fanOut: 144 });
    expect(fans([20, 5])).toEqual({ fanIn: 20, fanOut: 5 });
    const shape = [150, 50];
    const cases: [InitializerOption, number][] = [
      [glorotUniform(), Math.sqrt(2 / 200)],
      [glorotNormal(), Math.sqrt(2 / 200)],
      [heUniform(), Math.sqrt(2 / 150)],
      [heNormal(), Math.sqrt(2 / 150)],
      [lecunNormal(), Math.sqrt(1 / 150)],
    ];
    for (const [initializer, expected] of cases) {
      const drawn = draw(initializer, shape);
      expect(Math.abs(deviation(drawn) / expected - 1)).toBeLessThan(0.03);
      expect(Math.abs(average(drawn))).toBeLessThan(0.03 * expected * 2);
    }
    expect(Math.max(...draw(glorotUniform(), shape).map(Math.abs))).toBeLessThan(Math.sqrt(6 / 200));
  });

  test.each([
    [6, 3],
    [3, 6],
  ])("orthogonal %i × %i", (rows, columns) => {
    const q = draw(orthogonal({ gain: 2 }), [rows, columns]);
    const at = (i: number, j: number): number => q[i * columns + j];
    const few = Math.min(rows, columns);
    for (let a = 0; a < few; a++) {
      for (let b = 0; b < few; b++) {
        let dot = 0;
        for (let k = 0; k < Math.max(rows, columns); k++)
          dot += rows > columns ? at(k, a) * at(k, b) : at(a, k) * at(b, k);
        expect(dot).toBeCloseTo(a === b ? 4 : 0, 10);
      }
    }
  });

  test("depend on seed and name only, and agree between precisions", () => {
    const w = draw(heNormal(), [4, 4]);
    expect(draw(heNormal(), [4, 4])).toEqual(w);
    expect(draw(heNormal(), [4, 4], { seed: 4 })).not.toEqual(w);
    expect(draw(heNormal(), [4, 4], { name: "v" })).not.toEqual(w);
    for (const [k, value] of draw(heNormal(), [4, 4], { precision: "f32" }).entries())
      expect(value).toBeCloseTo(w[k], 6);
  });

  test("draw from a stream that is the FNV-1a hash of the name", () => {
    expect([hashOf("a"), hashOf("foobar")]).toEqual([0xe40c292c, 0xbf9cf968]);
  });

  test("name the parameter they cannot fill", () => {
    expect(() => draw([1, NaN], [2])).toThrow(
      /initializer of parameter "w": the explicit values must be finite numbers, found NaN/,
    );
    expect(() => draw([1, 2, 3], [2])).toThrow(
      /parameter "w": explicit values of shape \[3\] were given for the shape \[2\]/,
    );
    expect(() => draw([[1, 2], [3]] as never, [2, 2])).toThrow(
      /parameter "w": the explicit values are ragged/,
    );
    expect(() => draw(heNormal as never, [2, 2])).toThrow(
      /gave a function, not a value[^]*heNormal\(\), not heNormal/,
    );
    expect(() => draw("heNormal" as never, [2])).toThrow(/the initializer of parameter "w" is "heNormal"/);
    expect(() => draw(orthogonal(), [4])).toThrow(/orthogonal needs at least two axes, found \[4\]/);
    expect(() => normal({ stdev: 1 } as never)).toThrow(/did you mean "stddev"/);
    expect(() => uniform({ min: 1, max: 0 })).toThrow("uniform needs min < max");
  });
});

test("the inverse error function is accurate, and finite for every number the generator can draw", () => {
  // mpmath's erfinv to 15 digits.
  const table: [number, number][] = [
    [2 ** -24, 5.28232410819983e-8],
    [0.1, 0.0888559904942577],
    [0.5, 0.47693627620447],
    [0.9, 1.16308715367667],
    [0.993, 1.90695686467095],
    [0.999, 2.32675376551352],
    [1 - 2 ** -24, 3.83250685690071],
  ];
  const count = table.length;
  const model = defineModel({
    name: "erf",
    inputs: { x: f32(count) },
    build: ({ x }) => ({ outputs: { y: inverseErf(x) } }),
  });
  const { predict } = ownGraphs(buildGraph(model));
  for (const side of [1, -1]) {
    const x = table.map(([at]) => side * at);
    const exact = run(predict, { x }).get("y") ?? [];
    for (const [k, [, expected]] of table.entries())
      expect(Math.abs((side * exact[k]) / expected - 1)).toBeLessThan(1e-6);
    // With every step rounded to float32, as in a kernel-by-kernel build.
    const rounded = run(predict, { x: x.map(Math.fround) }, 1, true).get("y") ?? [];
    for (const [k, [, expected]] of table.entries())
      expect(Math.abs((side * rounded[k]) / expected - 1)).toBeLessThan(1e-5);
  }
});
