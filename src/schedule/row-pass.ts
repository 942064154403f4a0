import { isShort } from "../ir/arena.ts";
import type { Backend } from "../ir/backend.ts";
import { indexAxis, movesAlong, pointsOf, sameIndex, type Axis, type Index } from "../ir/index.ts";
import type { Buffer, Element, Item, Kernel } from "../ir/kernel.ts";
import { itemsOf, loadsOf, readsOf, rowsOf, targetsOf, visitKernelExpr } from "../ir/kernel-walk.ts";
import { isBatch, type BatchDim } from "../ir/type.ts";
import { foldOf, type Member } from "./fold.ts";
import { passOf, type PassContext } from "./row-sums.ts";

/**
 * Small neighbours in one phase that can take turns within every row become a pass. Then what a row leaves to the next
 * kernel is in locals, and every row needs the same memory but for inputs and what other phases read: parameters and
 * sums over the rows, as plain numbers, the former copied before the first row, the latter added to gradients after the
 * last.
 */
export function asRowPasses(kernels: readonly Kernel[], context: PassContext): Kernel[] {
  const { numbers } = context.backend;
  if (!numbers) return [...kernels];
  const out: Kernel[] = [];
  let run: Member[] = [];
  const close = (): void => {
    const own = run.map(({ kernel }) => kernel);
    out.push(...(isWorth(run, context.backend) ? passOf(run, parametersOf(run), context) : own));
    run = [];
  };
  for (const kernel of kernels) {
    const member = memberOf(kernel);
    if (!member || !mayJoin(kernel, run)) close();
    if (member) run.push(member);
    else out.push(kernel);
  }
  close();
  return out;
}

const isWorth = (run: readonly Member[], backend: Backend): boolean =>
  run.length > 1 &&
  run.reduce((sum, member) => sum + workOf(member, backend), 0) <= backend.numbers!.passWork;

/** A scalar function that is written out is about so many terms. */
const functionWork = 12;

/** The terms and values that a kernel computes for one row. */
function workOf({ kernel: { outer, core, stages }, fold }: Member, { scalar }: Backend): number {
  const points = (axes: readonly Axis[]): number => pointsOf(axes.filter(({ extent }) => !isBatch(extent)));
  const valueWork = ({ value }: Item): number => {
    let work = 1;
    visitKernelExpr(value, (x) => {
      if (x.kind === "op" && scalar(x.op, "f64", 1) !== undefined) work += functionWork;
    });
    return work;
  };
  const values = (items: readonly Item[]): number => items.reduce((sum, item) => sum + valueWork(item), 0);
  if (fold) return points(outer);
  const work = stages.reduce((sum, { inner, items }) => sum + points(inner) * values(items), 0);
  return points(outer) * (work + (core ? points(core.depth) : 0));
}

/** A kernel as a member of a pass; undefined where rows need one another, or memory that is not theirs alone. */
function memberOf(kernel: Kernel): Member | undefined {
  const { outer, core, nest, stages, loops } = kernel;
  if (nest || loops.length > 0 || isCut(kernel) || searches(kernel)) return undefined;
  const all = [...outer, ...(core?.depth ?? []), ...stages.flatMap(({ inner }) => inner)];
  const [row, ...others] = all.filter(({ extent }) => isBatch(extent));
  if (!row || others.length > 0 || (row.extent as BatchDim).times !== 1) return undefined;
  const isOwn = ({ buffer, at }: Element): boolean => isOfRow(buffer, at, row);
  const targets = targetsOf(kernel);
  if (![...readsOf(kernel), ...targets].every(isOwn)) return undefined;
  if (rowsOf(kernel)) return targets.some(({ accumulate }) => accumulate) ? undefined : { kernel, row };
  const fold = foldOf(kernel);
  return fold?.row === row ? { kernel, row, fold } : undefined;
}

/** Whether a kernel's loops end at a diagonal. */
const isCut = ({ core, stages }: Kernel): boolean =>
  core?.only !== undefined || stages.some(({ only }) => only);

/** Whether a kernel branches: a search for the largest does at every element. */
const searches = (kernel: Kernel): boolean =>
  itemsOf(kernel).some(({ reduce }) => reduce?.op === "argMax" || reduce?.op === "argMin");

/** Whether an element is the same for all rows, or a row's own; temporaries of the arena lie within one another. */
function isOfRow(buffer: Buffer, at: readonly Index[], row: Axis): boolean {
  if (buffer.kind === "temporary" || !isShort(buffer.shape)) return false;
  const [first, ...rest] = buffer.shape;
  if (rest.some(isBatch)) return false;
  if (first === undefined || !isBatch(first)) return !movesAlong(at, row);
  return first.times === 1 && sameIndex(at[0], indexAxis(row)) && !movesAlong(at.slice(1), row);
}

/** Nothing may read what is whole only after the last row, or change what is copied before the first. */
function mayJoin(kernel: Kernel, run: readonly Member[]): boolean {
  if (run.some((other) => other.kernel.phase !== kernel.phase)) return false;
  const read = new Set(readsOf(kernel).map(({ buffer }) => buffer));
  const early = new Set(kernel.before.flatMap(loadsOf).map(({ buffer }) => buffer));
  return run.every((other) => {
    const late = other.fold ? targetsOf(other.kernel) : other.kernel.after.flatMap(({ targets }) => targets);
    const written = targetsOf(other.kernel);
    return !late.some(({ buffer }) => read.has(buffer)) && !written.some(({ buffer }) => early.has(buffer));
  });
}

const parametersOf = (run: readonly Member[]): Buffer[] => [
  ...new Set(
    run
      .flatMap(({ kernel }) => readsOf(kernel).map(({ buffer }) => buffer))
      .filter(({ cell }) => cell?.kind === "parameter"),
  ),
];
