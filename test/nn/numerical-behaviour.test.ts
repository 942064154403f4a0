import { describe, expect, test } from "vitest";
import * as gradc from "gradc";
import { tensorType } from "../../src/ir/type.ts";
import { withBuilder } from "../../src/ir/builder.ts";
import type { Node, Value } from "../../src/ir/graph.ts";
import type { NDArray } from "../../src/ir/op.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import { ndarray } from "../../src/eval/ndarray.ts";
import { aboutOf } from "../../src/nn/about.ts";
import { ModelBuilder } from "../../src/nn/context.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { emitted, type Given } from "./emitted.ts";

type Inputs = { readonly [name: string]: Value };
type Build = (inputs: Inputs) => Value;

/** What the naive evaluator makes of the same. */
function evaluated(given: Given, build: Build): number[][] {
  const builder = new ModelBuilder("f64");
  return withBuilder(builder, () => {
    const feed = new Map<Node, NDArray>();
    const inputs = Object.fromEntries(
      Object.entries(given).map(([name, { shape, values }]) => {
        const dtype = name.startsWith("labels") ? "i32" : "f64";
        const value = leaf("input", name, tensorType(dtype, shape));
        feed.set(value.node, ndarray(dtype, shape, values));
        return [name, value];
      }),
    );
    const y = build(inputs);
    const floats = Object.values(inputs).filter(({ type }) => type.dtype === "f64");
    return evaluate([y, ...gradc.grad(gradc.sum(y), floats)], feed).map(({ data }) => [...data]);
  });
}

const ways = {
  evaluator: evaluated,
  "module in f32": (given: Given, build: Build) => emitted(given, build, "f32"),
  "module in f64": (given: Given, build: Build) => emitted(given, build, "f64"),
  "wasm in f32": (given: Given, build: Build) => emitted(given, build, "f32", "wasm"),
};

const line = (...values: number[]): Given => ({ x: { shape: [values.length], values } });
const pair = (x: number[], y: number[]): Given => ({
  x: { shape: [x.length], values: x },
  y: { shape: [y.length], values: y },
});
const table = (rows: number[][]): Given => ({ x: { shape: [rows.length, rows[0].length], values: rows.flat() } }); // prettier-ignore

