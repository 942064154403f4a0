import type { Value } from "../../ir/graph.ts";
import { isBatch, isFloat, shapeText, typeText, type Dim } from "../../ir/type.ts";
import { cast } from "../../ops/compare.ts";
import * as gather from "../../ops/gather.ts";
import { iota } from "../../ops/leaves.ts";
import { narrow, pad } from "../../ops/movement.ts";
import * as ops from "../../ops/order.ts";
import { checkCount, checkOptions, reject, shown } from "../check.ts";
import { here, refuse } from "../context.ts";
import { add, lessEqual, where } from "./elementwise.ts";
import { axisOf, checkValue, needFloat, stretched } from "./operand.ts";

const flag = (what: string, value: unknown): boolean =>
  typeof value === "boolean"
    ? value
    : reject("option", `${what} must be true or false, found ${shown(value)}`);

export interface CumsumOptions {
  /** The last by default. */
  readonly axis?: number;
  /** Leaves each element itself out, so that the first sum is 0; false by default. */
  readonly exclusive?: boolean;
  /** Sums from the other end; false by default. */
  readonly reverse?: boolean;
}

/** The sums of the elements up to each one along an axis. */
export const cumsum = (x: Value, options: CumsumOptions = {}): Value =>
  here(() => {
    checkOptions("cumsum", options, ["axis", "exclusive", "reverse"]);
    const value = needFloat("cumsum", x);
    const { shape } = value.type;
    const axis = axisOf("cumsum", options.axis ?? -1, shape.length);
    const reverse = flag("reverse of cumsum", options.reverse ?? false);
    const sums = ops.cumsum(value, { axis, reverse });
    if (!flag("exclusive of cumsum", options.exclusive ?? false)) return sums;
    const count = shape[axis];
    if (isBatch(count))
      return refuse(
        "axis",
        `cumsum: exclusive sums cannot run along the batch dimension of ${shapeText(shape)}`,
      );
    // Each sum moves on by one place, and the last one falls out.
    const one = shape.map((_, k) => Number(k === axis));
    const none = shape.map(() => 0);
    const moved = pad(sums, { low: reverse ? none : one, high: reverse ? one : none, value: 0 });
    return narrow(moved, axis, reverse ? 1 : 0, reverse ? count + 1 : count);
  });

/** Keeps one side of a diagonal of the last two axes: `keeps` of row and column numbers. */
const triangle = (name: string, x: Value, diagonal: number, upper: boolean): Value =>
  here(() => {
    const value = checkValue(name, x);
    const { shape } = value.type;
    if (shape.length < 2) refuse("shape", `${name} takes matrices, found ${typeText(value.type)}`);
    if (!Number.isInteger(diagonal))
      reject("option", `the diagonal of ${name} must be a whole number, found ${shown(diagonal)}`);
    const square: readonly Dim[] = shape.slice(-2);
    const [row, column] = [0, 1].map((axis) => iota({ shape: square, axis, dtype: "i32" }));
    const moved = diagonal === 0 ? row : add(row, diagonal);
    const keeps = upper ? lessEqual(moved, column) : lessEqual(column, moved);
    return where(stretched(keeps, shape), value, 0);
  });

/** The elements of matrices on and below a diagonal (0 the main one, positive ones above it), 0 elsewhere. */
export const tril = (x: Value, { k = 0 }: { readonly k?: number } = {}): Value =>
  triangle("tril", x, k, false);
/** The elements of matrices on and above a diagonal, 0 elsewhere. */
export const triu = (x: Value, { k = 0 }: { readonly k?: number } = {}): Value =>
  triangle("triu", x, k, true);

export interface SortOptions {
  /** The last by default. */
  readonly axis?: number;
  /** The largest first; false by default. */
  readonly descending?: boolean;
}

function ordered(name: string, x: Value, options: SortOptions) {
  checkOptions(name, options, ["axis", "descending"]);
  const value = checkValue(name, x);
  const { shape, dtype } = value.type;
  const axis = axisOf(name, options.axis ?? -1, shape.length);
  if (dtype === "bool") refuse("dtype", `${name} takes numbers, found ${typeText(value.type)}`);
  const extent = shape[axis];
  if (isBatch(extent))
    return refuse("axis", `${name}: axis ${axis} is the batch dimension, which cannot be sorted`);
  const descending = flag(`descending of ${name}`, options.descending ?? false);
  // Every 32-bit integer is a float64.
  const keys = isFloat(dtype) ? value : cast(value, { dtype: "f64" });
  return { value, axis, extent, order: ops.argSort(keys, { axis, descending }) };
}

/** The positions (i32) of the elements along an axis in rising order; equal ones keep their order, NaN is the largest. */
export const argSort = (x: Value, options: SortOptions = {}): Value =>
  here(() => ordered("argSort", x, options).order);

/** The elements in rising order along an axis. The gradient goes back to where they came from; none flows through the order. */
export const sort = (x: Value, options: SortOptions = {}): Value =>
  here(() => {
    const { value, order, axis } = ordered("sort", x, options);
    return gather.takeAlongAxis(value, order, { axis });
  });

/** The k largest elements along an axis (the last by default), the largest first, and their positions (i32). */
export const topK = (
  x: Value,
  options: { readonly k: number; readonly axis?: number },
): { readonly values: Value; readonly indices: Value } =>
  here(() => {
    checkOptions("topK", options, ["k", "axis"]);
    const k = checkCount("k of topK", options.k);
    const { value, order, axis, extent } = ordered("topK", x, { axis: options.axis ?? -1, descending: true });
    if (k > extent) refuse("shape", `topK: there are no ${k} elements along axis ${axis} of ${typeText(value.type)}`);
    const indices = narrow(order, axis, 0, k);
    return { values: gather.takeAlongAxis(value, indices, { axis }), indices };
  }); // prettier-ignore
