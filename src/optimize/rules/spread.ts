import type { Value } from "../../ir/graph.ts";
import { isBatch, productOf, sizeOf, sameType, type DType, type Shape } from "../../ir/type.ts";
import { broadcastTo, full, shaped, spread, sum } from "../../ops/broadcast.ts";
import * as plain from "../../ops/elementwise.ts";
import { dimensionSize } from "../../ops/leaves.ts";
import { max, min } from "../../ops/reduce.ts";
import * as special from "../../ops/special.ts";
import { rule, type Rule, type RuleOptions } from "../rule.ts";
import { axesOf, inputOf, like, numberOf } from "../values.ts";

const elementwise = { ...plain, ...special };
const { mul, neg } = elementwise;
const wide = { shape: [3, 2] };
const exact: RuleOptions = { class: "exact", types: ["f32[2]", "f32[2]"], anyAttrs: true };

const unary = ["neg", "abs", "sign", "square", "sqrt", "rsqrt", "reciprocal", "exp", "log", "log1p", "expm1", "sigmoid", "tanh", "relu", "floor", "sin", "cos", "erf", "softplus", "logSigmoid"] as const; // prettier-ignore
const binary = ["add", "sub", "mul", "div", "maximum", "minimum", "pow"] as const;

/** f(x repeated) = f(x) repeated: the same bits from less work, and scalars become constants. */
const unaryRows = unary.map((name) =>
  rule(
    `${name}(broadcast x) = broadcast(${name} x)`,
    (x) => elementwise[name](broadcastTo(x, wide)),
    (x, y) => broadcastTo(elementwise[name](x), { shape: y.type.shape }),
    exact,
  ),
);

const binaryRows = binary.flatMap((name) => [
  rule(
    `${name}(broadcast x, broadcast y) = broadcast(${name}(x, y))`,
    (x, y) => elementwise[name](broadcastTo(x, wide), broadcastTo(y, wide)),
    (x, y, z) =>
      sameType(x.type, y.type) ? broadcastTo(elementwise[name](x, y), { shape: z.type.shape }) : null,
    exact,
  ),
  rule(
    `${name}(broadcast x, c) = broadcast(${name}(x, c))`,
    (x, c) => elementwise[name](broadcastTo(x, wide), broadcastTo(c, wide)),
    (x, c, z) => broadcastTo(elementwise[name](x, like(x, numberOf(c) as number)), { shape: z.type.shape }),
    { ...exact, types: ["f32[2]", "const"] },
  ),
  rule(
    `${name}(c, broadcast x) = broadcast(${name}(c, x))`,
    (x, c) => elementwise[name](broadcastTo(c, wide), broadcastTo(x, wide)),
    (x, c, z) => broadcastTo(elementwise[name](like(x, numberOf(c) as number), x), { shape: z.type.shape }),
    { ...exact, types: ["f32[2]", "const"] },
  ),
]);

/** One division a row instead of one an element. */
const divisionRow = rule(
  "x / broadcast s = x · broadcast(1/s)",
  (x, s) => elementwise.div(x, broadcastTo(s, wide)),
  (x, s, z) =>
    sizeOf(s.type.shape) < sizeOf(z.type.shape) && numberOf(s) === undefined
      ? mul(x, broadcastTo(elementwise.reciprocal(s), { shape: z.type.shape }))
      : null,
  { class: "rounding", types: ["f32[3,2]", "f32[2]"], anyAttrs: true, domain: [0.1, 9] },
);

/** Axes of a broadcast's result along which nothing varies. */
function repeated(x: Value, shape: Shape, axes: readonly number[]): boolean {
  const extra = shape.length - x.type.shape.length;
  return axes.every((k) => k < extra || (x.type.shape[k - extra] === 1 && shape[k] !== 1));
}

/** A broadcast tensor after the repeated axes have been taken away. */
function narrowed(x: Value, shape: Shape, axes: readonly number[], out: Shape): Value {
  const extra = shape.length - x.type.shape.length;
  const kept = x.type.shape.filter((_, k) => !axes.includes(k + extra));
  return spread(shaped(x, kept), out);
}

/** How many elements lie along some axes, as a 0-d value; the batch counts with its run-time extent. */
function countOf(dims: Shape, dtype: DType): Value {
  const dim = productOf(dims);
  return isBatch(dim) ? dimensionSize({ dim, dtype }) : full(dim, { dtype, shape: [] });
}

