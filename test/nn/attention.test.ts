import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { buildGraph } from "../../src/nn/index.ts";
import { randomFrom } from "../ops/sample.ts";
import { running } from "../examples/run.ts";
import { ownGraphs } from "../own-graphs.ts";
import { run } from "./run.ts";

const n = g.batch(5);
type Tensor = number[][][];

/** Random sequences [rows, tokens, width]. */
const sequences = (rows: number, tokens: number, width: number, seed: number, size = 2): Tensor => {
  const random = randomFrom(seed);
  return Array.from({ length: rows }, () =>
    Array.from({ length: tokens }, () => Array.from({ length: width }, () => size * (2 * random() - 1))),
  );
};

/** Attention as the textbook says it, one query at a time: the oracle, which shares nothing with the layer. */
function attend(q: number[][], k: number[][], v: number[][], sees: (i: number, j: number) => boolean, scale: number) {
  return q.map((query, i) => {
    const seen = k.map((_, j) => j).filter((j) => sees(i, j));
    const scores = seen.map((j) => query.reduce((sum, x, d) => sum + x * k[j][d], 0) * scale);
    const top = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - top));
    const total = powers.reduce((a, b) => a + b, 0);
    return v[0].map((_, d) => seen.reduce((sum, j, at) => sum + (powers[at] / total) * v[j][d], 0));
  });
} // prettier-ignore

type Projection = { kernel: number[]; bias: number[] };
const project = (x: number[][], { kernel, bias }: Projection): number[][] =>
  x.map((row) =>
    bias.map((b, j) => row.reduce((sum, value, i) => sum + value * kernel[i * bias.length + j], b)),
  );
const columns = (x: number[][], from: number, to: number): number[][] => x.map((row) => row.slice(from, to));

interface Case {
  readonly name: string;
  readonly rows: number;
  readonly options: Omit<g.MultiHeadAttentionOptions, "value" | "key" | "mask">;
  readonly width: number;
  readonly queries: number;
  readonly keys?: number;
  readonly mask?: "keys" | "pairs";
  readonly size?: number;
}
const cases: readonly Case[] = [
  { name: "self", rows: 3, options: { numHeads: 2, keyDim: 3 }, width: 4, queries: 5 },
  { name: "causal and packed", rows: 5, options: { numHeads: 2, keyDim: 2, causal: true, packed: true }, width: 4, queries: 6 },
  { name: "cross with padded keys", rows: 3, options: { numHeads: 3, keyDim: 2, valueDim: 4 }, width: 3, queries: 2, keys: 7, mask: "keys" },
  { name: "a mask of pairs, causal", rows: 1, options: { numHeads: 1, keyDim: 3, causal: true }, width: 2, queries: 5, mask: "pairs" },
  { name: "scores of ±1e4", rows: 3, options: { numHeads: 2, keyDim: 2, causal: true }, width: 4, queries: 5, size: 60 },
]; // prettier-ignore

