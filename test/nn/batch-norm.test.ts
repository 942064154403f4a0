import { expect, test } from "vitest";
import * as g from "gradc";
import { compile } from "../../src/compile.ts";
import { loadText, type Net } from "../compile/program.ts";
import { randomFrom } from "../ops/sample.ts";

const rows = 6;
const n = g.batch(rows);
type Make = (x: g.Value) => g.Value;
function load(shape: readonly number[], make: Make, precision: "f32" | "f64" = "f64"): Net {
  const model = g.defineModel({
    name: "m",
    inputs: { x: g.f32(n, ...shape), t: g.f32(n, ...shape) },
    build({ x, t }) {
      const y = make(x);
      return { outputs: { y }, loss: g.sum(g.mul(y, t)), optimizer: g.sgd({ learningRate: 0 }) };
    },
  });
  return loadText(compile(model, { precision, debug: true }).files[0].text).create();
}

interface Reference {
  readonly y: number[];
  readonly dx: number[];
  readonly mean: number[];
  readonly variance: number[];
}

/** The formulas of Ioffe & Szegedy (2015), feature by feature, with their gradients written out. */
function reference(x: readonly number[], t: readonly number[], width: number, epsilon: number): Reference {
  const m = x.length / width;
  const y = x.map(() => 0);
  const dx = x.map(() => 0);
  const [mean, variance]: [number[], number[]] = [[], []];
  for (let c = 0; c < width; c++) {
    const places = Array.from({ length: m }, (_, k) => k * width + c);
    mean[c] = places.reduce((sum, p) => sum + x[p], 0) / m;
    variance[c] = places.reduce((sum, p) => sum + (x[p] - mean[c]) ** 2, 0) / m;
    const root = Math.sqrt(variance[c] + epsilon);
    const dVariance = places.reduce((sum, p) => sum + t[p] * (x[p] - mean[c]), 0) * -0.5 * root ** -3;
    const dMean =
      places.reduce((sum, p) => sum - t[p] / root, 0) +
      (dVariance * places.reduce((sum, p) => sum - 2 * (x[p] - mean[c]), 0)) / m;
    for (const p of places) {
      y[p] = (x[p] - mean[c]) / root;
      dx[p] = t[p] / root + (dVariance * 2 * (x[p] - mean[c])) / m + dMean / m;
    }
  }
  return { y, dx, mean, variance };
}
const close = (found: ArrayLike<number>, expected: readonly number[], tolerance = 1e-12): void => {
  for (const [k, value] of expected.entries())
    expect(Math.abs(found[k] - value), `[${k}]: ${found[k]} for ${value}`).toBeLessThan(
      tolerance * Math.max(1, Math.abs(value)),
    );
};
const numbers = (count: number, seed: number, scale = 2, shift = 0): number[] => {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => scale * (2 * random() - 1) + shift);
};

test.each<readonly number[]>([[4], [1], [3, 2], [2, 3, 4]])(
  "agrees with the paper's formulas over [n, %i, %i, %i], forward and backward, for every n",
  (...given) => {
    const shape = given.filter((dim) => dim !== undefined && !Number.isNaN(dim));
    const size = shape.reduce((product, dim) => product * dim, 1);
    const width = shape.at(-1)!;
    // The gradient by x is that by a parameter added to it.
    const seen = load(shape, (x) => {
      const added = g.param("added", [rows, ...shape].slice(1), { initializer: g.zeros() });
      return g.batchNorm(g.add(x, added), { epsilon: 0.01 });
    });
    for (let m = 1; m <= rows; m++) {
      const [x, t] = [numbers(m * size, m), numbers(m * size, 50 + m)];
      const { y, dx, mean, variance } = reference(x, t, width, 0.01);
      seen.init(0);
      const loss = seen.forward(Float64Array.from(x), Float64Array.from(t));
      close([loss], [y.reduce((sum, value, k) => sum + value * t[k], 0)]);
      seen.backward();
      const sums = Array.from({ length: size }, (_, k) =>
        dx.reduce((sum, d, p) => sum + (p % size === k ? d : 0), 0),
      );
      close(seen.gradients["added"], sums, 1e-10);
      seen.update();
      // One update: moving ← 0.99 · start + 0.01 · of the batch, the biased variance.
      const moved = variance.map((v) => 0.99 + 0.01 * v);
      const shifted = mean.map((v) => 0.01 * v);
      const predicted = seen.predict(Float64Array.from(x))["y"];
      close(
        predicted,
        x.map((value, k) => (value - shifted[k % width]) / Math.sqrt(moved[k % width] + 0.01)),
      );
    }
  },
);

