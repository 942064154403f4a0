import { isBatch, sizeOf, type BatchDim, type DType, type Dim } from "../ir/type.ts";
import { sourceLine } from "../ir/builder.ts";
import type { TableSpec } from "../ir/program.ts";
import { checkCount, reject, shown } from "./check.ts";

/** A table's columns, placed. */
export interface Table extends TableSpec {
  /** How many features a row has once categories are one-hot. */
  readonly width: number;
}

/** What an input of a model is: its dtype and shape, and the table column(s) it is made from. */
export interface InputDeclaration {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
  /** The line that declares it. */
  readonly source?: string;
  /** Exclusive upper bound of an integer input. */
  readonly limit?: number;
  /** Set for `features(n, table)`, whose values are imputed and scaled inside the model. */
  readonly features?: Table;
  /** Set for `labels(n, table)`. */
  readonly labels?: Table;
}

/** The largest batch: beyond it no array of one number a row would be sensible. */
const largestBatch = 2 ** 20;

/**
 * The symbolic batch dimension n: up to `max` rows a call, any 1 ≤ n ≤ max at run time with the same code.
 * @param max rows, a whole number from 1 to 2^20
 */
export function batch(max: number): BatchDim {
  if (!Number.isInteger(max) || max < 1 || max > largestBatch) {
    reject("shape", `batch(max) takes a whole number of rows from 1 to ${largestBatch}, found ${shown(max)}`);
  }
  return Object.freeze({ times: 1, max });
}

/** An integer multiple of a dimension: `reshape(x, [times(n, t), d])`. */
export function times(dim: Dim, factor: number): Dim {
  checkCount("the factor of times(dim, factor)", factor);
  return isBatch(dim) ? { times: dim.times * factor, max: dim.max } : dim * factor;
}

const isDim = (dim: unknown): dim is Dim =>
  typeof dim === "number"
    ? Number.isSafeInteger(dim) && dim >= 1
    : typeof dim === "object" && dim !== null && "times" in dim && "max" in dim;

/** Refuses dims that are fractional, zero, negative or not dims at all, and shapes beyond all memory. */
export function checkShape(what: string, shape: readonly unknown[]): readonly Dim[] {
  if (!Array.isArray(shape)) reject("shape", `${what} must be an array of dims, found ${shown(shape)}`);
  for (const [k, dim] of shape.entries()) {
    if (isDim(dim)) continue;
    reject(
      "shape",
      `dimension ${k} of ${what} must be a positive whole number or batch(max), found ${shown(dim)}`,
      dim === -1 ? "only one dim of reshape may be -1" : "a dimension counts elements along one axis",
    );
  }
  const dims = shape as readonly Dim[];
  if (dims.filter(isBatch).length > 1) reject("shape", `${what} holds the batch dimension more than once`);
  try {
    sizeOf(dims, what);
  } catch (error) {
    reject("too-large", (error as Error).message, "make a dimension or the batch smaller");
  }
  return dims;
}

const declare =
  (dtype: DType) =>
  (...dims: readonly Dim[]): InputDeclaration => ({
    dtype,
    shape: [...checkShape(`${dtype}(…)`, dims)],
    source: sourceLine(),
  });

/** An input of 32-bit floats: `f32(n, 64)`; `f32()` is one number. A float64 build makes it f64. */
export const f32 = declare("f32");
/** An input of 64-bit floats. */
export const f64 = declare("f64");
/** An input of 32-bit signed integers, such as labels: `i32(n)`. */
export const i32 = declare("i32");
/** An input of 32-bit unsigned integers. */
export const u32 = declare("u32");
/** An input of truth values, one byte each. */
export const bool = declare("bool");