interface Row {
  readonly name: string;
  readonly given: Given;
  readonly build: Build;
  readonly value: readonly number[];
  readonly slopes: readonly (readonly number[])[];
}
const big = 2 ** 24;
const rows: readonly Row[] = [
  { name: "softmax of ±1e4", given: line(1e4, -1e4, 0), build: ({ x }) => gradc.softmax(x), value: [1, 0, 0], slopes: [[0, 0, 0]] },
  { name: "logSoftmax of ±1e4", given: line(1e4, -1e4, 0), build: ({ x }) => gradc.logSoftmax(x), value: [0, -2e4, -1e4], slopes: [[-2, 1, 1]] },
  { name: "logSumExp of ±1e4", given: line(1e4, -1e4), build: ({ x }) => gradc.logSumExp(x), value: [1e4], slopes: [[1, 0]] },
  { name: "sigmoid at ±1000", given: line(-1000, 0, 1000), build: ({ x }) => gradc.sigmoid(x), value: [0, 0.5, 1], slopes: [[0, 0.25, 0]] },
  { name: "tanh at ±1000", given: line(-1000, 0, 1000), build: ({ x }) => gradc.tanh(x), value: [-1, 0, 1], slopes: [[0, 1, 0]] },
  { name: "erf at ±1000", given: line(-1000, 1000), build: ({ x }) => gradc.erf(x), value: [-1, 1], slopes: [[0, 0]] },
  { name: "softplus at ±1000", given: line(-1000, 1000), build: ({ x }) => gradc.softplus(x), value: [0, 1000], slopes: [[0, 1]] },
  { name: "logSigmoid at ±1000", given: line(-1000, 1000), build: ({ x }) => gradc.logSigmoid(x), value: [-1000, 0], slopes: [[1, 0]] },
  { name: "cross-entropy of infinite logits", given: pair([Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity], [0, 0.5, 1, 0, 0.5, 1]), build: ({ x, y }) => gradc.sigmoidBinaryCrossEntropy(x, y, { reduction: "none" }), value: [Infinity, Infinity, 0, 0, Infinity, Infinity], slopes: [[1, 0.5, 0, 0, -0.5, -1], [-Infinity, -Infinity, -Infinity, Infinity, Infinity, Infinity]] },
  { name: "cross-entropy of infinite logits, positives with a weight", given: pair([Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity], [0, 0.5, 1, 0, 0.5, 1]), build: ({ x, y }) => gradc.sigmoidBinaryCrossEntropy(x, y, { reduction: "none", positiveWeight: 3 }), value: [Infinity, Infinity, 0, 0, Infinity, Infinity], slopes: [[1, 0.5, 0, 0, -1.5, -3], [-Infinity, -Infinity, -Infinity, Infinity, Infinity, Infinity]] },
  { name: "cross-entropy of infinite logits without positives", given: pair([Infinity, Infinity, -Infinity, -Infinity], [0, 1, 0, 1]), build: ({ x, y }) => gradc.sigmoidBinaryCrossEntropy(x, y, { reduction: "none", positiveWeight: 0 }), value: [Infinity, 0, 0, 0], slopes: [[1, 0, 0, 0]] },
  { name: "cross-entropy of a large logit just beside its target", given: pair([1e8, -1e8], [1 - 2 ** -23, 2 ** -24]), build: ({ x, y }) => gradc.sigmoidBinaryCrossEntropy(x, y, { reduction: "none" }), value: [1e8 * 2 ** -23, 1e8 * 2 ** -24], slopes: [[2 ** -23, -(2 ** -24)], [-1e8, 1e8]] },
  { name: "log1p near 0", given: line(2 ** -60), build: ({ x }) => gradc.log1p(x), value: [2 ** -60], slopes: [[1]] },
  { name: "expm1 near 0", given: line(2 ** -60), build: ({ x }) => gradc.expm1(x), value: [2 ** -60], slopes: [[1]] },
  { name: "relu at 0", given: line(-1, 0, 2), build: ({ x }) => gradc.relu(x), value: [0, 0, 2], slopes: [[0, 0, 1]] },
  { name: "abs at 0", given: line(-3, 0, 2), build: ({ x }) => gradc.abs(x), value: [3, 0, 2], slopes: [[-1, 0, 1]] },
  { name: "sign at 0", given: line(-3, 0, 2), build: ({ x }) => gradc.sign(x), value: [-1, 0, 1], slopes: [[0, 0, 0]] },
  { name: "sqrt at 0", given: line(0, 4), build: ({ x }) => gradc.sqrt(x), value: [0, 2], slopes: [[Infinity, 0.25]] },
  { name: "maximum at ties", given: pair([1, 2, 3], [1, 5, 0]), build: ({ x, y }) => gradc.maximum(x, y), value: [1, 5, 3], slopes: [[0.5, 0, 1], [0.5, 1, 0]] },
  { name: "minimum at ties", given: pair([1, 2, 3], [1, 5, 0]), build: ({ x, y }) => gradc.minimum(x, y), value: [1, 2, 0], slopes: [[0.5, 1, 0], [0.5, 0, 1]] },
  { name: "max over an axis at ties", given: line(3, 1, 3, 3, 3), build: ({ x }) => gradc.max(x), value: [3], slopes: [[0.25, 0, 0.25, 0.25, 0.25]] },
  { name: "max pooling at ties", given: { x: { shape: [1, 4, 1], values: [2, 2, 5, 5] } }, build: ({ x }) => gradc.maxPool1d(x), value: [2, 5], slopes: [[1, 0, 1, 0]] },
  { name: "clip at its bounds", given: line(-2, -1, 0, 1, 2), build: ({ x }) => gradc.clip(x, -1, 1), value: [-1, -1, 0, 1, 1], slopes: [[0, 1, 1, 1, 0]] },
  { name: "x² at 0", given: line(0, 3), build: ({ x }) => gradc.pow(x, 2), value: [0, 9], slopes: [[0, 6]] },
  { name: "x^3.5 at 0", given: line(0, 4), build: ({ x }) => gradc.pow(x, 3.5), value: [0, 128], slopes: [[0, 112]] },
  { name: "0⁰", given: pair([0, 0], [0, 2]), build: ({ x, y }) => gradc.pow(x, y), value: [1, 0], slopes: [[0, 0], [0, 0]] },
  { name: "prod with one zero and with two", given: table([[2, 0, 5], [0, 0, 5]]), build: ({ x }) => gradc.prod(x, { axis: -1 }), value: [0, 0], slopes: [[0, 10, 0, 0, 0, 0]] },
  { name: "layerNorm of equal numbers", given: table([[3, 3, 3, 3]]), build: ({ x }) => gradc.layerNorm(x, { scale: false, center: false }), value: [0, 0, 0, 0], slopes: [[0, 0, 0, 0]] },
  { name: "a row of zeros over its length", given: table([[0, 0, 0]]), build: ({ x }) => gradc.unitNorm(x), value: [0, 0, 0], slopes: [[1e6, 1e6, 1e6]] },
  { name: "variance of large numbers, in two passes", given: table([[big, big + 2, big + 4, big + 2]]), build: ({ x }) => gradc.layerNorm(x, { scale: false, center: false, epsilon: 1e-30 }), value: [-Math.SQRT2, 0, Math.SQRT2, 0], slopes: [[0, 0, 0, 0]] },
  { name: "a branch that is not taken", given: line(0, 4), build: ({ x }) => gradc.where(gradc.greater(x, 0), gradc.log(gradc.where(gradc.greater(x, 0), x, 1)), 0), value: [0, Math.log(4)], slopes: [[0, 0.25]] },
]; // prettier-ignore

