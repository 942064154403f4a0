import type { Value } from "../ir/graph.ts";
import { sizeOf, tensorType } from "../ir/type.ts";
import { fullLike, shaped, spread, unreduce } from "./broadcast.ts";
import { equal, less, where } from "./elementwise.ts";
import { iota } from "./leaves.ts";
import { liftRows } from "./lift.ts";
import { eachCoordinate, read, tabulate } from "./naive.ts";
import { max, min } from "./reduce.ts";
import { rows } from "./samples.ts";
import { axesOfSpace, countWindows, cutSpace, padSpace, spaceOf } from "./space.ts";
import { need, opWith, type With } from "./types.ts";
import { overlapAdd, slidingWindows } from "./windows.ts";

export type Pool = {
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly dilation: readonly number[];
};

export const maxPool: With<Pool> = opWith<Pool>("maxPool", {
  doc: "The largest element of every window of [n, ...space, c]; the padding is never the largest, NaN always, and the gradient goes to the first of equals.",
  inputs: ["x"],
  names: {
    onnx: "MaxPool",
    pytorch: "nn.functional.max_pool2d",
    keras: "ops.max_pool",
    stablehlo: "reduce_window",
  },
  type: ({ x }, { strides, ...lists }) => {
    need("maxPool", "float", x);
    const space = spaceOf("maxPool", "x", x);
    const axes = axesOfSpace("maxPool", space, { ...lists, stride: strides });
    const shape = [x.shape[0], ...countWindows("maxPool", x, space, axes), x.shape[x.shape.length - 1]];
    sizeOf(shape, "maxPool: the result");
    return tensorType(x.dtype, shape);
  },
  vjp: { x: ({ x, y, g, attrs }) => toFirst(x, y, g, attrs) },
  lift: liftRows(() => maxPool),
  lower: {
    kind: "expand",
    expand: ({ x, attrs }) => max(windowsOf(x, attrs), { axes: windowAxes(attrs) }),
  },
  eval: ({ x }, { window, strides, low, dilation }, { shapes }) =>
    tabulate(x.dtype, shapes[0], (at) => {
      let largest = -Infinity;
      eachCoordinate(window, (tap) => {
        const place = tap.map((k, axis) => at[1 + axis] * strides[axis] + k * dilation[axis] - low[axis]);
        if (place.some((p, axis) => p < 0 || p >= x.shape[1 + axis])) return;
        largest = Math.max(largest, read(x, [at[0], ...place, at[at.length - 1]]));
      });
      return largest;
    }),
  samples: rows(
    ["f32[n,4,1]", pool([2], [2])], ["f64[2,5,2]", pool([3], [1])], ["f32[1,1,1]", pool([1], [1])],
    ["f32[n,6,4,2]", pool([2, 2], [2, 2])], ["f32[n,5,5,1]", pool([3, 3], [2, 2], [1, 1])],
    ["f64[1,3,4,2]", pool([2, 3], [1, 1], [0, 1])], ["f32[n,5,3,1]", pool([2, 1], [2, 3])],
    ["f32[2,5,5,1]~-1e6..1e6", pool([2, 2], [1, 2], [0, 0], [2, 2])], ["f64[n,7,1]", pool([3], [2], [1], [2])],
    ["f32[1,3,2,4,1]", pool([2, 2, 2], [1, 1, 2])],
  ), // prettier-ignore
});
/** The same padding before and after. */
function pool(
  window: readonly number[],
  strides: readonly number[],
  padding = window.map(() => 0),
  dilation = window.map(() => 1),
): Pool {
  return { window, strides, low: padding, high: padding, dilation };
}

const windowAxes = ({ window }: Pool): number[] => window.map((_, k) => 1 + window.length + k);
function windowsOf(x: Value, { window, strides, dilation, low, high }: Pool): Value {
  return slidingWindows(padSpace(x, low, high, -Infinity), { window, strides, dilation });
}

/** The cotangent of each window at the first element that is not below the window's largest. */
function toFirst(x: Value, y: Value, g: Value, attrs: Pool): Value {
  const { window, strides, dilation, low, high } = attrs;
  const axes = windowAxes(attrs);
  const windows = windowsOf(x, attrs);
  const { shape } = windows.type;
  const back = (value: Value): Value => unreduce(value, shape, axes);
  const count = window.reduce((product, extent) => product * extent, 1);
  const counted = shaped(iota({ shape: [count], axis: 0, dtype: "i32" }), [...window, 1]);
  const place = spread(counted, shape);
  // NaN is not below anything either, so a window of NaN hands its cotangent on, too.
  const first = min(where(less(windows, back(y)), fullLike(count, place), place), { axes });
  const parts = where(equal(place, back(first)), back(g), fullLike(0, windows));
  const padded = x.type.shape.slice(1, -1).map((extent, k) => (extent as number) + low[k] + high[k]);
  const whole = overlapAdd(parts, { space: padded, strides, dilation });
  return cutSpace(whole, low, x.type.shape.slice(1, -1) as number[]);
}