const overRepeated = (x: Value, y: Value, make: (narrow: Value, dims: Shape) => Value): Value | null => {
  const { shape } = inputOf(y).type;
  const axes = axesOf(y);
  if (axes.length === 0 || !repeated(x, shape, axes)) return null;
  const dims = axes.map((k) => shape[k]);
  return dims.filter(isBatch).length > 1 ? null : make(narrowed(x, shape, axes, y.type.shape), dims);
};

/** The axes of an outer reduction in terms of the inner one's input, together with the inner ones. */
function mergedAxes(outer: Value): number[] {
  const inner = axesOf(inputOf(outer));
  const kept = inputOf(inputOf(outer))
    .type.shape.map((_, k) => k)
    .filter((k) => !inner.includes(k));
  return [...inner, ...axesOf(outer).map((k) => kept[k])].sort((a, b) => a - b);
}

const reduced = (kind: RuleOptions["class"], ...types: readonly string[]): RuleOptions => ({
  class: kind,
  types,
  anyAttrs: true,
  domain: [-9, 9],
});

/** Reductions that meet, and reductions of what does not vary. */
const reductionRows: readonly Rule[] = [
  rule("Σ over no axis = x", (x) => sum(x, { axes: [] }), (x, y) => (axesOf(y).length === 0 ? x : null), { ...reduced("finite", "f32[3,2]"), anyDtype: true }),
  rule("max over no axis = x", (x) => max(x, { axes: [] }), (x, y) => (axesOf(y).length === 0 ? x : null), { ...reduced("exact", "f32[3,2]"), anyDtype: true }),
  rule("min over no axis = x", (x) => min(x, { axes: [] }), (x, y) => (axesOf(y).length === 0 ? x : null), { ...reduced("exact", "f32[3,2]"), anyDtype: true }),
  rule("Σ over axes of size 1 = reshape", (x) => sum(x, { axes: [1] }), (x, y) => (axesOf(y).every((k) => x.type.shape[k] === 1) ? shaped(x, y.type.shape) : null), { ...reduced("finite", "f32[3,1]"), anyDtype: true }),
  rule("Σ(Σ x) = Σ x", (x) => sum(sum(x, { axes: [1] }), { axes: [0] }), (x, y) => sum(x, { axes: mergedAxes(y) }), { ...reduced("rounding", "f32[3,2,2]"), single: true }),
  rule("max(max x) = max x", (x) => max(max(x, { axes: [1] }), { axes: [0] }), (x, y) => max(x, { axes: mergedAxes(y) }), { ...reduced("exact", "f32[3,2,2]"), single: true }),
  rule("min(min x) = min x", (x) => min(min(x, { axes: [1] }), { axes: [0] }), (x, y) => min(x, { axes: mergedAxes(y) }), { ...reduced("exact", "f32[3,2,2]"), single: true }),
  rule("Σ(−x) = −Σ x", (x) => sum(neg(x), { axes: [0] }), (x, y) => neg(sum(x, { axes: axesOf(y) })), { ...reduced("finite", "f32[3,2]"), single: true }),
  rule("Σ x·s = (Σ x)·s", (x, s) => sum(mul(x, broadcastTo(s, wide)), { axes: [0] }), (x, s, y) => (s.type.shape.length === 0 ? mul(sum(x, { axes: axesOf(y) }), spread(s, y.type.shape)) : null), { ...reduced("rounding", "f32[3,2]", "f32[]"), single: true }),
  rule("Σ(broadcast x) = x·size", (x) => sum(broadcastTo(x, { shape: [3, 2] }), { axes: [0] }), (x, y) => overRepeated(x, y, (narrow, dims) => mul(narrow, spread(countOf(dims, y.type.dtype), y.type.shape))), reduced("rounding", "f32[2]")),
  rule("max(broadcast x) = x", (x) => max(broadcastTo(x, wide), { axes: [0] }), (x, y) => overRepeated(x, y, (narrow) => narrow), reduced("exact", "f32[2]")),
  rule("min(broadcast x) = x", (x) => min(broadcastTo(x, wide), { axes: [0] }), (x, y) => overRepeated(x, y, (narrow) => narrow), reduced("exact", "f32[2]")),
]; // prettier-ignore

/** What is repeated: computed once, and reduced without a loop. */
export const spreading: readonly Rule[] = [...unaryRows, ...binaryRows, divisionRow, ...reductionRows];
