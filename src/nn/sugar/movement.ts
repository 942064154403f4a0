import type { Value } from "../../ir/graph.ts";
import {
  isBatch,
  productOf,
  sameDim,
  sameShape,
  shapeText,
  typeText,
  type DType,
  type Dim,
} from "../../ir/type.ts";
import * as gathering from "../../ops/gather.ts";
import { constantTensor } from "../../ops/leaves.ts";
import * as ops from "../../ops/movement.ts";
import { checkCount, checkOptions, shown } from "../check.ts";
import { builtType, floatType, here, refuse } from "../context.ts";
import { flatValues, type NestedNumbers } from "../nested.ts";
import { checkShape } from "../types.ts";
import { axesOf, axisOf, broadcastShape, checkValue, operand, type Operand } from "./operand.ts";

/** The dim that makes `known · dim = total`, or undefined where no whole one does. */
function quotient(total: Dim, known: Dim): Dim | undefined {
  const [a, b] = [isBatch(total) ? total.times : total, isBatch(known) ? known.times : known];
  if (a % b !== 0 || (isBatch(known) && !isBatch(total))) return undefined;
  return isBatch(total) && !isBatch(known) ? { times: a / b, max: total.max } : a / b;
}

/** The same elements in row-major order in another shape; one dim may be -1, "what is left". */
export const reshape = (x: Operand, shape: readonly Dim[]): Value =>
  here(() => {
    const value = operand("reshape", x);
    const total = productOf(value.type.shape);
    const open = Array.isArray(shape) ? shape.indexOf(-1) : -1;
    const known = checkShape("the shape of reshape", open < 0 ? shape : shape.toSpliced(open, 1));
    const left = open >= 0 ? quotient(total, productOf(known)) : 1;
    const full = shape.map((dim, k) => (k === open ? (left ?? -1) : dim));
    if (left === undefined || !sameDim(productOf(full), total)) {
      refuse(
        "shape",
        `reshape cannot turn ${typeText(value.type)} into ${shapeText(shape)}: the element counts differ`,
        "the product of the dims must stay the same; write -1 for one dim to have it computed",
      );
    }
    return sameShape(full, value.type.shape) ? value : ops.reshape(value, { shape: full });
  });

/** Axes in another order: output axis k is input axis permutation[k]; all axes reversed by default. */
export const transpose = (x: Operand, permutation?: readonly number[]): Value =>
  here(() => {
    const value = operand("transpose", x);
    const rank = value.type.shape.length;
    const order = (permutation ?? Array.from({ length: rank }, (_, k) => rank - 1 - k)).map((axis) =>
      axisOf("transpose", axis, rank),
    );
    if (order.length !== rank || new Set(order).size !== rank) {
      refuse("axis", `transpose: [${order.join(", ")}] does not name each of the ${rank} axes once`);
    }
    return order.every((axis, k) => axis === k) ? value : ops.transpose(value, { permutation: order });
  });

/** Removes axes of length 1 (all of them by default). */
export const squeeze = (x: Operand, axes?: number | readonly number[]): Value =>
  here(() => {
    const value = operand("squeeze", x);
    const { shape } = value.type;
    const gone =
      axes === undefined
        ? [...shape.keys()].filter((k) => shape[k] === 1)
        : axesOf("squeeze", axes, shape.length);
    const long = gone.find((axis) => shape[axis] !== 1);
    if (long !== undefined)
      refuse("axis", `squeeze: axis ${long} of ${typeText(value.type)} is not of length 1`);
    return reshape(
      value,
      shape.filter((_, k) => !gone.includes(k)),
    );
  });

/** Adds axes of length 1 at the given places of the result. */
export const expandDims = (x: Operand, axes: number | readonly number[]): Value =>
  here(() => {
    const value = operand("expandDims", x);
    const count = [axes].flat().length;
    const rank = value.type.shape.length + count;
    const added = axesOf("expandDims", axes, rank);
    const rest = [...value.type.shape];
    return reshape(
      value,
      Array.from({ length: rank }, (_, k) => (added.includes(k) ? 1 : (rest.shift() as Dim))),
    );
  });

/** A list of values, which may not be given one by one. */
function listOf(what: string, xs: unknown): readonly Value[] {
  if (!Array.isArray(xs) || xs.length === 0) {
    const found = Array.isArray(xs) ? "an empty one" : shown(xs);
    return refuse(
      "value",
      `${what} takes an array of values, found ${found}`,
      `${what}([x, y], { axis: 0 })`,
    );
  }
  return xs.map((x) => checkValue(what, x));
}

