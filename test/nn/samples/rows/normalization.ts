import {
  groupNorm,
  instanceNorm,
  layerNorm,
  maskedSoftmax,
  rmsNorm,
  square,
  standardize,
  unitNorm,
} from "gradc";
import type { LayerSample } from "../sample.ts";

const shapes: readonly (readonly [string, string])[] = [
  ["one row without a batch", "f32[4]"],
  ["a batch", "f32[n,5]"],
  ["vectors of one element", "f32[n,1]"],
  ["sequences", "f32[n,3,4]"],
  ["a static matrix", "f32[2,3]"],
];
// Squared, since a weighted sum of what is standardized hides much.
export const rows: readonly LayerSample[] = [
  ...shapes.flatMap(([name, x]): LayerSample[] => [
    { name: `layerNorm of ${name}`, inputs: { x }, build: ({ x }) => square(layerNorm(x, { epsilon: 0.1 })), smooth: true },
    { name: `rmsNorm of ${name}`, inputs: { x }, build: ({ x }) => square(rmsNorm(x, { epsilon: 0.1 })), smooth: true },
  ]),
  {
    name: "layerNorm over two axes, over the first of them, without scale and centre",
    inputs: { x: "f32[n,3,4]" },
    build: ({ x }) => ({
      both: square(layerNorm(x, { axis: [1, 2], epsilon: 1e-5 })),
      first: square(layerNorm(x, { axis: 1 })),
      bare: square(layerNorm(x, { scale: false, center: false })),
    }),
    smooth: true,
  },
  {
    name: "layerNorm with epsilon as small as in other libraries",
    inputs: { x: "f32[n,6]" },
    build: ({ x }) => layerNorm(x, { epsilon: 1e-5 }),
    smooth: true,
  },
  {
    name: "groupNorm of images and of vectors",
    inputs: { x: "f32[n,2,3,4]", v: "f32[n,6]" },
    build: ({ x, v }) => ({ x: square(groupNorm(x, { groups: 2 })), v: square(groupNorm(v, { groups: 3, epsilon: 0.1 })) }),
    smooth: true,
  },
  {
    name: "instanceNorm of sequences",
    inputs: { x: "f32[n,5,2]" },
    build: ({ x }) => square(instanceNorm(x)),
    smooth: true,
  },
  {
    name: "unitNorm",
    inputs: { x: "f32[n,4]~0.5..2", y: "f32[n,2,3]~0.5..2" },
    build: ({ x, y }) => ({ x: unitNorm(x), y: unitNorm(y, { axis: [1, 2] }) }),
    smooth: true,
  },
  {
    name: "standardize over the batch, and a masked softmax",
    inputs: { x: "f32[n,4]", m: "bool[4]" },
    build: ({ x, m }) => ({ s: square(standardize(x, { axes: 0, epsilon: 0.5 })), p: maskedSoftmax(x, m) }),
    smooth: true,
  },
]; // prettier-ignore
