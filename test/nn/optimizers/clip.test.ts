import { describe, expect, test } from "vitest";
import { adam, sgd, type OptimizerSpec } from "gradc";
import {
  distance,
  emit,
  emitted,
  evaluated,
  gradientsAt,
  referred,
  shapes,
  start,
  stepWith,
  weightsOf,
  type Reference,
  type Tensors,
} from "./tools.ts";

const norm = (lists: readonly (readonly number[])[]): number =>
  Math.sqrt(lists.flat().reduce((sum, x) => sum + x * x, 0));

/** Sgd at 0.1 with gradients changed as a whole first. */
const sgdAfter = (change: (gradients: Tensors) => Tensors) => (): Reference => (weights, raw) => {
  const gradients = change(raw);
  for (const [name, list] of Object.entries(weights))
    for (const k of list.keys()) list[k] -= 0.1 * gradients[name][k];
};
const scaled = (gradients: Tensors, factor: (name: string) => number): Tensors =>
  Object.fromEntries(
    Object.entries(gradients).map(([name, list]) => [name, list.map((g) => g * factor(name))]),
  );

const rules: readonly (readonly [string, OptimizerSpec, (gradients: Tensors) => Tensors])[] = [
  [
    "clipValue",
    sgd({ learningRate: 0.1, clipValue: 0.2 }),
    (gradients) =>
      Object.fromEntries(
        Object.entries(gradients).map(([name, list]) => [
          name,
          list.map((g) => Math.min(Math.max(g, -0.2), 0.2)),
        ]),
      ),
  ],
  [
    "clipNorm",
    sgd({ learningRate: 0.1, clipNorm: 0.3 }),
    (gradients) => scaled(gradients, (name) => Math.min(1, 0.3 / norm([gradients[name]]))),
  ],
  [
    "globalClipNorm",
    sgd({ learningRate: 0.1, globalClipNorm: 0.5 }),
    (gradients) => scaled(gradients, () => Math.min(1, 0.5 / norm(Object.values(gradients)))),
  ],
];

describe("clipping", () => {
  test.each(rules)("%s follows its formula", (_, optimizer, change) => {
    const expected = referred(sgdAfter(change));
    expect(distance(expected, referred(sgdAfter((gradients) => gradients)))).toBeGreaterThan(0.01);
    expect(distance(emitted(optimizer), expected)).toBeLessThan(1e-12);
    expect(distance(evaluated(optimizer), expected)).toBeLessThan(1e-12);
    expect(distance(emitted(optimizer, { precision: "f32" }), expected)).toBeLessThan(1e-5);
  });

  test("the global norm is that of all groups together", () => {
    const expected = referred(sgdAfter(rules[2][2]));
    const optimizer = sgd({
      learningRate: 0.1,
      globalClipNorm: 0.5,
      groups: { "encoder/**": { learningRate: 0.1 } },
    });
    expect(distance(emitted(optimizer), expected)).toBeLessThan(1e-12);
  });

  test("leaves gradients within the bound as they are, to the bit", () => {
    const free = emitted(adam({ learningRate: 0.1 }));
    for (const clip of ["clipValue", "clipNorm", "globalClipNorm"] as const)
      expect(emitted(adam({ learningRate: 0.1, [clip]: 100 }))).toEqual(free);
  });

  test("comes before weight decay", () => {
    const [first] = emitted(sgd({ learningRate: 1, weightDecay: 0.5, clipValue: 1e-9 }), { steps: 1 });
    expect(first["head/kernel"][0]).toBeCloseTo(start["head/kernel"][0] / 2, 8);
  });

  test("its bound is assignable", () => {
    const net = emit(sgd({ learningRate: 1, globalClipNorm: 1e-9 }), "f64").create({ seed: 1 });
    net.hyper["globalClipNorm"] = 1e9;
    stepWith(net, gradientsAt(1), "f64");
    expect(weightsOf(net)["head/kernel"][0]).toBe(start["head/kernel"][0] - gradientsAt(1)["head/kernel"][0]);
  });

  const every = (value: number): Tensors =>
    Object.fromEntries(Object.keys(shapes).map((name) => [name, start[name].map(() => value)]));
  test("squares of large f32 gradients do not overflow", () => {
    for (const clip of ["clipNorm", "globalClipNorm"] as const) {
      const [first] = emitted(sgd({ learningRate: 1, [clip]: 1 }), {
        precision: "f32",
        gradients: () => every(1e30),
        steps: 1,
      });
      const size = clip === "clipNorm" ? 4 : 13;
      expect(first["head/kernel"][0]).toBeCloseTo(start["head/kernel"][0] - 1 / Math.sqrt(size), 5);
    }
  });

  test("does not hide a gradient that is no number", () => {
    const broken = { ...every(1), "encoder/bias": [NaN, 1, 1] };
    const [local] = emitted(sgd({ learningRate: 1, clipNorm: 1 }), { gradients: () => broken, steps: 1 });
    expect(local["encoder/bias"].every(Number.isNaN)).toBe(true);
    expect(local["head/kernel"].every(Number.isFinite)).toBe(true);
    const [whole] = emitted(sgd({ learningRate: 1, globalClipNorm: 1 }), {
      gradients: () => broken,
      steps: 1,
    });
    expect(Object.values(whole).flat().every(Number.isNaN)).toBe(true);
    const [value] = emitted(sgd({ learningRate: 1, clipValue: 1 }), { gradients: () => broken, steps: 1 });
    expect(value["encoder/bias"].map(Number.isNaN)).toEqual([true, false, false]);
  });
});
