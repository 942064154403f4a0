import { fail } from "../base/errors.ts";
import { e, type Expr } from "../ir/expr.ts";
import type { Value } from "../ir/graph.ts";
import { indexAdd, indexConstant, indexScale } from "../ir/index.ts";
import { op, type At, type Op } from "../ir/op.ts";
import {
  isBatch,
  maxOf,
  sameShape,
  shapeText,
  sizeOf,
  tensorType,
  typeText,
  type Shape,
} from "../ir/type.ts";
import { liftAxes } from "./lift.ts";
import { read, tabulate } from "./naive.ts";
import { rows } from "./samples.ts";
import { narrow } from "./slice.ts";
import { needAxes, needAxis, opWith, type Axes, type Axis, type With } from "./types.ts";

export { broadcastTo, reshape } from "./broadcast.ts";
export { narrow, pad, slice } from "./slice.ts";

type Permutation = { readonly permutation: readonly number[] };
export const transpose: With<Permutation> = opWith<Permutation>("transpose", {
  doc: "Reorders the axes: axis k of the output is axis permutation[k] of the input.",
  inputs: ["x"],
  names: { onnx: "Transpose", pytorch: "permute", keras: "ops.transpose" },
  type: ({ x }, { permutation }) => {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (permutation.length !== x.shape.length || sorted.some((axis, k) => axis !== k)) {
      fail("axis", `transpose: [${permutation.join(",")}] is not an order of the ${x.shape.length} axes of ${shapeText(x.shape)}`); // prettier-ignore
    }
    return tensorType(
      x.dtype,
      permutation.map((axis) => x.shape[axis]),
    );
  },
  vjp: { x: ({ g, attrs }) => transpose(g, { permutation: inverse(attrs.permutation) }) },
  lift: ({ x, attrs }) => transpose(x, { permutation: [0, ...attrs.permutation.map((axis) => axis + 1)] }),
  carries: "moved",
  symbol: "_",
  lower: {
    kind: "at",
    at: ({ x }, i, { attrs }) => x(...inverse(attrs.permutation).map((axis) => i[axis])),
  },
  eval: ({ x }, { permutation }, { shapes }) =>
    tabulate(x.dtype, shapes[0], (at) => {
      const from = [...at];
      for (const [k, axis] of permutation.entries()) from[axis] = at[k];
      return read(x, from);
    }),
  samples: rows(
    ["f32[]", { permutation: [] }], ["f32[1]", { permutation: [0] }], ["f64[2,3]", { permutation: [1, 0] }],
    ["f32[2,3,4]", { permutation: [2, 0, 1] }], ["f32[2,3,4]", { permutation: [0, 2, 1] }],
    ["f32[n,3]", { permutation: [1, 0] }], ["f32[n,2,3]", { permutation: [0, 2, 1] }],
    ["f64[2,2]~-1e6..1e6", { permutation: [1, 0] }], ["f32[1,1,2]", { permutation: [2, 1, 0] }], ["bool[2,3]", { permutation: [1, 0] }],
  ), // prettier-ignore
});
const inverse = (permutation: readonly number[]): number[] =>
  permutation.map((_, k) => permutation.indexOf(k));

export const concat: Op<(xs: readonly Value[], attrs: Axis) => Value> = op<
  (xs: readonly Value[], attrs: Axis) => Value,
  "xs",
  Axis
