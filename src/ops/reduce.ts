import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { isBatch, maxOf, tensorType, type TensorType } from "../ir/type.ts";
import { fullLike, shaped, spread, sum, unreduce } from "./broadcast.ts";
import { cast, div, equal, mul, where } from "./elementwise.ts";
import { dimensionSize, iota } from "./leaves.ts";
import { liftAxes } from "./lift.ts";
import { transpose } from "./movement.ts";
import { fold } from "./naive.ts";
import { rows } from "./samples.ts";
import { countAlong, need, needAxes, opWith, reduced, without, type Axes, type With } from "./types.ts";

export { sum } from "./broadcast.ts";

const reductionSamples = (range = "", wide = "~-1e6..1e6") =>
  rows<Axes>(
    [`f32[]${range}`, { axes: [] }], [`f32[1]${range}`, { axes: [0] }], [`f64[5]${range}`, { axes: [0] }],
    [`f32[2,3]${range}`, { axes: [0] }], [`f32[2,3]${range}`, { axes: [1] }], [`f64[2,3,2]${range}`, { axes: [0, 2] }],
    [`f32[n,3]${range}`, { axes: [0] }], [`f32[n,3]${range}`, { axes: [1] }], [`f32[n,2]${range}`, { axes: [0, 1] }],
    [`f32[3,2]${range}`, { axes: [] }], [`f32[7]${wide}`, { axes: [0] }],
  ); // prettier-ignore

export const mean: With<Axes> = opWith<Axes>("mean", {
  doc: "The mean over some axes, which disappear; over the batch it is the mean of the rows actually given.",
  inputs: ["x"],
  names: { onnx: "ReduceMean", keras: "ops.mean" },
  type: reduced("mean", "float"),
  vjp: { x: ({ x, g, attrs }) => unreduce(div(g, countLike(g, x, attrs)), x.type.shape, attrs.axes) },
  lift: liftAxes("mean", () => mean),
  lower: {
    kind: "expand",
    expand: ({ x, attrs }) => {
      const total = sum(x, attrs);
      return div(total, countLike(total, x, attrs));
    },
  },
  eval: fold((group) => group.reduce((total, value) => total + value, 0) / group.length),
  samples: reductionSamples(),
});
/** How many elements of x go into each element of y; two batch axes count as the product of two sizes. */
function countLike(y: Value, x: Value, { axes }: Axes): Value {
  const { shape, dtype } = x.type;
  const further = axes.filter((axis) => isBatch(shape[axis])).slice(1);
  const first = countAlong(
    shape,
    axes.filter((axis) => !further.includes(axis)),
  );
  const counts = [first, ...further.map((axis) => shape[axis])].map((dim) =>
    spread(dimensionSize({ dim, dtype }), y.type.shape),
  );
  return counts.reduce((product, count) => mul(product, count));
}

/** The cotangent goes evenly to every element that equals the result. */
function toEqual({ x, y, g, attrs }: { x: Value; y: Value; g: Value; attrs: Axes }): Value {
  const back = (value: Value): Value => unreduce(value, x.type.shape, attrs.axes);
  const chosen = equal(x, back(y));
  const ties = sum(cast(chosen, { dtype: x.type.dtype }), attrs);
  return where(chosen, back(div(g, ties)), fullLike(0, x));
}

export const max: With<Axes> = opWith<Axes>("max", {
  doc: "The largest element over some axes, which disappear; ties share the gradient, and NaN stays NaN.",
  inputs: ["x"],
  names: { stablehlo: "reduce maximum", onnx: "ReduceMax", pytorch: "amax", keras: "ops.max" },
  type: reduced("max", "number"),
  vjp: { x: toEqual },
  lift: liftAxes("max", () => max),
  lower: { kind: "reduce", reduce: "maximum" },
  eval: fold((group) => group.reduce((best, value) => Math.max(best, value))),
  samples: reductionSamples(),
});

export const min: With<Axes> = opWith<Axes>("min", {
  doc: "The smallest element over some axes, which disappear; ties share the gradient, and NaN stays NaN.",
  inputs: ["x"],
  names: { stablehlo: "reduce minimum", onnx: "ReduceMin", pytorch: "amin", keras: "ops.min" },
  type: reduced("min", "number"),
  vjp: { x: toEqual },
  lift: liftAxes("min", () => min),
  lower: { kind: "reduce", reduce: "minimum" },
  eval: fold((group) => group.reduce((best, value) => Math.min(best, value))),
  samples: reductionSamples(),
});

