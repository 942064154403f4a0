import type { EvalContext, NDArray } from "../ir/op.ts";
import type { DType } from "../ir/type.ts";

/**
 * What the naive evaluations of the rooms are written with: plain loops over coordinates in float64, on purpose
 * without a word in common with how ops become loops, so that the two can judge each other.
 */
export const countOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** Calls `visit` with every coordinate of a shape in row-major order; the array is fresh each time. */
export function eachCoordinate(shape: readonly number[], visit: (at: number[], flat: number) => void): void {
  const total = countOf(shape);
  for (let flat = 0; flat < total; flat++) {
    const at = shape.slice();
    let rest = flat;
    for (let k = shape.length - 1; k >= 0; k--) {
      at[k] = rest % shape[k];
      rest = Math.floor(rest / shape[k]);
    }
    visit(at, flat);
  }
}

/** The position of a coordinate in row-major data. */
export const positionOf = (shape: readonly number[], at: readonly number[]): number =>
  shape.reduce((position, dim, k) => position * dim + at[k], 0);

export const read = (x: NDArray, at: readonly number[]): number => x.data[positionOf(x.shape, at)];

/** An array from the value at each coordinate. */
export function tabulate(
  dtype: DType,
  shape: readonly number[],
  value: (at: readonly number[], flat: number) => number,
): NDArray {
  const data = new Float64Array(countOf(shape));
  eachCoordinate(shape, (at, flat) => (data[flat] = value(at, flat)));
  return { dtype, shape, data };
}

/** Evaluates a function of one number on every element. */
export const map =
  (f: (x: number) => number) =>
  ({ x }: { readonly x: NDArray }, _attrs: unknown, { dtypes, shapes }: EvalContext): NDArray => ({
    dtype: dtypes[0],
    shape: shapes[0],
    data: x.data.map((value) => f(value)),
  });

/** Evaluates a function of two numbers on every pair of elements. */
export const zip =
  (f: (a: number, b: number, dtype: DType) => number) =>
  (
    { a, b }: { readonly a: NDArray; readonly b: NDArray },
    _attrs: unknown,
    { dtypes, shapes }: EvalContext,
  ): NDArray => ({
    dtype: dtypes[0],
    shape: shapes[0],
    data: a.data.map((value, k) => f(value, b.data[k], a.dtype)),
  });

/** For every coordinate outside `axes`, the elements along `axes` in row-major order. */
export function groupsOf(x: NDArray, axes: readonly number[]): number[][] {
  const kept = x.shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const keptShape = kept.map((k) => x.shape[k]);
  const groups = Array.from({ length: countOf(keptShape) }, () => [] as number[]);
  eachCoordinate(x.shape, (at, flat) => {
    const group = positionOf(
      keptShape,
      kept.map((k) => at[k]),
    );
    groups[group].push(x.data[flat]);
  });
  return groups;
}

/** Evaluates a reduction over `attrs.axes` from the elements of each group. */
export const fold =
  (f: (group: readonly number[]) => number) =>
  (
    { x }: { readonly x: NDArray },
    { axes }: { readonly axes: readonly number[] },
    { dtypes, shapes }: EvalContext,
  ): NDArray => ({
    dtype: dtypes[0],
    shape: shapes[0],
    data: Float64Array.from(groupsOf(x, axes), f),
  });
