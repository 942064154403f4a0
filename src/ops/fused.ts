import { fail } from "../base/errors.ts";
import { e } from "../ir/expr.ts";
import type { Value } from "../ir/graph.ts";
import { op, type NDArray, type Op } from "../ir/op.ts";
import {
  isBatch,
  sameShape,
  shapeText,
  tensorType,
  typeText,
  type Shape,
  type TensorType,
} from "../ir/type.ts";
import { fullLike, unreduce } from "./broadcast.ts";
import { add, div, equal, exp, log, mul, neg, sigmoid, sub, where } from "./elementwise.ts";
import { oneHot } from "./gather.ts";
import { iota } from "./leaves.ts";
import { liftAxes, liftAxis } from "./lift.ts";
import { fold, read, tabulate } from "./naive.ts";
import { max, sum } from "./reduce.ts";
import { binarySamples, rows } from "./samples.ts";
import { softplus } from "./special.ts";
import { need, needAxis, opWith, reduced, sameTypes, type Axes, type Axis, type With } from "./types.ts";

// These ops are kept whole until after differentiation: their gradients are simpler and safer than the ones
// that differentiating their parts would give.

const sumBack = (x: Value, axis: number): Value => unreduce(sum(x, { axes: [axis] }), x.type.shape, [axis]);
/** x − max x along an axis: no exponential of it overflows. */
const shifted = (x: Value, axis: number): Value =>
  sub(x, unreduce(max(x, { axes: [axis] }), x.type.shape, [axis]));

const rowwise =
  (name: string) =>
  ({ x }: { readonly x: TensorType }, { axis }: Axis) => {
    need(name, "float", x);
    needAxis(name, axis, x.shape);
    return x;
  };
const rowSamples = rows<Axis>(
  ["f32[1]", { axis: 0 }], ["f64[5]", { axis: 0 }], ["f32[2,3]", { axis: 0 }], ["f32[2,3]", { axis: 1 }],
  ["f32[n,4]", { axis: 1 }], ["f32[n,3]", { axis: 0 }], ["f64[2,3,2]", { axis: 1 }], ["f32[1,1]", { axis: 1 }],
  ["f32[3]~-1e4..1e4", { axis: 0 }],
); // prettier-ignore

/** The elements along one axis through the element at a place. */
const lineThrough = (x: NDArray, at: readonly number[], axis: number): number[] =>
  Array.from({ length: x.shape[axis] }, (_, k) =>
    read(
      x,
      at.map((old, a) => (a === axis ? k : old)),
    ),
  );
const logSumExpOf = (values: readonly number[]): number => {
  const top = Math.max(...values);
  return top + Math.log(values.reduce((total, value) => total + Math.exp(value - top), 0));
};

export const softmax: With<Axis> = opWith<Axis>("softmax", {
  doc: "eˣ / Σ eˣ along an axis.",
  inputs: ["x"],
  names: { onnx: "Softmax", keras: "ops.softmax" },
  type: rowwise("softmax"),
  vjp: { x: ({ y, g, attrs: { axis } }) => mul(y, sub(g, sumBack(mul(g, y), axis))) },
  lift: liftAxis("softmax", () => softmax),
  lower: {
    kind: "expand",
    expand: ({ x, attrs: { axis } }) => {
      const powers = exp(shifted(x, axis));
      return div(powers, sumBack(powers, axis));
    },
  },
  eval: ({ x }, { axis }) =>
    tabulate(x.dtype, x.shape, (at) => Math.exp(read(x, at) - logSumExpOf(lineThrough(x, at, axis)))),
  samples: rowSamples,
});

export const logSoftmax: With<Axis> = opWith<Axis>("logSoftmax", {
  doc: "x − log Σ eˣ along an axis.",
  inputs: ["x"],
  names: { onnx: "LogSoftmax", pytorch: "log_softmax", keras: "ops.log_softmax" },
  type: rowwise("logSoftmax"),
  vjp: { x: ({ y, g, attrs: { axis } }) => sub(g, mul(exp(y), sumBack(g, axis))) },
  lift: liftAxis("logSoftmax", () => logSoftmax),
  lower: {
    kind: "expand",
    expand: ({ x, attrs: { axis } }) => {
      const low = shifted(x, axis);
      const total = log(sum(exp(low), { axes: [axis] }));
      return sub(low, unreduce(total, x.type.shape, [axis]));
    },
  },
  eval: ({ x }, { axis }) =>
    tabulate(x.dtype, x.shape, (at) => read(x, at) - logSumExpOf(lineThrough(x, at, axis))),
  samples: rowSamples,
});