>("concat", {
  doc: "Tensors one after another along an axis.",
  inputs: ["...xs"],
  type: ({ all }, { axis }) => {
    const first = all[0] ?? fail("shape", "concat: expected at least one tensor, found none");
    needAxis("concat", axis, first.shape);
    const others = (shape: Shape): Shape => shape.map((dim, k) => (k === axis ? 1 : dim));
    for (const [k, type] of all.entries()) {
      if (type.dtype !== first.dtype)
        fail("dtype", `concat: input ${k} must be ${first.dtype}, found ${typeText(type)}`);
      if (!sameShape(others(type.shape), others(first.shape)))
        fail("shape", `concat: input ${k} must be like ${shapeText(first.shape)} but for axis ${axis}, found ${shapeText(type.shape)}`); // prettier-ignore
      if (isBatch(type.shape[axis]))
        fail("shape", `concat: axis ${axis} is the batch dimension, along which nothing can be joined`);
    }
    const extent = all.reduce((total, { shape }) => total + maxOf(shape[axis]), 0);
    const shape = first.shape.map((dim, k) => (k === axis ? extent : dim));
    sizeOf(shape, "concat: the joined shape");
    return tensorType(first.dtype, shape);
  },
  vjp: {
    xs: ({ all, g, attrs: { axis } }) => {
      let end = 0;
      return all.map(({ type }) => {
        const start = end;
        end += maxOf(type.shape[axis]);
        return narrow(g, axis, start, end);
      });
    },
  },
  offset: true,
  lift: ({ all, attrs }) => concat(all, { axis: attrs.axis + 1 }),
  carries: "joined",
  lower: {
    kind: "at",
    at: ({ all }, i, { attrs: { axis }, types }) => {
      let end = types.reduce((total, { shape }) => total + maxOf(shape[axis]), 0);
      // A part of extent 1 is only ever read at its one place.
      const part = (x: At, start: number, extent: number): Expr =>
        x(
          ...i.map((at, k) =>
            k !== axis ? at : extent === 1 ? indexConstant(0) : indexAdd(at, indexConstant(-start)),
          ),
        );
      // From the last to the first: each guard takes its own part or leaves the choice to the later ones.
      let later: Expr | undefined;
      for (let k = all.length - 1; k >= 0; k--) {
        const limit = end;
        const extent = maxOf(types[k].shape[axis]);
        end -= extent;
        const own = part(all[k], end, extent);
        later = later ? e.guard(e.less(e.index(i[axis], "i32"), e.constant(limit, "i32")), own, later) : own;
      }
      return later as Expr;
    },
  },
  eval: ({ all }, { axis }, { dtypes, shapes }) =>
    tabulate(dtypes[0], shapes[0], (at) => {
      const from = [...at];
      for (const x of all) {
        if (from[axis] < x.shape[axis]) return read(x, from);
        from[axis] -= x.shape[axis];
      }
      return NaN;
    }),
  samples: rows(
    ["f32[1]", { axis: 0 }], ["f32[1]", "f32[1]", { axis: 0 }], ["f64[3]", "f64[2]", { axis: 0 }],
    ["f32[2,3]", "f32[1,3]", { axis: 0 }], ["f32[2,3]", "f32[2,1]", "f32[2,2]", { axis: 1 }],
    ["f32[n,2]", "f32[n,3]", { axis: 1 }], ["f32[4]", "@0", { axis: 0 }], ["f32[2,2,2]", "f32[2,1,2]", { axis: 1 }],
    ["f64[2]~-1e6..1e6", "f64[2]", { axis: 0 }], ["i32[2]", "i32[1]", { axis: 0 }],
  ), // prettier-ignore
});

export const reverse: With<Axes> = opWith<Axes>("reverse", {
  doc: "The elements in opposite order along some axes.",
  inputs: ["x"],
  names: { numpy: "flip", pytorch: "flip", keras: "ops.flip" },
  type: ({ x }, { axes }) => {
    for (const axis of needAxes("reverse", axes, x.shape)) {
      if (isBatch(x.shape[axis]))
        fail("shape", `reverse: axis ${axis} is the batch dimension, whose order cannot be reversed`);
    }
    return x;
  },
  vjp: { x: ({ g, attrs }) => reverse(g, attrs) },
  lift: liftAxes("reverse", () => reverse),
  carries: "moved",
  lower: {
    kind: "at",
    at: ({ x }, i, { attrs: { axes }, out: { shape } }) =>
      x(
        ...i.map((at, k) =>
          axes.includes(k) ? indexAdd(indexScale(at, -1), indexConstant(maxOf(shape[k]) - 1)) : at,
        ),
      ),
  },
  eval: ({ x }, { axes }, { shapes }) =>
    tabulate(x.dtype, shapes[0], (at) =>
      read(
        x,
        at.map((k, axis) => (axes.includes(axis) ? x.shape[axis] - 1 - k : k)),
      ),
    ),
  samples: rows(
    ["f32[]", { axes: [] }], ["f32[1]", { axes: [0] }], ["f64[4]", { axes: [0] }], ["f32[2,3]", { axes: [1] }],
    ["f32[2,3]", { axes: [0, 1] }], ["f32[n,3]", { axes: [1] }], ["f32[2,3,2]", { axes: [1] }],
    ["f64[3]~-1e6..1e6", { axes: [0] }], ["i32[3]", { axes: [0] }],
  ), // prettier-ignore
});
