import type { Value } from "../ir/graph.ts";
import type { LiftContext } from "../ir/op.ts";
import { maxOf, type BatchDim, type Shape } from "../ir/type.ts";
import { shaped } from "./broadcast.ts";
import { needWithin } from "./types.ts";

// What the rooms say of an op that runs for every example by itself is written with these.

type Axes = { readonly axes: readonly number[] };
type Axis = { readonly axis: number };

/** The lift of an op over some axes: over the same ones, behind the examples. */
export const liftAxes =
  <A extends Axes>(name: string, again: () => (x: Value, attrs: A) => Value) =>
  ({ x, types, attrs }: LiftContext<"x", A>): Value => {
    needWithin(name, types[0], attrs.axes);
    return again()(x, { ...attrs, axes: attrs.axes.map((axis) => axis + 1) });
  };

/** The lift of an op along one axis. */
export const liftAxis =
  <A extends Axis>(name: string, again: () => (x: Value, attrs: A) => Value) =>
  ({ x, types, attrs }: LiftContext<"x", A>): Value => {
    needWithin(name, types[0], [attrs.axis]);
    return again()(x, { ...attrs, axis: attrs.axis + 1 });
  };

/** One example's rows behind the examples, as rows: [n, t, …] to [t·n, …]. */
export function joinRows(x: Value): Value {
  const [n, t, ...rest] = x.type.shape as [BatchDim, ...Shape];
  return shaped(x, [{ times: n.times * maxOf(t), max: n.max }, ...rest]);
}
/** Rows as one example's rows behind the examples: [t·n, …] to [n, t, …]. */
export function splitRows(x: Value): Value {
  const [rows, ...rest] = x.type.shape as [BatchDim, ...Shape];
  return shaped(x, [{ times: 1, max: rows.max }, rows.times, ...rest]);
}

/** The lift of an op whose first axis is rows that know nothing of each other. */
export const liftRows =
  <A>(again: () => (x: Value, attrs: A) => Value) =>
  ({ x, attrs }: { readonly x: Value; readonly attrs: A }): Value =>
    splitRows(again()(joinRows(x), attrs));
