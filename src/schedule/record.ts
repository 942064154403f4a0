import type { Axis } from "../ir/index.ts";
import type { Kernel, ScheduleRecord } from "../ir/kernel.ts";
import { isBatch, maxOf } from "../ir/type.ts";

type Draft = Omit<Kernel, "record">;

/** From this many multiply-adds on, the last tenth of speed is worth twice the code. */
const worthFullTile = 2 ** 20;

/**
 * The cost model of the js target, in one place. V8 keeps a 4×4 tile of accumulators in registers and reaches
 * its ceiling with it; 2×4 is a tenth slower and half as long. Everything else stays a plain loop.
 */
export function recordOf(kernel: Draft): ScheduleRecord {
  const tile = kernel.outer.map(() => 1);
  const whole = kernel.outer.map(() => false);
  const last = kernel.outer.length - 1;
  if (kernel.core && last >= 0) {
    const work = [...kernel.outer, ...kernel.core.depth].reduce(
      (product, axis) => product * maxOf(axis.extent),
      1,
    );
    for (const k of [last - 1, last].filter((axis) => axis >= 0)) {
      const axis = kernel.outer[k];
      tile[k] = k < last && work < worthFullTile ? Math.min(2, tileOf(axis)) : tileOf(axis);
      // What a tile computes beyond n is never read, and costs less than loops for the remaining rows.
      whole[k] = isBatch(axis.extent) && axis.extent.max % tile[k] === 0;
    }
  } else if (last >= 0 && isColumnFold(kernel) && !isBatch(kernel.outer[last].extent)) {
    tile[last] = tileOf(kernel.outer[last]);
  }
  return { tile, whole };
}

/** Four, or what divides the extent without a remainder: remainders double the code. */
function tileOf({ extent }: Axis): number {
  const size = maxOf(extent);
  if (isBatch(extent)) return Math.min(4, size);
  return [4, 5, 3, 2].find((width) => size % width === 0) ?? Math.min(4, size);
}

/** One fold over inner axes with nothing else in the nest: neighbouring outer iterations may share the loop. */
const isColumnFold = (kernel: Draft): boolean =>
  kernel.after.length === 0 &&
  kernel.stages.length === 1 &&
  kernel.stages[0].inner.length > 0 &&
  kernel.stages[0].items.every((item) => item.reduce?.over === "inner" && item.reduce.op === "sum");
