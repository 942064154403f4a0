import { fail } from "../base/errors.ts";

/** Element types of tensors. `bool` is stored as one byte. */
export type DType = "f32" | "f64" | "i32" | "u32" | "bool";

export const dtypes: readonly DType[] = ["f32", "f64", "i32", "u32", "bool"];
export const bytesOf: Readonly<Record<DType, number>> = { f32: 4, f64: 8, i32: 4, u32: 4, bool: 1 };
export const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f64";

/** An integer multiple of the symbolic batch dimension n, where 1 ≤ n ≤ max at run time. */
export interface BatchDim {
  readonly times: number;
  readonly max: number;
}
/** The extent of an axis: a number, or the batch. */
export type Dim = number | BatchDim;
/** The extents of all axes, outermost first; none for a single number. */
export type Shape = readonly Dim[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** No tensor is larger than this many elements, so that every offset is an exact 32-bit integer. */
const largestSize = 2 ** 28;

export const tensorType = (dtype: DType, shape: Shape): TensorType => ({ dtype, shape });
export const isBatch = (dim: Dim): dim is BatchDim => typeof dim !== "number";
/** The extent that layouts and strides use: n at its maximum. */
export const maxOf = (dim: Dim): number => (isBatch(dim) ? dim.times * dim.max : dim);
/** The extent for a run-time batch of n rows. */
export const extentAt = (dim: Dim, n: number): number => (isBatch(dim) ? dim.times * n : dim);

export const sameDim = (a: Dim, b: Dim): boolean =>
  isBatch(a) ? isBatch(b) && a.times === b.times && a.max === b.max : a === b;
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, k) => sameDim(dim, b[k]));
export const sameType = (a: TensorType, b: TensorType): boolean =>
  a.dtype === b.dtype && sameShape(a.shape, b.shape);

/** The product of dims, itself a dim: `4 · n · 3 = 12·n`. Two batch factors have no product. */
export function productOf(dims: Shape): Dim {
  let times = 1;
  let batch: BatchDim | undefined;
  for (const dim of dims) {
    if (!isBatch(dim)) times *= dim;
    else if (batch) return fail("shape", "a shape cannot hold the batch dimension twice as one product");
    else batch = dim;
  }
  return batch ? { times: times * batch.times, max: batch.max } : times;
}

/** The product of extents, with n at its maximum. */
export const elementsOf = (dims: readonly Dim[]): number =>
  dims.reduce<number>((product, dim) => product * maxOf(dim), 1);

/** The number of elements with n at its maximum; refuses what no memory could hold. */
export function sizeOf(shape: Shape, what = "tensor"): number {
  const size = elementsOf(shape);
  if (!Number.isSafeInteger(size) || size > largestSize) {
    fail("too-large", `${what} ${shapeText(shape)} has ${size} elements, more than 2^28`);
  }
  return size;
}

export const dimText = (dim: Dim): string =>
  isBatch(dim) ? (dim.times === 1 ? "n" : `${dim.times}*n`) : String(dim);
export const shapeText = (shape: Shape): string => `[${shape.map(dimText).join(",")}]`;
export const typeText = (type: TensorType): string => `${type.dtype}${shapeText(type.shape)}`;
