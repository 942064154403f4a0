import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { flatten, indexConstant, unflatten } from "../ir/index.ts";
import {
  dimText,
  isBatch,
  maxOf,
  productOf,
  sameDim,
  sameShape,
  shapeText,
  tensorType,
  type DType,
  type Shape,
} from "../ir/type.ts";
import { constant } from "./leaves.ts";
import { fold, read, tabulate } from "./naive.ts";
import { rows, sampleBatch as n } from "./samples.ts";
import { keeping, needShape, needWithin, opWith, reduced, type Axes, type With } from "./types.ts";

// Each of these three needs the others for its gradient: sum and broadcastTo are each other's transpose.

type Shaped = { readonly shape: Shape };

/** The number of rows before the batch dimension: what a reshape must leave as it is. */
const beforeBatch = (shape: Shape) => productOf(shape.slice(0, shape.findIndex(isBatch)));

/** Runs of axes with as many elements before as after, as short as possible: coordinates mix only within one. */
function blocksOf(from: Shape, to: Shape) {
  const blocks: { before: { start: number; end: number }; after: { start: number; end: number } }[] = [];
  let [a, b] = [0, 0];
  while (a < from.length || b < to.length) {
    const [startA, startB] = [a, b];
    let [left, right] = [1, 1];
    do {
      if (b >= to.length || (a < from.length && left <= right)) left *= maxOf(from[a++]);
      else right *= maxOf(to[b++]);
    } while (left !== right);
    blocks.push({ before: { start: startA, end: a }, after: { start: startB, end: b } });
  }
  return blocks;
}

export const reshape: With<Shaped> = opWith<Shaped>("reshape", {
  doc: "The same elements in row-major order under another shape.",
  inputs: ["x"],
  names: { onnx: "Reshape", keras: "ops.reshape" },
  type: ({ x }, { shape }) => {
    const text = `reshape: ${shapeText(x.shape)} to ${shapeText(shape)}`;
    needShape("reshape: the new shape", shape);
    const [from, to] = [productOf(x.shape), productOf(shape)];
    if (!sameDim(from, to)) {
      fail("shape", `${text}: expected ${dimText(from)} elements, found ${dimText(to)}`);
    }
    // Layouts count the batch with its maximum, so rows stay where they are only if as many axes lead it.
    if (isBatch(from) && !sameDim(beforeBatch(x.shape), beforeBatch(shape))) {
      fail("shape", `${text}: the batch dimension must keep its place`, {
        hint: "let n stay the leading dimension, or transpose first",
      });
    }
    return tensorType(x.dtype, shape);
  },
  vjp: { x: ({ x, g }) => reshape(g, { shape: x.type.shape }) },
  lift: ({ x, attrs, each }) => shaped(x, each(attrs.shape)),
  carries: "moved",
  symbol: "_",
  folds: false,
  lower: {
    kind: "at",
    at: ({ x }, i, { types: [from], out }) =>
      x(
        ...blocksOf(from.shape, out.shape).flatMap(({ before, after }) => {
          const within = i.slice(after.start, after.end);
          const dims = out.shape.slice(after.start, after.end);
          return unflatten(flatten(within, dims), from.shape.slice(before.start, before.end));
        }),
      ),
  },
  eval: ({ x }, _, { shapes }) => ({ dtype: x.dtype, shape: shapes[0], data: x.data.slice() }),
  samples: rows(
    ["f32[]", { shape: [1, 1] }], ["f32[1]", { shape: [] }], ["f64[6]", { shape: [2, 3] }],
    ["f32[2,3,2]", { shape: [4, 3] }], ["f32[n,2,3]", { shape: [n, 6] }],
    ["f32[n,3]", { shape: [{ times: 3, max: 5 }] }], ["f32[2*n]", { shape: [n, 1, 2] }],
    ["f32[2,3,n]", { shape: [6, n] }], ["f64[1,4]~-1e6..1e6", { shape: [2, 2] }], ["i32[4]", { shape: [2, 2] }],
  ), // prettier-ignore
});

/** The axes of the wider shape along which a tensor is repeated. */
const stretched = (from: Shape, to: Shape): number[] => {
  const extra = to.length - from.length;
  return to.flatMap((dim, k) => (k < extra || !sameDim(from[k - extra], dim) ? [k] : []));
};

