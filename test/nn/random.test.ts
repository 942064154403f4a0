import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { compile } from "../../src/compile.ts";
import { threefry } from "../../src/ops/random.ts";
import { loadText, type EmittedModule, type Net } from "../compile/program.ts";
import { randomFrom } from "../ops/sample.ts";

const load = (model: g.Model): EmittedModule => loadText(compile(model, { debug: true }).files[0].text);
const bytes = (net: Net): string => Buffer.from(net.state).toString("hex");
const onesOf = (size: number): Float32Array => new Float32Array(size).fill(1);

/** A model of one vector whose state "seen" becomes what `noise` made of it in the last training step. */
const watched = (noise: (x: g.Value) => g.Value, size: number): g.Model =>
  g.defineModel({
    name: "m",
    inputs: { x: g.f32(size) },
    build({ x }) {
      const y = noise(x);
      const seen = g.state("seen", [size], { dtype: y.type.dtype });
      g.assign(seen, y);
      const w = g.param("w", [], { initializer: g.ones() });
      const loss = g.mean(g.mul(w, g.cast(y, "f32")));
      return { outputs: { y, seen }, loss, optimizer: g.sgd({ learningRate: 0.1 }) };
    },
  });

/** What a noise layer makes of ones in the first steps, one after the other. */
function noises(noise: (x: g.Value) => g.Value, { size = 4000, steps = 5, seed = 1 } = {}): number[][] {
  const net = load(watched(noise, size)).create({ seed });
  return Array.from({ length: steps }, () => {
    net.trainStep(onesOf(size));
    return [...net.predict(onesOf(size))["seen"]];
  });
}
const meanOf = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
const deviationOf = (list: readonly number[]): number => {
  const center = meanOf(list);
  return Math.sqrt(meanOf(list.map((value) => (value - center) ** 2)));
};

describe("draws", () => {
  test("are Threefry of (seed, stream) and (element, updates)", () => {
    const found = noises((x) => g.randomBits(x.type.shape), { size: 6, steps: 3, seed: 123 });
    for (const [step, words] of found.entries())
      expect(words).toEqual([0, 1, 2, 3, 4, 5].map((k) => threefry([123, 0], [k, step])[0]));
    const second = (x: g.Value): g.Value => {
      g.randomBits([2]);
      return g.randomBits(x.type.shape);
    };
    expect(noises(second, { size: 1, steps: 1, seed: 9 })[0]).toEqual([threefry([9, 1], [0, 0])[0]]);
  });

  test("are even, normal, and true as often as asked", () => {
    const uniform = noises((x) => g.randomUniform(x.type.shape, { min: -2, max: 4 })).flat();
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...uniform)).toBeLessThan(4);
    // Four standard errors of 20,000 numbers.
    expect(Math.abs(meanOf(uniform) - 1)).toBeLessThan(4 * Math.sqrt(3 / 20000));
    expect(deviationOf(uniform)).toBeCloseTo(Math.sqrt(3), 1);
    const normal = noises((x) => g.randomNormal(x.type.shape, { mean: 3, stddev: 2 })).flat();
    expect(Math.abs(meanOf(normal) - 3)).toBeLessThan((4 * 2) / Math.sqrt(20000));
    expect(Math.abs(deviationOf(normal) - 2)).toBeLessThan((4 * 2) / Math.sqrt(40000));
    const within = (deviations: number): number =>
      normal.filter((value) => Math.abs(value - 3) < 2 * deviations).length / 20000;
    expect(Math.abs(within(1) - 0.6827)).toBeLessThan(0.0132);
    expect(Math.abs(within(2) - 0.9545)).toBeLessThan(0.006);
    for (const probability of [0, 0.1, 0.5, 1]) {
      const drawn = noises((x) => g.randomBernoulli(x.type.shape, { probability })).flat();
      const error = 4 * Math.sqrt((probability * (1 - probability)) / 20000);
      expect(Math.abs(meanOf(drawn) - probability)).toBeLessThanOrEqual(error);
    }
  });

  test("do not depend on how many rows there are", () => {
    const m = g.batch(6);
    const net = load(
      g.defineModel({
        name: "m",
        inputs: { x: g.f32(m, 3) },
        build: ({ x }) => ({ outputs: { y: g.add(x, g.randomNormal([m, 3])) } }),
      }),
    ).create({ seed: 4 });
    const all = [...net.predict(new Float32Array(18))["y"]];
    expect([...net.predict(new Float32Array(6))["y"]].slice(0, 6)).toEqual(all.slice(0, 6));
  });

  test("stay the same until update, and in inference", () => {
    const net = load(watched((x) => g.add(x, g.randomNormal(x.type.shape)), 5)).create({ seed: 2 });
    const loss = net.forward(onesOf(5));
    const predicted = [...net.predict(onesOf(5))["y"]];
    expect(net.forward(onesOf(5))).toBe(loss);
    expect([...net.predict(onesOf(5))["y"]]).toEqual(predicted);
    net.update();
    expect([...net.predict(onesOf(5))["seen"]]).toEqual(predicted);
    expect([...net.predict(onesOf(5))["y"]]).not.toEqual(predicted);
  });

  test("follow the seed", () => {
    const draw = (seed: number): number[] =>
      noises((x) => g.dropout(x, { rate: 0.5 }), { size: 64, seed }).flat();
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test("save a seed and a counter only where something is drawn", () => {
    const names = (noise: (x: g.Value) => g.Value): unknown[] =>
      (load(watched(noise, 2)).spec["states"] as { name: string }[]).map(({ name }) => name);
    expect(names((x) => x)).toEqual(["seen", "step", "learningRate"]);
    expect(names((x) => g.dropout(x, { rate: 0.5 }))).toEqual([
      "random/seed",
      "random/counter",
      "seen",
      "step",
      "learningRate",
    ]);
  });
});

