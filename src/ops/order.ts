import { fail } from "../base/errors.ts";
import { isBatch, maxOf, productOf, shapeText, tensorType, type Dim, type Shape } from "../ir/type.ts";
import { read, tabulate } from "./naive.ts";
import { rows } from "./samples.ts";
import { need, needAxis, opWith, type With } from "./types.ts";

// Ops whose elements depend on all others along an axis, each a nest of its own.

/** What stands before and after the axis is walked as one run each, which only a leading batch allows. */
function needRuns(name: string, shape: Shape, axis: number): void {
  const odd = [shape.slice(0, axis), shape.slice(axis + 1)].find((run) => run.slice(1).some(isBatch));
  if (odd) {
    fail("shape", `${name}: the batch dimension cannot stand inside ${shapeText(odd)}`, {
      hint: "transpose it to the front first",
    });
  }
}
const runs = (shape: Shape, axis: number): readonly [before: Dim, length: Dim, after: Dim] => [
  productOf(shape.slice(0, axis)),
  shape[axis],
  productOf(shape.slice(axis + 1)),
];

type Cumsum = { readonly axis: number; readonly reverse: boolean };
export const cumsum: With<Cumsum> = opWith<Cumsum>("cumsum", {
  doc: "The sums up to and including each element along an axis, or from each to the end (reverse).",
  inputs: ["x"],
  names: { numpy: "cumsum", onnx: "CumSum", pytorch: "cumsum" },
  type: ({ x }, { axis }) => {
    need("cumsum", "float", x);
    needAxis("cumsum", axis, x.shape);
    needRuns("cumsum", x.shape, axis);
    return x;
  },
  // What an element adds to lies on its other side.
  vjp: { x: ({ g, attrs: { axis, reverse } }) => cumsum(g, { axis, reverse: !reverse }) },
  lower: {
    kind: "nest",
    template: "cumsum",
    sizes: ({ attrs: { axis, reverse }, out: { shape } }) => {
      const [before, length, after] = runs(shape, axis);
      return [before, length, after, maxOf(length), maxOf(after), reverse ? 1 : 0];
    },
  },
  eval: ({ x }, { axis, reverse }) =>
    tabulate(x.dtype, x.shape, (at) => {
      let sum = 0;
      for (let k = 0; k < x.shape[axis]; k++) {
        if (reverse ? k >= at[axis] : k <= at[axis]) sum += read(x, at.with(axis, k));
      }
      return sum;
    }),
  samples: rows<Cumsum>(
    ["f32[1]", { axis: 0, reverse: false }], ["f64[5]", { axis: 0, reverse: true }], ["f32[2,3]", { axis: 0, reverse: false }],
    ["f32[2,3]", { axis: 1, reverse: true }], ["f32[n,4]", { axis: 1, reverse: false }], ["f32[n,3]", { axis: 0, reverse: true }],
    ["f32[n,2]", { axis: 0, reverse: false }], ["f64[2,3,2]", { axis: 1, reverse: true }], ["f32[1,1]", { axis: 1, reverse: false }],
    ["f32[3,n]", { axis: 0, reverse: false }], ["f64[6]~-1e6..1e6", { axis: 0, reverse: false }],
  ), // prettier-ignore
});

type Sorted = { readonly axis: number; readonly descending: boolean };
export const argSort: With<Sorted> = opWith<Sorted>("argSort", {
  doc: "The positions of the elements along an axis in rising order (or falling); equal ones keep their order, NaN is the largest. Takes n² comparisons.",
  inputs: ["x"],
  names: { numpy: "argsort", pytorch: "argsort", stablehlo: "sort" },
  type: ({ x }, { axis }) => {
    need("argSort", "float", x);
    if (isBatch(x.shape[needAxis("argSort", axis, x.shape)]))
      fail("shape", `argSort: axis ${axis} of ${shapeText(x.shape)} is the batch dimension, which cannot be sorted`); // prettier-ignore
    needRuns("argSort", x.shape, axis);
    return tensorType("i32", x.shape);
  },
  lower: {
    kind: "nest",
    template: "argSort",
    sizes: ({ attrs: { axis, descending }, out: { shape } }) => {
      const [before, length, after] = runs(shape, axis);
      return [before, length, after, maxOf(after), descending ? 1 : 0];
    },
  },
  eval: ({ x }, { axis, descending }) => {
    const compare = (a: number, b: number): number => {
      if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
      return a === b ? 0 : a < b ? -1 : 1;
    };
    return tabulate("i32", x.shape, (at) => {
      const line = Array.from({ length: x.shape[axis] }, (_, k) => read(x, at.with(axis, k)));
      const order = line.map((_, k) => k);
      order.sort((p, q) => (descending ? -1 : 1) * compare(line[p], line[q]) || p - q);
      return order[at[axis]];
    });
  },
  samples: rows<Sorted>(
    ["f32[1]", { axis: 0, descending: false }], ["f64[7]", { axis: 0, descending: true }], ["f32[3,4]", { axis: 0, descending: false }],
    ["f32[n,5]", { axis: 1, descending: true }], ["f64[2,3,2]", { axis: 1, descending: false }], ["f32[4,n]", { axis: 0, descending: true }],
    ["f32[6]~1..1", { axis: 0, descending: true }], ["f32[n,3,2]", { axis: 1, descending: false }],
  ), // prettier-ignore
});