describe("multiHeadAttention", () => {
  test.each(cases.map((one) => [one.name, one] as const))("%s is what the formula says", (_, one) => {
    const { rows, options, width, queries, keys = queries, mask, size } = one;
    const cross = one.keys !== undefined;
    const model = g.defineModel({
      name: "one",
      inputs: {
        x: g.f32(n, queries, width),
        y: g.f32(n, keys, 3),
        m: mask === "keys" ? g.bool(n, keys) : g.bool(n, queries, keys),
      },
      build: ({ x, y, m }) => ({
        outputs: {
          z: g.multiHeadAttention(x, { ...options, ...(cross ? { value: y } : {}), ...(mask ? { mask: m } : {}), name: "mha" }),
        },
      }),
    }); // prettier-ignore
    const { init, predict } = ownGraphs(buildGraph(model, { precision: "f64" }));
    const drawn = run(init, { seed: [7] });
    const random = randomFrom(5);
    const state = Object.fromEntries(
      [...drawn].map(([name, list]) => [name, list.map(() => random() - 0.5)]),
    );
    const [x, y] = [sequences(rows, queries, width, 1, size), sequences(rows, keys, 3, 2)];
    const flags = Array.from({ length: rows * (mask === "keys" ? keys : queries * keys) }, () => Number(random() < 0.6)); // prettier-ignore
    flags.fill(0, 0, mask === "keys" ? keys : Math.min(keys, flags.length));
    const cells = { ...state, x: x.flat(2), y: y.flat(2), m: flags };
    const found = run(predict, cells, rows).get("z")!;

    const { numHeads, keyDim, valueDim = keyDim, causal = false, packed = false } = options;
    const part = (name: string): Projection => ({
      kernel: state[`mha/${name}/kernel`],
      bias: state[`mha/${name}/bias`],
    });
    const expected = x.flatMap((own, row) => {
      const other = cross ? y[row] : own;
      const packedOnes = packed ? project(own, part("qkv")) : [];
      const side = numHeads * keyDim;
      const projected = packed
        ? [0, 1, 2].map((at) => columns(packedOnes, at * side, (at + 1) * side))
        : [
            project(own, part("query")),
            project(other, part("key")),
            project(cross ? y[row] : own, part("value")),
          ];
      const sees = (i: number, j: number): boolean => {
        const flag = mask === "keys" ? flags[row * keys + j] : flags[(row * queries + i) * keys + j];
        return (!causal || j <= i) && (mask === undefined || flag === 1);
      };
      const heads = Array.from({ length: numHeads }, (_h, h) =>
        attend(
          columns(projected[0], h * keyDim, (h + 1) * keyDim),
          columns(projected[1], h * keyDim, (h + 1) * keyDim),
          columns(projected[2], h * valueDim, (h + 1) * valueDim),
          sees,
          1 / Math.sqrt(keyDim),
        ),
      );
      const joined = own.map((_t, t) => heads.flatMap((head) => head[t]));
      return project(joined, part("attentionOutput")).flat();
    });
    expect(found.length).toBe(expected.length);
    for (const [k, value] of expected.entries()) expect(found[k]).toBeCloseTo(value, 10);
  });

  /** d loss / d (x, y) of attention where a row's mask is true nowhere. */
  test("a query that may look at no key gives zeros, and no gradient passes through it", () => {
    const model = g.defineModel({
      name: "blind",
      inputs: { q: g.f32(n, 2, 3), k: g.f32(n, 4, 3), v: g.f32(n, 4, 3), m: g.bool(n, 2, 4) },
      build({ q, k, v, m }) {
        const y = g.scaledDotProductAttention(q, k, v, { mask: m });
        const loss = g.sum(g.square(g.add(y, 1)));
        return { outputs: { y, dq: g.grad(loss, q), dk: g.grad(loss, k), dv: g.grad(loss, v) } };
      },
    });
    const { predict } = ownGraphs(buildGraph(model, { precision: "f64" }));
    const [q, k, v] = [1, 2, 3].map((seed) => sequences(1, seed === 1 ? 2 : 4, 3, seed).flat(2));
    const blind = run(predict, { q, k, v, m: [0, 0, 0, 0, 0, 0, 0, 0] });
    expect([...blind.values()].map((list) => list.every((value) => value === 0))).toEqual([true, true, true, true]); // prettier-ignore
    const half = run(predict, { q, k, v, m: [0, 0, 0, 0, 1, 0, 1, 0] });
    expect(half.get("y")!.slice(0, 3)).toEqual([0, 0, 0]);
    expect(half.get("dq")!.slice(0, 3)).toEqual([0, 0, 0]);
    // Keys 1 and 3 are seen by nobody.
    for (const name of ["dk", "dv"]) {
      const rows = half.get(name)!;
      expect([...rows.slice(3, 6), ...rows.slice(9)].every((value) => value === 0)).toBe(true);
      expect(rows.slice(0, 3).some((value) => value !== 0)).toBe(true);
    }
  });

  const declare = (build: (x: g.Value, m: g.Value) => g.Value) => () =>
    buildGraph(
      g.defineModel({
        name: "bad",
        inputs: { x: g.f32(n, 4, 6), m: g.bool(n, 3) },
        build: ({ x, m }) => ({ outputs: { y: build(x, m) } }),
      }),
    );
  const two = { numHeads: 2, keyDim: 3 };
  test.each([
    [(x: g.Value) => g.multiHeadAttention(x, { keyDim: 3 } as never), "numHeads of multiHeadAttention must be a positive integer, found undefined"],
    [(x: g.Value) => g.multiHeadAttention(x, { numHeads: 1.5, keyDim: 3 }), "numHeads of multiHeadAttention must be a positive integer, found 1.5"],
    [(x: g.Value) => g.multiHeadAttention(x, { numHead: 2, keyDim: 3 } as never), 'multiHeadAttention has no option "numHead"\n  at layer multiHeadAttention'],
    [(x: g.Value) => g.multiHeadAttention(g.sum(x, { axis: 1 }), two), "the query of multiHeadAttention must be floats [n, tokens, features], found f32[n,6]"],
    [(x: g.Value, m: g.Value) => g.multiHeadAttention(x, { ...two, mask: m }), "the mask of multiHeadAttention must be bool and stretch to [n,4], found bool[n,3]"],
    [(x: g.Value, m: g.Value) => g.multiHeadAttention(x, { ...two, mask: g.cast(m, "f32") }), "the mask of multiHeadAttention must be bool and stretch to [n,4], found f32[n,3]"],
    [(x: g.Value, m: g.Value) => g.multiHeadAttention(x, { ...two, mask: g.reshape(m, [n, 1, 1, 3]) }), "the mask of multiHeadAttention must be bool and stretch to [n,4,4], found bool[n,1,1,3]"],
    [(x: g.Value) => g.multiHeadAttention(x, { ...two, packed: true, valueDim: 2 }), "multiHeadAttention: packed is for self-attention with valueDim equal to keyDim"],
    [(x: g.Value) => g.multiHeadAttention(x, { ...two, key: g.slice(x, { limit: [null, 2] }) }), "multiHeadAttention: there must be as many keys as values, found query f32[n,4,6], key f32[n,2,6] and value f32[n,4,6]"],
    [(x: g.Value) => g.multiHeadAttention(x, { ...two, dropout: 1 }), "dropout of multiHeadAttention must be a finite number in [0, 1), found 1"],
    [(x: g.Value) => g.multiHeadAttention(x, { ...two, causal: "yes" as never }), 'causal of multiHeadAttention must be true or false, found "yes"'],
    [(x: g.Value) => g.scaledDotProductAttention(x, g.sum(x, { axis: 0 }), x), "scaledDotProductAttention takes [..., tokens, features] with equal leading axes, found f32[n,4,6], f32[4,6], f32[n,4,6]"],
    [(x: g.Value) => g.scaledDotProductAttention(x, g.slice(x, { limit: [null, null, 3] }), x), "scaledDotProductAttention: queries and keys must have the same fixed number of features"],
    [(x: g.Value) => g.rotaryPositions(g.slice(x, { limit: [null, null, 5] })), "rotaryPositions turns pairs of features, but [n,4,5] has 5 of them"],
    [(x: g.Value) => g.positionEmbedding(x, { sequenceLength: 3 }), "positionEmbedding: 4 tokens of f32[n,4,6] are more than sequenceLength 3"],
    [(x: g.Value) => g.sinusoidalPositions(g.sum(x, { axes: [1, 2] })), "sinusoidalPositions takes floats [..., tokens, features] of fixed length and width, found f32[n]"],
  ] as const)("%s is refused", (build, sentence) => {
    expect(declare(build)).toThrow(sentence);
  }); // prettier-ignore
});

