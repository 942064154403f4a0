import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { op, type Op } from "../ir/op.ts";
import { sameShape, shapeText, typeText } from "../ir/type.ts";
import { full, fullLike, unreduce } from "./broadcast.ts";
import { add, div, exp, maximum, mul, rsqrt, square, sub, where } from "./elementwise.ts";
import { liftAxes } from "./lift.ts";
import { eachCoordinate, read, tabulate } from "./naive.ts";
import { max, mean, sum } from "./reduce.ts";
import { rows } from "./samples.ts";
import { need, needAxes, needAxis, needWithin, opWith, type Axes, type Axis, type With } from "./types.ts";

// Kept whole until after differentiation, like softmax: what differentiating their parts would give is longer.

type Standard = Axes & { readonly epsilon: number };

/** The mean over some axes, repeated along them. */
const meanBack = (x: Value, axes: readonly number[]): Value =>
  unreduce(mean(x, { axes }), x.type.shape, axes);
const centred = (x: Value, axes: readonly number[]): Value => sub(x, meanBack(x, axes));
/** 1/√(variance + ε), repeated along the axes; the variance is the mean square of what is left of x − mean. */
function scaleBack(x: Value, { axes, epsilon }: Standard): Value {
  const variance = mean(square(centred(x, axes)), { axes });
  return unreduce(rsqrt(add(variance, full(epsilon, variance.type))), x.type.shape, axes);
}

export const standardize: With<Standard> = opWith<Standard>("standardize", {
  doc: "(x − mean) / √(variance + epsilon) over some axes, the variance (of the whole population) in a second pass.",
  inputs: ["x"],
  names: { onnx: "MeanVarianceNormalization" },
  type: ({ x }, { axes, epsilon }) => {
    need("standardize", "float", x);
    needAxes("standardize", axes, x.shape);
    if (!(epsilon > 0) || !Number.isFinite(epsilon))
      fail("shape", `standardize: epsilon must be a positive number, found ${String(epsilon)}`);
    return x;
  },
  // (g − mean g − y · mean(g·y)) / √(variance + ε): finite where the variance is zero.
  vjp: {
    x: ({ x, y, g, attrs }) => {
      const along = mul(y, meanBack(mul(g, y), attrs.axes));
      return mul(scaleBack(x, attrs), sub(centred(g, attrs.axes), along));
    },
  },
  lift: liftAxes("standardize", () => standardize),
  lower: {
    kind: "expand",
    expand: ({ x, attrs }) => mul(centred(x, attrs.axes), scaleBack(x, attrs)),
  },
  eval: ({ x }, { axes, epsilon }) => {
    // Moments by group: all elements that agree in the axes which are not reduced.
    const groupOf = (at: readonly number[]): string => at.filter((_, k) => !axes.includes(k)).join();
    const groups = new Map<string, number[]>();
    eachCoordinate(x.shape, (at) => {
      const key = groupOf(at);
      groups.set(key, [...(groups.get(key) ?? []), read(x, at)]);
    });
    const average = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
    return tabulate(x.dtype, x.shape, (at) => {
      const group = groups.get(groupOf(at))!;
      const middle = average(group);
      const variance = average(group.map((value) => (value - middle) ** 2));
      return (read(x, at) - middle) / Math.sqrt(variance + epsilon);
    });
  },
  samples: rows<Standard>(
    ["f32[]", { axes: [], epsilon: 0.1 }], ["f64[1]", { axes: [0], epsilon: 1e-3 }], ["f64[5]", { axes: [0], epsilon: 1e-3 }],
    ["f32[2,3]", { axes: [1], epsilon: 1e-2 }], ["f32[2,3]", { axes: [0, 1], epsilon: 1e-2 }], ["f32[n,4]", { axes: [1], epsilon: 0.1 }],
    ["f32[n,4]", { axes: [0], epsilon: 0.5 }], ["f64[2,3,2]", { axes: [0, 2], epsilon: 1e-3 }], ["f32[n,2,3]", { axes: [1, 2], epsilon: 1e-2 }],
    ["f32[3,4]~-1e4..1e4", { axes: [1], epsilon: 1e-3 }],
  ), // prettier-ignore
});

/** What stands for "not at all" beside any finite number: lower than all of them, yet finite itself. */
const lowest = (x: Value): Value =>
  fullLike(x.type.dtype === "f32" ? -3.4028234663852886e38 : -Number.MAX_VALUE, x);

type Masked = (x: Value, mask: Value, attrs: Axis) => Value;
export const maskedSoftmax: Op<Masked> = op<Masked, "x" | "mask", Axis>("maskedSoftmax", {
  doc: "eˣ / Σ eˣ along an axis over the elements whose mask is true, and 0 for the others; all zeros, with zero gradient, where the mask is true nowhere.",
  inputs: ["x", "mask"],
  type: ({ x, mask }, { axis }) => {
    need("maskedSoftmax", "float", x);
    needAxis("maskedSoftmax", axis, x.shape);
    if (mask.dtype !== "bool" || !sameShape(mask.shape, x.shape))
      fail("shape", `maskedSoftmax: mask must be bool${shapeText(x.shape)} for ${typeText(x)}, found ${typeText(mask)}`); // prettier-ignore
    return x;
  },
  vjp: {
    x: ({ y, g, attrs: { axis } }) => {
      const along = sum(mul(g, y), { axes: [axis] });
      return mul(y, sub(g, unreduce(along, y.type.shape, [axis])));
    },
  },
  lift: ({ x, mask, types, attrs: { axis } }) => {
    needWithin("maskedSoftmax", types[0], [axis]);
    return maskedSoftmax(x, mask, { axis: axis + 1 });
  },
  lower: {
    kind: "expand",
    expand: ({ x, mask, attrs: { axis } }) => {
      const { shape } = x.type;
      const back = (value: Value): Value => unreduce(value, shape, [axis]);
      const top = max(where(mask, x, lowest(x)), { axes: [axis] });
      const powers = where(mask, exp(sub(x, back(top))), fullLike(0, x));
      const total = sum(powers, { axes: [axis] });
      // The largest power is 1, so a total is below 1 only where nothing was added.
      return div(powers, back(maximum(total, fullLike(1, total))));
    },
  },
  eval: ({ x, mask }, { axis }) => {
    const lineAt = (at: readonly number[]): number[][] =>
      Array.from({ length: x.shape[axis] }, (_, k) => at.with(axis, k)).filter((place) => read(mask, place));
    return tabulate(x.dtype, x.shape, (at) => {
      const values = lineAt(at).map((place) => read(x, place));
      const top = Math.max(...values);
      const total = values.reduce((sofar, value) => sofar + Math.exp(value - top), 0);
      return read(mask, at) ? Math.exp(read(x, at) - top) / total : 0;
    });
  },
  samples: rows<Axis>(
    ["f32[1]", "bool[1]", { axis: 0 }], ["f64[6]", "bool[6]", { axis: 0 }], ["f32[4,5]", "bool[4,5]", { axis: 1 }],
    ["f32[4,5]", "bool[4,5]", { axis: 0 }], ["f32[n,4]", "bool[n,4]", { axis: 1 }], ["f32[n,3]", "bool[n,3]", { axis: 0 }],
    ["f64[2,3,2]", "bool[2,3,2]", { axis: 1 }], ["f32[8,1]", "bool[8,1]", { axis: 1 }], ["f32[4,5]~-1e4..1e4", "bool[4,5]", { axis: 1 }],
    ["f32[n,2,3]", "bool[n,2,3]", { axis: 2 }],
  ), // prettier-ignore
});
