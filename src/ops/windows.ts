import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { sizeOf, tensorType, type Shape } from "../ir/type.ts";
import { affineView } from "./affine.ts";
import { shaped, sum } from "./broadcast.ts";
import { liftRows } from "./lift.ts";
import { eachCoordinate, positionOf, read, tabulate } from "./naive.ts";
import { rows } from "./samples.ts";
import { dilate, pad } from "./slice.ts";
import { axesOfSpace, backwards, countWindows, cutSpace, letters, spaceOf } from "./space.ts";
import { form } from "./subscripts.ts";
import { need, opWith, type With } from "./types.ts";

// Each other's transpose: one reads every window, the other adds windows back where they were read.

export type Windows = {
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
};
const axesOf = (name: string, space: readonly number[], { window, strides, dilation }: Windows) => {
  const none = space.map(() => 0);
  return axesOfSpace(name, space, { window, stride: strides, dilation, low: none, high: none });
};

export const slidingWindows: With<Windows> = opWith<Windows>("slidingWindows", {
  doc: "Every window of [n, ...space, c] as [n, ...positions, ...window, c]: y[n,o,k,c] = x[n, stride·o + dilation·k, c].",
  inputs: ["x"],
  names: { numpy: "lib.stride_tricks.sliding_window_view", pytorch: "Unfold" },
  type: ({ x }, attrs) => {
    const space = spaceOf("slidingWindows", "x", need("slidingWindows", "number", x));
    const counts = countWindows("slidingWindows", x, space, axesOf("slidingWindows", space, attrs));
    const shape = [x.shape[0], ...counts, ...attrs.window, x.shape[x.shape.length - 1]];
    sizeOf(shape, "slidingWindows: the result");
    return tensorType(x.dtype, shape);
  },
  vjp: {
    x: ({ x, g, attrs: { strides, dilation } }) =>
      overlapAdd(g, { space: x.type.shape.slice(1, -1) as number[], strides, dilation }),
  },
  lift: liftRows(() => slidingWindows),
  work: () => 0,
  lower: {
    kind: "expand",
    expand: ({ x, attrs }) => {
      const { shape } = x.type;
      const [at, tap] = [letters.at, letters.tap].map((list) => list.slice(0, shape.length - 2));
      const forms = at.map((letter, k) => form(0, [attrs.strides[k], letter], [attrs.dilation[k], tap[k]]));
      const axes = axesOf("slidingWindows", shape.slice(1, -1) as number[], attrs);
      const counts = countWindows("slidingWindows", x.type, shape.slice(1, -1) as number[], axes);
      return affineView(x, {
        subscripts: `n,${forms.join(",")},c -> ${["n", ...at, ...tap, "c"].join(",")}`,
        shape: [shape[0], ...counts, ...attrs.window, shape[shape.length - 1]],
      });
    },
  },
  eval: ({ x }, { strides, dilation }, { shapes }) => {
    const rank = strides.length;
    return tabulate(x.dtype, shapes[0], (at) => {
      const place = strides.map((stride, k) => at[1 + k] * stride + at[1 + rank + k] * dilation[k]);
      return read(x, [at[0], ...place, at[at.length - 1]]);
    });
  },
  samples: rows(
    ["f32[1,5,1]", { window: [3], strides: [1], dilation: [1] }], ["f64[2,6,2]", { window: [2], strides: [2], dilation: [1] }],
    ["f32[n,7,1]", { window: [3], strides: [2], dilation: [2] }], ["f32[n,3,4,2]", { window: [2, 3], strides: [1, 1], dilation: [1, 1] }],
    ["f32[n,4,4,1]", { window: [2, 2], strides: [2, 2], dilation: [1, 1] }], ["f64[1,5,5,1]", { window: [3, 2], strides: [2, 3], dilation: [1, 2] }],
    ["f32[2,2,3,2,1]", { window: [1, 2, 2], strides: [1, 1, 1], dilation: [1, 1, 1] }], ["f32[n,1,1]", { window: [1], strides: [1], dilation: [1] }],
    ["f32[1,4,1]~-1e6..1e6", { window: [2], strides: [3], dilation: [1] }],
  ), // prettier-ignore
});