export const logSumExp: With<Axes> = opWith<Axes>("logSumExp", {
  doc: "log Σ eˣ over some axes, which disappear.",
  inputs: ["x"],
  names: { onnx: "ReduceLogSumExp", pytorch: "logsumexp", keras: "ops.logsumexp" },
  type: reduced("logSumExp", "float"),
  vjp: {
    x: ({ x, y, g, attrs: { axes } }) => {
      const back = (value: Value): Value => unreduce(value, x.type.shape, axes);
      return mul(back(g), exp(sub(x, back(y))));
    },
  },
  lift: liftAxes("logSumExp", () => logSumExp),
  lower: {
    kind: "expand",
    expand: ({ x, attrs }) => {
      const top = max(x, attrs);
      const powers = exp(sub(x, unreduce(top, x.type.shape, attrs.axes)));
      return add(top, log(sum(powers, attrs)));
    },
  },
  eval: fold(logSumExpOf),
  samples: rows(
    ["f32[]", { axes: [] }], ["f32[1]", { axes: [0] }], ["f64[5]", { axes: [0] }], ["f32[2,3]", { axes: [0] }],
    ["f32[2,3]", { axes: [0, 1] }], ["f32[n,3]", { axes: [1] }], ["f32[n,3]", { axes: [0] }],
    ["f64[2,3,2]", { axes: [1] }], ["f32[3]~-1e4..1e4", { axes: [0] }],
  ), // prettier-ignore
});

/** The number of classes, which cannot depend on the batch. */
function classesOf(shape: Shape): number {
  const classes = shape[shape.length - 1];
  if (!isBatch(classes)) return classes;
  return fail(
    "shape",
    `sparseSoftmaxCrossEntropy: the last axis of ${shapeText(shape)} must be the classes, found n`,
  );
}

type Sparse = (logits: Value, labels: Value) => Value;
export const sparseSoftmaxCrossEntropy: Op<Sparse> = op<Sparse, "logits" | "labels", Record<never, never>>(
  "sparseSoftmaxCrossEntropy",
  {
    doc: "−log softmax(logits) at the class that the label names, along the last axis.",
    inputs: ["logits", "labels"],
    names: {
      onnx: "SoftmaxCrossEntropyLoss",
      pytorch: "functional.cross_entropy",
      keras: "ops.sparse_categorical_crossentropy",
    },
    type: ({ logits, labels }) => {
      const name = "sparseSoftmaxCrossEntropy";
      need(name, "float", logits, "logits");
      if (logits.shape.length === 0) fail("shape", `${name}: logits need an axis of classes, found ${typeText(logits)}`); // prettier-ignore
      if (labels.dtype !== "i32") fail("dtype", `${name}: labels must be i32, found ${typeText(labels)}`);
      const shape = logits.shape.slice(0, -1);
      if (!sameShape(labels.shape, shape)) {
        fail("shape", `${name}: labels must have shape ${shapeText(shape)} for logits ${shapeText(logits.shape)}, found ${shapeText(labels.shape)}`); // prettier-ignore
      }
      classesOf(logits.shape);
      return tensorType(logits.dtype, shape);
    },
    vjp: {
      // softmax − one-hot, exactly.
      logits: ({ logits, labels, g }) => {
        const { shape, dtype } = logits.type;
        const axis = shape.length - 1;
        const depth = classesOf(shape);
        const error = sub(softmax(logits, { axis }), oneHot(labels, { depth, dtype }));
        return mul(unreduce(g, shape, [axis]), error);
      },
    },
    lift: ({ logits, labels }) => sparseSoftmaxCrossEntropy(logits, labels),
    lower: {
      kind: "expand",
      expand: ({ logits, labels }) => {
        const { shape } = logits.type;
        const axis = shape.length - 1;
        const hit = equal(iota({ shape, axis, dtype: "i32" }), unreduce(labels, shape, [axis]));
        const chosen = sum(where(hit, logits, fullLike(0, logits)), { axes: [axis] });
        return sub(logSumExp(logits, { axes: [axis] }), chosen);
      },
    },
    eval: ({ logits, labels }, _, { shapes }) =>
      tabulate(logits.dtype, shapes[0], (at) => {
        const row = lineThrough(logits, [...at, 0], at.length);
        return logSumExpOf(row) - (row[read(labels, at)] ?? 0);
      }),
    limits: ({ logits }) => ({ labels: classesOf(logits.shape) }),
    samples: [
      ["f32[3]", "i32[]~0..3"], ["f32[1]", "i32[]~0..1"], ["f64[2,4]", "i32[2]~0..4"], ["f32[n,3]", "i32[n]~0..3"],
      ["f32[2,2,3]", "i32[2,2]~0..3"], ["f32[n,2,3]", "i32[n,2]~0..3"], ["f32[1,1]", "i32[1]~0..1"],
      ["f64[3,2]", "i32[3]~0..2"], ["f32[2,3]~-1e4..1e4", "i32[2]~0..3"],
    ].map((inputs) => ({ inputs })), // prettier-ignore
  },
);

