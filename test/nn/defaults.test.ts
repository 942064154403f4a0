import { describe, expect, test } from "vitest";
import * as gradc from "gradc";
import type { Metric, Value } from "gradc";
import { withBuilder } from "../../src/ir/builder.ts";
import { printGraph } from "../../src/ir/text/graph-print.ts";
import { tensorType } from "../../src/ir/type.ts";
import { aboutOf, type About, type AboutKind } from "../../src/nn/about.ts";
import { ModelBuilder } from "../../src/nn/context.ts";
import { isMetric } from "../../src/nn/metrics/metric.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { parseInput } from "../ops/sample.ts";

const n = { times: 1, max: 5 };
type Given = Record<"x" | "y" | "s" | "labels", Value>;
type Call = (given: Given, options: object) => Value | Metric | readonly Value[];
type Any = (...args: unknown[]) => Value;

/** How things with options are called where it is not f(x, options). */
const arguments_: Readonly<Record<string, (given: Given) => readonly unknown[]>> = {
  softmaxCrossEntropy: ({ x, labels }) => [x, labels],
  softmaxFocalLoss: ({ x, labels }) => [x, labels],
  ctc: ({ x, labels }) => [gradc.stack([x, x], { axis: 1 }), gradc.expandDims(labels, 1)],
  tripletMargin: ({ x, y }) => [x, y, x],
  gaussianNll: ({ x, y }) => [x, y, x],
  contrastive: ({ x, y, s }) => [x, y, s],
  topKAccuracy: ({ x, labels }) => [x, labels],
  bidirectional: ({ x }) => [x, (at: Value, direction: object) => gradc.gru(at, { units: 2, ...direction })],
  rocAuc: ({ s }) => [s, gradc.greater(s, 0)],
};
/** What cannot be left out, by the beginning of a name, and the input of a layer. */
const needed: readonly (readonly [start: string, options: object, input?: string])[] = [
  ["dense", { units: 2 }, "f32[n,6]"],
  ["embedding", { inputDim: 3, outputDim: 2 }, "i32[n]"],
  ["depthwiseConv", { kernelSize: 2 }],
  ["separableConv", { filters: 4, kernelSize: 2 }],
  ["conv", { filters: 4, kernelSize: 2 }],
  ["maxPool", {}], ["avgPool", {}], ["globalMaxPool", {}], ["globalAvgPool", {}],
  ["upSampling", {}], ["zeroPadding", {}], ["cropping", {}],
  ["layerNorm", {}, "f32[n,6]"], ["rmsNorm", {}, "f32[n,6]"], ["unitNorm", {}, "f32[n,6]"],
  ["groupNorm", {}, "f32[n,4,64]"], ["instanceNorm", {}, "f32[n,4,64]"],
  ["batchNorm", {}, "f32[n,6]"],
  ["lstm", { units: 2 }, "f32[n,3,6]"], ["gru", { units: 2 }, "f32[n,3,6]"], ["simpleRnn", { units: 2 }, "f32[n,3,6]"],
  ["multiHeadAttention", { numHeads: 2, keyDim: 2 }, "f32[n,3,6]"],
  ["sinusoidalPositions", {}, "f32[n,3,6]"], ["rotaryPositions", {}, "f32[n,2,3,6]"],
  ["positionEmbedding", {}, "f32[n,3,6]"],
  ["rnn", { stateSizes: [6], step: (x: Value, [h]: readonly Value[]) => [x, [gradc.add(x, h)]] }, "f32[n,3,6]"],
  ["bidirectional", {}, "f32[n,3,6]"],
  ["sgd", { learningRate: 0.1 }],
  ["lars", { learningRate: 0.1 }],
]; // prettier-ignore
const neededBy = (name: string) => needed.find(([start]) => name.startsWith(start));
/** Layers over space have the rank in their name. */
const spaces: Readonly<Record<string, string>> = {
  "1d": "f32[n,4,2]",
  "2d": "f32[n,4,4,2]",
  "3d": "f32[n,4,4,4,2]",
};
const inputOf = (name: string): string =>
  neededBy(name)?.[2] ?? spaces[/[123]d/.exec(name)?.[0] ?? ""] ?? "f32[n,6]";

