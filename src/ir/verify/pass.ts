import { isShort } from "../arena.ts";
import { flatten, indexAxis, movesAlong, pointsOf, rangeOf, sameIndex, type Axis } from "../index.ts";
import type { Buffer, Element, Kernel, RowPass } from "../kernel.ts";
import { byFunction, loadsOf, readsOf, rowsOf, targetsOf } from "../kernel-walk.ts";
import { isBatch, sameDim } from "../type.ts";

type Say = (fault: boolean, text: string) => void;

/**
 * What always holds of the kernels of a pass: or one loop over the rows, with what is copied before and taken after it,
 * would not compute what their own loops do one after the other. Gives a sentence for everything that is wrong.
 */
export function verifyPasses(kernels: readonly Kernel[]): readonly string[] {
  const findings: string[] = [];
  const seen = new Set<RowPass>();
  for (const together of byFunction(kernels)) {
    const [{ record: { pass } }] = together; // prettier-ignore
    if (!pass) continue;
    const sayOf =
      ({ name }: { readonly name: string }): Say =>
      (fault, text) => {
        if (fault) findings.push(`${name}: ${text}`);
      };
    sayOf(pass)(seen.has(pass), "its kernels are no neighbours");
    seen.add(pass);
    for (const kernel of together) checkLoops(kernel, pass, together[0], sayOf(kernel));
    checkOrder(together, sayOf);
    checkSums(together, sayOf);
  }
  return findings;
}

/** Every kernel is plain loops, of which that over the rows is the first; a row needs no other row. */
function checkLoops(kernel: Kernel, pass: RowPass, first: Kernel, say: Say): void {
  const { outer, core, stages, record } = kernel;
  say(kernel.phase !== first.phase, `is of another phase than ${first.name}, in one pass`);
  say(kernel.loops.length > 0 || kernel.nest !== null, "a nest or a loop over time in a pass");
  const isCut = [core, ...stages].some((part) => part?.only) || kernel.read !== undefined;
  say(isCut, "a loop in a pass that leaves out a part");
  const { tile, whole, lanes, join, alone, plain } = record;
  const isSingle = tile.every((size) => size === 1) && !whole.includes(true) && join === 1 && alone === 1;
  say(!isSingle || plain !== null || lanes.length > 0, "tiles or lanes in a pass");
  const row = rowsOf(kernel);
  const all = [...outer, ...(core?.depth ?? []), ...stages.flatMap(({ inner }) => inner)];
  say(all.some((axis) => axis !== row && isBatch(axis.extent)), "a loop over rows within another, in a pass");
  if (row) say(!sameDim(row.extent, pass.row.extent), `other rows than those of ${pass.name}`);
  for (const element of readsOf(kernel)) checkElement(element, row, "reads", say);
  for (const element of targetsOf(kernel)) checkElement(element, row, "writes", say);
  if (!row) return;
  for (const { buffer, accumulate } of rowTargets(kernel))
    say(!accumulate && !hasRows(buffer) && buffer.kind !== "row", `every row writes over ${buffer.name}`);
} // prettier-ignore

const hasRows = ({ shape }: Buffer): boolean => shape.length > 0 && isBatch(shape[0]);

/** What is written within the loops, row by row. */
const rowTargets = ({ stages }: Kernel) =>
  stages.flatMap(({ items }) => items.flatMap(({ targets }) => targets));

/**
 * What has no rows is the same for all, and what has them has memory of its own: rows of several kernels take turns there.
 * Copies and sums live from before the first row to the last, so that they may be long.
 */
function checkElement({ buffer, at }: Element, row: Axis | undefined, does: string, say: Say): void {
  const long = buffer.kind === "numbers" && hasRows(buffer) && !isShort(buffer.shape);
  const shared = buffer.kind === "temporary" || long;
  say(shared, `${does} ${buffer.name}, whose memory is not its own, in a pass`);
  if (!hasRows(buffer)) {
    say(row !== undefined && movesAlong(at, row), `${does} ${buffer.name} by the row, which has no rows`);
    return;
  }
  const isOwn = row !== undefined && sameIndex(at[0], indexAxis(row)) && !movesAlong(at.slice(1), row);
  say(!isOwn, `${does} another row of ${buffer.name} than its own, in a pass`);
}

