import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  conv2d,
  cropping1d,
  cropping2d,
  dense,
  flatten,
  globalAvgPool1d,
  globalAvgPool2d,
  globalMaxPool1d,
  globalMaxPool2d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  resize,
  upSampling1d,
  upSampling2d,
  zeroPadding1d,
  zeroPadding2d,
  type Value,
} from "gradc";
import type { LayerSample } from "../sample.ts";

const row = (name: string, x: string, layer: (x: Value) => Value, smooth = false): LayerSample => ({
  name,
  inputs: { x },
  build: ({ x: value }) => layer(value),
  smooth,
});

export const rows: readonly LayerSample[] = [
  row("maxPool1d", "f32[n,6,2]", (x) => maxPool1d(x)),
  row("maxPool2d: windows side by side", "f32[n,4,6,2]", (x) => maxPool2d(x)),
  row("maxPool2d: a rest at the end", "f32[n,5,3,1]", (x) => maxPool2d(x, { poolSize: 2 })),
  row("maxPool2d: windows that overlap", "f32[n,5,5,1]", (x) => maxPool2d(x, { poolSize: 3, strides: 2 })),
  row("maxPool2d: same", "f32[n,5,4,1]", (x) =>
    maxPool2d(x, { poolSize: [3, 2], strides: 1, padding: "same" }),
  ),
  row("maxPool2d: windows with gaps", "f32[n,6,6,1]", (x) => maxPool2d(x, { strides: 3 })),
  row("maxPool3d", "f32[n,2,4,2,1]", (x) => maxPool3d(x)),
  row("avgPool1d", "f32[n,5,2]", (x) => avgPool1d(x, { padding: "same" }), true),
  row("avgPool2d: windows side by side", "f32[n,4,4,2]", (x) => avgPool2d(x), true),
  row(
    "avgPool2d: same",
    "f32[n,5,4,1]",
    (x) => avgPool2d(x, { poolSize: 3, strides: 2, padding: "same" }),
    true,
  ),
  row(
    "avgPool2d: padding counts",
    "f32[n,3,3,1]",
    (x) => avgPool2d(x, { padding: 1, countIncludePad: true }),
    true,
  ),
  row("avgPool3d", "f32[n,2,3,2,1]", (x) => avgPool3d(x, { strides: 1 }), true),
  row("globalMaxPool1d", "f32[n,4,2]", (x) => globalMaxPool1d(x)),
  row("globalMaxPool2d", "f32[n,3,2,2]", (x) => globalMaxPool2d(x, { keepDims: true })),
  row("globalAvgPool1d", "f32[n,4,2]", (x) => globalAvgPool1d(x), true),
  row("globalAvgPool2d", "f32[n,3,2,2]", (x) => globalAvgPool2d(x), true),
  {
    name: "global pooling of what a mask keeps",
    inputs: { x: "f32[n,4,2]", y: "f32[n,2,3,2]", m: "bool[n,4]", k: "bool[n,2,3]" },
    build: ({ x, y, m, k }) => ({
      time: globalAvgPool1d(x, { mask: m }),
      image: globalAvgPool2d(y, { mask: k, keepDims: true }),
      most: globalMaxPool1d(x, { mask: m }),
      largest: globalMaxPool2d(y, { mask: k }),
    }),
  },
  row("upSampling1d", "f32[n,3,2]", (x) => upSampling1d(x, { size: 3 }), true),
  row("upSampling2d: nearest", "f32[n,2,3,2]", (x) => upSampling2d(x, { size: [2, 3] }), true),
  row("upSampling2d: bilinear", "f32[n,3,2,2]", (x) => upSampling2d(x, { interpolation: "bilinear" }), true),
  row("resize: nearest", "f32[n,3,5,1]", (x) => resize(x, { size: [4, 3], interpolation: "nearest" }), true),
  row("resize: bilinear", "f32[n,4,3,2]", (x) => resize(x, { size: [3, 7] }), true),
  row("resize: along one axis", "f32[2,4,1]", (x) => resize(x, { size: [6] }), true),
  row("zeroPadding1d", "f32[n,2,2]", (x) => zeroPadding1d(x, { padding: [[2, 0]] }), true),
  row("zeroPadding2d", "f32[n,2,3,1]", (x) => zeroPadding2d(x, { padding: [1, [0, 2]] }), true),
  row("cropping1d", "f32[n,4,2]", (x) => cropping1d(x), true),
  row("cropping2d", "f32[n,4,5,1]", (x) => cropping2d(x, { cropping: [[1, 0], [0, 3]] }), true), // prettier-ignore
  {
    name: "a small network for images",
    inputs: { x: "f32[n,6,6,1]" },
    build: ({ x }) => {
      const first = maxPool2d(conv2d(x, { filters: 2, kernelSize: 3, padding: "same", activation: "relu" }));
      const second = avgPool2d(conv2d(first, { filters: 3, kernelSize: 2, activation: "tanh" }));
      return dense(flatten(second), { units: 2 });
    },
  },
];
