import type { Value } from "../../ir/graph.ts";
import { isBatch, sameShape, shapeText, typeText, type Dim } from "../../ir/type.ts";
import * as ops from "../../ops/gather.ts";
import { checkOptions } from "../check.ts";
import { here, refuse } from "../context.ts";
import { add } from "./elementwise.ts";
import {
  axisOf,
  broadcastShape,
  checkValue,
  needFloat,
  operand,
  stretched,
  type Operand,
} from "./operand.ts";

export interface AxisOptions {
  /** Negative ones count from the end. */
  readonly axis?: number;
}

/**
 * Refuses indices that are no i32 values, an axis that may not be indexed, and constants outside it. An input
 * used as an index is checked at each call; an index that is computed is taken as the nearest one in range.
 */
function checkedIndices(what: string, indices: Value, axis: number, dim: Dim): Value {
  const value = checkValue(`the indices of ${what}`, indices);
  const { node, type } = value;
  if (type.dtype !== "i32")
    refuse("dtype", `${what} takes i32 indices, found ${typeText(type)}`, `use cast(indices, "i32")`);
  if (isBatch(dim))
    return refuse("axis", `${what}: axis ${axis} is the batch dimension, which cannot be indexed`);
  const constants = (node.op === "tensor" ? node.attrs["values"] : [node.attrs["value"]]) as number[];
  const odd =
    node.op === "tensor" || node.op === "constant" ? constants.find((k) => k < 0 || k >= dim) : undefined;
  if (odd !== undefined)
    refuse("index", `${what}: index ${odd} is outside axis ${axis}, which has ${dim} elements`);
  return value;
}

/** What is added where must be floats, of the kind of what it is added to. */
function checkedUpdates(what: string, x: Value, updates: Operand): Value {
  const value = operand(what, updates, x.type.dtype);
  needFloat(what, x);
  if (value.type.dtype !== x.type.dtype) {
    refuse("dtype", `${what}: dtypes differ: ${typeText(x.type)} and ${typeText(value.type)}`, "convert one with cast");
  }
  return value;
} // prettier-ignore

/**
 * The slices of x that the indices (i32, any shape) name along an axis, the first by default:
 * `take(table, words)` gives [...words.shape, ...table.shape[1..]]. Its gradient adds up what was taken twice.
 */
export const take = (x: Value, indices: Value, options: AxisOptions = {}): Value =>
  here(() => {
    checkOptions("take", options, ["axis"]);
    const value = checkValue("take", x);
    const axis = axisOf("take", options.axis ?? 0, value.type.shape.length);
    return ops.take(value, checkedIndices("take", indices, axis, value.type.shape[axis]), { axis });
  });

/** x with the updates [..., ...indices.shape, ...] added where the indices name slices along an axis, in their order. */
export const scatterAdd = (x: Value, indices: Value, updates: Operand, options: AxisOptions = {}): Value =>
  here(() => {
    checkOptions("scatterAdd", options, ["axis"]);
    const value = checkValue("scatterAdd", x);
    const { shape } = value.type;
    const axis = axisOf("scatterAdd", options.axis ?? 0, shape.length);
    const size = shape[axis] as number;
    const at = checkedIndices("scatterAdd", indices, axis, size);
    const target = [...shape.slice(0, axis), ...at.type.shape, ...shape.slice(axis + 1)];
    const added = stretchedTo("scatterAdd", checkedUpdates("scatterAdd", value, updates), target);
    return add(value, ops.scatterAdd(added, at, { axis, size }));
  });

/** Updates of the shape they must have, or that stretch to it. */
function stretchedTo(what: string, updates: Value, target: readonly Dim[]): Value {
  const found = updates.type.shape;
  const fits = found.length <= target.length && sameShape(broadcastShape(what, [found, target]), target);
  if (!fits)
    refuse("shape", `${what}: updates must have shape ${shapeText(target)}, found ${shapeText(found)}`);
  return stretched(updates, target);
}

/** Along all axes but one, indices of length 1 stretch to x. */
function alongAxis(what: string, x: Value, indices: Value, axis: number): Value {
  const [own, picks] = [x.type.shape, indices.type.shape];
  if (own.length !== picks.length) {
    refuse("shape", `${what}: indices must have the rank of x, found ${shapeText(picks)} for ${shapeText(own)}`, "to pick whole slices use take");
  }
  const wanted = broadcastShape(what, [own.toSpliced(axis, 1, 1), picks.toSpliced(axis, 1, 1)]);
  if (wanted.some((dim, k) => k !== axis && dim !== own[k] && own[k] === 1)) {
    refuse("shape", `${what}: indices ${shapeText(picks)} are wider than x ${shapeText(own)}`, "broadcast x first");
  }
  return stretched(indices, wanted.toSpliced(axis, 1, picks[axis]));
} // prettier-ignore

/** For every place the element of x along an axis (the last by default) that its own index names; as NumPy's take_along_axis. */
export const takeAlongAxis = (x: Value, indices: Value, options: AxisOptions = {}): Value =>
  here(() => {
    const what = "takeAlongAxis";
    checkOptions(what, options, ["axis"]);
    const value = checkValue(what, x);
    const axis = axisOf(what, options.axis ?? -1, value.type.shape.length);
    const at = checkedIndices(what, indices, axis, value.type.shape[axis]);
    return ops.takeAlongAxis(value, alongAxis(what, value, at, axis), { axis });
  });

/** x with every update added at the place along an axis (the last by default) that its own index names. */
export const scatterAddAlongAxis = (
  x: Value,
  indices: Value,
  updates: Operand,
  options: AxisOptions = {},
): Value =>
  here(() => {
    const what = "scatterAddAlongAxis";
    checkOptions(what, options, ["axis"]);
    const value = checkValue(what, x);
    const axis = axisOf(what, options.axis ?? -1, value.type.shape.length);
    const size = value.type.shape[axis] as number;
    const at = alongAxis(what, value, checkedIndices(what, indices, axis, size), axis);
    const added = stretchedTo(what, checkedUpdates(what, value, updates), at.type.shape);
    return add(value, ops.scatterAddAlongAxis(added, at, { axis, size }));
  });
