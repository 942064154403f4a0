import { describe, expect, test } from "vitest";
import { adam, adamW, defineModel, f32, param, sgd, sub, sum, square, type OptimizerSpec } from "gradc";
import { buildGraph, differentiate } from "../../src/nn/index.ts";
import { asCells, run, type Cells } from "./run.ts";
import { ownGraphs } from "../own-graphs.ts";

const steps = 12;
const start = [0.5, -1.25, 2];
const gradientAt = (step: number): number[] => start.map((_, k) => Math.sin(3 * step + k) / (k + 1));

/** Runs the update graph over a fixed sequence of gradients. */
function updated(optimizer: OptimizerSpec): number[] {
  const model = defineModel({
    name: "one",
    inputs: { x: f32(3) },
    build: ({ x }) => {
      const w = param("w", [3]);
      return { outputs: { w }, loss: sum(square(sub(w, x))), optimizer };
    },
  });
  const program = differentiate(buildGraph(model, { precision: "f64" }));
  const { update } = ownGraphs(program);
  if (!update) throw new Error("no update graph");
  const hyper = Object.fromEntries(
    program.cells.filter((cell) => cell.kind === "hyper").map((cell) => [cell.name, [cell.initial ?? NaN]]),
  );
  let cells: Cells = { parameters: start };
  for (let step = 1; step <= steps; step++) {
    cells = asCells(run(update, { ...cells, ...hyper, gradients: gradientAt(step) }));
    expect(cells["step"]).toEqual([step]);
  }
  return [...(cells["parameters"] as number[])];
}

type Reference = (p: number, g: number, slots: number[], step: number) => number;
const reference = (next: Reference): number[] =>
  start.map((first, k) => {
    const slots = [0, 0];
    let p = first;
    for (let step = 1; step <= steps; step++) p = next(p, gradientAt(step)[k], slots, step);
    return p;
  });

/** PyTorch's loop, uncombined. */
const adamReference =
  (lr: number, b1: number, b2: number, epsilon: number, l2: number, decoupled: number): Reference =>
  (p, raw, slots, step) => {
    const shrunk = p * (1 - lr * decoupled);
    const g = raw + l2 * p;
    slots[0] = b1 * slots[0] + (1 - b1) * g;
    slots[1] = b2 * slots[1] + (1 - b2) * g * g;
    const [m, v] = [slots[0] / (1 - b1 ** step), slots[1] / (1 - b2 ** step)];
    return shrunk - (lr * m) / (Math.sqrt(v) + epsilon);
  };

const cases: [string, OptimizerSpec, Reference][] = [
  ["sgd", sgd({ learningRate: 0.1 }), (p, g) => p - 0.1 * g],
  ["sgd with weight decay", sgd({ learningRate: 0.1, weightDecay: 0.3 }), (p, g) => p - 0.1 * (g + 0.3 * p)],
  [
    "sgd with momentum",
    sgd({ learningRate: 0.1, momentum: 0.9 }),
    (p, g, slots) => p - 0.1 * (slots[0] = 0.9 * slots[0] + g),
  ],
  [
    "sgd with Nesterov's momentum",
    sgd({ learningRate: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.01 }),
    (p, raw, slots) => {
      const g = raw + 0.01 * p;
      slots[0] = 0.8 * slots[0] + g;
      return p - 0.1 * (g + 0.8 * slots[0]);
    },
  ],
  ["adam", adam(), adamReference(1e-3, 0.9, 0.999, 1e-8, 0, 0)],
  [
    "adam with every option",
    adam({ learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 0.1, weightDecay: 0.2 }),
    adamReference(0.05, 0.8, 0.95, 0.1, 0.2, 0),
  ],
  ["adamW", adamW({ learningRate: 0.05 }), adamReference(0.05, 0.9, 0.999, 1e-8, 0, 0.01)],
];

describe("optimizers follow hand-written loops over 12 steps", () => {
  test.each(cases)("%s", (_, optimizer, next) => {
    const expected = reference(next);
    for (const [k, value] of updated(optimizer).entries())
      expect(Math.abs(value - expected[k])).toBeLessThan(1e-12);
  });
});

test("optimizers refuse options that do not exist or make no sense", () => {
  expect(() => adam({ learningrate: 1 } as never)).toThrow(
    /adam has no option "learningrate"[^]*did you mean "learningRate"/,
  );
  expect(() => adam({ beta2: 1 })).toThrow("beta2 of adam must be a finite number in [0, 1), found 1");
  expect(() => sgd({} as never)).toThrow(
    "learningRate of sgd must be a finite number of at least 0, found undefined",
  );
  expect(() => sgd({ learningRate: 0.1, nesterov: true })).toThrow("nesterov needs a momentum");
  expect(() => sgd({ learningRate: NaN })).toThrow("found NaN");
});