test("dropout of attention weights acts in training only", async () => {
  const model = (dropout: number): g.Model =>
    g.defineModel({
      name: "dropping",
      inputs: { x: g.f32(n, 6, 4) },
      build({ x }) {
        const y = g.multiHeadAttention(x, { numHeads: 2, keyDim: 2, causal: true, dropout });
        return { outputs: { y }, loss: g.sum(g.square(y)), optimizer: g.sgd({ learningRate: 0.1 }) };
      },
    });
  const [plain, dropping] = await Promise.all(
    [0, 0.5].map(async (rate) => (await running(model(rate))).generated),
  );
  const x = Float32Array.from(sequences(3, 6, 4, 9).flat(2));
  const [a, b] = [plain.create({ seed: 3 }), dropping.create({ seed: 3 })];
  const predicted = (net: typeof a): number[] => Array.from(net.predict(x)["y"].subarray(0, x.length));
  expect(predicted(b)).toEqual(predicted(a));
  expect({ ...b.evaluate(x) }).toEqual({ ...a.evaluate(x) });
  const losses = [
    b.trainStep(x),
    dropping.create({ seed: 3 }).trainStep(x),
    dropping.create({ seed: 4 }).trainStep(x),
  ];
  expect(losses[0]).not.toBe(a.trainStep(x));
  expect(losses[1]).toBe(losses[0]);
  expect(losses[2]).not.toBe(losses[0]);
});

test("sinusoidal and rotary positions are the sines and turns of their papers", () => {
  const model = g.defineModel({
    name: "positions",
    inputs: { x: g.f32(n, 3, 4) },
    build: ({ x }) => ({ outputs: { fixed: g.sinusoidalPositions(x), turned: g.rotaryPositions(x) } }),
  });
  const { predict } = ownGraphs(buildGraph(model, { precision: "f64" }));
  const found = run(predict, { x: [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4] });
  const [fixed, turned] = [found.get("fixed")!, found.get("turned")!];
  for (const t of [0, 1, 2]) {
    const [fast, slow] = [t, t / 100];
    const sines = [Math.sin(fast), Math.cos(fast), Math.sin(slow), Math.cos(slow)];
    for (const [k, value] of sines.entries()) expect(fixed[4 * t + k]).toBeCloseTo(value, 14);
    const turn = (a: number, b: number, by: number) => [a * Math.cos(by) - b * Math.sin(by), b * Math.cos(by) + a * Math.sin(by)]; // prettier-ignore
    const [[a, c], [b, d]] = [turn(1, 3, fast), turn(2, 4, slow)];
    for (const [k, value] of [a, b, c, d].entries()) expect(turned[4 * t + k]).toBeCloseTo(value, 14);
  }
});
