import {
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  conv3d,
  depthwiseConv1d,
  depthwiseConv2d,
  l2,
  separableConv1d,
  separableConv2d,
  type ConvOptions,
  type ConvTransposeOptions,
} from "gradc";
import type { LayerSample } from "../sample.ts";

const moves: readonly (readonly [string, string, Omit<ConvOptions, "filters">])[] = [
  ["valid", "f32[n,4,5,2]", { kernelSize: 3 }],
  ["same, uneven window", "f32[n,3,4,1]", { kernelSize: [2, 3], padding: "same", activation: "tanh" }],
  ["same with strides", "f32[n,5,4,2]", { kernelSize: 3, strides: 2, padding: "same" }],
  ["explicit padding", "f32[2,3,3,1]", { kernelSize: 3, padding: [[2, 0], 1], strides: [1, 2] }],
  ["dilation", "f32[n,5,5,1]", { kernelSize: 2, dilation: [2, 3], useBias: false }],
  ["groups", "f32[n,3,3,4]", { kernelSize: 2, groups: 2, kernelRegularizer: l2(0.1) }],
  ["a kernel of one element", "f32[n,2,2,3]", { kernelSize: 1, activation: "sigmoid" }],
  ["a kernel of the whole image", "f32[n,3,2,2]", { kernelSize: [3, 2] }],
];
const back: readonly (readonly [string, string, Omit<ConvTransposeOptions, "filters">])[] = [
  ["valid", "f32[n,2,3,2]", { kernelSize: 3 }],
  ["same with strides", "f32[n,2,2,2]", { kernelSize: 3, strides: 2, padding: "same", activation: "tanh" }],
  ["strides beyond the window", "f32[n,2,2,1]", { kernelSize: 2, strides: 3 }],
  ["as PyTorch", "f32[n,2,3,1]", { kernelSize: 4, strides: 2, padding: 1, outputPadding: [1, 0] }],
  ["dilation", "f32[2,2,2,1]", { kernelSize: 2, strides: 2, dilation: [2, 3] }],
];

export const rows: readonly LayerSample[] = [
  ...moves.map(([name, x, options]): LayerSample => ({
    name: `conv2d: ${name}`,
    inputs: { x },
    build: ({ x }) => conv2d(x, { filters: 2, ...options }),
    smooth: true,
  })),
  ...back.map(([name, x, options]): LayerSample => ({
    name: `conv2dTranspose: ${name}`,
    inputs: { x },
    build: ({ x }) => conv2dTranspose(x, { filters: 2, ...options }),
    smooth: true,
  })),
  {
    name: "conv1d: causal, dilated",
    inputs: { x: "f32[n,6,2]" },
    build: ({ x }) =>
      conv1d(x, { filters: 3, kernelSize: 2, padding: "causal", dilation: 2, activation: "relu" }),
  },
  {
    name: "conv1d: same, strides",
    inputs: { x: "f32[n,5,1]" },
    build: ({ x }) => conv1d(x, { filters: 2, kernelSize: 4, padding: "same", strides: 2 }),
    smooth: true,
  },
  {
    name: "conv1dTranspose",
    inputs: { x: "f32[n,3,2]" },
    build: ({ x }) => conv1dTranspose(x, { filters: 1, kernelSize: 3, strides: 2, padding: "same" }),
    smooth: true,
  },
  {
    name: "conv3d",
    inputs: { x: "f32[n,2,3,2,1]" },
    build: ({ x }) => conv3d(x, { filters: 2, kernelSize: 2, padding: "same" }),
    smooth: true,
  },
  {
    name: "depthwiseConv1d",
    inputs: { x: "f32[n,4,2]" },
    build: ({ x }) => depthwiseConv1d(x, { kernelSize: 3, depthMultiplier: 2 }),
    smooth: true,
  },
  {
    name: "depthwiseConv2d",
    inputs: { x: "f32[n,3,4,3]" },
    build: ({ x }) => depthwiseConv2d(x, { kernelSize: 3, padding: "same", strides: 2, activation: "tanh" }),
    smooth: true,
  },
  {
    name: "separableConv1d",
    inputs: { x: "f32[n,4,2]" },
    build: ({ x }) => separableConv1d(x, { filters: 3, kernelSize: 2 }),
    smooth: true,
  },
  {
    name: "separableConv2d",
    inputs: { x: "f32[n,3,3,2]" },
    build: ({ x }) =>
      separableConv2d(x, { filters: 2, kernelSize: 2, depthMultiplier: 2, activation: "sigmoid" }),
    smooth: true,
  },
];