describe("layers", () => {
  test("dropout keeps 1 − rate of the elements and scales them exactly", () => {
    for (const rate of [0, 0.1, 0.5, 0.9]) {
      const drawn = noises((x) => g.dropout(x, { rate }));
      for (const values of drawn)
        expect([...new Set(values)].sort((a, b) => a - b)).toEqual(
          rate === 0 ? [1] : [0, Math.fround(1 / (1 - rate))],
        );
      const share = meanOf(drawn.flat().map((value) => Number(value !== 0)));
      expect(Math.abs(share - (1 - rate))).toBeLessThanOrEqual(4 * Math.sqrt((rate * (1 - rate)) / 20000));
      if (rate > 0) expect(drawn[0]).not.toEqual(drawn[1]);
    }
  });

  test("two dropouts drop other elements", () => {
    const [values] = noises((x) => g.mul(g.dropout(x, { rate: 0.5 }), g.dropout(x, { rate: 0.5 })));
    expect(Math.abs(meanOf(values.map((value) => Number(value !== 0))) - 0.25)).toBeLessThan(0.03);
  });

  test("what is dropped is 0 even where x is not a number, and so is its gradient", () => {
    const net = load(
      g.defineModel({
        name: "m",
        inputs: { x: g.f32(40) },
        build({ x }) {
          const y = g.dropout(g.mul(x, g.param("w", [40], { initializer: g.ones() })), { rate: 0.5 });
          return { outputs: { y }, loss: g.sum(y) };
        },
      }),
    ).create({ seed: 3 });
    expect(net.forward(onesOf(40).fill(NaN))).toBeNaN();
    net.forward(onesOf(40));
    net.backward();
    const kept = [...net.gradients["w"]];
    expect(new Set(kept)).toEqual(new Set([0, 2]));
    const holes = Float32Array.from(kept, (value) => (value === 0 ? NaN : 1));
    expect(net.forward(holes)).toBe(kept.reduce((sum, value) => sum + value, 0));
  });

  test("spatial dropout drops whole channels", () => {
    const channels = (values: readonly number[], width: number): number =>
      new Set(
        Array.from({ length: width }, (_, c) => values.filter((_value, k) => k % width === c)).map(
          (v) => new Set(v).size,
        ),
      ).size;
    const [one] = noises(
      (x) => g.reshape(g.spatialDropout1d(g.reshape(x, [1, 10, 8]), { rate: 0.5 }), [80]),
      {
        size: 80,
        steps: 1,
      },
    );
    expect(channels(one, 8)).toBe(1);
    expect(new Set(one)).toEqual(new Set([0, 2]));
    const [two] = noises(
      (x) => g.reshape(g.spatialDropout2d(g.reshape(x, [1, 5, 2, 8]), { rate: 0.5 }), [80]),
      {
        size: 80,
        steps: 1,
      },
    );
    expect(channels(two, 8)).toBe(1);
    expect(new Set(two)).toEqual(new Set([0, 2]));
  });

  test("Gaussian noise has the deviation of its options", () => {
    const added = noises((x) => g.gaussianNoise(x, { stddev: 0.5 })).flat();
    expect(Math.abs(meanOf(added) - 1)).toBeLessThan((4 * 0.5) / Math.sqrt(20000));
    expect(Math.abs(deviationOf(added) - 0.5)).toBeLessThan((4 * 0.5) / Math.sqrt(40000));
    const factors = noises((x) => g.gaussianDropout(x, { rate: 0.2 })).flat();
    expect(Math.abs(meanOf(factors) - 1)).toBeLessThan((4 * 0.5) / Math.sqrt(20000));
    expect(Math.abs(deviationOf(factors) - 0.5)).toBeLessThan((4 * 0.5) / Math.sqrt(40000));
  });

  test("alphaDropout keeps mean 0 and variance 1", () => {
    const values = noises((x) => {
      const normal = g.randomNormal(x.type.shape);
      return g.alphaDropout(normal, { rate: 0.3 });
    }).flat();
    expect(Math.abs(meanOf(values))).toBeLessThan(0.03);
    expect(Math.abs(deviationOf(values) - 1)).toBeLessThan(0.03);
  });

  test.each<[string, (x: g.Value) => g.Value]>([
    ["dropout", (x) => g.dropout(x, { rate: 0.9 })],
    ["gaussianNoise", (x) => g.gaussianNoise(x, { stddev: 9 })],
    ["gaussianDropout", (x) => g.gaussianDropout(x, { rate: 0.9 })],
    ["alphaDropout", (x) => g.alphaDropout(x, { rate: 0.9 })],
    ["spatialDropout1d", (x) => g.spatialDropout1d(g.reshape(x, [2, 2, 1]), { rate: 0.9 })],
    ["spatialDropout2d", (x) => g.spatialDropout2d(g.reshape(x, [2, 2, 1, 1]), { rate: 0.9 })],
  ])("%s is the identity in inference", (_, noise) => {
    const net = load(watched((x) => g.reshape(noise(x), [4]), 4)).create();
    expect([...net.predict(Float32Array.of(1, -2, 3, 4))["y"]]).toEqual([1, -2, 3, 4]);
  });
});

