import { fail } from "../base/errors.ts";
import type { Attrs, Value } from "../ir/graph.ts";
import { op, type Op, type OpRoom } from "../ir/op.ts";
import {
  dimText,
  isBatch,
  maxOf,
  productOf,
  sameType,
  shapeText,
  sizeOf,
  tensorType,
  typeText,
  type DType,
  type Shape,
  type TensorType,
} from "../ir/type.ts";

/** An op with one input and attributes. */
export type With<A extends Attrs> = Op<(x: Value, attrs: A) => Value>;
export const opWith = <A extends Attrs>(name: string, room: Omit<OpRoom<"x", A>, "name">): With<A> =>
  op<(x: Value, attrs: A) => Value, "x", A>(name, room);

export type Axes = { readonly axes: readonly number[] };
export type Axis = { readonly axis: number };

type One = { readonly x: TensorType };
type Two = { readonly a: TensorType; readonly b: TensorType };

const kinds = {
  float: { dtypes: ["f32", "f64"], text: "a float tensor" },
  signed: { dtypes: ["f32", "f64", "i32"], text: "a tensor of signed numbers" },
  number: { dtypes: ["f32", "f64", "i32", "u32"], text: "a tensor of numbers" },
  bool: { dtypes: ["bool"], text: "a bool tensor" },
  any: { dtypes: ["f32", "f64", "i32", "u32", "bool"], text: "a tensor" },
} as const satisfies Record<string, { dtypes: readonly DType[]; text: string }>;
export type Kind = keyof typeof kinds;

/** Refuses a tensor whose element type is not of the kind. */
export function need(name: string, kind: Kind, type: TensorType, input = "x"): TensorType {
  const { dtypes, text } = kinds[kind];
  if (!(dtypes as readonly DType[]).includes(type.dtype)) {
    fail("dtype", `${name}: ${input} must be ${text}, found ${typeText(type)}`, {
      hint: "convert it with cast",
    });
  }
  return type;
}

/** The type rule of an op from one tensor to a tensor of the same type. */
export const likeInput =
  (name: string, kind: Kind) =>
  ({ x }: One): TensorType =>
    need(name, kind, x);

/** The type rule of an op on two tensors of one type. */
export const likeBoth =
  (name: string, kind: Kind, dtype?: DType) =>
  ({ a, b }: Two): TensorType => {
    need(name, kind, a, "a");
    sameTypes(name, "a", a, "b", b);
    return dtype ? tensorType(dtype, a.shape) : a;
  };

/** Refuses two inputs that do not have one type. */
export function sameTypes(name: string, first: string, a: TensorType, second: string, b: TensorType): void {
  if (sameType(a, b)) return;
  const code = a.dtype === b.dtype ? "shape" : "dtype";
  fail(code, `${name}: ${second} must be ${typeText(a)} like ${first}, found ${typeText(b)}`);
}

/** Refuses shapes that hold nothing, or more than any memory could. */
export function needShape(what: string, shape: Shape): Shape {
  for (const dim of shape) {
    if (!Number.isInteger(maxOf(dim)) || maxOf(dim) < 1)
      fail(
        "shape",
        `${what} ${shapeText(shape)} must have positive integers as extents, found ${dimText(dim)}`,
      );
  }
  sizeOf(shape, what);
  return shape;
}

/** Refuses an axis that the shape does not have. */
export function needAxis(name: string, axis: number, shape: Shape): number {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
    fail(
      "axis",
      `${name}: axis ${String(axis)} does not exist in ${shapeText(shape)}, which has ${shape.length} axes`,
    );
  }
  return axis;
}

/** Refuses axes that are missing, out of order or double. */
export function needAxes(name: string, axes: readonly number[], shape: Shape): readonly number[] {
  for (const [k, axis] of axes.entries()) {
    needAxis(name, axis, shape);
    if (k > 0 && axes[k - 1] >= axis) {
      fail("axis", `${name}: axes must be in rising order without repeats, found [${axes.join(",")}]`);
    }
  }
  return axes;
}

/** The shape without some axes. */
export const without = (shape: Shape, axes: readonly number[]): Shape =>
  shape.filter((_, k) => !axes.includes(k));
/** The shape with some axes replaced by 1. */
export const keeping = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((dim, k) => (axes.includes(k) ? 1 : dim));

/** The number of elements along some axes, as a dim: a reduction over the batch has a run-time count. */
export const countAlong = (shape: Shape, axes: readonly number[]) => productOf(axes.map((k) => shape[k]));

/** The type rule of a reduction over `attrs.axes`. */
export const reduced =
  (name: string, kind: Kind) =>
  ({ x }: One, { axes }: Axes): TensorType => {
    need(name, kind, x);
    return tensorType(x.dtype, without(x.shape, needAxes(name, axes, x.shape)));
  };

/** Refuses an op that takes one axis of a tensor apart or together where that axis is the examples. */
export function needWithin(name: string, { shape, dtype }: TensorType, axes: readonly number[]): void {
  const batch = axes.find((axis) => isBatch(shape[axis]));
  if (batch === undefined) return;
  fail("gradient", `${name} mixes the examples: axis ${batch} of ${typeText({ shape, dtype })} is ${dimText(shape[batch])}`); // prettier-ignore
}
