import { fail } from "../base/errors.ts";
import { e, type Expr } from "../ir/expr.ts";
import type { Value } from "../ir/graph.ts";
import { indexAdd, indexConstant, indexScale, rangeOf, type Index } from "../ir/index.ts";
import {
  dimText,
  isBatch,
  maxOf,
  sameDim,
  shapeText,
  sizeOf,
  tensorType,
  type Dim,
  type Shape,
  type TensorType,
} from "../ir/type.ts";
import { shaped } from "./broadcast.ts";
import { read, tabulate } from "./naive.ts";
import { rows, sampleBatch as n } from "./samples.ts";
import { opWith, type With } from "./types.ts";

// Slice and pad stand together because they are each other's transpose.

type Slice = {
  readonly start: readonly number[];
  readonly limit: Shape;
  readonly strides: readonly number[];
};
export const slice: With<Slice> = opWith<Slice>("slice", {
  doc: "The elements start, start + stride, … below limit along every axis.",
  inputs: ["x"],
  names: { onnx: "Slice", keras: "ops.slice" },
  type: ({ x }, { start, limit, strides }) => {
    needRank("slice", x, { start, limit, strides });
    return tensorType(
      x.dtype,
      x.shape.map((dim, k) => sliced(k, dim, start[k], limit[k], strides[k])),
    );
  },
  vjp: { x: ({ x, g, attrs }) => unslice(g, x.type.shape, attrs) },
  lift: ({ x, each, attrs: { start, limit, strides } }) =>
    slice(x, { start: [0, ...start], limit: each(limit), strides: [1, ...strides] }),
  carries: "moved",
  symbol: "_",
  lower: {
    kind: "at",
    at: ({ x }, i, { attrs: { start, strides } }) =>
      x(...i.map((at, k) => indexAdd(indexScale(at, strides[k]), indexConstant(start[k])))),
  },
  eval: ({ x }, { start, strides }, { shapes }) =>
    tabulate(x.dtype, shapes[0], (at) =>
      read(
        x,
        at.map((k, axis) => start[axis] + k * strides[axis]),
      ),
    ),
  samples: rows(
    ["f32[]", { start: [], limit: [], strides: [] }], ["f32[1]", { start: [0], limit: [1], strides: [1] }],
    ["f64[5]", { start: [1], limit: [4], strides: [1] }], ["f32[7]", { start: [1], limit: [7], strides: [3] }],
    ["f32[6]", { start: [0], limit: [6], strides: [2] }], ["f32[3,4]", { start: [1, 0], limit: [3, 4], strides: [1, 3] }],
    ["f32[n,3]", { start: [0, 1], limit: [n, 3], strides: [1, 1] }], ["f32[4,n]", { start: [1, 0], limit: [4, n], strides: [2, 1] }],
    ["f64[4]~-1e6..1e6", { start: [2], limit: [4], strides: [1] }], ["i32[4]", { start: [0], limit: [3], strides: [2] }],
  ), // prettier-ignore
});

function needRank(name: string, x: TensorType, lists: { readonly [name: string]: readonly unknown[] }): void {
  for (const [list, { length }] of Object.entries(lists)) {
    if (length !== x.shape.length)
      fail("shape", `${name}: ${list} must have ${x.shape.length} entries for ${shapeText(x.shape)}, found ${length}`); // prettier-ignore
  }
}

function sliced(axis: number, dim: Dim, start: number, limit: Dim, stride: number): Dim {
  if (isBatch(dim)) {
    if (start === 0 && stride === 1 && sameDim(limit, dim)) return dim;
    return fail("shape", `slice: axis ${axis} is the batch dimension, of which only all rows can be taken`);
  }
  const whole = [start, limit, stride].every((value) => Number.isInteger(value));
  if (!whole || start < 0 || stride < 1 || (limit as number) <= start || (limit as number) > dim) {
    const text = `${start}:${dimText(limit)}:${stride}`;
    const problem = whole && limit === start ? "holds nothing of" : "does not lie in";
    return fail("shape", `slice: ${text} ${problem} axis ${axis} with extent ${dim}`);
  }
  return Math.ceil(((limit as number) - start) / stride);
}

/** The transpose of slice: every element back where it came from, zeros elsewhere. */
function unslice(g: Value, shape: Shape, { start, strides }: Slice): Value {
  const at = (axis: number, value: number): number[] => shape.map((_, k) => (k === axis ? value : 0));
  return shape.reduce<Value>((x, dim, axis) => {
    if (isBatch(dim)) return x;
    const dilated = dilate(x, axis, strides[axis]);
    const extent = start[axis] + maxOf(dilated.type.shape[axis]);
    if (extent === dim && start[axis] === 0) return dilated;
    const high = Math.max(dim - extent, 0);
    const padded = pad(dilated, { low: at(axis, start[axis]), high: at(axis, high), value: 0 });
    // The zeros after the last element may reach beyond the end.
    return extent > dim ? narrow(padded, axis, 0, dim) : padded;
  }, g);
}

