import { fail } from "../base/errors.ts";
import { e } from "../ir/expr.ts";
import type { Value } from "../ir/graph.ts";
import { op, type LowerContext, type Op } from "../ir/op.ts";
import {
  isBatch,
  maxOf,
  productOf,
  sameShape,
  shapeText,
  sizeOf,
  tensorType,
  typeText,
  type Dim,
  type DType,
  type Shape,
  type TensorType,
} from "../ir/type.ts";
import { shaped, spread } from "./broadcast.ts";
import { eachCoordinate, positionOf, read, tabulate } from "./naive.ts";
import { rows } from "./samples.ts";
import { need, needAxis, needWithin, opWith, type Axis, type With } from "./types.ts";

type OneHot = { readonly depth: number; readonly dtype: DType };
export const oneHot: With<OneHot> = opWith<OneHot>("oneHot", {
  doc: "A new last axis with 1 at the position that the integer names and 0 elsewhere.",
  inputs: ["x"],
  names: { onnx: "OneHot", pytorch: "functional.one_hot", keras: "ops.one_hot" },
  type: ({ x }, { depth, dtype }) => {
    if (x.dtype !== "i32") fail("dtype", `oneHot: x must be an i32 tensor, found ${typeText(x)}`);
    if (!Number.isInteger(depth) || depth < 1)
      fail("shape", `oneHot: depth must be a positive integer, found ${String(depth)}`);
    sizeOf([...x.shape, depth], "oneHot: the result");
    return tensorType(dtype, [...x.shape, depth]);
  },
  lift: ({ x, attrs }) => oneHot(x, attrs),
  lower: {
    kind: "at",
    at: ({ x }, i, { attrs: { dtype } }) => {
      const hit = e.equal(x(...i.slice(0, -1)), e.index(i[i.length - 1], "i32"));
      return e.select(hit, e.constant(1, dtype), e.constant(0, dtype));
    },
  },
  eval: ({ x }, { dtype }, { shapes }) =>
    tabulate(dtype, shapes[0], (at) => (read(x, at.slice(0, -1)) === at.at(-1) ? 1 : 0)),
  limits: (_, { depth }) => ({ x: depth }),
  samples: rows(
    ["i32[]~0..3", { depth: 3, dtype: "f32" }], ["i32[4]~0..3", { depth: 3, dtype: "f64" }],
    ["i32[2,2]~0..2", { depth: 2, dtype: "i32" }], ["i32[n]~0..4", { depth: 4, dtype: "f32" }],
    ["i32[3]~0..1", { depth: 1, dtype: "f32" }], ["i32[3]~0..5", { depth: 5, dtype: "bool" }],
  ), // prettier-ignore
});

// Each of the four below is the transpose of another: take and scatterAdd, takeAlongAxis and scatterAddAlongAxis.

type Scatter = { readonly axis: number; readonly size: number };
type Indexed<A> = Op<(x: Value, indices: Value, attrs: A) => Value>;

const needIndices = (name: string, indices: TensorType): TensorType =>
  indices.dtype === "i32"
    ? indices
    : fail("dtype", `${name}: indices must be an i32 tensor, found ${typeText(indices)}`);

/** The extent of the axis that indices pick from, which must not change at run time. */
function needRows(name: string, axis: number, shape: Shape): number {
  const dim = shape[needAxis(name, axis, shape)];
  return isBatch(dim)
    ? fail("shape", `${name}: axis ${axis} of ${shapeText(shape)} is the batch dimension, which cannot be indexed`)
    : dim;
} // prettier-ignore

function needSize(name: string, size: number): number {
  if (!Number.isInteger(size) || size < 1)
    fail("shape", `${name}: size must be a positive integer, found ${String(size)}`);
  return size;
}

/** Axes before, at and after the indexed one are walked as one run each, which only a leading batch allows. */
function needRuns(name: string, ...runs: readonly Shape[]): void {
  const trailing = runs.find((run) => run.slice(1).some(isBatch));
  if (trailing) {
    fail("shape", `${name}: the batch dimension cannot stand inside ${shapeText(trailing)}`, {
      hint: "transpose it to the front first",
    });
  }
  if (runs.filter((run) => run.some(isBatch)).length > 1) {
    fail("shape", `${name}: both x and indices have the batch dimension`, {
      hint: "use takeAlongAxis to pick within each row",
    });
  }
}

