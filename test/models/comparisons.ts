import * as g from "gradc";
import type { Value } from "gradc";
import { sameShape } from "../../src/ir/type.ts";
import type { Blocks, Draw } from "./draw.ts";

const last = (x: Value): number => x.type.shape.at(-1) as number;

/** What is x again but for rounding. */
const again: readonly ((x: Value) => Value)[] = [
  (x) => g.add(g.sub(x, 0.3), 0.3),
  (x) => g.mul(g.div(x, 3), 3),
  (x) => g.log(g.exp(x)),
  (x) => g.sub(g.add(x, g.exp(x)), g.exp(x)),
];
const unlike: readonly ((x: Value) => Value)[] = [
  (x) => g.tanh(x),
  (x) => g.neg(x),
  (x) => g.mul(x, 0.7),
  (x) => g.sqrt(g.add(g.square(x), 0.1)),
  (x) => g.dense(x, { units: last(x) }),
];

/** A value of x's shape: what was computed earlier, or another one; where ties are wanted, often one that rounding alone makes another. */
function other(x: Value, d: Draw): Value {
  if (d.ties && d.chance(0.4)) return d.pick(again)(x);
  // The last is x itself, or what it was cut from.
  const alike = d.earlier.slice(0, -1).filter(({ type }) => sameShape(type.shape, x.type.shape));
  return alike.length > 0 && d.chance(0.6) ? d.pick(alike) : d.pick(unlike)(x);
}
const comparison = (x: Value, y: Value, d: Draw): Value =>
  d.pick([g.greater, g.greaterEqual, g.less, g.lessEqual, g.equal, g.notEqual])(x, y);
const number = (x: Value): Value => g.cast(x, "f32");

/** What asks which of some numbers is the larger, or how large one is; the last axis holds features. */
export const comparisons: Blocks = {
  maximum: (x, d) => g.maximum(x, other(x, d)),
  minimum: (x, d) => g.minimum(other(x, d), x),
  chosen: (x, d) => {
    const y = other(x, d);
    return g.where(comparison(d.pick([x, g.abs(x)]), d.pick([y, g.abs(y)]), d), d.chance(0.5) ? g.mul(x, 2) : x, y);
  },
  gatedBy: (x, d) => g.mul(number(comparison(x, other(x, d), d)), other(x, d)),
  either: (x, d) => {
    const [low, high] = [g.greater(x, 0.1), g.less(other(x, d), 0.6)];
    return g.where(g.logicalOr(g.logicalNot(low), high), x, g.where(g.logicalAnd(low, high), g.neg(x), 0.5));
  },
  branch: (x) => g.where(g.greater(g.sum(x, { axis: -1, keepDims: true }), 0.05), g.sin(x), g.cos(x)),
  first: (x, d) => g.mul(x, g.oneHot(d.pick([g.argMax, g.argMin])(x, { axis: -1 }), { depth: last(x) })),
  /** For each number, with which one its product is the largest. */
  partner: (x, d) => {
    const products = g.mul(g.expandDims(x, -1), g.expandDims(g.tanh(x), -2));
    return g.add(x, g.mul(0.1, number(d.pick([g.argMax, g.argMin])(products, { axis: -1 }))));
  },
  extreme: (x, d) => g.sub(x, d.pick([g.max, g.min])(d.ties ? g.maximum(x, other(x, d)) : x, { axis: -1, keepDims: true })),
  product: (x) => g.add(x, g.prod(g.tanh(x), { axis: -1, keepDims: true })),
  whole: (x, d) => g.add(x, g.floor(g.mul(x, d.pick([3.1, 7.7])))),
  sign: (x) => g.add(x, g.sign(x)),
  clipped: (x, d) => g.clip(x, d.pick([-0.3, -0.1]), d.pick([0.2, 0.5])),
  integers: (x) => {
    const i = g.cast(g.floor(g.mul(x, 5)), "i32");
    return g.add(x, g.mul(0.1, number(g.maximum(g.min(i, { axis: -1, keepDims: true }), g.mul(i, 2)))));
  },
  joined: (x, d) => d.pick([g.add, g.sub, g.mul])(x, other(x, d)),
  divided: (x, d) => g.div(x, g.add(1.5, g.square(other(x, d)))),
  stopped: (x, d) => g.add(x, g.stopGradient(other(x, d))),
}; // prettier-ignore
