import { invariant } from "../../base/errors.ts";
import { flatten, movesAlong, rangeOf, type Axis, type Index } from "../index.ts";
import type { Buffer, Kernel, KernelExpr, Schedule, Tiles } from "../kernel.ts";
import { itemsOf, visitKernelExpr } from "../kernel-walk.ts";
import { elementsOf, isBatch, maxOf } from "../type.ts";
import { verifyPasses } from "./pass.ts";
import { verifyUnread } from "./unread.ts";

/**
 * What always holds of a kernel and of what the cost model decides about it, on a target with so many lanes: or loops
 * would leave their arrays, or compute what nobody reads, or add up what lies beyond n. Gives a sentence for everything
 * that is wrong; an empty list means sound.
 */
export function verifyKernel(kernel: Kernel, lanes: number): readonly string[] {
  const findings: string[] = [];
  const say = (fault: boolean, text: string): void => {
    if (fault) findings.push(`${kernel.name}: ${text}`);
  };
  checkLanes(kernel, lanes, say);
  const { record } = kernel;
  for (const tiles of record.plain ? [record, record.plain] : [record]) {
    checkAlone(kernel, tiles, lanes, say);
    checkTiles(kernel, tiles, lanes, say);
  }
  checkRows(kernel, say);
  checkColumns(kernel, say);
  checkPlaces(kernel, say);
  return findings;
}

type Say = (fault: boolean, text: string) => void;

function checkLanes({ outer, core, stages, nest, record }: Kernel, lanes: number, say: Say): void {
  const inner = [core?.depth ?? [], ...stages.map((stage) => stage.inner)].map((axes) => axes.at(-1)?.name);
  const last = outer.at(-1);
  const spread = last !== undefined && record.lanes.includes(last.name);
  const isNamed = (axis: string): boolean => axis === last?.name || inner.includes(axis);
  say(lanes === 1 && record.lanes.length > 0, "lanes on a target that has none");
  say(nest !== null && record.lanes.length > 0, "a nest in lanes");
  say(!record.lanes.every(isNamed), "an axis in lanes has a loop around another");
  say(spread && record.lanes.length > 1, "lanes around lanes");
}

function checkAlone({ outer, record }: Kernel, { alone }: Tiles, lanes: number, say: Say): void {
  if (alone === 1) return;
  const last = outer.at(-1);
  const spread = last !== undefined && record.lanes.includes(last.name);
  say(!spread && lanes > 1, "a row alone over columns that have no lanes");
  say(alone * lanes > (last ? maxOf(last.extent) : 1), "a row alone over more columns than there are");
}

function checkTiles(
  { outer, core, stages, record }: Kernel,
  { tile, whole, join }: Tiles,
  lanes: number,
  say: Say,
): void {
  say(tile.length !== outer.length || whole.length !== outer.length, "an axis has no tile");
  const items = stages.flatMap((stage) => stage.items);
  const addsAlong = (axis: Axis): boolean =>
    items.some(
      ({ reduce, targets }) => reduce?.over === "outer" || targets.some(({ at }) => !movesAlong(at, axis)),
    );
  const row = outer.findIndex((_, k) => k < outer.length - 1 && tile[k] > 1);
  const around = outer[row - 1] as Axis | undefined;
  const joins = join > 1 && around && !isBatch(around.extent) && join <= around.extent;
  say(join > 1 && !joins, "the rest of the rows is joined over no such axis");
  say(join > 1 && around !== undefined && addsAlong(around), "rows are joined that are added up");
  const end = core?.only?.upTo;
  const endsApart = around !== undefined && end !== undefined && movesAlong([end], around);
  say(join > 1 && endsApart, "rows are joined whose sums end at different depths");
  for (const [k, { name: axis, extent }] of outer.entries()) {
    const wide = record.lanes.includes(axis) ? lanes : 1;
    say(!(Number.isInteger(tile[k]) && tile[k] >= 1), `${axis} has a tile of ${tile[k]}`);
    // The last vector may be a part of one.
    say(tile[k] > 1 && (tile[k] - 1) * wide >= maxOf(extent), `${axis} has a tile larger than itself`);
    if (!whole[k]) continue;
    say(!(isBatch(extent) && tile[k] > 1), `${axis} has no tile that may end beyond n`);
    say(wide > 1, `the last vectors of ${axis} end beyond its array`);
    say(addsAlong(outer[k]), `what lies beyond n along ${axis} is added to the rest`);
  }
}