/** Puts stride − 1 zeros after every element along an axis. */
export function dilate(x: Value, axis: number, stride: number): Value {
  if (stride === 1) return x;
  const { shape } = x.type;
  const column = shaped(x, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]);
  const at = (value: number) => column.type.shape.map((_, k) => (k === axis + 1 ? value : 0));
  const wide = pad(column, { low: at(0), high: at(stride - 1), value: 0 });
  return shaped(
    wide,
    shape.map((dim, k) => (k === axis ? maxOf(dim) * stride : dim)),
  );
}

/** The part [start, limit) of one axis. */
export const narrow = (x: Value, axis: number, start: number, limit: number): Value =>
  slice(x, {
    start: x.type.shape.map((_, k) => (k === axis ? start : 0)),
    limit: x.type.shape.map((dim, k) => (k === axis ? limit : dim)),
    strides: x.type.shape.map(() => 1),
  });

type Padding = { readonly low: readonly number[]; readonly high: readonly number[]; readonly value: number };
export const pad: With<Padding> = opWith<Padding>("pad", {
  doc: "Puts `low` copies of a number before and `high` after the elements of every axis.",
  inputs: ["x"],
  names: { onnx: "Pad", keras: "ops.pad" },
  type: ({ x }, { low, high }) => {
    needRank("pad", x, { low, high });
    const shape = x.shape.map((dim, k) => {
      const both = [low[k], high[k]];
      if (both.some((count) => !Number.isInteger(count) || count < 0))
        fail("shape", `pad: axis ${k} must gain whole numbers of elements, found ${both.join(" and ")}`);
      if (!isBatch(dim)) return dim + low[k] + high[k];
      if (low[k] || high[k]) fail("shape", `pad: axis ${k} is the batch dimension, which cannot be padded`);
      return dim;
    });
    sizeOf(shape, "pad: the padded shape");
    return tensorType(x.dtype, shape);
  },
  vjp: {
    x: ({ x, g, attrs: { low } }) =>
      slice(g, {
        start: low,
        limit: x.type.shape.map((dim, k) => (isBatch(dim) ? dim : dim + low[k])),
        strides: low.map(() => 1),
      }),
  },
  lift: ({ x, attrs: { low, high, value } }) => pad(x, { low: [0, ...low], high: [0, ...high], value }),
  work: () => 0,
  lower: {
    kind: "at",
    at: ({ x }, i, { attrs: { low, value }, types: [{ dtype, shape }] }) => {
      const inner = i.map((at, k) => indexAdd(at, indexConstant(-low[k])));
      const tests = inner.flatMap((at, k) => inside(at, shape[k]));
      if (tests.length === 0) return x(...inner);
      return e.guard(
        tests.reduce((all, test) => e.and(all, test)),
        x(...inner),
        e.constant(value, dtype),
      );
    },
  },
  eval: ({ x }, { low, value }, { shapes }) =>
    tabulate(x.dtype, shapes[0], (at) => {
      const from = at.map((k, axis) => k - low[axis]);
      return from.every((k, axis) => k >= 0 && k < x.shape[axis]) ? read(x, from) : value;
    }),
  samples: rows(
    ["f32[]", { low: [], high: [], value: 0 }], ["f32[1]", { low: [2], high: [0], value: 0 }],
    ["f64[3]", { low: [1], high: [2], value: -1 }], ["f32[2,3]", { low: [1, 0], high: [0, 2], value: 0 }],
    ["f32[n,2]", { low: [0, 1], high: [0, 1], value: 0 }], ["f32[2,2,1]", { low: [0, 1, 2], high: [1, 0, 0], value: 0.5 }],
    ["f32[2,2]", { low: [0, 0], high: [0, 0], value: 0 }], ["f64[3]~-1e6..1e6", { low: [1], high: [1], value: 0 }],
    ["i32[3]", { low: [1], high: [1], value: 7 }],
  ), // prettier-ignore
});

/** What must be tested so that an index lies in an axis; nothing where its range already proves it. */
function inside(at: Index, dim: Dim): Expr[] {
  const [low, high] = rangeOf(at);
  const index = e.index(at, "i32");
  return [
    ...(low < 0 ? [e.lessEqual(e.constant(0, "i32"), index)] : []),
    ...(high >= maxOf(dim) ? [e.less(index, e.constant(maxOf(dim), "i32"))] : []),
  ];
}
