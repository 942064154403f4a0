import { describe, expect, test } from "vitest";
import { adadelta, adagrad, adam, adamW, adamax, lamb, lars, lion, nadam, rmsprop, sgd } from "gradc";
import { cases } from "./cases.ts";
import { distance, emitted, evaluated, referred, start, type Tensors } from "./tools.ts";

describe("optimizers follow hand-written loops over 14 steps", () => {
  test.each(cases)("%s", (_, optimizer, loop) => {
    const expected = referred(loop);
    expect(distance(emitted(optimizer), expected)).toBeLessThan(1e-12);
    expect(distance(evaluated(optimizer), expected)).toBeLessThan(1e-12);
    expect(distance(emitted(optimizer, { precision: "f32" }), expected)).toBeLessThan(2e-5);
  });
});

const zeros: Tensors = Object.fromEntries(
  Object.entries(start).map(([name, list]) => [name, list.map(() => 0)]),
);
const every = (value: number) => (): Tensors =>
  Object.fromEntries(Object.entries(start).map(([name, list]) => [name, list.map(() => value)]));

describe("at the edges", () => {
  test.each(cases)("zero gradients and zero parameters give finite weights: %s", (_, optimizer) => {
    for (const precision of ["f32", "f64"] as const) {
      const still = emitted(optimizer, { precision, from: zeros, gradients: () => zeros, steps: 3 });
      expect(distance(still, [zeros, zeros, zeros])).toBe(0);
      const moving = emitted(optimizer, { precision, from: zeros, steps: 3 });
      expect(Object.values(moving[2]).flat().every(Number.isFinite)).toBe(true);
      // The first weights have the largest gradients, and no rule may keep them where they are.
      for (const [first] of Object.values(moving[2])) expect(Math.abs(first)).toBeGreaterThan(0);
    }
  });

  test.each(cases)("gradients of 1e15 and 1e-30 give finite weights: %s", (_, optimizer) => {
    for (const value of [1e15, -1e15, 1e-30]) {
      const weights = emitted(optimizer, { precision: "f32", gradients: every(value), steps: 3 });
      expect(Object.values(weights[2]).flat().every(Number.isFinite)).toBe(true);
    }
  });

  test("constant gradients leave no negative variance in centered rmsprop", () => {
    const optimizer = rmsprop({ centered: true, epsilon: 1e-3, decay: 0.5 });
    const weights = emitted(optimizer, { precision: "f32", gradients: every(0.013), steps: 40 });
    expect(Object.values(weights[39]).flat().every(Number.isFinite)).toBe(true);
  });

  test("epsilon stands outside adam's root", () => {
    // With v̂ = 1e-16 the denominators are 2e-8 outside, 1.0001e-4 inside.
    const [first] = emitted(adam({ learningRate: 1 }), { from: zeros, gradients: every(1e-8), steps: 1 });
    expect(first["head/kernel"][0]).toBeCloseTo(-0.5, 10);
  });
});

test("optimizers refuse options that do not exist or make no sense", () => {
  expect(() => adam({ learningrate: 1 } as never)).toThrow(
    /adam has no option "learningrate"[^]*did you mean "learningRate"/,
  );
  expect(() => adam({ beta2: 1 })).toThrow("beta2 of adam must be a finite number in [0, 1), found 1");
  expect(() => adam({ amsgrad: 1 } as never)).toThrow("amsgrad of adam must be true or false, found 1");
  expect(() => adam({ learningRate: -1 })).toThrow(
    "learningRate of adam must be a finite number of at least 0, found -1",
  );
  expect(() => adamW({ decoupledWeightDecay: true })).toThrow('adamW has no option "decoupledWeightDecay"');
  expect(() => sgd({} as never)).toThrow(
    "learningRate of sgd must be a finite number of at least 0, found undefined",
  );
  expect(() => sgd({ learningRate: 0.1, nesterov: true })).toThrow("nesterov needs a momentum");
  expect(() => sgd({ learningRate: NaN })).toThrow("found NaN");
  expect(() => rmsprop({ rho: 0.9 } as never)).toThrow('rmsprop has no option "rho"');
  expect(() => rmsprop({ decay: 1 })).toThrow("decay of rmsprop must be a finite number in [0, 1), found 1");
  expect(() => adagrad({ initialAccumulator: -1 })).toThrow(
    "initialAccumulator of adagrad must be a finite number of at least 0",
  );
  expect(() => adadelta({ epsilon: -1 })).toThrow(
    "epsilon of adadelta must be a finite number of at least 0",
  );
  expect(() => adamax({ beta1: -0.1 })).toThrow("beta1 of adamax must be a finite number in [0, 1)");
  expect(() => nadam({ momentumDecay: Infinity })).toThrow("momentumDecay of nadam must be a finite number");
  expect(() => lion({ epsilon: 1 } as never)).toThrow('lion has no option "epsilon"');
  expect(() => lamb({ beta2: 1.5 })).toThrow("beta2 of lamb must be a finite number in [0, 1), found 1.5");
  expect(() => lars({} as never)).toThrow(
    "learningRate of lars must be a finite number of at least 0, found undefined",
  );
  expect(() => sgd({ learningRate: 0.1, clipNorm: 0 })).toThrow(
    "clipNorm of sgd must be a finite number above 0, found 0",
  );
  expect(() => sgd({ learningRate: 0.1, clipNorm: 1, clipValue: 2 })).toThrow(
    "sgd takes one of clipValue and clipNorm, not both",
  );
});
