import { describe, expect, test } from "vitest";
import {
  adam,
  cosineDecay,
  cosineRestarts,
  exponentialDecay,
  inverseTimeDecay,
  linearWarmup,
  oneCycle,
  piecewiseConstant,
  polynomialDecay,
  sgd,
  stepDecay,
  type Schedule,
} from "gradc";
import {
  emit,
  emitted,
  evaluated,
  shapes,
  start,
  stepWith,
  weightsOf,
  type Precision,
  type Tensors,
} from "./tools.ts";

const ones: Tensors = Object.fromEntries(Object.keys(shapes).map((name) => [name, start[name].map(() => 1)]));
const zeros: Tensors = Object.fromEntries(
  Object.keys(shapes).map((name) => [name, start[name].map(() => 0)]),
);
const count = 26;
const course = { from: zeros, gradients: () => ones, steps: count };

/** The rates of the first updates: with gradients of 1, what sgd's weights fall by. */
const ratesOf = (weights: readonly Tensors[]): number[] =>
  weights.map((tensors, k) => (k === 0 ? 0 : weights[k - 1]["head/kernel"][0]) - tensors["head/kernel"][0]);
const half = (x: number): number => (1 + Math.cos(Math.PI * x)) / 2;

const cases: readonly (readonly [string, Schedule, (t: number) => number])[] = [
  ["stepDecay", stepDecay({ initial: 0.5, every: 3, factor: 0.5 }), (t) => 0.5 * 0.5 ** Math.floor(t / 3)],
  [
    "stepDecay by default",
    stepDecay({ initial: 0.5, every: 10 }),
    (t) => [0.5, 0.05, 0.005][Math.floor(t / 10)],
  ],
  ["exponentialDecay", exponentialDecay({ initial: 0.4, steps: 5, rate: 0.7 }), (t) => 0.4 * 0.7 ** (t / 5)],
  [
    "exponentialDecay in stairs",
    exponentialDecay({ initial: 0.4, steps: 5, rate: 0.7, staircase: true }),
    (t) => 0.4 * 0.7 ** Math.floor(t / 5),
  ],
  ["inverseTimeDecay", inverseTimeDecay({ initial: 0.4, steps: 4, rate: 2 }), (t) => 0.4 / (1 + (2 * t) / 4)],
  [
    "inverseTimeDecay in stairs",
    inverseTimeDecay({ initial: 0.4, steps: 4, rate: 2, staircase: true }),
    (t) => 0.4 / (1 + 2 * Math.floor(t / 4)),
  ],
  [
    "polynomialDecay by default",
    polynomialDecay({ initial: 0.8, steps: 20 }),
    (t) => 0.8 * (1 - Math.min(t, 20) / 20),
  ],
  [
    "polynomialDecay",
    polynomialDecay({ initial: 0.8, steps: 20, end: 0.1, power: 1.5 }),
    (t) => 0.1 + 0.7 * (1 - Math.min(t, 20) / 20) ** 1.5,
  ],
  [
    "piecewiseConstant",
    piecewiseConstant({ boundaries: [1, 4, 20], values: [0.1, 0.4, 0.2, 0.3] }),
    (t) => (t < 1 ? 0.1 : t < 4 ? 0.4 : t < 20 ? 0.2 : 0.3),
  ],
  ["piecewiseConstant of one value", piecewiseConstant({ boundaries: [], values: [0.1] }), () => 0.1],
  ["linearWarmup of a number", linearWarmup({ steps: 4, then: 0.3 }), (t) => (t < 4 ? (0.3 * t) / 4 : 0.3)],
  [
    "linearWarmup of a schedule",
    linearWarmup({ steps: 4, start: 0.25, then: stepDecay({ initial: 0.4, every: 3, factor: 0.5 }) }),
    (t) => (t < 4 ? 0.4 * (0.25 + (0.75 * t) / 4) : 0.4 * 0.5 ** Math.floor((t - 4) / 3)),
  ],
  ["cosineDecay by default", cosineDecay({ peak: 0.3, steps: 20 }), (t) => 0.3 * half(Math.min(t, 20) / 20)],
  [
    "cosineDecay",
    cosineDecay({ peak: 0.3, steps: 20, warmup: 5, end: 0.06 }),
    (t) => (t < 5 ? (0.3 * t) / 5 : 0.06 + 0.24 * half((Math.min(t, 20) - 5) / 15)),
  ],
  [
    "cosineRestarts by default",
    cosineRestarts({ peak: 0.3, steps: 3 }),
    // Periods of 3, 6, 12 and 24 updates.
    (t) => 0.3 * half(t < 3 ? t / 3 : t < 9 ? (t - 3) / 6 : t < 21 ? (t - 9) / 12 : (t - 21) / 24),
  ],
  [
    "cosineRestarts",
    cosineRestarts({ peak: 0.3, steps: 4, stretch: 1, shrink: 0.5, end: 0.01 }),
    (t) => 0.01 + (0.3 * 0.5 ** Math.floor(t / 4) - 0.01) * half((t % 4) / 4),
  ],
  [
    "oneCycle",
    oneCycle({ peak: 0.5, steps: 20 }),
    // PyTorch: 0.02 up to 0.5 at update 5, down to 2e-6 at update 19.
    (t) =>
      t <= 5 ? 0.5 + (0.02 - 0.5) * half(t / 5) : 2e-6 + (0.5 - 2e-6) * half((Math.min(t, 19) - 5) / 14),
  ],
];