/** Rows come after what is copied for them and before what is made of all; nothing needs what is not there in its turn. */
function checkOrder(kernels: readonly Kernel[], sayOf: (kernel: Kernel) => Say): void {
  const isRow = kernels.map((kernel) => rowsOf(kernel) !== undefined);
  const [first, last] = [isRow.indexOf(true), isRow.lastIndexOf(true)];
  const late = new Set<Buffer>();
  const written = new Set<Buffer>();
  for (const [k, kernel] of kernels.entries()) {
    const say = sayOf(kernel);
    say(!isRow[k] && first < k && k < last, "between kernels of rows in a pass, and has none");
    if (!isRow[k]) continue;
    for (const { buffer } of kernel.before.flatMap(loadsOf))
      say(written.has(buffer), `reads ${buffer.name} before the first row, which rows of its pass write`);
    for (const { buffer } of rowReads(kernel))
      say(late.has(buffer), `reads ${buffer.name} in every row, which is whole only after the last`);
    for (const { buffer } of targetsOf(kernel)) written.add(buffer);
    for (const { targets } of kernel.after) for (const { buffer } of targets) late.add(buffer);
  }
}

/** What is read within the loops, row by row. */
const rowReads = ({ core, stages }: Kernel): Element[] => [
  ...(core?.operands ?? []),
  ...stages.flatMap(({ items }) => items.flatMap(loadsOf)),
];

/**
 * What rows add up starts with what is set before the first, is read by none of them, and is taken after the last; of a
 * copy that is made before the first row, they read what is there.
 */
function checkSums(kernels: readonly Kernel[], sayOf: (kernel: Kernel) => Say): void {
  const first = kernels.findIndex(rowsOf);
  const [before, rest] = [kernels.slice(0, first), kernels.slice(first)];
  const rows = rest.filter(rowsOf);
  const copied = new Set(before.flatMap(targetsOf).map(({ buffer }) => buffer));
  const set = new Covered(before.flatMap(setBy));
  const taken = new Covered(
    rest.flatMap((kernel) => (rowsOf(kernel) ? kernel.after.flatMap(loadsOf) : readsOf(kernel))),
  );
  const growing = new Set(rows.flatMap(rowTargets).flatMap(({ buffer, accumulate }) => (accumulate ? [buffer] : [])));
  for (const kernel of rows) {
    const say = sayOf(kernel);
    for (const element of [...kernel.before.flatMap(loadsOf), ...rowReads(kernel)]) {
      const { buffer } = element;
      say(growing.has(buffer), `reads ${buffer.name}, a sum that still grows`);
      const isCopy = copied.has(buffer) && !growing.has(buffer);
      say(isCopy && !set.holds(element), `reads more of ${buffer.name} than is copied before the first row`);
    }
    for (const target of rowTargets(kernel).filter(({ accumulate }) => accumulate)) {
      const { name } = target.buffer;
      say(!set.holds(target), `adds to ${name} in a pass, which is not set before the first row`);
      say(!taken.holds(target), `adds to ${name} in a pass, of which nothing is made after the last row`);
    }
  }
} // prettier-ignore

/** What a kernel of plain loops sets, where that is neighbours without a gap. */
const setBy = (kernel: Kernel): Element[] =>
  rowTargets(kernel).filter((target) => {
    const [low, high] = placesOf(target);
    return !target.accumulate && pointsOf(kernel.outer) === high - low + 1;
  });

const placesOf = ({ buffer, at }: Element): readonly [number, number] => rangeOf(flatten(at, buffer.shape));

/** Elements of buffers from one to another, of which several may follow one another. */
class Covered {
  private readonly places = new Map<Buffer, (readonly [number, number])[]>();

  constructor(elements: readonly Element[]) {
    for (const element of elements)
      this.places.set(element.buffer, [...(this.places.get(element.buffer) ?? []), placesOf(element)]);
    for (const places of this.places.values()) places.sort(([a], [b]) => a - b);
  }

  holds(element: Element): boolean {
    let [next, high] = placesOf(element);
    for (const [from, to] of this.places.get(element.buffer) ?? []) if (from <= next && to >= next) next = to + 1;
    return next > high;
  } // prettier-ignore
}