/** Dropout, noise, batchNorm and adam in one. */
const everything = (): g.Model => {
  const m = g.batch(8);
  return g.defineModel({
    name: "everything",
    inputs: { x: g.f32(m, 5), y: g.i32(m) },
    build({ x, y }) {
      const hidden = g.dense(g.gaussianNoise(x, { stddev: 0.1 }), { units: 12, name: "hidden" });
      const normal = g.relu(g.batchNorm(hidden));
      const logits = g.dense(g.dropout(normal, { rate: 0.4 }), { units: 3, name: "logits" });
      return {
        outputs: { p: g.softmax(logits) },
        loss: g.softmaxCrossEntropy(logits, y),
        metrics: { accuracy: g.accuracy(logits, y) },
        optimizer: g.adam({ learningRate: 0.01 }),
      };
    },
  });
};

describe.each(["f32", "f64"] as const)("dropout, noise, batchNorm and adam in %s", (precision) => {
  const module = loadText(compile(everything(), { precision }).files[0].text);
  const random = randomFrom(31);
  const batches = Array.from({ length: 60 }, () => {
    const n = 1 + Math.floor(random() * 8);
    const values = precision === "f32" ? new Float32Array(n * 5) : new Float64Array(n * 5);
    return [
      values.map(() => 2 * random() - 1),
      new Int32Array(n).map(() => Math.floor(random() * 3)),
    ] as const;
  });

  test("resume to the bit at 20 random points", () => {
    const cuts = new Set<number>();
    while (cuts.size < 20) cuts.add(Math.floor(random() * 60));
    const whole = module.create({ seed: 11 });
    const saved = new Map<number, Uint8Array>();
    const losses = batches.map(([x, y], k) => {
      if (cuts.has(k)) saved.set(k, whole.state.slice());
      return whole.trainStep(x, y);
    });
    for (const [cut, state] of saved) {
      const resumed = module.create({ state });
      expect(batches.slice(cut).map(([x, y]) => resumed.trainStep(x, y))).toEqual(losses.slice(cut));
      expect(bytes(resumed)).toBe(bytes(whole));
    }
  });

  test("forward may be repeated, and its three parts are trainStep to the bit", () => {
    const [parts, whole] = [module.create({ seed: 5 }), module.create({ seed: 5 })];
    for (const [x, y] of batches) {
      const before = bytes(parts);
      const loss = parts.forward(x, y);
      expect(parts.forward(x, y)).toBe(loss);
      expect(bytes(parts)).toBe(before);
      parts.backward();
      parts.update();
      expect(whole.trainStep(x, y)).toBe(loss);
      expect(bytes(whole)).toBe(bytes(parts));
    }
  });

  test("predict and evaluate change nothing, and pending values do not show in them", () => {
    const net = module.create({ seed: 6 });
    for (const [x, y] of batches.slice(0, 5)) net.trainStep(x, y);
    const [x, y] = batches[5];
    const seen = (): unknown => {
      net.resetMetrics();
      return [[...net.predict(x)["p"]], { ...net.evaluate(x, y) }];
    };
    const [before, first] = [bytes(net), seen()];
    net.forward(x, y);
    expect(seen()).toEqual(first);
    expect(bytes(net)).toBe(before);
    net.update();
    expect(seen()).not.toEqual(first);
  });
});