type Weighted = { readonly positiveWeight: number };
type CrossEntropy = (logits: Value, targets: Value, attrs: Weighted) => Value;
export const sigmoidCrossEntropy: Op<CrossEntropy> = op<CrossEntropy, "logits" | "targets", Weighted>("sigmoidCrossEntropy", {
  doc: "−p·z·log σ(x) − (1 − z)·log σ(−x) for logits x, targets z and a weight p of the positive part, element by element; an infinite logit that its target agrees with costs 0.",
  inputs: ["logits", "targets"],
  names: { pytorch: "functional.binary_cross_entropy_with_logits", keras: "ops.binary_crossentropy" },
  type: ({ logits, targets }, { positiveWeight }) => {
    need("sigmoidCrossEntropy", "float", logits, "logits");
    sameTypes("sigmoidCrossEntropy", "logits", logits, "targets", targets);
    if (!(positiveWeight >= 0) || !Number.isFinite(positiveWeight))
      fail("shape", `sigmoidCrossEntropy: positiveWeight must be a number of at least 0, found ${String(positiveWeight)}`);
    return logits;
  },
  vjp: {
    logits: ({ logits, targets, g, attrs }) => {
      const [positive, weight] = positiveOf(targets, attrs);
      const slope = sigmoid(logits);
      return mul(g, sub(weight ? mul(weight, slope) : slope, positive));
    },
    targets: ({ logits, g, attrs: { positiveWeight } }) => {
      if (positiveWeight === 1) return neg(mul(g, logits));
      const positive = mul(softplus(neg(logits)), fullLike(positiveWeight, logits));
      return mul(g, sub(positive, softplus(logits)));
    },
  },
  lower: {
    kind: "at",
    // |x|·(how far the target is from the side of x) + log(1 + e^−|x|), in which nothing cancels, and 0·∞ is 0; on the
    // side of 0 the distance has the weight of positives, and the logarithm that of both parts.
    at: ({ logits, targets }, i, { out, attrs: { positiveWeight } }) => {
      const [zero, one, p] = [0, 1, positiveWeight].map((value) => e.constant(value, out.dtype));
      const [x, z] = [logits(...i), targets(...i)];
      const size = e.abs(x);
      const positive = positiveWeight === 1 ? z : e.mul(z, p);
      const away = e.select(e.less(zero, x), e.sub(one, z), positive);
      const linear = e.select(e.equal(away, zero), zero, e.mul(size, away));
      const tail = e.log1p(e.exp(e.neg(size)));
      const weight = e.add(positive, e.sub(one, z));
      return e.add(linear, positiveWeight === 1 ? tail : e.mul(weight, tail));
    },
  },
  // The definition, with log σ kept finite where x is.
  eval: ({ logits, targets }, { positiveWeight }) => ({
    ...logits,
    data: logits.data.map((x, k) => {
      const z = targets.data[k];
      const part = (weight: number, log: number): number => (weight === 0 ? 0 : weight * log);
      return -part(positiveWeight * z, logSigmoidOf(x)) - part(1 - z, logSigmoidOf(-x));
    }),
  }),
  samples: [1, 3, 0.25, 0].flatMap((positiveWeight) =>
    binarySamples("", "~0..1", "~-1000..1000").map((sample) => ({ ...sample, attrs: { positiveWeight } })),
  ),
}); // prettier-ignore
/** p·z, and p·z + 1 − z where that is not 1. */
function positiveOf(targets: Value, { positiveWeight }: Weighted): readonly [Value, Value?] {
  if (positiveWeight === 1) return [targets];
  const positive = mul(targets, fullLike(positiveWeight, targets));
  return [positive, add(positive, sub(fullLike(1, targets), targets))];
}
const logSigmoidOf = (x: number): number => (x < 0 ? x - Math.log1p(Math.exp(x)) : -Math.log1p(Math.exp(-x)));