test("gamma, beta, momentum, epsilon and the axis are as named", () => {
  const net = load([3, 2], (x) =>
    g.batchNorm(x, {
      axis: 1,
      momentum: 0.25,
      epsilon: 0.5,
      gammaInitializer: [1, 2, 3],
      betaInitializer: [10, 20, 30],
      movingMeanInitializer: [1, 1, 1],
    }),
  );
  const x = Float64Array.from(numbers(rows * 6, 3));
  const feature = (k: number): number => Math.floor(k / 2) % 3;
  const means = [0, 1, 2].map((c) => {
    const own = [...x].filter((_, k) => feature(k) === c);
    return own.reduce((sum, value) => sum + value, 0) / own.length;
  });
  const variances = [0, 1, 2].map((c) => {
    const own = [...x].filter((_, k) => feature(k) === c);
    return own.reduce((sum, value) => sum + (value - means[c]) ** 2, 0) / own.length;
  });
  const expected = (mean: readonly number[], variance: readonly number[]): number[] =>
    [...x].map((value, k) => {
      const c = feature(k);
      return (c + 1) * ((value - mean[c]) / Math.sqrt(variance[c] + 0.5)) + 10 * (c + 1);
    });
  close(net.predict(x)["y"], expected([1, 1, 1], [1, 1, 1]));
  const t = Float64Array.from(numbers(rows * 6, 4));
  close(
    [net.trainStep(x, t)],
    [expected(means, variances).reduce((sum, value, k) => sum + value * t[k], 0)],
    1e-11,
  );
  close(
    net.predict(x)["y"],
    expected(
      means.map((value) => 0.25 + 0.75 * value),
      variances.map((value) => 0.25 + 0.75 * value),
    ),
  );
});

test("a variance of zero gives finite values and gradients, and one row is such a batch", () => {
  const net = load([2], (x) => g.batchNorm(g.add(x, g.param("w", [2], { initializer: g.zeros() }))), "f32");
  for (const x of [new Float32Array(12).fill(1e4), Float32Array.of(3, -1e6)]) {
    expect(Math.abs(net.forward(x, x))).toBeLessThan(1e-3);
    net.backward();
    expect([...net.gradients["w"]].every(Number.isFinite)).toBe(true);
    for (const slope of net.gradients["batchNorm/gamma"]) expect(Math.abs(slope)).toBeLessThan(1e-3);
  }
});

test("small differences between large numbers survive, since the variance is taken in two passes", () => {
  const net = load([1], (x) => g.batchNorm(x, { epsilon: 0 }), "f32");
  // Exact in float32; the mean of their squares minus the square of their mean would be lost.
  const x = Float32Array.of(4096.25, 4096.5, 4096.75, 4096.25, 4096.5, 4096.75);
  const { y } = reference([...x], [...x], 1, 0);
  expect(net.forward(x, Float32Array.from(y, Math.sign))).toBeCloseTo(
    y.reduce((sum, value) => sum + Math.abs(value), 0),
    4,
  );
});

test("in a shared tower each call moves the statistics on, as two calls of a layer do", () => {
  const net = load([1], (x) => {
    const tower = g.shared("tower", (v: g.Value) => g.batchNorm(v, { momentum: 0.5 }));
    return g.add(tower(x), tower(g.mul(x, 3)));
  });
  net.trainStep(Float64Array.of(2, 4), Float64Array.of(1, 1));
  // 0 → 1.5 (batch mean 3) → 5.25 (batch mean 9); 1 → 1 (batch variance 1) → 5 (batch variance 9).
  const { y } = net.predict(Float64Array.of(5.25, 1));
  close([y[0]], [(3 * 5.25 - 5.25) / Math.sqrt(5 + 1e-3)]);
});

const refused = (make: Make): string => {
  try {
    load([2], make);
  } catch (error) {
    return (error as Error).message.replaceAll(/batch-norm\.test\.ts:\d+/g, "here");
  }
  return "nothing was refused";
};
test.each<[Make, string]>([
  [
    (x) => g.batchNorm(x, { axis: 0 }),
    "batchNorm: axis 0 of f64[n,2] is the batch, not features\n  at layer batchNorm, here",
  ],
  [
    (x) => g.batchNorm(x, { axis: 2 }),
    "batchNorm: axis 2 does not exist in a value of rank 2\n  at layer batchNorm, here",
  ],
  [
    (x) => g.batchNorm(g.mean(x, { axis: 0 })),
    "batchNorm needs at least one axis beside that of features, found f64[2]\n  at layer batchNorm, here",
  ],
  [
    (x) => g.batchNorm(g.cast(x, "i32")),
    'batchNorm takes floats, found i32[n,2]\n  at layer batchNorm, here\n  hint: use cast(x, "f32")',
  ],
  [
    (x) => g.batchNorm(x, { momentum: 1.5 }),
    "momentum of batchNorm must be at most 1, found 1.5\n  at layer batchNorm, here",
  ],
  [
    (x) => g.batchNorm(x, { epsilon: -1, name: "bn" }),
    "epsilon of batchNorm must be a finite number of at least 0, found -1\n  at layer bn, here",
  ],
  [
    (x) => g.batchNorm(x, { centre: true } as object),
    'batchNorm has no option "centre"\n  at layer batchNorm, here\n  hint: did you mean "center"?',
  ],
])("refuses bad input %#", (make, message) => {
  expect(refused(make)).toBe(message);
});
