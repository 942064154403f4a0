import type { Backend } from "../ir/backend.ts";
import { axesOf, type Axis } from "../ir/index.ts";
import type { Core, Kernel, ScheduleRecord } from "../ir/kernel.ts";
import { isBatch, maxOf } from "../ir/type.ts";

type Draft = Omit<Kernel, "record">;

/** How many rows and columns of a product are computed at once, by its multiply-adds; other kernels stay plain loops. */
export function recordOf(kernel: Draft, { tiles }: Backend): ScheduleRecord {
  const tile = kernel.outer.map(() => 1);
  const whole = kernel.outer.map(() => false);
  const last = kernel.outer.length - 1;
  if (kernel.core && last >= 0) {
    const work = [...kernel.outer, ...kernel.core.depth].reduce(
      (product, axis) => product * maxOf(axis.extent),
      1,
    );
    const { rows, columns } = tiles.find(({ below }) => work < below)!;
    for (const k of [rowAxis(kernel.core, kernel.outer), last].filter((axis) => axis >= 0)) {
      const axis = kernel.outer[k];
      tile[k] = tileOf(axis, k < last ? rows : columns);
      // What a tile computes beyond n is never read, and costs less than loops for the remaining rows.
      whole[k] = isBatch(axis.extent) && axis.extent.max % tile[k] === 0;
    }
  } else if (last >= 0 && isColumnFold(kernel) && !isBatch(kernel.outer[last].extent)) {
    // A short column sum is mostly the wait for its one accumulator, a long one for memory that four share; those in
    // between are a matter of microseconds.
    const points =
      maxOf(kernel.outer[last].extent) *
      kernel.stages[0].inner.reduce((product, axis) => product * maxOf(axis.extent), 1);
    const wish = points < 2 ** 9 ? 8 : points < 2 ** 14 ? 1 : 4;
    if (wish > 1) tile[last] = tileOf(kernel.outer[last], wish);
  }
  return { tile, whole };
}

/**
 * The axis that shares a tile with the last one: the innermost along which what is read for the columns stays the
 * same, so that one load serves all rows of the tile. For a convolution these are neighbouring pixels.
 */
function rowAxis({ operands }: Core, outer: readonly Axis[]): number {
  const last = outer.length - 1;
  const reads = ({ at }: Core["operands"][number], axis: Axis): boolean =>
    at.some((index) => axesOf(index).has(axis.name));
  const columns = operands.filter((operand) => reads(operand, outer[last]));
  const shared = outer.findLastIndex(
    (axis, k) => k < last && columns.every((operand) => !reads(operand, axis)),
  );
  return shared >= 0 ? shared : last - 1;
}

/** The wished-for width, or what divides the extent without a remainder: remainders double the code. */
function tileOf({ extent }: Axis, wish: number): number {
  const size = maxOf(extent);
  if (isBatch(extent)) return Math.min(wish, size);
  const fitting = wish >= 4 ? [wish, 4, 5, 3, 2] : [wish, 3];
  return fitting.find((width) => size % width === 0) ?? Math.min(wish, size);
}

/** One fold over inner axes with nothing else in the nest: neighbouring outer iterations may share the loop. */
const isColumnFold = (kernel: Draft): boolean =>
  kernel.before.length + kernel.after.length === 0 &&
  kernel.stages.length === 1 &&
  kernel.stages[0].inner.length > 0 &&
  kernel.stages[0].items.every((item) => item.reduce?.over === "inner" && item.reduce.op === "sum");
