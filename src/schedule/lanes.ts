import type { Backend, VectorFacts } from "../ir/backend.ts";
import { axesOf, flatten, pointsOf, type Axis, type Index } from "../ir/index.ts";
import type { Item, KernelDraft } from "../ir/kernel.ts";
import { visitKernelExpr } from "../ir/kernel-walk.ts";
import { isBatch, maxOf, type Shape } from "../ir/type.ts";

interface Access {
  readonly at: readonly Index[];
  readonly shape: Shape;
}
/** Something that runs at every point of its axes: so many operations, and what it reads and writes. */
interface Work {
  readonly axes: readonly Axis[];
  /** The axes that it folds for each point of the others. */
  readonly folded: readonly Axis[];
  /** The axes of its loop that something in the loop folds: what lanes leave over there runs one by one. */
  readonly single: readonly Axis[];
  readonly operations: number;
  /** How many of its neighbours an access serves: a tile of a product shares what its rows and columns read. */
  readonly sharing: number;
  readonly accesses: readonly Access[];
  /** Found positions, and numbers that have no lanes: this work runs one iteration at a time along its axes. */
  readonly scalar: boolean;
}

/**
 * The axes whose loops run four iterations at a time, which is estimated to take the fewest operations: the last axis
 * that the kernel's points are spread over, the last inner axis of each stage and of a product's depth, or none.
 */
export function lanesOf(kernel: KernelDraft, { vectors }: Backend): readonly string[] {
  if (!vectors || kernel.nest) return [];
  const works = worksOf(kernel);
  const last = kernel.outer.at(-1);
  const inner = new Set(
    [kernel.core?.depth.at(-1), ...kernel.stages.map((stage) => stage.inner.at(-1))].flatMap((axis) =>
      axis ? [axis.name] : [],
    ),
  );
  const options: (readonly string[])[] = [[], ...(last ? [[last.name]] : []), [...inner]];
  // A loop around one that finds a position decides for each iteration, so it has no lanes.
  const isSearch = (names: readonly string[]): boolean =>
    works.some(({ scalar, axes, folded }) => scalar && axes.some((axis) => names.includes(axis.name) && !folded.includes(axis))); // prettier-ignore
  const costs = options.map((names) => (isSearch(names) ? Infinity : costOfAll(works, names, vectors)));
  return options[costs.indexOf(Math.min(...costs))];
}

/** About how many operations a kernel takes when the loops over the named axes run in lanes. */
export const operationsOf = (kernel: KernelDraft, names: readonly string[], vectors: VectorFacts): number =>
  costOfAll(worksOf(kernel), names, vectors);

const costOfAll = (works: readonly Work[], names: readonly string[], vectors: VectorFacts): number =>
  works.reduce((sum, work) => sum + costOf(work, names, vectors), 0);

function worksOf({ outer, core, stages }: KernelDraft): Work[] {
  const works = stages.flatMap(({ inner, items }) => {
    const single = items.some(({ reduce }) => reduce?.over === "inner") ? inner : [];
    return items.map((item) => workOf(item, outer, inner, single));
  });
  if (!core) return works;
  const accesses = core.operands.map(({ at, buffer }) => ({ at, shape: buffer.shape }));
  const product = { operations: 1, accesses, sharing: 3, scalar: false };
  return [{ axes: [...outer, ...core.depth], folded: core.depth, single: core.depth, ...product }, ...works];
}

function workOf(item: Item, outer: readonly Axis[], inner: readonly Axis[], single: readonly Axis[]): Work {
  const accesses: Access[] = item.targets.map(({ at, buffer }) => ({ at, shape: buffer.shape }));
  let operations = 1;
  let scalar = item.reduce?.op === "argMax" || item.reduce?.op === "argMin";
  visitKernelExpr(item.value, (expr) => {
    operations++;
    if (expr.kind !== "load") return;
    accesses.push({ at: expr.at, shape: expr.buffer.shape });
    if (expr.buffer.dtype === "f64" && expr.at.length > 0) scalar = true;
  });
  const folded = item.reduce?.over === "inner" ? inner : [];
  return { axes: [...outer, ...inner], folded, single, operations, sharing: 1, accesses, scalar };
}

function costOf(
  { axes, folded, single, operations, sharing, accesses, scalar }: Work,
  names: readonly string[],
  { gather, join }: VectorFacts,
): number {
  const points = pointsOf(axes);
  const axis = axes.findLast(({ name }) => names.includes(name));
  if (!axis || scalar || maxOf(axis.extent) < 2) return points * (operations + accesses.length / sharing);
  const size = maxOf(axis.extent);
  const reads = accesses.reduce((sum, access) => sum + (isPlain(access, axis) ? 1 : gather), 0);
  const rest = single.includes(axis) && !isBatch(axis.extent) ? size % 4 : 0;
  const vectors = Math.ceil((size - rest) / 4) * (operations + reads / sharing);
  const singles = rest * (operations + accesses.length / sharing);
  return (points / size) * (vectors + singles + (folded.includes(axis) ? join : 0));
}

/** True where neighbours along the axis are neighbours in memory, or all the same. */
function isPlain({ at, shape }: Access, axis: Axis): boolean {
  const flat = flatten(at, shape);
  const own = flat.terms.filter(({ atom }) =>
    atom.kind === "axis" ? atom.axis.name === axis.name : axesOf(atom.of).has(axis.name),
  );
  return own.every(({ times, atom }) => atom.kind === "axis" && times === 1);
}