describe("schedules follow their formulas", () => {
  test.each(cases)("%s", (_, schedule, rate) => {
    const expected = Array.from({ length: count }, (_, t) => rate(t));
    for (const found of [
      ratesOf(emitted(sgd({ learningRate: schedule }), course)),
      ratesOf(evaluated(sgd({ learningRate: schedule }), course)),
    ]) {
      for (const [t, value] of found.entries()) expect(Math.abs(value - expected[t])).toBeLessThan(1e-14);
    }
    const single = ratesOf(emitted(sgd({ learningRate: schedule }), { ...course, precision: "f32" }));
    for (const [t, value] of single.entries()) expect(Math.abs(value - expected[t])).toBeLessThan(1e-6);
  });

  test("cosineRestarts begins each period at its own update, however many there are", () => {
    // With 10 and 1, the logarithm puts update 111 into the period before.
    for (const [stretch, first] of [
      [1, 3],
      [1.5, 2],
      [2, 2],
      [3, 2],
      [10, 1],
    ]) {
      const schedule = cosineRestarts({ peak: 1, steps: first, stretch });
      const found = ratesOf(emitted(sgd({ learningRate: schedule }), { ...course, steps: 200 }));
      let [begin, length] = [0, first];
      while (begin < 200) {
        if (Number.isInteger(begin)) expect(found[begin]).toBeCloseTo(1, 9);
        begin += length;
        length *= stretch;
      }
    }
  });
});

describe("the rate is hyper.learningRate times the schedule", () => {
  test.each(["f32", "f64"] as Precision[])("in %s", (precision) => {
    const net = emit(
      sgd({ learningRate: stepDecay({ initial: 0.5, every: 1, factor: 0.5 }) }),
      precision,
      zeros,
    ).create({ seed: 1 });
    expect(net.hyper["learningRate"]).toBe(0.5);
    stepWith(net, ones, precision);
    net.hyper["learningRate"] = 4;
    stepWith(net, ones, precision);
    expect(weightsOf(net)["head/kernel"][0]).toBe(-0.5 - 4 * 0.5);
    expect(net.hyper["learningRate"]).toBe(4);
  });

  test("and counts updates, which bias corrections do too", () => {
    const optimizer = adam({ learningRate: linearWarmup({ steps: 2, then: 0.1 }) });
    const found = ratesOf(emitted(optimizer, course));
    for (const [t, value] of found.entries()) expect(value).toBeCloseTo(Math.min(t / 2, 1) * 0.1, 7);
  });
});

test("schedules refuse what makes no sense", () => {
  expect(() => stepDecay({ initial: 0, every: 1 })).toThrow(
    "initial of stepDecay must be a finite number above 0, found 0",
  );
  expect(() => stepDecay({ initial: 1, every: 0 })).toThrow(
    "every of stepDecay must be a whole number of updates, at least 1, found 0",
  );
  expect(() => stepDecay({ initial: 1, every: 1, factor: -1 })).toThrow(
    "factor of stepDecay must be a finite number of at least 0, found -1",
  );
  expect(() => exponentialDecay({ initial: 1, steps: 2.5, rate: 1 })).toThrow(
    "steps of exponentialDecay must be a whole number of updates",
  );
  expect(() => exponentialDecay({ initial: 1, steps: 2 } as never)).toThrow(
    "rate of exponentialDecay must be a finite number of at least 0, found undefined",
  );
  expect(() => exponentialDecay({ initial: 1, steps: 2, rate: 1, staircase: 1 } as never)).toThrow(
    "staircase of exponentialDecay must be true or false, found 1",
  );
  expect(() => inverseTimeDecay({ inital: 1 } as never)).toThrow(
    /inverseTimeDecay has no option "inital"[^]*initial/,
  );
  expect(() => polynomialDecay({ initial: -1, steps: 1 })).toThrow(
    "initial of polynomialDecay must be a finite number above 0, found -1",
  );
  expect(() => piecewiseConstant({ boundaries: [1], values: [1] })).toThrow(
    "piecewiseConstant needs one value more than boundaries, found 1 and 1",
  );
  expect(() => piecewiseConstant({ boundaries: [3, 3], values: [1, 2, 3] })).toThrow(
    "whole numbers of updates that increase from 1, found 3, 3",
  );
  expect(() => piecewiseConstant({ boundaries: [3], values: [1, -2] })).toThrow(
    "value 1 of piecewiseConstant must be a finite number above 0, found -2",
  );
  expect(() => piecewiseConstant({} as never)).toThrow("found none and none");
  expect(() => linearWarmup({ steps: 0, then: 1 })).toThrow(
    "steps of linearWarmup must be a whole number of updates, at least 1, found 0",
  );
  expect(() => linearWarmup({ steps: 1 } as never)).toThrow(
    "then of linearWarmup must be a finite number above 0, found undefined",
  );
  expect(() => cosineDecay({ peak: 1, steps: 0 })).toThrow(
    "steps of cosineDecay must be a whole number of updates, at least 1, found 0",
  );
  expect(() => cosineDecay({ peak: 1, steps: 10, warmup: 10 })).toThrow(
    /cosineDecay has a warmup of 10 updates in 10 steps[^]*steps counts the warm-up too/,
  );
  expect(() => cosineRestarts({ peak: 1, steps: 1, stretch: 0.5 })).toThrow(
    "stretch of cosineRestarts must be a finite number of at least 1, found 0.5",
  );
  expect(() => oneCycle({ peak: 1, steps: 1 })).toThrow(
    "steps of oneCycle must be a whole number of updates, at least 2, found 1",
  );
  expect(() => oneCycle({ peak: 1, steps: 3 })).toThrow("oneCycle cannot rise within 0.3 of 3 steps");
  expect(() => sgd({ learningRate: "fast" } as never)).toThrow(
    'learningRate of sgd must be a finite number of at least 0, found "fast"',
  );
});