export const prod: With<Axes> = opWith<Axes>("prod", {
  doc: "The product over some axes, which disappear.",
  inputs: ["x"],
  names: { stablehlo: "reduce multiply", onnx: "ReduceProd", keras: "ops.prod" },
  type: reduced("prod", "float"),
  vjp: {
    x: ({ x, g, attrs }) => {
      const others = attrs.axes.some((k) => isBatch(x.type.shape[k])) ? othersOfBatch : othersOfFixed;
      return mul(unreduce(g, x.type.shape, attrs.axes), others(x, attrs));
    },
  },
  lift: liftAxes("prod", () => prod),
  lower: { kind: "reduce", reduce: "prod" },
  eval: fold((group) => group.reduce((product, value) => product * value, 1)),
  samples: reductionSamples("", "~-9..9"),
});

/** For every element the product of the others, without dividing, so zeros are exact at every order. */
function othersOfFixed(x: Value, { axes }: Axes): Value {
  const { shape } = x.type;
  const kept = shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const permutation = [...kept, ...axes];
  const ordered = transpose(x, { permutation });
  const outer = without(shape, axes);
  const count = maxOf(countAlong(shape, axes));
  const square = [...outer, count, count];
  const along = (axis: number) => iota({ shape: [count, count], axis, dtype: "i32" });
  const itself = spread(equal(along(0), along(1)), square);
  const rest = spread(shaped(ordered, [...outer, 1, count]), square);
  const product = prod(where(itself, fullLike(1, rest), rest), { axes: [outer.length + 1] });
  return transpose(shaped(product, ordered.type.shape), {
    permutation: permutation.map((_, k) => permutation.indexOf(k)),
  });
}

/** The same over a run-time number of rows: p/x without zeros; with one zero, p of the rest at its place. */
function othersOfBatch(x: Value, { axes }: Axes): Value {
  const back = (value: Value): Value => unreduce(value, x.type.shape, axes);
  const [zero, one] = [fullLike(0, x), fullLike(1, x)];
  const isZero = equal(x, zero);
  const filled = where(isZero, one, x);
  const product = back(prod(filled, { axes }));
  const zeros = back(sum(cast(isZero, { dtype: x.type.dtype }), { axes }));
  const alone = where(equal(zeros, one), product, zero);
  const whole = where(equal(zeros, zero), div(product, filled), zero);
  return where(isZero, alone, whole);
}

const position =
  (name: string) =>
  ({ x }: { readonly x: TensorType }, { axes }: Axes): TensorType => {
    need(name, "number", x);
    if (needAxes(name, axes, x.shape).length !== 1)
      fail("axis", `${name}: expected exactly one axis, found [${axes.join(",")}]`);
    return tensorType("i32", without(x.shape, axes));
  };
const positionSamples = rows<Axes>(
  ["f32[1]", { axes: [0] }], ["f64[5]", { axes: [0] }], ["f32[2,3]", { axes: [0] }], ["f32[n,3]", { axes: [1] }],
  ["f32[n,3]", { axes: [0] }], ["i32[6]~0..3", { axes: [0] }], ["f32[2,3,2]", { axes: [1] }],
); // prettier-ignore

export const argMax: With<Axes> = opWith<Axes>("argMax", {
  doc: "The position of the first of the largest elements along an axis; NaN is never the largest.",
  inputs: ["x"],
  names: { numpy: "argmax", onnx: "ArgMax", pytorch: "argmax", keras: "ops.argmax" },
  type: position("argMax"),
  lift: liftAxes("argMax", () => argMax),
  lower: { kind: "reduce", reduce: "argMax" },
  eval: fold((group) => firstBelow(group.map((value) => -value))),
  samples: positionSamples,
});

export const argMin: With<Axes> = opWith<Axes>("argMin", {
  doc: "The position of the first of the smallest elements along an axis; NaN is never the smallest.",
  inputs: ["x"],
  names: { numpy: "argmin", onnx: "ArgMin", pytorch: "argmin", keras: "ops.argmin" },
  type: position("argMin"),
  lift: liftAxes("argMin", () => argMin),
  lower: { kind: "reduce", reduce: "argMin" },
  eval: fold((group) => firstBelow(group)),
  samples: positionSamples,
});

/** The position of the first smallest number; 0 where there is none. */
const firstBelow = (group: readonly number[]): number => {
  let [best, smallest] = [0, Infinity];
  for (const [k, value] of group.entries()) if (value < smallest) [best, smallest] = [k, value];
  return best;
};