/** Puts values one after another along an existing axis (the last by default). */
export const concat = (xs: readonly Value[], { axis = -1 }: { readonly axis?: number } = {}): Value =>
  here(() => {
    const values = listOf("concat", xs);
    const at = axisOf("concat", axis, values[0].type.shape.length);
    return values.length === 1 ? values[0] : ops.concat(values, { axis: at });
  });

/** Puts values of one shape one after another along a new axis (the first by default). */
export const stack = (xs: readonly Value[], { axis = 0 }: { readonly axis?: number } = {}): Value =>
  here(() =>
    concat(
      listOf("stack", xs).map((x) => expandDims(x, axis)),
      { axis },
    ),
  );

export interface SliceOptions {
  /** The first index along each axis; negative ones count from the end. */
  readonly start?: readonly (number | null)[];
  /** The index after the last one; `null` is the end. */
  readonly limit?: readonly (number | null)[];
  readonly strides?: readonly number[];
}

/** A box out of x. Axes that are not named stay whole, as the batch axis must. */
export const slice = (x: Operand, options: SliceOptions): Value =>
  here(() => {
    checkOptions("slice", options, ["start", "limit", "strides"]);
    const value = operand("slice", x);
    const { shape } = value.type;
    for (const list of [options.start, options.limit, options.strides]) {
      if (list && list.length > shape.length) {
        refuse(
          "axis",
          `slice: ${list.length} axes are named, but ${typeText(value.type)} has ${shape.length}`,
        );
      }
    }
    const bound = (given: number | null | undefined, dim: Dim, otherwise: Dim): Dim => {
      if (given === undefined || given === null) return otherwise;
      if (isBatch(dim))
        return given === 0 && otherwise === 0 ? 0 : refuse("axis", "slice cannot cut the batch axis");
      const at = given < 0 ? given + dim : given;
      if (!Number.isInteger(at) || at < 0 || at > dim) {
        refuse("index", `slice: index ${given} is outside an axis of ${dim} in ${typeText(value.type)}`);
      }
      return at;
    };
    const start = shape.map((dim, k) => bound(options.start?.[k], dim, 0));
    const limit = shape.map((dim, k) => bound(options.limit?.[k], dim, dim));
    const strides = shape.map((_, k) => checkCount("a stride of slice", options.strides?.[k] ?? 1));
    return ops.slice(value, { start: start as number[], limit, strides });
  });

/** Surrounds x with `value`: `low[k]` elements before and `high[k]` after along axis k. */
export const pad = (
  x: Operand,
  {
    low,
    high,
    value = 0,
  }: { readonly low: readonly number[]; readonly high: readonly number[]; readonly value?: number },
): Value => here(() => ops.pad(operand("pad", x), { low, high, value }));

/** x repeated to a shape by NumPy's rule: right-aligned, axes of length 1 stretch. */
export const broadcastTo = (x: Operand, shape: readonly Dim[]): Value =>
  here(() => {
    const value = operand("broadcastTo", x);
    const to = checkShape("the shape of broadcastTo", shape);
    if (!sameShape(broadcastShape("broadcastTo", [value.type.shape, to]), to)) {
      refuse("shape", `broadcastTo: ${typeText(value.type)} does not fit into ${shapeText(to)}`);
    }
    return sameShape(value.type.shape, to) ? value : ops.broadcastTo(value, { shape: to });
  });

/** x backwards along axes. */
export const reverse = (x: Operand, axes: number | readonly number[]): Value =>
  here(() => {
    const value = operand("reverse", x);
    return ops.reverse(value, { axes: axesOf("reverse", axes, value.type.shape.length) });
  });

/** A fixed tensor from nested arrays of numbers: `tensor([[1, 2], [3, 4]])`; the build's float type by default. */
export const tensor = (values: NestedNumbers, dtype: DType = floatType()): Value =>
  here(() => {
    const { shape, flat } = flatValues("the values of tensor", values);
    return constantTensor({ values: flat, dtype: builtType(dtype), shape });
  });

/** Integers 0 … depth−1 as rows of zeros with a single one, along a new last axis. */
export const oneHot = (
  x: Value,
  { depth, dtype = "f32" }: { readonly depth: number; readonly dtype?: DType },
): Value =>
  here(() => {
    const value = checkValue("oneHot", x);
    if (value.type.dtype !== "i32") refuse("dtype", `oneHot takes i32 labels, found ${typeText(value.type)}`);
    return gathering.oneHot(value, { depth: checkCount("depth of oneHot", depth), dtype: builtType(dtype) });
  });