export const broadcastTo: With<Shaped> = opWith<Shaped>("broadcastTo", {
  doc: "Repeats a tensor along new leading axes and along axes of size 1.",
  inputs: ["x"],
  names: {
    numpy: "broadcast_to",
    stablehlo: "broadcast_in_dim",
    onnx: "Expand",
    pytorch: "broadcast_to",
    keras: "ops.broadcast_to",
  },
  type: ({ x }, { shape }) => {
    needShape("broadcastTo: the new shape", shape);
    const extra = shape.length - x.shape.length;
    if (extra < 0 || x.shape.some((dim, k) => dim !== 1 && !sameDim(dim, shape[k + extra]))) {
      fail("shape", `broadcastTo: ${shapeText(x.shape)} does not stretch to ${shapeText(shape)}`, {
        hint: "shapes are aligned at the right; only axes of size 1 are repeated",
      });
    }
    return tensorType(x.dtype, shape);
  },
  vjp: {
    x: ({ x, g, attrs }) => shaped(sum(g, { axes: stretched(x.type.shape, attrs.shape) }), x.type.shape),
  },
  // Axes that the result gains stand between the examples and what there was.
  lift: ({ x, attrs, each }) => {
    const to = each(attrs.shape);
    const [n, ...own] = x.type.shape;
    const gained = Array.from({ length: to.length - 1 - own.length }, () => 1);
    return spread(shaped(x, [n, ...gained, ...own]), to);
  },
  carries: "moved",
  symbol: "_",
  folds: false,
  lower: {
    kind: "at",
    at: ({ x }, i, { types: [{ shape }] }) =>
      x(...shape.map((dim, k) => (dim === 1 ? indexConstant(0) : i[k + i.length - shape.length]))),
  },
  eval: ({ x }, _, { shapes }) =>
    tabulate(x.dtype, shapes[0], (at) =>
      read(
        x,
        at.slice(at.length - x.shape.length).map((k, axis) => (x.shape[axis] === 1 ? 0 : k)),
      ),
    ),
  samples: rows(
    ["f32[]", { shape: [2, 3] }], ["f32[]", { shape: [n] }], ["f32[1]", { shape: [4] }], ["f64[3]", { shape: [2, 3] }],
    ["f32[2,1]", { shape: [2, 3] }], ["f32[1,3]", { shape: [n, 3] }], ["f32[n,1]", { shape: [n, 4] }],
    ["f64[1,2,1]", { shape: [3, 2, 2] }], ["f32[2,2]~-1e6..1e6", { shape: [2, 2] }], ["bool[2]", { shape: [3, 2] }],
  ), // prettier-ignore
});

export const sum: With<Axes> = opWith<Axes>("sum", {
  doc: "The sum over some axes, which disappear.",
  inputs: ["x"],
  names: { stablehlo: "reduce add", onnx: "ReduceSum", keras: "ops.sum" },
  type: reduced("sum", "number"),
  vjp: { x: ({ x, g, attrs }) => unreduce(g, x.type.shape, attrs.axes) },
  lift: ({ x, types, attrs: { axes } }) => {
    needWithin("sum", types[0], axes);
    return sum(x, { axes: axes.map((axis) => axis + 1) });
  },
  lower: { kind: "reduce", reduce: "sum" },
  eval: fold((group) => group.reduce((total, value) => total + value, 0)),
  samples: rows(
    ["f32[]", { axes: [] }], ["f32[1]", { axes: [0] }], ["f64[5]", { axes: [0] }], ["f32[2,3]", { axes: [0] }],
    ["f32[2,3]", { axes: [1] }], ["f64[2,3,2]", { axes: [0, 2] }], ["f32[n,3]", { axes: [0] }],
    ["f32[n,3]", { axes: [1] }], ["f32[n,2]", { axes: [0, 1] }], ["f32[3,2]", { axes: [] }],
    ["f32[7]~-1e6..1e6", { axes: [0] }], ["i32[2,3]", { axes: [1] }],
  ), // prettier-ignore
});

/** A tensor under a shape with the same elements; itself where it has that shape. */
export const shaped = (x: Value, shape: Shape): Value =>
  sameShape(x.type.shape, shape) ? x : reshape(x, { shape });
/** A tensor repeated to a shape; itself where it has that shape. */
export const spread = (x: Value, shape: Shape): Value =>
  sameShape(x.type.shape, shape) ? x : broadcastTo(x, { shape });
/** A reduction's result repeated over the axes it was reduced along. */
export const unreduce = (y: Value, shape: Shape, axes: readonly number[]): Value =>
  spread(shaped(y, keeping(shape, axes)), shape);
/** A tensor filled with one number. */
export const full = (
  value: number,
  { dtype, shape }: { readonly dtype: DType; readonly shape: Shape },
): Value => spread(constant({ value, dtype, shape: [] }), shape);
/** A tensor of the same type filled with one number. */
export const fullLike = (value: number, x: Value): Value => full(value, x.type);

/** The number of a constant, also one repeated to a shape; undefined for anything else. */
export function numberOf({ node }: Value): number | undefined {
  if (node.op === "constant") return node.attrs["value"] as number;
  return node.op === "broadcastTo" || node.op === "reshape" ? numberOf(node.inputs[0]) : undefined;
}
