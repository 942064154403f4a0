import { describe, expect, test } from "vitest";
import { adam, lamb, sgd, stepDecay, type OptimizerOptions, type OptimizerSpec } from "gradc";
import {
  emit,
  emitted,
  evaluated,
  distance,
  gradientsAt,
  start,
  stepWith,
  steps,
  type Tensors,
} from "./tools.ts";

const every = 3;
type Make = (more: Pick<OptimizerOptions, "accumulate">) => OptimizerSpec;
const cases: readonly (readonly [string, Make])[] = [
  ["sgd", (more) => sgd({ learningRate: 0.1, momentum: 0.9, ...more })],
  [
    "adam, a schedule, clipping and averages",
    (more) =>
      adam({ learningRate: stepDecay({ initial: 0.1, every: 2 }), globalClipNorm: 0.3, ema: 0.5, ...more }),
  ],
  ["groups", (more) => adam({ learningRate: 0.1, groups: { "**/bias": { beta1: 0.5 } }, ...more })],
  ["lamb", (more) => lamb({ learningRate: 0.1, weightDecay: 0.1, ...more })],
];

/** The mean gradient of calls of which the k-th update is made. */
const meanAt = (update: number): Tensors => {
  const parts = Array.from({ length: every }, (_, k) => gradientsAt((update - 1) * every + k + 1));
  return Object.fromEntries(
    Object.keys(start).map((name) => [
      name,
      start[name].map((_, k) => parts.reduce((sum, part) => sum + part[name][k], 0) / every),
    ]),
  );
};

describe("accumulate makes one update of several calls", () => {
  test.each(cases)("from their mean gradient: %s", (_, make) => {
    const whole = emitted(make({}), { gradients: meanAt, steps: 4 });
    for (const found of [
      emitted(make({ accumulate: every }), { steps: 4 * every }),
      evaluated(make({ accumulate: every }), { steps: 4 * every }),
    ]) {
      expect(
        distance(
          found.filter((_tensors, k) => k % every === every - 1),
          whole,
        ),
      ).toBeLessThan(1e-12);
      // Between updates nothing moves.
      for (const [k, tensors] of found.entries()) {
        if (k % every !== every - 1) expect(tensors).toEqual(k < every ? start : found[k - (k % every) - 1]);
      }
    }
  });

  test.each(cases)("and goes on in the middle of them: %s", (_, make) => {
    const module = emit(make({ accumulate: every }), "f32");
    const net = module.create({ seed: 1 });
    for (let step = 1; step <= 4; step++) stepWith(net, gradientsAt(step), "f32");
    expect(net.step).toBe(1);
    const other = module.create({ state: net.state.slice() });
    for (let step = 5; step <= steps; step++)
      for (const each of [net, other]) stepWith(each, gradientsAt(step), "f32");
    expect(net.step).toBe(Math.floor(steps / every));
    expect(Buffer.compare(net.state, other.state)).toBe(0);
  });

  test("of one call it is as if it were not there, to the bit", () => {
    expect(emitted(adam({ accumulate: 1 }))).toEqual(emitted(adam()));
  });

  test("a whole number of calls", () => {
    for (const accumulate of [0, 1.5, -2])
      expect(() => adam({ accumulate })).toThrow(
        `accumulate of adam must be a positive integer, found ${accumulate}`,
      );
  });
});