/** What something tends to below and above: a number, or a function of x. */
type Limit = number | ((x: number) => number);
interface Tail {
  readonly name: string;
  readonly build: Build;
  readonly value: readonly [Limit, Limit];
  readonly slope: readonly [Limit, Limit];
  /** x times or over something that depends on it. */
  readonly gated?: boolean;
}
const same = (x: number): number => x;
const tails: readonly Tail[] = [
  { name: "gelu", build: ({ x }) => gradc.gelu(x), value: [0, same], slope: [0, 1], gated: true },
  { name: "gelu with tanh", build: ({ x }) => gradc.gelu(x, { approximate: true }), value: [0, same], slope: [0, 1], gated: true },
  { name: "silu", build: ({ x }) => gradc.silu(x), value: [0, same], slope: [0, 1], gated: true },
  { name: "mish", build: ({ x }) => gradc.mish(x), value: [0, same], slope: [0, 1], gated: true },
  { name: "softplus", build: ({ x }) => gradc.softplus(x), value: [0, same], slope: [0, 1] },
  { name: "logSigmoid", build: ({ x }) => gradc.logSigmoid(x), value: [same, 0], slope: [1, 0] },
  { name: "softsign", build: ({ x }) => gradc.softsign(x), value: [-1, 1], slope: [0, 0], gated: true },
  { name: "tanhShrink", build: ({ x }) => gradc.tanhShrink(x), value: [same, same], slope: [1, 1] },
  { name: "tanh", build: ({ x }) => gradc.tanh(x), value: [-1, 1], slope: [0, 0] },
  { name: "sigmoid", build: ({ x }) => gradc.sigmoid(x), value: [0, 1], slope: [0, 0] },
  { name: "elu", build: ({ x }) => gradc.elu(x), value: [-1, same], slope: [0, 1] },
  { name: "celu", build: ({ x }) => gradc.celu(x), value: [-1, same], slope: [0, 1] },
  { name: "exponential of what is below 0", build: ({ x }) => gradc.exponential(gradc.neg(gradc.abs(x))), value: [0, 0], slope: [0, 0] },
]; // prettier-ignore

