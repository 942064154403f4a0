import { activation, gelu, glu, prelu, type ActivationName } from "gradc";
import type { LayerSample } from "../sample.ts";

const smooth: readonly ActivationName[] = [
  "gelu", "silu", "mish", "sigmoid", "logSigmoid", "tanh", "softplus", "exponential", "tanhShrink", "softmax", "logSoftmax",
]; // prettier-ignore
const cornered: readonly ActivationName[] = [
  "linear", "relu", "leakyRelu", "relu6", "elu", "selu", "hardSigmoid", "hardSwish", "hardTanh", "softsign", "celu", "hardShrink", "softShrink",
]; // prettier-ignore

export const rows: readonly LayerSample[] = [
  ...[...smooth, ...cornered].map((kind): LayerSample => ({
    name: kind,
    inputs: { x: "f32[n,3]~-4..4", y: "f32[2,1,3]" },
    build: ({ x, y }) => ({ x: activation(x, kind), y: activation(y, kind) }),
    smooth: smooth.includes(kind),
  })),
  ...[...smooth, ...cornered]
    .filter((kind) => kind !== "exponential")
    .map((kind): LayerSample => ({
      name: `${kind} of large numbers`,
      inputs: { x: "f32[n,4]~-1000..1000" },
      build: ({ x }) => activation(x, kind),
      smooth: smooth.includes(kind),
    })),
  {
    name: "glu",
    inputs: { x: "f32[n,2,6]", y: "f32[4]" },
    build: ({ x, y }) => ({ x: glu(x), y: glu(y) }),
    smooth: true,
  },
  {
    name: "gelu by tanh",
    inputs: { x: "f32[n,3]~-4..4" },
    build: ({ x }) => gelu(x, { approximate: true }),
    smooth: true,
  },
  {
    name: "prelu, one slope a position and one a channel",
    inputs: { x: "f32[n,2,3]" },
    build: ({ x }) => ({ own: prelu(x), shared: prelu(x, { sharedAxes: [1] }) }),
  },
];
