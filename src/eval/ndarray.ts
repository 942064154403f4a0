import { fail } from "../base/errors.ts";
import type { NDArray } from "../ir/op.ts";
import { extentAt, type DType, type Shape } from "../ir/type.ts";

/** A concrete array from row-major numbers; refuses data that do not fill the shape. */
export function ndarray(dtype: DType, shape: readonly number[], values: ArrayLike<number>): NDArray {
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (size !== values.length)
    fail("shape", `an array [${shape.join(",")}] holds ${size} values, found ${values.length}`);
  return { dtype, shape: [...shape], data: Float64Array.from(values) };
}

/** The shape for a batch of n rows. */
export const shapeAt = (shape: Shape, n: number): number[] => shape.map((dim) => extentAt(dim, n));

/** The nearest number that the element type holds: integers wrap, floats round where asked. */
export function roundTo(dtype: DType, value: number, round: boolean): number {
  if (dtype === "i32") return value | 0;
  if (dtype === "u32") return value >>> 0;
  return dtype === "f32" && round ? Math.fround(value) : value;
}
