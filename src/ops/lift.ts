import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import type { LiftContext } from "../ir/op.ts";
import { dimText, isBatch, maxOf, typeText, type BatchDim, type Shape, type TensorType } from "../ir/type.ts";
import { shaped } from "./broadcast.ts";

// What the rooms say of an op that runs for every example by itself is written with these.

/** Refuses an op that takes one axis of a tensor apart or together where that axis is the examples. */
export function needWithin(name: string, { shape, dtype }: TensorType, axes: readonly number[]): void {
  const batch = axes.find((axis) => isBatch(shape[axis]));
  if (batch === undefined) return;
  fail("gradient", `${name} mixes the examples: axis ${batch} of ${typeText({ shape, dtype })} is ${dimText(shape[batch])}`); // prettier-ignore
}

type Axes = { readonly axes: readonly number[] };
type Axis = { readonly axis: number };

/** The lift of an op over some axes: over the same ones, behind the examples. */
export const liftAxes =
  (name: string, again: () => (x: Value, attrs: Axes) => Value) =>
  ({ x, types, attrs: { axes } }: LiftContext<"x", Axes>): Value => {
    needWithin(name, types[0], axes);
    return again()(x, { axes: axes.map((axis) => axis + 1) });
  };

/** The lift of an op along one axis. */
export const liftAxis =
  (name: string, again: () => (x: Value, attrs: Axis) => Value) =>
  ({ x, types, attrs: { axis } }: LiftContext<"x", Axis>): Value => {
    needWithin(name, types[0], [axis]);
    return again()(x, { axis: axis + 1 });
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
