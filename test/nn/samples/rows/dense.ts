import { dense, l1, l2, shared, type Activation } from "gradc";
import type { LayerSample } from "../sample.ts";

const shapes: readonly (readonly [string, string])[] = [
  ["one row without a batch", "f32[4]"],
  ["one feature", "f32[n,1]"],
  ["a batch", "f32[n,3]"],
  ["a static matrix", "f32[2,3]"],
  ["sequences", "f32[n,2,3]"],
];

const smoothOnes: readonly Activation[] = ["linear", "sigmoid", "tanh", "softmax", "logSoftmax"];

export const rows: readonly LayerSample[] = [
  ...shapes.map(([name, x]): LayerSample => ({
    name: `dense on ${name}`,
    inputs: { x },
    build: ({ x }) => dense(x, { units: 2, activation: "tanh" }),
    smooth: true,
  })),
  ...smoothOnes.map((activation): LayerSample => ({
    name: `dense with ${String(activation)}`,
    inputs: { x: "f32[n,3]" },
    build: ({ x }) => dense(x, { units: 4, activation }),
    smooth: true,
  })),
  {
    name: "two layers, penalties, no bias",
    inputs: { x: "f32[n,3]" },
    build: ({ x }) => {
      const hidden = dense(x, { units: 5, activation: "relu", kernelRegularizer: l1(0.1), useBias: false });
      return { hidden, y: dense(hidden, { units: 1, kernelRegularizer: l2(0.1), biasRegularizer: l2(1) }) };
    },
  },
  {
    name: "one tower used twice",
    inputs: { a: "f32[n,2]", b: "f32[n,2]" },
    build: ({ a, b }) => {
      const tower = shared("tower", (x: typeof a) => dense(x, { units: 3, activation: "sigmoid" }));
      return { a: tower(a), b: tower(b) };
    },
    smooth: true,
  },
];
