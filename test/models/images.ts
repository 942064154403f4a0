import * as g from "gradc";
import { sizeOf, type Blocks } from "./draw.ts";
import { commonDivisors } from "./sequences.ts";
import { channelsOf, filtersFor, movesFor, spaceOf } from "./windows.ts";

/** What suits [n, height, width, channels] alone. */
export const images: Blocks = {
  conv2d: (x, d) => {
    const { size, strides, dilation, padding } = movesFor(x, d);
    const filters = filtersFor(x, d, 2);
    const groups = d.pick([1, 1, ...commonDivisors(channelsOf(x), filters)]);
    const activation = d.activation();
    return g.conv2d(x, { filters, kernelSize: size, strides, dilation, groups, padding, activation });
  },
  plainConv2d: (x, d) => {
    const kernelSize = Math.min(3, ...spaceOf(x));
    return g.conv2d(x, { filters: filtersFor(x, d), kernelSize, padding: "same", activation: "relu" });
  },
  pointwise: (x, d) => g.conv2d(x, { filters: filtersFor(x, d), kernelSize: 1, strides: d.int(1, 2) }),
  depthwiseConv2d: (x, d) => {
    const { size, strides, dilation, padding } = movesFor(x, d);
    const depthMultiplier = d.int(1, 2);
    return g.depthwiseConv2d(x, { kernelSize: size, strides, dilation, padding, depthMultiplier });
  },
  separableConv2d: (x, d) => {
    const { size, strides, padding } = movesFor(x, d);
    return g.separableConv2d(x, { filters: filtersFor(x, d), kernelSize: size, strides, padding });
  },
  conv2dTranspose: (x, d) =>
    g.conv2dTranspose(x, {
      filters: filtersFor(x, d, 12),
      kernelSize: [d.int(1, 3), d.int(1, 3)],
      strides: d.int(1, 2),
      padding: d.pick(["valid", "same"]),
    }),
  maxPool2d: (x, d) => {
    const { size, strides, padding } = movesFor(x, d, { dilated: false });
    return g.maxPool2d(x, { poolSize: size, strides, padding });
  },
  avgPool2d: (x, d) => {
    const { size, strides, padding } = movesFor(x, d, { dilated: false });
    return g.avgPool2d(x, { poolSize: size, strides, padding, countIncludePad: d.chance(0.3) });
  },
  instanceNorm: (x) => g.instanceNorm(x, { epsilon: 0.1 }),
  resized: (x, d) =>
    g.resize(x, {
      size: spaceOf(x).map((extent) => d.int(1, extent)),
      interpolation: d.pick(["nearest", "bilinear"]),
    }),
  upSampling2d: (x, d) =>
    sizeOf(spaceOf(x)) * channelsOf(x) * 4 > d.room
      ? x
      : g.upSampling2d(x, { size: [d.int(1, 2), d.int(1, 2)] }),
  pooled: (x, d) => (d.chance(0.5) ? g.globalAvgPool2d(x) : g.globalMaxPool2d(x)),
  rowsAsTimes: (x) => g.reshape(x, [x.type.shape[0], spaceOf(x)[0], -1]),
};