/** The sizes of the nests in templates/take.ts. */
const nestSizes = (before: Shape, picks: Shape, after: Shape, size: number): Dim[] => [
  productOf(before),
  productOf(picks),
  productOf(after),
  size,
  maxOf(productOf(picks)),
  maxOf(productOf(after)),
];
const clampTo = (size: number, index: number): number => Math.min(Math.max(index, 0), size - 1);
const replaced = (at: readonly number[], axis: number, count: number, by: readonly number[]): number[] =>
  at.toSpliced(axis, count, ...by);

export const take: Indexed<Axis> = op<(x: Value, indices: Value, attrs: Axis) => Value, "x" | "indices", Axis>("take", {
  doc: "The slices of x along an axis that the indices name, y[…, p, …] = x[…, indices[p], …]; an index computed outside the axis is taken as the nearest one.",
  inputs: ["x", "indices"],
  names: { numpy: "take", onnx: "Gather", pytorch: "index_select", stablehlo: "gather" },
  type: ({ x, indices }, { axis }) => {
    needIndices("take", indices);
    needRows("take", axis, x.shape);
    needRuns("take", x.shape.slice(0, axis), indices.shape, x.shape.slice(axis + 1));
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    sizeOf(shape, "take: the result");
    return tensorType(x.dtype, shape);
  },
  // What was taken several times receives the sum.
  vjp: { x: ({ x, indices, g, attrs: { axis } }) => scatterAdd(g, indices, { axis, size: maxOf(x.type.shape[axis]) }) },
  lift: ({ x, indices, types: [own, picks], attrs: { axis }, each }) => {
    needWithin("take", own, [axis]);
    const [n, ...shape] = x.type.shape;
    const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)].map((dims) => maxOf(productOf(dims)));
    const count = maxOf(productOf(indices.type.shape.slice(1)));
    const places = spread(shaped(indices, [n, 1, count, 1]), [n, before, count, after]);
    const taken = takeAlongAxis(shaped(x, [n, before, shape[axis], after]), places, { axis: 2 });
    return shaped(taken, each([...own.shape.slice(0, axis), ...picks.shape, ...own.shape.slice(axis + 1)]));
  },
  lower: {
    kind: "nest",
    template: "take",
    sizes: ({ attrs: { axis }, types: [x, indices] }) =>
      nestSizes(x.shape.slice(0, axis), indices.shape, x.shape.slice(axis + 1), maxOf(x.shape[axis])),
  },
  eval: ({ x, indices }, { axis }, { shapes }) =>
    tabulate(x.dtype, shapes[0], (at) => {
      const rank = indices.shape.length;
      const index = clampTo(x.shape[axis], read(indices, at.slice(axis, axis + rank)));
      return read(x, replaced(at, axis, rank, [index]));
    }),
  limits: ({ x }, { axis }) => ({ indices: maxOf(x.shape[axis]) }),
  samples: rows(
    ["f32[4]", "i32[]~0..4", { axis: 0 }], ["f32[4,3]", "i32[5]~0..4", { axis: 0 }], ["f64[2,3]", "i32[2,2]~0..3", { axis: 1 }],
    ["f32[5,2]", "i32[n]~0..5", { axis: 0 }], ["f32[5,2]", "i32[n,3]~0..5", { axis: 0 }], ["f32[n,4]", "i32[3]~0..4", { axis: 1 }],
    ["f32[2,4,3]", "i32[6]~1..2", { axis: 1 }], ["f32[1,3]", "i32[4]~0..1", { axis: 0 }], ["f64[3,1]", "i32[1]~0..3", { axis: 0 }],
    ["f32[3,n,2]", "i32[4]~0..3", { axis: 0 }], ["f32[2,3,2]", "i32[n]~0..3", { axis: 1 }], ["f32[3]", "i32[6]~-4..9", { axis: 0 }],
    ["i32[4]", "i32[3]~0..4", { axis: 0 }], ["bool[4,2]", "i32[3]~0..4", { axis: 0 }],
  ),
}); // prettier-ignore

