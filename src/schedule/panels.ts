import type { Backend } from "../ir/backend.ts";
import {
  axesOf,
  indexAdd,
  indexAxis,
  indexScale,
  pointsOf,
  sameIndex,
  type Axis,
  type Index,
} from "../ir/index.ts";
import { replaceInCore, replaceInStage, type Replace } from "../ir/kernel-walk.ts";
import { withNames } from "../ir/doc-names.ts";
import type { Core, KernelDraft } from "../ir/kernel.ts";
import { bytesOf, elementsOf, extentAt, isBatch, maxOf } from "../ir/type.ts";
import { innerAxes } from "./job.ts";
import type { Names } from "./names.ts";
import { recordOf } from "./record.ts";
import type { Storage } from "./storage.ts";
import { copyKernel } from "./write-out.ts";

type Operand = Core["operands"][number];

/** An axis in parts of one width: the panel, the place within it, and both as the index that they stand for. */
export interface Panels {
  readonly axis: Axis;
  readonly panel: Axis;
  readonly within: Axis;
  readonly whole: Index;
}

/** Rows as long as this all begin in a few sets of the first cache, so that a walk down the columns finds nothing again. */
const longRow = 2 ** 11;
/** Writing a matrix out takes about as long as two rows that read it, and each of these is a little faster then. */
const leastRows = 48;

/**
 * A product of many rows with a wide matrix reads a few columns of it from top to bottom, again and again, each time
 * from other lines of memory. So the matrix is first written out in panels as wide as a tile, one after the other, in
 * which that walk is one run. Gives the kernels in their order; the product alone where panels do not pay.
 */
export function inPanels(
  kernel: KernelDraft,
  backend: Backend,
  storage: Storage,
  kernelNames: Names,
): KernelDraft[] {
  const { core, outer, loops, phase } = kernel;
  const column = outer.at(-1);
  if (!backend.vectors || !core || !column || loops.length > 0) return [kernel];
  const { nearBytes } = backend.vectors;
  const wide = core.operands.find((operand) => isWide(operand, kernel, column, nearBytes));
  if (!wide) return [kernel];
  const { tile, lanes } = recordOf(kernel, backend);
  const width = tile[outer.length - 1] * backend.lanes;
  if (!lanes.includes(column.name) || maxOf(column.extent) % width !== 0) return [kernel];

  const columns = panelsOf(column, width);
  const { panel, within, whole } = columns;
  const { buffer: matrix } = wide;
  const packed = [maxOf(panel.extent), ...matrix.shape.slice(0, -1), width];
  const panels = storage.temporary(`${matrix.name}_panels`, matrix.dtype, packed);
  const operands = core.operands.map((operand): Operand => {
    if (operand !== wide) return operand;
    return { buffer: panels, at: [indexAxis(panel), ...operand.at.slice(0, -1), indexAxis(within)] };
  });
  const rows = innerAxes(matrix.shape.slice(0, -1));
  const packing = copyKernel({
    name: kernelNames.fresh(`${kernel.name}_panels`),
    doc: `${panels.name} = ${matrix.name} in panels of ${width} columns, for ${kernel.name}`,
    phase,
    loops,
    from: { buffer: matrix, at: [...rows.map(indexAxis), whole] },
    to: { buffer: panels, axes: [panel, ...rows, within] },
  });
  const doc = withNames(kernel.doc, new Map([[matrix.name, panels.name]]));
  return [packing, split({ ...kernel, doc, core: { ...core, operands } }, columns)];
}

/** An axis in panels of so many. No other axis of a kernel has the name of the panels'. */
export function panelsOf(axis: Axis, width: number, name = "p"): Panels {
  const panel: Axis = { name, extent: maxOf(axis.extent) / width };
  const within: Axis = { name: axis.name, extent: width };
  return { axis, panel, within, whole: indexAdd(indexScale(indexAxis(panel), width), indexAxis(within)) };
}

/** A kernel with two axes in the place of one of its outer ones; the one within panels keeps the name. */
export function split(kernel: KernelDraft, { axis, panel, within, whole }: Panels): KernelDraft {
  const replace: Replace = ({ name, extent }) =>
    name === axis.name && extent === axis.extent ? whole : undefined;
  return {
    ...kernel,
    outer: kernel.outer.flatMap((one) => (one.name === axis.name ? [panel, within] : [one])),
    core: kernel.core && replaceInCore(kernel.core, replace),
    stages: kernel.stages.map((stage) => replaceInStage(stage, replace)),
  };
}

/** Whether an operand is a whole matrix that all rows read by its columns, and whether panels are worth their writing. */
function isWide(
  { buffer, at }: Operand,
  { core, outer }: KernelDraft,
  column: Axis,
  nearBytes: number,
): boolean {
  const others = new Set(outer.map(({ name }) => name));
  const isColumn = at.length > 1 && sameIndex(at[at.length - 1], indexAxis(column));
  const isDown = at.slice(0, -1).every((index) => [...axesOf(index)].every((name) => !others.has(name)));
  const isWhole = elementsOf(buffer.shape) === pointsOf([...core!.depth, column]);
  if (!isColumn || !isDown || !isWhole || buffer.shape.some(isBatch)) return false;
  const rows = outer.slice(0, -1).reduce((product, { extent }) => product * extentAt(extent, 1), 1);
  const bytes = bytesOf[buffer.dtype];
  const isLong = maxOf(column.extent) * bytes >= longRow;
  return isLong && elementsOf(buffer.shape) * bytes > nearBytes && rows >= leastRows;
}