/** Rows that end at a diagonal each have a loop of their own, and what is folded in it joins nothing else. */
function checkRows({ outer, stages, record }: Kernel, say: Say): void {
  for (const { inner, items, only } of stages) {
    if (!only) continue;
    const isOne = inner.length === 1 && inner[0].name === only.axis && !isBatch(inner[0].extent);
    say(!isOne, `${only.axis} ends early, but is not the one axis of a loop over a row`);
    const rows = outer.map((axis) => movesAlong([only.upTo], axis));
    const byBatch = outer.some(({ extent }, k) => rows[k] && isBatch(extent));
    say(byBatch, "rows end early by the batch");
    const together = outer.some(({ name }, k) => rows[k] && (record.lanes.includes(name) || record.tile[k] > 1)); // prettier-ignore
    say(together, "rows that end at different places run together");
    const adds = items.some(({ reduce, targets }) => reduce?.over === "outer" || targets.some(({ accumulate }) => !reduce && accumulate)); // prettier-ignore
    say(adds, "a row that ends early adds to something outside it");
  }
}

/** Columns are left out of a product alone, each tile of them by the diagonal that its last row meets. */
function checkColumns({ outer, core, stages, read, record }: Kernel, say: Say): void {
  if (!read) return;
  const items = stages.flatMap((stage) => stage.items);
  const adds = items.some(({ reduce, targets }) => reduce !== null || targets.some((one) => one.accumulate));
  say(core === null || adds, "only products leave columns out");
  const column = outer.findIndex(({ name }) => name === read.axis);
  const row = outer.findIndex((axis, k) => k < column && movesAlong([read.upTo], axis));
  // Columns of the first tile of rows, in panels if these are what is left out.
  const width = column === outer.length - 1 ? 1 : maxOf(outer[outer.length - 1].extent);
  const [first] = rangeOf(read.upTo);
  const isEnough =
    row >= 0 &&
    !isBatch(outer[row].extent) &&
    [record, record.plain].every((tiles) => !tiles || (first + 1) * width >= tiles.tile[row]);
  say(!isEnough, "columns are left out that a row of the tile may need");
}

/** Stores, operands of products, and loads that no guard protects lie within their buffers. */
function checkPlaces(kernel: Kernel, say: Say): void {
  const check = (buffer: Buffer, at: readonly Index[]): void => {
    const [low, high] = rangeOf(flatten(at, buffer.shape));
    const isInside = at.length === buffer.shape.length && low >= 0 && high < elementsOf(buffer.shape);
    say(!isInside, `${buffer.name} has no elements from ${low} to ${high}`);
  };
  for (const { buffer, at } of kernel.core?.operands ?? []) check(buffer, at);
  const bare = (value: KernelExpr): boolean => {
    let guarded = false;
    visitKernelExpr(value, (expr) => (guarded ||= expr.kind === "guard"));
    return !guarded;
  };
  for (const { value, targets } of itemsOf(kernel)) {
    if (bare(value))
      visitKernelExpr(value, (expr) => {
        if (expr.kind === "load") check(expr.buffer, expr.at);
      });
    for (const { buffer, at } of targets) check(buffer, at);
  }
}

/** Checks all kernels of a schedule; a finding is a fault of the schedule. */
export function assertKernels({ kernels }: Schedule, lanes: number): void {
  const [finding] = [
    ...kernels.flatMap((kernel) => verifyKernel(kernel, lanes)),
    ...verifyPasses(kernels),
    ...verifyUnread(kernels),
  ];
  invariant(finding === undefined, `schedule: ${finding}`);
}