export const scatterAdd: Indexed<Scatter> = op<(updates: Value, indices: Value, attrs: Scatter) => Value, "updates" | "indices", Scatter>("scatterAdd", {
  doc: "Zeros with an axis of `size` to which the updates are added where the indices say, in their order: the transpose of take.",
  inputs: ["updates", "indices"],
  names: { numpy: "add.at", onnx: "ScatterND", pytorch: "index_add", stablehlo: "scatter" },
  type: ({ updates, indices }, { axis, size }) => {
    need("scatterAdd", "float", updates, "updates");
    needIndices("scatterAdd", indices);
    needSize("scatterAdd", size);
    const rank = indices.shape.length;
    const picks = updates.shape.slice(axis, axis + rank);
    if (axis > 0) needAxis("scatterAdd", axis - 1, updates.shape);
    if (!sameShape(picks, indices.shape))
      fail("shape", `scatterAdd: updates must have the axes ${shapeText(indices.shape)} of indices from axis ${axis} on, found ${shapeText(updates.shape)}`);
    const [before, after] = [updates.shape.slice(0, axis), updates.shape.slice(axis + rank)];
    needRuns("scatterAdd", before, picks, after);
    sizeOf([...before, size, ...after], "scatterAdd: the result");
    return tensorType(updates.dtype, [...before, size, ...after]);
  },
  vjp: { updates: ({ indices, g, attrs: { axis } }) => take(g, indices, { axis }) },
  lower: {
    kind: "nest",
    template: "scatterAdd",
    adds: true,
    sizes: ({ attrs: { axis, size }, types: [updates, indices] }) =>
      nestSizes(updates.shape.slice(0, axis), indices.shape, updates.shape.slice(axis + indices.shape.length), size),
  },
  eval: ({ updates, indices }, { axis, size }, { shapes, dtypes }) => {
    const y = tabulate(dtypes[0], shapes[0], () => 0);
    const rank = indices.shape.length;
    eachCoordinate(updates.shape, (at, flat) => {
      const index = clampTo(size, read(indices, at.slice(axis, axis + rank)));
      y.data[positionOf(y.shape, replaced(at, axis, rank, [index]))] += updates.data[flat];
    });
    return y;
  },
  limits: (_, { size }) => ({ indices: size }),
  samples: rows(
    ["f32[]", "i32[]~0..3", { axis: 0, size: 3 }], ["f32[5,3]", "i32[5]~0..2", { axis: 0, size: 4 }], ["f64[2,2,2]", "i32[2,2]~0..3", { axis: 1, size: 3 }],
    ["f32[n,2]", "i32[n]~0..5", { axis: 0, size: 5 }], ["f32[n,3,2]", "i32[n,3]~0..2", { axis: 0, size: 2 }], ["f32[n,3]", "i32[3]~0..4", { axis: 1, size: 4 }],
    ["f32[4]", "i32[4]~0..1", { axis: 0, size: 1 }], ["f64[1,2]", "i32[1]~0..3", { axis: 0, size: 3 }], ["f32[2,4,n]", "i32[4]~0..2", { axis: 1, size: 2 }],
    ["f32[6]", "i32[6]~-4..9", { axis: 0, size: 3 }],
  ),
}); // prettier-ignore

/** Refuses indices that do not have the shape of x but for the axis. */
function needAlong(name: string, what: string, x: TensorType, indices: TensorType, axis: number): void {
  needIndices(name, indices);
  needAxis(name, axis, x.shape);
  const others = (shape: Shape): Shape => shape.toSpliced(axis, 1);
  if (x.shape.length !== indices.shape.length || !sameShape(others(x.shape), others(indices.shape)))
    fail("shape", `${name}: indices must be like ${what} ${shapeText(x.shape)} but for axis ${axis}, found ${shapeText(indices.shape)}`);
  needRuns(name, x.shape.slice(0, axis), [indices.shape[axis]], x.shape.slice(axis + 1));
} // prettier-ignore
const alongSizes = (indices: Shape, axis: number, size: number): Dim[] =>
  nestSizes(indices.slice(0, axis), [indices[axis]], indices.slice(axis + 1), size);

