import { describe, expect, test } from "vitest";
import { adam, adamW, sgd, type OptimizerSpec } from "gradc";
import { distance, elementwise, emitted, evaluated, referred, type Reference } from "./tools.ts";

/** PyTorch's loop, uncombined. */
const adamLoop = (
  lr: number,
  b1: number,
  b2: number,
  epsilon: number,
  l2: number,
  decoupled: number,
  amsgrad = false,
) =>
  elementwise((p, raw, slots, step) => {
    const shrunk = p * (1 - lr * decoupled);
    const g = raw + l2 * p;
    slots[0] = b1 * slots[0] + (1 - b1) * g;
    slots[1] = b2 * slots[1] + (1 - b2) * g * g;
    slots[2] = amsgrad ? Math.max(slots[2], slots[1]) : slots[1];
    const [m, v] = [slots[0] / (1 - b1 ** step), slots[2] / (1 - b2 ** step)];
    return shrunk - (lr * m) / (Math.sqrt(v) + epsilon);
  });

export const cases: readonly (readonly [string, OptimizerSpec, () => Reference])[] = [
  ["sgd", sgd({ learningRate: 0.1 }), elementwise((p, g) => p - 0.1 * g)],
  [
    "sgd with weight decay",
    sgd({ learningRate: 0.1, weightDecay: 0.3 }),
    elementwise((p, g) => p - 0.1 * (g + 0.3 * p)),
  ],
  [
    "sgd with decoupled weight decay",
    sgd({ learningRate: 0.1, weightDecay: 0.3, decoupledWeightDecay: true, momentum: 0.5 }),
    elementwise((p, g, slots) => p * (1 - 0.1 * 0.3) - 0.1 * (slots[0] = 0.5 * slots[0] + g)),
  ],
  [
    "sgd with momentum",
    sgd({ learningRate: 0.1, momentum: 0.9 }),
    elementwise((p, g, slots) => p - 0.1 * (slots[0] = 0.9 * slots[0] + g)),
  ],
  [
    "sgd with Nesterov's momentum",
    sgd({ learningRate: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.01 }),
    elementwise((p, raw, slots) => {
      const g = raw + 0.01 * p;
      slots[0] = 0.8 * slots[0] + g;
      return p - 0.1 * (g + 0.8 * slots[0]);
    }),
  ],
  ["adam", adam(), adamLoop(1e-3, 0.9, 0.999, 1e-8, 0, 0)],
  [
    "adam with every option",
    adam({ learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 0.1, weightDecay: 0.2, amsgrad: true }),
    adamLoop(0.05, 0.8, 0.95, 0.1, 0.2, 0, true),
  ],
  [
    "adam with decoupled decay is adamW",
    adam({ learningRate: 0.05, weightDecay: 0.1, decoupledWeightDecay: true }),
    adamLoop(0.05, 0.9, 0.999, 1e-8, 0, 0.1),
  ],
  ["adamW", adamW({ learningRate: 0.05 }), adamLoop(0.05, 0.9, 0.999, 1e-8, 0, 0.01)],
];

describe("optimizers follow hand-written loops over 14 steps", () => {
  test.each(cases)("%s", (_, optimizer, loop) => {
    const expected = referred(loop);
    expect(distance(emitted(optimizer), expected)).toBeLessThan(1e-12);
    expect(distance(evaluated(optimizer), expected)).toBeLessThan(1e-12);
    expect(distance(emitted(optimizer, { precision: "f32" }), expected)).toBeLessThan(2e-5);
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
  expect(() => sgd({ learningRate: 0.1, clipNorm: 0 })).toThrow(
    "clipNorm of sgd must be a finite number above 0, found 0",
  );
  expect(() => sgd({ learningRate: 0.1, clipNorm: 1, clipValue: 2 })).toThrow(
    "sgd takes one of clipValue and clipNorm, not both",
  );
});
