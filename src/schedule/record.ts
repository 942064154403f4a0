import { alike } from "../base/alike.ts";
import type { Backend } from "../ir/backend.ts";
import { movesAlong, pointsOf, type Axis } from "../ir/index.ts";
import type { KernelDraft, ScheduleRecord, Tiles } from "../ir/kernel.ts";
import { isFunctionPhase } from "../ir/phase.ts";
import { isBatch, maxOf } from "../ir/type.ts";
import { lanesOf } from "./lanes.ts";
import { aloneColumns, rowAxis, tileOfNumbers, vectorTile, type JoinedTile } from "./tiles.ts";

/** The decisions for one kernel: which axes run in lanes, and how many rows and columns are computed at once. */
export function recordOf(kernel: KernelDraft, backend: Backend): ScheduleRecord {
  const lanes = lanesOf(kernel, backend);
  const tiles = tilesOf(kernel, lanes, backend);
  const other = backend.plain && tilesOf(kernel, lanes, backend.plain);
  const plain = other && !alike(other, tiles, () => undefined) ? other : null;
  // Whether calls are worth it shows once the work of the whole phase is known.
  return { ...tiles, lanes, plain, calls: false, pass: null };
}

function tilesOf(kernel: KernelDraft, lanes: readonly string[], backend: Backend): Tiles {
  const tile = kernel.outer.map(() => 1);
  const whole = kernel.outer.map(() => false);
  const last = kernel.outer.length - 1;
  let [alone, join] = [1, 1];
  if (kernel.core && last >= 0) {
    const row = rowAxis(kernel.core, kernel.outer);
    const { rows, columns, ...chosen } = productTile(kernel, row, lanes, backend);
    join = chosen.join;
    if (row >= 0) tile[row] = rows;
    tile[last] = columns;
    alone = aloneBeside(kernel, row, rows, lanes, backend);
    // What a tile computes beyond n is never read, and mostly costs less than loops for the remaining rows.
    for (const [k, axis] of kernel.outer.entries()) {
      const { name, extent } = axis;
      whole[k] =
        tile[k] > 1 &&
        isBatch(extent) &&
        isApart(kernel, axis) &&
        !lanes.includes(name) &&
        !(k === row && alone > 1);
    }
  } else if (last >= 0 && isColumnFold(kernel) && !isBatch(kernel.outer[last].extent)) {
    tile[last] = columnTile(kernel, lanes.includes(kernel.outer[last].name) ? backend.lanes : 1);
  }
  return { tile, whole, join, alone };
}

/** A kernel that a prediction may share, which is asked for one row as often as for many. */
const isAsked = ({ phase }: KernelDraft): boolean => !phase.startsWith("backward");

/**
 * Whether a kernel may run for a single row that is worth code of its own. In lanes, training shares that code with
 * predictions; without, it would only be longer.
 */
const isAskedAlone = (kernel: KernelDraft, lanes: readonly string[], backend: Backend): boolean =>
  backend.lanes === 1
    ? isFunctionPhase(kernel.phase)
    : lanes.includes(kernel.outer[kernel.outer.length - 1].name) && isAsked(kernel);

/** Columns of the tile of a row that is computed alone, beside tiles of so many rows; 1 where there is none. */
const aloneBeside = (
  kernel: KernelDraft,
  row: number,
  rows: number,
  lanes: readonly string[],
  backend: Backend,
): number => (isAskedAlone(kernel, lanes, backend) ? aloneColumns(kernel, row, rows, backend) : 1);

/**
 * Whether all that a kernel writes lies in places of its own for each index of an axis. What is added up over the axis
 * would take in what lies beyond n.
 */
const isApart = ({ stages }: KernelDraft, axis: Axis): boolean =>
  stages.every(({ items }) =>
    items.every(
      ({ reduce, targets }) => reduce?.over !== "outer" && targets.every(({ at }) => movesAlong(at, axis)),
    ),
  );

/**
 * The iterations of the axis right before the rows, where each writes places of its own and sums as many products; 1
 * where remainders stay apart.
 */
function joinable(kernel: KernelDraft, row: number): number {
  const before = kernel.outer[row - 1] as Axis | undefined;
  if (!before || isBatch(before.extent) || !isApart(kernel, before)) return 1;
  const end = kernel.core?.only?.upTo;
  return end && movesAlong([end], before) ? 1 : before.extent;
}

/** Rows and columns of a product: what the target makes of its size, or of lanes that lie along the depth. */
function productTile(
  kernel: KernelDraft,
  row: number,
  lanes: readonly string[],
  backend: Backend,
): JoinedTile {
  const { core, outer } = kernel;
  const column = outer[outer.length - 1];
  const work = pointsOf([...outer, ...core!.depth]);
  if (lanes.includes(column.name)) {
    const rests = (rows: number): "tile" | number => {
      const alone = aloneBeside(kernel, row, rows, lanes, backend);
      return alone === 1 && isApart(kernel, outer[row]) ? "tile" : alone;
    };
    const own = row < 0 ? undefined : outer[row];
    return vectorTile(own, column, joinable(kernel, row), rests, work, backend);
  }
  const numbers = core!.operands.filter(({ buffer }) => buffer.kind === "numbers");
  const wish =
    lanes.length > 0
      ? backend.vectors!.depthTile
      : numbers.length > 0
        ? tileOfNumbers(numbers, column, backend.numbers!)
        : backend.tiles.find(({ below }) => work < below)!;
  return {
    rows: row < 0 ? 1 : tileOf(outer[row], wish.rows, 1),
    columns: tileOf(column, wish.columns, 1),
    join: 1,
  };
}

/**
 * A short column sum is mostly the wait for its one accumulator, a long one for memory that four share; those in
 * between are a matter of microseconds.
 */
function columnTile({ outer, stages }: KernelDraft, lanes: number): number {
  const axis = outer[outer.length - 1];
  const points = pointsOf([axis, ...stages[0].inner]);
  const wish = points < 2 ** 9 ? 8 : points < 2 ** 14 ? 1 : 4;
  return wish > 1 ? tileOf(axis, lanes === 1 ? wish : 4, lanes) : 1;
}

/** The wished-for width, or what divides the extent without a remainder: remainders double the code. */
function tileOf({ extent }: Axis, wish: number, lanes: number): number {
  const size = Math.max(1, Math.floor(maxOf(extent) / lanes));
  if (isBatch(extent)) return Math.min(wish, size);
  const fitting = wish >= 4 ? [wish, 4, 5, 3, 2] : [wish, 3];
  return fitting.find((width) => size % width === 0) ?? Math.min(wish, size);
}

/** One fold over inner axes with nothing else in the nest: neighbouring outer iterations may share the loop. */
const isColumnFold = (kernel: KernelDraft): boolean =>
  kernel.before.length + kernel.after.length === 0 &&
  kernel.stages.length === 1 &&
  kernel.stages[0].inner.length > 0 &&
  !kernel.stages[0].only &&
  kernel.stages[0].items.every((item) => item.reduce?.over === "inner" && item.reduce.op === "sum");
