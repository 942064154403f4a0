import type { Backend, NumbersFacts } from "../ir/backend.ts";
import { axesOf, indexAxis, movesAlong, pointsOf, sameIndex, type Axis, type Index } from "../ir/index.ts";
import { withNames } from "../ir/doc-names.ts";
import type { Core, KernelDraft } from "../ir/kernel.ts";
import { isFunctionPhase } from "../ir/phase.ts";
import { extentAt, isBatch, isFloat, maxOf } from "../ir/type.ts";
import { innerAxes } from "./job.ts";
import type { Names } from "./names.ts";
import { panelsOf, split, type Panels } from "./panels.ts";
import type { Storage } from "./storage.ts";
import { rowAxis, tileOfNumbers } from "./tiles.ts";
import { copyKernel } from "./write-out.ts";

type Operand = Core["operands"][number];

/** An operand as it is copied: what is read, by axes of its own, and how the product finds it in the copy. */
interface Form {
  readonly axes: readonly Axis[];
  readonly from: readonly Index[];
  readonly at: readonly Index[];
}

/**
 * Engines read plain numbers in half the instructions that floats of a typed array take: nothing is widened, and a place
 * is found in one step. So what a large product reads often is first written out as numbers, in panels as wide as the
 * tile where it is read along the tile. Gives the kernels in their order; the product alone where that does not pay.
 */
export function asNumbers(
  kernel: KernelDraft,
  backend: Backend,
  storage: Storage,
  kernelNames: Names,
): KernelDraft[] {
  const { core, outer } = kernel;
  const { numbers } = backend;
  if (!numbers || !core || outer.length === 0) return [kernel];
  const forms = new Map(core.operands.map((operand) => [operand, formOf(operand, kernel)]));
  const chosen = core.operands.filter((operand) => isWorth(operand, forms.get(operand)!, kernel, numbers));
  if (chosen.length === 0) return [kernel];
  const [row, column] = [outer[rowAxis(core, outer)], outer[outer.length - 1]];
  const tile = tileOfNumbers(chosen, column, numbers);
  const copies: KernelDraft[] = [];
  const panels: Panels[] = [];
  const names = new Map<string, string>();
  const operands = core.operands.map((operand): Operand => {
    if (!chosen.includes(operand)) return operand;
    const form = forms.get(operand)!;
    const own = movesAlong(operand.at, column)
      ? inPanels(form, column, tile.columns, "p")
      : rowPanels(form, kernel, row, tile.rows);
    if (own) panels.push(own);
    const { axes, from, at } = own ? panelled(form, own) : form;
    const shape = axes.map(({ extent }) => extent);
    const buffer = storage.temporary(`${operand.buffer.name}_numbers`, "f64", shape, "numbers");
    names.set(operand.buffer.name, buffer.name);
    copies.push(
      copyKernel({
        name: kernelNames.fresh(`copy_${operand.buffer.name}`),
        doc: `${buffer.name} = ${operand.buffer.name}`,
        phase: kernel.phase,
        loops: isLasting(operand, kernel) ? [] : kernel.loops,
        from: { buffer: operand.buffer, at: from },
        to: { buffer, axes },
      }),
    );
    return { buffer, at };
  });
  const doc = withNames(kernel.doc, names);
  return [...copies, panels.reduce(split, { ...kernel, doc, core: { ...core, operands } })];
}

/**
 * Whether an operand is read so often that copying it is little work. A prediction may be of one row, for which a matrix
 * of weights would be copied as well; a training step does more for every weight than copying it.
 */
function isWorth(operand: Operand, { axes }: Form, kernel: KernelDraft, facts: NumbersFacts): boolean {
  const { core, outer, phase, loops } = kernel;
  const { leastWork, leastReads, tile } = facts;
  const all = [...outer, ...core!.depth];
  const row = outer[rowAxis(core!, outer)] as Axis | undefined;
  const alongRow = row !== undefined && movesAlong(operand.at, row);
  const alongColumn = movesAlong(operand.at, outer[outer.length - 1]);
  if (!isFloat(operand.buffer.dtype) || alongRow === alongColumn) return false;
  const most = Math.max(1, ...all.flatMap(({ extent }) => (isBatch(extent) ? [extent.max] : [])));
  const n = isFunctionPhase(phase) ? 1 : most;
  const together = alongRow ? tile.columns : tile.rows;
  const times = loops.reduce((product, { axis }) => product * axis.extent, 1);
  const copied = pointsAt(axes, n) * (isLasting(operand, kernel) ? 1 : times);
  return (
    times * pointsAt(all, most) >= leastWork && times * pointsAt(all, n) >= leastReads * together * copied
  );
}

const pointsAt = (axes: readonly Axis[], n: number): number =>
  axes.reduce((product, { extent }) => product * extentAt(extent, n), 1);

/** Whether all times of the loops around a kernel read the same, so that one copy before them serves all. */
const isLasting = ({ buffer, at }: Operand, { loops }: KernelDraft): boolean =>
  buffer.cell?.kind === "parameter" && !loops.some(({ axis }) => movesAlong(at, axis));

/** All of a buffer but for coordinates that the whole kernel shares, as the time is. */
function formOf({ buffer, at }: Operand, { core, outer }: KernelDraft): Form {
  const own = new Set([...outer, ...core!.depth].map(({ name }) => name));
  const moves = at.map((index) => [...axesOf(index)].some((name) => own.has(name)));
  const axes = innerAxes(buffer.shape.filter((_, k) => moves[k]));
  const rest = [...axes];
  const from = at.map((index, k) => (moves[k] ? indexAxis(rest.shift()!) : index));
  return { axes, from, at: at.filter((_, k) => moves[k]) };
}

/** The panels of a copy along an axis that is a coordinate of it, in full; undefined where there are no whole ones. */
function inPanels({ axes, at }: Form, axis: Axis, width: number, name: string): Panels | undefined {
  const place = at.findIndex((index) => sameIndex(index, indexAxis(axis)));
  const isWhole = !isBatch(axis.extent) && axes[place]?.extent === axis.extent && maxOf(axis.extent) % width === 0;
  return isWhole ? panelsOf(axis, width, name) : undefined;
} // prettier-ignore

/** Multiply-adds of a product whose rows are worth code that writes them out in panels. */
const leastInPanels = 2 ** 20;

/**
 * Rows whose depth is a run of memory are read as so many runs. Panels serve rows that are neighbours themselves, but not
 * a product that is cut at a diagonal: where it ends is counted in rows.
 */
function rowPanels(form: Form, { core, outer }: KernelDraft, row: Axis, width: number): Panels | undefined {
  const isAcross = sameIndex(form.at[form.at.length - 1], indexAxis(row));
  const isLarge = pointsOf([...outer, ...core!.depth]) >= leastInPanels;
  return isAcross && isLarge && !core!.only ? inPanels(form, row, width, "s") : undefined;
}

/** A copy with one of its axes in panels: these first, what is within them last. */
function panelled({ axes, from, at }: Form, { axis, panel, within, whole }: Panels): Form {
  const place = at.findIndex((index) => sameIndex(index, indexAxis(axis)));
  const [own, others] = [axes[place], axes.filter((_, k) => k !== place)];
  return {
    axes: [panel, ...others, within],
    from: from.map((index) => (sameIndex(index, indexAxis(own)) ? whole : index)),
    at: [indexAxis(panel), ...at.filter((_, k) => k !== place), indexAxis(within)],
  };
}
