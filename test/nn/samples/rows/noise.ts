import {
  alphaDropout,
  dense,
  dropout,
  gaussianDropout,
  gaussianNoise,
  mul,
  randomNormal,
  randomUniform,
  shared,
  spatialDropout1d,
  spatialDropout2d,
} from "gradc";
import type { LayerSample } from "../sample.ts";

export const rows: readonly LayerSample[] = [
  {
    name: "dropout of a matrix",
    inputs: { x: "f32[n,6]" },
    build: ({ x }) => dropout(x, { rate: 0.4 }),
    smooth: true,
  },
  { name: "dropout at rate 0", inputs: { x: "f32[2,3]" }, build: ({ x }) => dropout(x, { rate: 0 }) },
  {
    name: "dropout of rows together",
    inputs: { x: "f32[n,3,2]" },
    build: ({ x }) => dropout(x, { rate: 0.5, noiseShape: [x.type.shape[0], 1, 1] }),
  },
  {
    name: "dropout between layers",
    inputs: { x: "f32[n,3]" },
    build: ({ x }) => {
      const hidden = dropout(dense(x, { units: 5, activation: "tanh" }), { rate: 0.25 });
      return dense(dropout(hidden, { rate: 0.5 }), { units: 2 });
    },
    smooth: true,
  },
  {
    name: "dropout in a tower used twice draws twice",
    inputs: { a: "f32[n,3]", b: "f32[n,3]" },
    build: ({ a, b }) => {
      const tower = shared("tower", (x: typeof a) => dropout(dense(x, { units: 4 }), { rate: 0.5 }));
      return { a: tower(a), b: tower(b) };
    },
    smooth: true,
  },
  {
    name: "spatialDropout1d",
    inputs: { x: "f32[n,3,4]" },
    build: ({ x }) => spatialDropout1d(x, { rate: 0.5 }),
  },
  {
    name: "spatialDropout2d",
    inputs: { x: "f32[n,2,3,4]" },
    build: ({ x }) => spatialDropout2d(x, { rate: 0.5 }),
  },
  {
    name: "gaussianNoise",
    inputs: { x: "f32[n,4]" },
    build: ({ x }) => gaussianNoise(x, { stddev: 0.3 }),
    smooth: true,
  },
  {
    name: "gaussianDropout",
    inputs: { x: "f32[n,4]" },
    build: ({ x }) => gaussianDropout(x, { rate: 0.3 }),
    smooth: true,
  },
  {
    name: "alphaDropout",
    inputs: { x: "f32[n,4]" },
    build: ({ x }) => alphaDropout(x, { rate: 0.3 }),
    smooth: true,
  },
  {
    name: "draws as factors",
    inputs: { x: "f32[n,3]" },
    build: ({ x }) => ({
      normal: mul(x, randomNormal(x.type.shape, { mean: 1, stddev: 2 })),
      uniform: mul(x, randomUniform([3], { min: -1, max: 1 })),
    }),
    smooth: true,
  },
];
