import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { typeText } from "../../src/ir/type.ts";
import { buildGraph } from "../../src/nn/index.ts";
import { running } from "../examples/run.ts";
import { ownGraphs } from "../own-graphs.ts";
import { run } from "./run.ts";

const n = g.batch(4);

const evaluated = (make: (x: g.Value) => g.Value, x: number[]): number[] => {
  const model = g.defineModel({
    name: "one",
    inputs: { x: g.f32(n, 4) },
    build: (of) => ({ outputs: { y: make(of.x) } }),
  });
  const built = buildGraph(model, { precision: "f64" });
  const graphs = ownGraphs(built);
  const cells = Object.fromEntries(run(graphs.init, { seed: [1] }));
  return run(graphs.predict, { ...cells, x }, x.length / 4).get("y") ?? [];
};
const close = (found: number[], expected: number[], error = 1e-12): void => {
  expect(found.length).toBe(expected.length);
  for (const [k, value] of expected.entries()) expect(Math.abs(found[k] - value)).toBeLessThan(error);
};

const layers = {
  layerNorm: (x: g.Value) => g.layerNorm(x),
  rmsNorm: (x: g.Value) => g.rmsNorm(x),
  groupNorm: (x: g.Value) => g.groupNorm(x, { groups: 2 }),
  instanceNorm: (x: g.Value) => g.instanceNorm(g.reshape(x, [n, 2, 2])),
  unitNorm: (x: g.Value) => g.unitNorm(x),
} as const;

describe("normalization", () => {
  test("computes what its formula says", () => {
    const x = [1, 2, 3, 6];
    close(
      evaluated(layers.layerNorm, x),
      x.map((v) => (v - 3) / Math.sqrt(3.5 + 1e-3)),
    );
    close(
      evaluated(layers.rmsNorm, x),
      x.map((v) => v / Math.sqrt(12.5 + 1e-6)),
    );
    close(
      evaluated(layers.unitNorm, x),
      x.map((v) => v / Math.sqrt(50)),
    );
    const pair = (v: number, middle: number, variance: number): number =>
      (v - middle) / Math.sqrt(variance + 1e-3);
    close(evaluated(layers.groupNorm, x), [pair(1, 1.5, 0.25), pair(2, 1.5, 0.25), pair(3, 4.5, 2.25), pair(6, 4.5, 2.25)]); // prettier-ignore
    close(evaluated(layers.instanceNorm, x), [pair(1, 2, 1), pair(2, 4, 4), pair(3, 2, 1), pair(6, 4, 4)]);
  });

  test.each(Object.entries(layers))(
    "%s of equal elements is finite, and so are its gradients",
    (_, layer) => {
      for (const x of [
        [0, 0, 0, 0],
        [3, 3, 3, 3],
        [1e4, 1e4, 1e4, 1e4],
      ]) {
        const y = evaluated(layer, x);
        expect(y.every(Number.isFinite)).toBe(true);
        const slope = evaluated((v) => g.grad(g.sum(g.square(g.add(layer(v), layer(g.mul(v, 2))))), v), x); // prettier-ignore
        expect(slope.every(Number.isFinite)).toBe(true);
      }
      expect(evaluated(layer, [0, 0, 0, 0])).toEqual([0, 0, 0, 0]);
    },
  );

  test("takes the variance in a second pass: a large mean costs no more than its rounding", async () => {
    const model = g.defineModel({
      name: "far",
      inputs: { x: g.f32(n, 4) },
      build: ({ x }) => ({ outputs: { y: g.layerNorm(x) } }),
    });
    const { generated } = await running(model);
    const x = Float32Array.of(10000, 10001, 10002, 10005);
    const found = [...generated.create({ seed: 1 }).predict(x)["y"]].slice(0, 4);
    close(
      found,
      [...x].map((v) => (v - 10002) / Math.sqrt(3.5 + 1e-3)),
      1e-6,
    );
  });

  test("parameters have the shape of the axes and Keras' names", () => {
    const model = g.defineModel({
      name: "shapes",
      inputs: { x: g.f32(n, 3, 4) },
      build({ x }) {
        const parts = [g.layerNorm(x, { axis: [1, 2] }), g.groupNorm(x, { groups: 2, center: false }), g.rmsNorm(x)];
        return { outputs: { y: parts.reduce((a, b) => g.add(a, b)) } };
      },
    }); // prettier-ignore
    const { cells } = buildGraph(model);
    const found = cells
      .filter(({ kind }) => kind === "parameter")
      .map(({ name, type }) => `${name} ${typeText(type)}`);
    expect(found).toEqual([
      "layerNorm/gamma f32[3,4]",
      "layerNorm/beta f32[3,4]",
      "groupNorm/gamma f32[4]",
      "rmsNorm/gamma f32[4]",
    ]);
  });

  test.each([
    [(x: g.Value) => g.layerNorm(x, { axis: 0 }), "layerNorm normalizes along axes of a fixed number, found axis 0 of f64[n,4]"],
    [(x: g.Value) => g.layerNorm(x, { axis: [] }), "layerNorm normalizes along axes of a fixed number, found none of f64[n,4]"],
    [(x: g.Value) => g.layerNorm(x, { axis: 2 }), "layerNorm: axis 2 does not exist in a value of rank 2"],
    [(x: g.Value) => g.layerNorm(x, { epsilon: 0 }), "epsilon of layerNorm must be above 0, found 0"],
    [(x: g.Value) => g.layerNorm(x, { centre: false } as never), 'layerNorm has no option "centre"\n  at layer layerNorm'],
    [(x: g.Value) => g.layerNorm(x, { scale: 1 as never }), "scale of layerNorm must be true or false, found 1"],
    [(x: g.Value) => g.layerNorm(g.cast(x, "i32")), "layerNorm takes floats, found i32[n,4]"],
    [(x: g.Value) => g.rmsNorm(x, { beta: 1 } as never), 'rmsNorm has no option "beta"'],
    [(x: g.Value) => g.groupNorm(x, { groups: 3 }), "groupNorm: 3 groups do not divide the 4 channels of [n,4]"],
    [(x: g.Value) => g.groupNorm(x), "groupNorm: 32 groups do not divide the 4 channels of [n,4]"],
    [(x: g.Value) => g.groupNorm(x, { groups: 0 }), "groups of groupNorm must be a positive integer, found 0"],
    [(x: g.Value) => g.instanceNorm(g.sum(x, { axis: 1 })), "instanceNorm takes [n, ..., channels], found f64[n]"],
    [(x: g.Value) => g.unitNorm(x, { epsilon: -1 }), "epsilon of unitNorm must be a finite number of at least 0, found -1"],
    [(x: g.Value) => g.maskedSoftmax(x, x), "the mask of maskedSoftmax must be bool, found f64[n,4]"],
  ] as const)("%s is refused", (make, sentence) => {
    expect(() => evaluated(make, [1, 2, 3, 4])).toThrow(sentence);
  }); // prettier-ignore
});