export const takeAlongAxis: Indexed<Axis> = op<(x: Value, indices: Value, attrs: Axis) => Value, "x" | "indices", Axis>("takeAlongAxis", {
  doc: "For every place the element along an axis that its own index names, y[a, p, b] = x[a, indices[a, p, b], b]; an index computed outside the axis is taken as the nearest one.",
  inputs: ["x", "indices"],
  names: { numpy: "take_along_axis", onnx: "GatherElements", pytorch: "gather" },
  type: ({ x, indices }, { axis }) => {
    needAlong("takeAlongAxis", "x", x, indices, axis);
    needRows("takeAlongAxis", axis, x.shape);
    return tensorType(x.dtype, indices.shape);
  },
  vjp: { x: ({ x, indices, g, attrs: { axis } }) => scatterAddAlongAxis(g, indices, { axis, size: maxOf(x.type.shape[axis]) }) },
  lift: ({ x, indices, types, attrs: { axis } }) => {
    needWithin("takeAlongAxis", types[0], [axis]);
    return takeAlongAxis(x, indices, { axis: axis + 1 });
  },
  lower: {
    kind: "nest",
    template: "takeAlongAxis",
    sizes: ({ attrs: { axis }, types: [x, indices] }: LowerContext<Axis>) => alongSizes(indices.shape, axis, maxOf(x.shape[axis])),
  },
  eval: ({ x, indices }, { axis }, { shapes }) =>
    tabulate(x.dtype, shapes[0], (at, flat) => read(x, replaced(at, axis, 1, [clampTo(x.shape[axis], indices.data[flat])]))),
  limits: ({ x }, { axis }) => ({ indices: maxOf(x.shape[axis]) }),
  samples: rows(
    ["f32[4]", "i32[6]~0..4", { axis: 0 }], ["f32[1]", "i32[3]~0..1", { axis: 0 }], ["f64[3,4]", "i32[3,2]~0..4", { axis: 1 }],
    ["f32[3,4]", "i32[2,4]~0..3", { axis: 0 }], ["f32[n,5]", "i32[n,2]~0..5", { axis: 1 }], ["f32[n,3,2]", "i32[n,4,2]~0..2", { axis: 1 }],
    ["f32[3,n]", "i32[2,n]~0..3", { axis: 0 }], ["f64[2,1,3]", "i32[2,2,3]~0..1", { axis: 1 }], ["f32[2,3]", "i32[2,n]~0..3", { axis: 1 }],
    ["f32[3]", "i32[6]~-4..9", { axis: 0 }], ["i32[2,3]", "i32[2,1]~0..3", { axis: 1 }],
  ),
}); // prettier-ignore

export const scatterAddAlongAxis: Indexed<Scatter> = op<(updates: Value, indices: Value, attrs: Scatter) => Value, "updates" | "indices", Scatter>("scatterAddAlongAxis", {
  doc: "Zeros with an axis of `size` to which every update is added where its own index says: the transpose of takeAlongAxis.",
  inputs: ["updates", "indices"],
  names: { onnx: "ScatterElements", pytorch: "scatter_add" },
  type: ({ updates, indices }, { axis, size }) => {
    need("scatterAddAlongAxis", "float", updates, "updates");
    needSize("scatterAddAlongAxis", size);
    needAlong("scatterAddAlongAxis", "updates", updates, indices, axis);
    if (!sameShape(updates.shape, indices.shape))
      fail("shape", `scatterAddAlongAxis: indices must be like updates ${shapeText(updates.shape)}, found ${shapeText(indices.shape)}`);
    const shape = updates.shape.toSpliced(axis, 1, size);
    sizeOf(shape, "scatterAddAlongAxis: the result");
    return tensorType(updates.dtype, shape);
  },
  vjp: { updates: ({ indices, g, attrs: { axis } }) => takeAlongAxis(g, indices, { axis }) },
  lower: {
    kind: "nest",
    template: "scatterAddAlongAxis",
    adds: true,
    sizes: ({ attrs: { axis, size }, types: [, indices] }) => alongSizes(indices.shape, axis, size),
  },
  eval: ({ updates, indices }, { axis, size }, { shapes, dtypes }) => {
    const y = tabulate(dtypes[0], shapes[0], () => 0);
    eachCoordinate(updates.shape, (at, flat) => {
      const place = replaced(at, axis, 1, [clampTo(size, indices.data[flat])]);
      y.data[positionOf(y.shape, place)] += updates.data[flat];
    });
    return y;
  },
  limits: (_, { size }) => ({ indices: size }),
  samples: rows(
    ["f32[6]", "i32[6]~0..4", { axis: 0, size: 4 }], ["f32[3]", "i32[3]~0..1", { axis: 0, size: 1 }], ["f64[3,2]", "i32[3,2]~0..2", { axis: 1, size: 4 }],
    ["f32[2,4]", "i32[2,4]~0..3", { axis: 0, size: 3 }], ["f32[n,2]", "i32[n,2]~0..5", { axis: 1, size: 5 }], ["f32[n,4,2]", "i32[n,4,2]~0..2", { axis: 1, size: 3 }],
    ["f32[2,n]", "i32[2,n]~0..3", { axis: 0, size: 3 }], ["f64[2,2,1]", "i32[2,2,1]~0..1", { axis: 1, size: 2 }], ["f32[2,n]", "i32[2,n]~0..3", { axis: 1, size: 3 }],
    ["f32[6]", "i32[6]~-4..9", { axis: 0, size: 3 }],
  ),
}); // prettier-ignore
