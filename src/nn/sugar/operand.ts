import { builder } from "../../ir/builder.ts";
import { channelsHint } from "../../ir/channels.ts";
import type { Value } from "../../ir/graph.ts";
import { isFloat, sameDim, sameShape, shapeText, typeText, type DType, type Dim } from "../../ir/type.ts";
import { constant } from "../../ops/leaves.ts";
import { broadcastTo } from "../../ops/movement.ts";
import { isValue, shown } from "../check.ts";
import { floatType, refuse } from "../context.ts";

/** What an op takes: a graph value, or a number that becomes one. */
export type Operand = Value | number;

/** A number as a 0-d value. */
export function scalar(value: number, dtype: DType): Value {
  if (Number.isNaN(value))
    refuse("value", "NaN cannot be an operand", "look for a number that was computed from undefined");
  if (!isFloat(dtype) && dtype !== "bool" && !Number.isInteger(value)) {
    refuse(
      "dtype",
      `the number ${value} has no place in ${dtype}`,
      `cast the other operand to a float type first`,
    );
  }
  return constant({ value, dtype, shape: [] });
}

/** Refuses what is not a value of this build. */
export function checkValue(what: string, thing: unknown): Value {
  if (!isValue(thing)) {
    const hint =
      thing === undefined ? "look for a misspelt input or a function that returns nothing" : undefined;
    return refuse("value", `${what} takes graph values, found ${shown(thing)}`, hint);
  }
  if (!builder().origins.has(thing.node)) {
    refuse(
      "value",
      `${what} was given a value of another build`,
      "make every value inside build; nothing made there may be kept for later",
    );
  }
  return thing;
}

/** Refuses what is no value of floats. */
export function needFloat(what: string, thing: unknown): Value {
  const value = checkValue(what, thing);
  if (!isFloat(value.type.dtype))
    refuse("dtype", `${what} takes floats, found ${typeText(value.type)}`, `use cast(x, "f32")`);
  return value;
}

/** One operand; a lone number takes the build's float type. */
export const operand = (what: string, x: Operand, dtype: DType = floatType()): Value =>
  typeof x === "number" ? scalar(x, dtype) : checkValue(what, x);

/** NumPy's rule: right-aligned, equal or 1; refuses with all shapes named. */
export function broadcastShape(what: string, shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, k) => {
    let dim: Dim = 1;
    for (const shape of shapes) {
      const at = k - rank + shape.length;
      if (at < 0 || shape[at] === 1) continue;
      if (dim !== 1 && !sameDim(dim, shape[at])) {
        refuse(
          "shape",
          `${what}: shapes ${shapes.map(shapeText).join(" and ")} do not broadcast`,
          (shapes.length === 2 ? channelsHint(shapes[0], shapes[1]) : undefined) ??
            "aligned at their last axes, dims must be equal or 1; see reshape and expandDims",
        );
      }
      dim = shape[at];
    }
    return dim;
  });
}

/** Broadcasts explicitly, and not at all where the shape is right already. */
export const stretched = (x: Value, shape: readonly Dim[]): Value =>
  sameShape(x.type.shape, shape) ? x : broadcastTo(x, { shape });

/** Operands with one dtype and one shape: numbers take the dtype of the values beside them. */
export function matched(what: string, operands: readonly Operand[]): Value[] {
  const dtype = operands.find(isValue)?.type.dtype ?? floatType();
  const values = operands.map((x) => operand(what, x, dtype));
  const odd = values.find((value) => value.type.dtype !== dtype);
  if (odd) {
    refuse(
      "dtype",
      `${what}: dtypes differ: ${values.map((value) => typeText(value.type)).join(" and ")}`,
      `convert one with cast(x, "${isFloat(dtype) ? dtype : odd.type.dtype}")`,
    );
  }
  const shape = broadcastShape(
    what,
    values.map((value) => value.type.shape),
  );
  return values.map((value) => stretched(value, shape));
}

/** A non-negative axis; -1 is the last. */
export function axisOf(what: string, axis: unknown, rank: number): number {
  if (!Number.isInteger(axis) || (axis as number) < -rank || (axis as number) >= rank) {
    refuse("axis", `${what}: axis ${shown(axis)} does not exist in a value of rank ${rank}`);
  }
  return (axis as number) < 0 ? (axis as number) + rank : (axis as number);
}

/** Sorted distinct axes; `undefined` means all of them. */
export function axesOf(what: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  const list = axes === undefined ? Array.from({ length: rank }, (_, k) => k) : [axes].flat();
  const found = list.map((axis) => axisOf(what, axis, rank)).sort((a, b) => a - b);
  if (new Set(found).size !== found.length)
    refuse("axis", `${what}: an axis is named twice in [${list.join(", ")}]`);
  return found;
}
