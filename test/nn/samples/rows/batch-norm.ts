import { batchNorm, dense, shared } from "gradc";
import type { LayerSample } from "../sample.ts";

const shapes: readonly (readonly [string, string])[] = [
  ["a batch of vectors", "f32[n,3]"],
  ["one feature", "f32[n,1]"],
  ["a static matrix", "f32[4,2]"],
  ["sequences", "f32[n,2,3]"],
  ["images", "f32[n,2,2,3]"],
];

export const rows: readonly LayerSample[] = [
  // A batch of one row has variance 0, where differences would see only epsilon's slope.
  ...shapes.map(([name, x]): LayerSample => ({
    name: `batchNorm of ${name}`,
    inputs: { x },
    build: ({ x }) => batchNorm(x),
    smooth: true,
  })),
  {
    name: "batchNorm along the first of two axes of features",
    inputs: { x: "f32[n,3,2]" },
    build: ({ x }) => batchNorm(x, { axis: 1, momentum: 0.5, epsilon: 0.1 }),
    smooth: true,
  },
  {
    name: "batchNorm without gamma and beta",
    inputs: { x: "f32[n,3]" },
    build: ({ x }) => batchNorm(x, { center: false, scale: false }),
    smooth: true,
  },
  {
    name: "batchNorm between layers",
    inputs: { x: "f32[n,3]" },
    build: ({ x }) => dense(batchNorm(dense(x, { units: 4, activation: "tanh" })), { units: 2 }),
    smooth: true,
  },
  {
    name: "batchNorm in a tower used twice",
    inputs: { a: "f32[n,2]", b: "f32[n,2]" },
    build: ({ a, b }) => {
      const tower = shared("tower", (x: typeof a) => batchNorm(dense(x, { units: 3 })));
      return { a: tower(a), b: tower(b) };
    },
    smooth: true,
  },
];