type Overlap = Omit<Windows, "window"> & { readonly space: readonly number[] };
export const overlapAdd: With<Overlap> = opWith<Overlap>("overlapAdd", {
  doc: "Adds windows [n, ...positions, ...window, c] back into [n, ...space, c], each element where slidingWindows reads it.",
  inputs: ["x"],
  names: { pytorch: "Fold" },
  type: ({ x }, attrs) => {
    need("overlapAdd", "float", x);
    const { rank, window, shape } = partsOf(x.shape, attrs);
    const space = spaceOf("overlapAdd", "the result", tensorType(x.dtype, shape));
    const counts = countWindows("overlapAdd", tensorType(x.dtype, shape), space, axesOf("overlapAdd", space, { ...attrs, window })); // prettier-ignore
    const found = x.shape.slice(1, 1 + rank);
    if (counts.some((count, k) => count !== found[k]))
      fail("shape", `overlapAdd: [${attrs.space.join(",")}] holds [${counts.join(",")}] windows of [${window.join(",")}], found [${found.join(",")}]`); // prettier-ignore
    return tensorType(x.dtype, shape);
  },
  vjp: {
    x: ({ x, g, attrs: { strides, dilation, space } }) =>
      slidingWindows(g, { window: partsOf(x.type.shape, { space }).window, strides, dilation }),
  },
  lift: liftRows(() => overlapAdd),
  lower: { kind: "expand", expand: ({ x, attrs }) => addWindows(x, attrs) },
  eval: ({ x }, { strides, dilation }, { shapes }) => {
    const rank = strides.length;
    const total = tabulate(x.dtype, shapes[0], () => 0);
    eachCoordinate(x.shape, (at, flat) => {
      const place = strides.map((stride, k) => at[1 + k] * stride + at[1 + rank + k] * dilation[k]);
      total.data[positionOf(shapes[0], [at[0], ...place, at[at.length - 1]])] += x.data[flat];
    });
    return total;
  },
  samples: rows(
    ["f32[1,3,3,1]", { space: [5], strides: [1], dilation: [1] }], ["f64[2,3,2,2]", { space: [6], strides: [2], dilation: [1] }],
    ["f32[n,2,3,1]", { space: [8], strides: [2], dilation: [2] }], ["f32[n,2,2,2,3,2]", { space: [3, 4], strides: [1, 1], dilation: [1, 1] }],
    ["f32[n,2,2,2,2,1]", { space: [5, 4], strides: [2, 2], dilation: [1, 1] }], ["f64[1,2,1,3,2,1]", { space: [5, 5], strides: [2, 3], dilation: [1, 2] }],
    ["f32[2,2,2,1,1,2,2,1]", { space: [2, 3, 2], strides: [1, 1, 1], dilation: [1, 1, 1] }], ["f32[n,1,1,1]", { space: [1], strides: [1], dilation: [1] }],
    ["f32[1,3,2,1]~-1e6..1e6", { space: [5], strides: [1], dilation: [2] }],
  ), // prettier-ignore
});

/** The parts of the shape of windows. */
function partsOf(shape: Shape, { space }: Pick<Overlap, "space">) {
  const rank = space.length;
  if (shape.length !== 2 + 2 * rank)
    fail("shape", `overlapAdd: x must have ${2 + 2 * rank} axes for ${rank} of space, found ${shape.length}`);
  const window = shape.slice(1 + rank, 1 + 2 * rank) as number[];
  return { rank, window, shape: [shape[0], ...space, shape[shape.length - 1]] };
}

/** For every element the sum over the windows that cover it, which may be one or none. */
function addWindows(x: Value, attrs: Overlap): Value {
  const { rank, window, shape } = partsOf(x.type.shape, attrs);
  const axes = attrs.space.map((extent, k) => {
    const axis = { window: window[k], stride: attrs.strides[k], dilation: attrs.dilation[k], low: 0 };
    return backwards(extent, x.type.shape[1 + k] as number, axis);
  });
  const drawn = axes.reduce((part, { holes }, k) => dilate(part, 1 + rank + k, holes), x);
  const missing = axes.map(({ phases, taps }, k) =>
    Math.max(0, taps * phases - (drawn.type.shape[1 + rank + k] as number)),
  );
  const low = [0, ...axes.map(({ lead }) => lead), ...missing.map(() => 0), 0];
  const high = [0, ...axes.map(({ tail }) => tail), ...missing, 0];
  const padded = [...low, ...high].some((count) => count > 0) ? pad(drawn, { low, high, value: 0 }) : drawn;
  const [at, tap, phase] = [letters.at, letters.tap, letters.phase].map((list) => list.slice(0, rank));
  const from = axes.map(({ offset, step }, k) => form(offset, [1, at[k]], [-step, tap[k]]));
  const within = axes.map(({ phases }, k) => form(0, [1, phase[k]], [phases, tap[k]]));
  const view = affineView(padded, {
    subscripts: `n,${[...from, ...within].join(",")},c -> ${["n", ...at.flatMap((letter, k) => [letter, phase[k]]), ...tap, "c"].join(",")}`,
    shape: [shape[0], ...axes.flatMap(({ count, phases }) => [count, phases]), ...axes.map(({ taps }) => taps), shape[rank + 1]],
  }); // prettier-ignore
  const over = axes.flatMap(({ taps }, k) => (taps > 1 ? [1 + 2 * rank + k] : []));
  const summed = over.length > 0 ? sum(view, { axes: over }) : view;
  const whole = shaped(summed, [
    shape[0],
    ...axes.map(({ count, phases }) => count * phases),
    shape[rank + 1],
  ]);
  return cutSpace(whole, axes.map(({ start }) => start), attrs.space); // prettier-ignore
}