/** What a default means: a call in words is made, and a word for another option or a dimension stands for its value. */
function meant(value: unknown, x: Value): unknown {
  if (typeof value !== "string") return value;
  const called = /^(\w+)\(\)$/.exec(value)?.[1] as keyof typeof gradc | undefined;
  if (called) return (gradc[called] as () => unknown)();
  const { shape } = x.type;
  const words = new Map<string, unknown>([
    ["poolSize", 2], ["keyDim", 2], ["d", shape.at(-1)], ["tokens", shape.at(-2)], ["query", x], ["value", x],
  ]); // prettier-ignore
  return words.get(value) ?? value;
}
const meantAll = (defaults: object, x: Value): object =>
  Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, meant(value, x)]));

const things = Object.entries(gradc).flatMap(([name, thing]): [string, About, Any][] => {
  const about = aboutOf(thing);
  return about?.defaults ? [[name, about, thing as unknown as Any]] : [];
});
const ofKind = (...kinds: AboutKind[]) => things.filter(([, { kind }]) => kinds.includes(kind));

function call(name: string, kind: AboutKind, thing: Any): Call {
  return (given, options) => {
    const first = arguments_[name]?.(given) ?? (kind === "loss" || kind === "metric" ? [given.x, given.y] : [given.x]);
    return thing(...first, options);
  };
} // prettier-ignore

/** What is made, as values. */
const valuesOf = (made: Value | Metric | readonly Value[]): Value[] => {
  if (!isMetric(made)) return [made].flat() as Value[];
  const totals = made.totals.map(({ value }) => value);
  return [...totals, made.result(totals)];
};

const givenOf = (x: string): Given => ({
  x: leaf("input", "x", parseInput(x).type),
  y: leaf("input", "y", tensorType("f32", [n, 6])),
  s: leaf("input", "s", tensorType("f32", [n])),
  labels: leaf("input", "labels", tensorType("i32", [n])),
});

/** What is made, and what the parameters on the way begin as. */
const textOf = (values: readonly Value[], { run }: ModelBuilder): string => {
  const initial = [...run.parameters.values(), ...run.states.values()].flatMap((cell) => cell.initial ?? []);
  const outputs = [...values, ...initial].map((value, k) => ({
    role: "output" as const,
    name: `y${k}`,
    value,
  }));
  return printGraph({ name: "g", batch: 5, outputs, origins: new Map() });
};

/** The defaults, given by hand, make what leaving them out makes. */
function expectDefaults(defaults: object, make: (options: (x: Value) => object) => readonly Value[]): void {
  const made = (options: (x: Value) => object): string => {
    const build = new ModelBuilder("f32");
    return withBuilder(build, () => textOf(make(options), build));
  };
  expect(made((x) => meantAll(defaults, x))).toBe(made(() => ({})));
}

describe("what a description calls its defaults are the defaults of", () => {
  test.each(ofKind("loss", "metric", "activation"))("%s", (name, { kind, defaults = {} }, thing) => {
    expectDefaults(defaults, (options) => {
      const given = givenOf("f32[n,6]");
      return valuesOf(call(name, kind, thing)(given, options(given.x)));
    });
  });

  test.each(ofKind("initializer", "regularizer"))("%s", (_, { kind, defaults = {} }, thing) => {
    withBuilder(new ModelBuilder("f32"), () => {
      const seed = leaf("seed", "seed", tensorType("u32", []));
      const apply = (made: unknown): Value =>
        kind === "initializer"
          ? (made as gradc.Initializer)([4, 3], "f32", seed, 7)
          : (made as gradc.Regularizer)(leaf("parameter", "w", tensorType("f32", [2])));
      expect(apply(thing(defaults))).toBe(apply(thing({})));
    });
  });

  test.each(ofKind("optimizer"))("%s", (name, { defaults = {} }, thing) => {
    const specOf = (options: object): string => {
      const spec = thing({ ...neededBy(name)?.[1], ...options }) as unknown as { readonly hyper: object };
      // A scalar that is 0 unless given is no scalar of the step until it is given.
      return JSON.stringify({ ...spec, hyper: Object.entries({ ...defaults, ...spec.hyper }).sort() });
    };
    expect(specOf(defaults)).toBe(specOf({}));
  });

  test.each(ofKind("layer"))("%s", (name, { kind, defaults = {} }, thing) => {
    expectDefaults(defaults, (options) => {
      const given = givenOf(inputOf(name));
      return valuesOf(call(name, kind, thing)(given, { ...neededBy(name)?.[1], ...options(given.x) }));
    });
  });
});