const refused = (noise: (x: g.Value) => unknown): string => {
  try {
    compile(
      g.defineModel({
        name: "m",
        inputs: { x: g.f32(g.batch(4), 2) },
        build: ({ x }) => noise(x) as g.Built,
      }),
    );
  } catch (error) {
    return (error as Error).message.replaceAll(/random\.test\.ts:\d+/g, "here");
  }
  return "nothing was refused";
};

test.each<[(x: g.Value) => unknown, string]>([
  [
    (x) => g.dropout(x, { rate: 1 }),
    "rate of dropout must be a finite number in [0, 1), found 1\n  at layer dropout, here",
  ],
  [
    (x) => g.dropout(x, { rate: -0.1, name: "drop" }),
    "rate of dropout must be a finite number in [0, 1), found -0.1\n  at layer drop, here",
  ],
  [
    (x) => g.dropout(x, { rat: 1 } as unknown as g.DropoutOptions),
    'dropout has no option "rat"\n  at layer dropout, here\n  hint: did you mean "rate"?',
  ],
  [
    (x) => g.dropout(x, 0.5 as unknown as g.DropoutOptions),
    "dropout takes its options as an object, found 0.5\n  at layer dropout, here\n  hint: known here: rate, noiseShape, name",
  ],
  [
    (x) => g.dropout(g.cast(x, "i32"), { rate: 0.5 }),
    'dropout takes floats, found i32[n,2]\n  at layer dropout, here\n  hint: use cast(x, "f32")',
  ],
  [
    (x) => g.dropout(x, { rate: 0.5, noiseShape: [2, 1] }),
    "noiseShape of dropout must be [n,2] with 1 for some of its dims, found [2,1]\n  at layer dropout, here",
  ],
  [
    (x) => g.spatialDropout1d(x, { rate: 0.5 }),
    "spatialDropout1d takes [n, time, channels], found f32[n,2]\n  at layer spatialDropout1d, here",
  ],
  [
    (x) => g.gaussianNoise(x, { stddev: NaN }),
    "stddev of gaussianNoise must be a finite number of at least 0, found NaN\n  at layer gaussianNoise, here",
  ],
  [
    () => g.randomUniform([2], { min: 1, max: 0 }),
    "max of randomUniform must be a finite number of at least 1, found 0\n  at here",
  ],
  [
    () => g.randomBernoulli([2], { probability: 2 }),
    "probability of randomBernoulli must be at most 1, found 2\n  at here",
  ],
  [
    () => g.randomNormal([0]),
    "dimension 0 of the shape of randomNormal must be a positive whole number or batch(max), found 0\n  at here\n  hint: a dimension counts elements along one axis",
  ],
  [
    (x) => [g.state("random/seed", []), g.dropout(x, { rate: 0.5 })],
    '"random/seed" is the name of what random draws save\n  at layer dropout, here\n  hint: give yours another name',
  ],
])("refuses bad input %#", (noise, message) => {
  expect(refused(noise)).toBe(message);
});
