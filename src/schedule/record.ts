import type { Axis } from "../ir/index.ts";
import type { Kernel, ScheduleRecord } from "../ir/kernel.ts";
import { isBatch, maxOf } from "../ir/type.ts";

type Draft = Omit<Kernel, "record">;

/** From this many multiply-adds on, a register tile over rows pays for its longer code. */
const worthRows = 0;

/**
 * The cost model of the js target, in one place. V8 keeps a 4×4 tile of accumulators in registers and reaches
 * its ceiling with it. Small products run row by row, four columns at a time: half the speed, a third of the
 * code, and no remainder for a batch that is not full. Everything else stays a plain loop.
 */
export function recordOf(kernel: Draft): ScheduleRecord {
  const tile = kernel.outer.map(() => 1);
  const last = kernel.outer.length - 1;
  if (kernel.core && last >= 0) {
    const work = [...kernel.outer, ...kernel.core.depth].reduce(
      (product, axis) => product * maxOf(axis.extent),
      1,
    );
    tile[last] = tileOf(kernel.outer[last]);
    if (last > 0 && (work >= worthRows || !isBatch(kernel.outer[last - 1].extent))) {
      tile[last - 1] =
        work >= worthRows ? tileOf(kernel.outer[last - 1]) : Math.min(2, tileOf(kernel.outer[last - 1]));
    }
  } else if (last >= 0 && isColumnFold(kernel) && !isBatch(kernel.outer[last].extent)) {
    tile[last] = tileOf(kernel.outer[last]);
  }
  return { tile, unroll: false };
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