describe.each(Object.entries(ways))("%s", (way, compute) => {
  test.each(rows.map((row) => [row.name, row] as const))("%s", (_, { given, build, value, slopes }) => {
    const found = compute(given, build);
    for (const [part, wanted] of [value, ...slopes].entries()) {
      for (const [k, number] of wanted.entries()) {
        const close = Object.is(found[part][k] + 0, number + 0) || Math.abs(found[part][k] - number) <= (way.endsWith("f32") ? 1e-6 : 1e-12) * Math.max(1, Math.abs(number)); // prettier-ignore
        expect(close, `${part === 0 ? "value" : "slope"} ${k} is ${found[part][k]}, expected ${number}`).toBe(true); // prettier-ignore
      }
    }
  });

  test.each(tails.map((row) => [row.name, row] as const))("%s where numbers end", (_, row) => {
    const { build } = row;
    const finite = [-3e38, -1e38, -1e37, -1e19, 1e19, 1e37, 1e38, 3e38];
    // A gate of 0 times -∞ is no number.
    const xs = row.gated ? finite : [-Infinity, ...finite, Infinity];
    const slopeOf: Build = ({ x }) => gradc.grad(gradc.sum(build({ x })), [x])[0];
    const [values, slopes] = compute(line(...xs), build);
    const [again, curvatures] = compute(line(...xs), slopeOf);
    for (const [k, x] of xs.entries()) {
      const at = (limits: readonly [Limit, Limit]): number => {
        const limit = limits[x < 0 ? 0 : 1];
        return typeof limit === "number" ? limit : limit(Math.fround(x));
      };
      const close = (found: number, wanted: number): void =>
        expect(Object.is(found, wanted) || Math.abs(found - wanted) <= 1e-6 * Math.abs(wanted) + 1e-37, `${found}, expected ${wanted} at ${x}`).toBe(true); // prettier-ignore
      close(values[k], at(row.value));
      close(slopes[k], at(row.slope));
      close(again[k], at(row.slope));
      // Multiples of x that the product rule makes must be numbers too.
      if (!row.gated || Math.abs(x) <= 1e37) close(curvatures[k], 0);
    }
  });

  test("activations are numbers at ±∞, but for those that say otherwise", () => {
    const activations = Object.entries(gradc).flatMap(([name, thing]) => {
      const about = aboutOf(thing);
      return about?.kind === "activation" ? [{ name, about, build: thing as (x: Value) => Value }] : [];
    });
    const said = /NaN at (−|±)∞/;
    const found = activations.map(({ name, about, build }) => {
      const [[below, above]] = compute(line(-Infinity, Infinity), ({ x }) => build(x));
      return [
        name,
        Number.isNaN(below) ? (Number.isNaN(above) ? "±" : "−") : "",
        said.exec(about.doc)?.[1] ?? "",
      ];
    });
    expect(found.map(([name, is]) => [name, is])).toEqual(found.map(([name, , should]) => [name, should]));
    expect(found.filter(([, is]) => is !== "").length).toBe(5);
  });

  const carriers: Readonly<Record<string, Build>> = {
    relu: ({ x }) => gradc.relu(x),
    "maximum, first": ({ x }) => gradc.maximum(x, 1),
    "maximum, second": ({ x }) => gradc.maximum(1, x),
    "minimum, first": ({ x }) => gradc.minimum(x, 1),
    clip: ({ x }) => gradc.clip(x, -1, 1),
    max: ({ x }) => gradc.max(x),
    min: ({ x }) => gradc.min(x),
    "max pooling": ({ x }) => gradc.maxPool1d(gradc.reshape(x, [1, 2, 1])),
    "average pooling": ({ x }) => gradc.avgPool1d(gradc.reshape(x, [1, 2, 1])),
    softmax: ({ x }) => gradc.softmax(x),
  };
  test.each(Object.entries(carriers))("NaN goes through %s", (_, build) => {
    for (const values of [[NaN, 2], [2, NaN]])
      expect(compute(line(...values), build)[0].some(Number.isNaN)).toBe(true); // prettier-ignore
  });

  test("a sum of many small numbers keeps them", () => {
    const count = 100_000;
    const given = line(...Array.from({ length: count }, () => 0.1), big);
    const [[total]] = compute(given, ({ x }) => gradc.sum(x));
    expect(Math.abs(total - (big + count * 0.1)) / total).toBeLessThan(1e-7);
  });
});
