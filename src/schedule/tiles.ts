import type { Backend, NumbersFacts, VectorFacts } from "../ir/backend.ts";
import { isBatch, maxOf } from "../ir/type.ts";
import { movesAlong, pointsOf, type Axis } from "../ir/index.ts";
import type { Core, Kernel } from "../ir/kernel.ts";

export interface Tile {
  readonly rows: number;
  readonly columns: number;
}

/**
 * Vector registers that a tile takes: sums, what its columns read, and what one row reads; or what all of them read and one
 * product, where multiplying and adding are two instructions.
 */
const registersOf = ({ rows, columns }: Tile, { fused }: VectorFacts): number =>
  rows * columns + columns + (fused ? 1 : rows + 1);

/**
 * Instructions of one step along the depth: a product and a sum for each place, or both in one, a load for each row and
 * column (those of the columns come from farther away, since each row passes all of them), and the loop's own two; but no
 * fewer than a sum takes to be ready for the next.
 */
const stepCost = ({ rows, columns }: Tile, { fused, latency }: VectorFacts): number =>
  Math.max((fused ? 1 : 2) * rows * columns + rows + 1.25 * columns + 2, latency);

/** A second copy of the code, for what whole tiles leave over, must be worth so much of the time: a microsecond is not. */
const copyCost = (work: number): number => (work < 2 ** 16 ? 0.4 : work < 2 ** 18 ? 0.15 : 0.03);

interface TileRun {
  readonly size: number;
  readonly count: number;
}

/** How many tiles of which size cover an extent: whole ones, and a smaller one for the rest. */
function partsOf(extent: number, size: number): TileRun[] {
  const rest = extent % size;
  const whole = { size, count: (extent - rest) / size };
  return rest === 0 ? [whole] : [whole, { size: rest, count: 1 }];
}

/**
 * Of how many iterations of the axis around the rows the remainders fill one tile: the last two of fourteen pixels, and
 * those of the next line. A tile of few rows waits for its sums, whatever the processor could do.
 */
function joinOf(height: number, size: number, around: number): number {
  const rest = height % size;
  return rest === 0 || height < size ? 1 : Math.min(around, Math.floor(size / rest));
}

/** The tiles of an iteration around the rows, of which some are shared with others. */
function joinedParts(height: number, size: number, around: number): TileRun[] {
  const join = joinOf(height, size, around);
  if (join === 1) return partsOf(height, size);
  const [whole, rest] = partsOf(height, size);
  const strips = partsOf(around, join).filter(({ count }) => count > 0);
  return [whole, ...strips.map((strip) => ({ size: strip.size * rest.size, count: strip.count / around }))];
}

/** A register tile, and of how many iterations around its rows the remainders are joined. */
export interface JoinedTile extends Tile {
  readonly join: number;
}

/** Rows of the batch that fill no tile of so many: a smaller tile, or each by itself in a tile of so many columns. */
export type OpenRests = (rows: number) => "tile" | number;

/**
 * The register tile of a product whose columns run in lanes: the one that takes the fewest instructions for all rows
 * and columns. Columns are counted in vectors; `around` are the iterations of an axis whose remainders may be joined.
 */
export function vectorTile(
  row: Axis | undefined,
  column: Axis,
  around: number,
  rests: OpenRests,
  work: number,
  backend: Backend,
): JoinedTile {
  const { lanes } = backend;
  const vectors = backend.vectors!;
  const height = row ? maxOf(row.extent) : 1;
  const open = row !== undefined && isBatch(row.extent);
  // A part of a vector is one of the columns; a single number is left to a loop of its own.
  const extent = maxOf(column.extent);
  const width = Math.max(
    1,
    Math.floor(extent / lanes) + (isBatch(column.extent) || extent % lanes < 2 ? 0 : 1),
  );
  const costOf = (tile: Tile): number => {
    const rest = open ? rests(tile.rows) : "tile";
    const lone = rest === "tile" ? 0 : height % tile.rows;
    const down = open ? partsOf(height - lone, tile.rows) : joinedParts(height, tile.rows, around);
    const across = partsOf(width, tile.columns);
    const runs = [
      ...down.map((rows) => [rows, across] as const),
      ...(rest === "tile" || lone === 0
        ? []
        : [[{ size: 1, count: lone }, rest > 1 ? partsOf(width, rest) : across] as const]),
    ];
    const steps = runs.flatMap(([a, parts]) =>
      parts.map((b) => a.count * b.count * stepCost({ rows: a.size, columns: b.size }, vectors)),
    );
    return steps.reduce((sum, cost) => sum + cost, 0) * (1 + copyCost(work) * (steps.length - 1));
  };
  const sizes = (most: number): number[] => Array.from({ length: Math.min(most, 7) }, (_, k) => k + 1);
  const options = sizes(height)
    .flatMap((rows) => sizes(width).map((columns): Tile => ({ rows, columns })))
    .filter((tile) => registersOf(tile, vectors) <= vectors.registers);
  const costs = options.map(costOf);
  const best = options[costs.indexOf(Math.min(...costs))];
  return { ...best, join: open ? 1 : joinOf(height, best.rows, around) };
}

/**
 * The axis that shares a tile with the last one: the innermost along which what is read for the columns stays the
 * same, so that one load serves all rows of the tile. For a convolution these are neighbouring pixels.
 */
export function rowAxis({ operands }: Core, outer: readonly Axis[]): number {
  const last = outer.length - 1;
  const columns = operands.filter(({ at }) => movesAlong(at, outer[last]));
  const shared = outer.findLastIndex(
    (axis, k) => k < last && columns.every(({ at }) => !movesAlong(at, axis)),
  );
  return shared >= 0 ? shared : last - 1;
}

/** The tile of a product of which these operands are plain numbers: larger along what they are read for. */
export function tileOfNumbers(
  numbers: Core["operands"],
  column: Axis,
  { tile: { rows, columns } }: NumbersFacts,
): Tile {
  const hasRows = numbers.some(({ at }) => !movesAlong(at, column));
  return hasRows ? { rows, columns } : { rows: columns, columns: rows };
}

/** Code of its own is worth it where one row is at least so many multiply-adds; it is about a microsecond. */
const leastAlone = 2 ** 14;
/** So many sums are enough not to wait for each other, and each row of the columns is read in long pieces. */
const mostAlone = 8;

/**
 * Columns of the tile for a row that is computed alone, as that of a single prediction is; 1 where it is computed in a
 * tile with rows that are not there. Columns are counted in vectors.
 */
export function aloneColumns(
  { core, outer }: Pick<Kernel, "core" | "outer">,
  row: number,
  rows: number,
  { lanes }: Backend,
): number {
  const extent = outer[row]?.extent ?? 1;
  if (!core || !isBatch(extent) || extent.times % rows === 0) return 1;
  if (pointsOf([...outer.slice(row + 1), ...core.depth]) < leastAlone) return 1;
  return Math.min(mostAlone, Math.floor(maxOf(outer[outer.length - 1].extent) / lanes));
}
