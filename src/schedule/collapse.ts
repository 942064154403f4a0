import { flatten, indexAxis, indexConstant, type Axis, type Index } from "../ir/index.ts";
import type { Core, Item, KernelDraft, Only, Stage } from "../ir/kernel.ts";
import { replaceInCore, replaceInStage, visitKernelExpr, type Replace } from "../ir/kernel-walk.ts";
import { maxOf, productOf, type Shape } from "../ir/type.ts";

/** A place in memory, or an index that is read as a number. */
interface Access {
  readonly at: readonly Index[];
  readonly shape: Shape;
}

/**
 * Two neighbouring axes that every access walks through as one run of memory become one axis: an elementwise
 * kernel over a matrix is a single loop, a product of sequences one of rows, a sum over rows and places one sum.
 */
export function collapseAxes(kernel: KernelDraft): KernelDraft {
  const { core, nest } = kernel;
  if (nest) return kernel;
  const { axes, replace } = collapsed(kernel.outer, () => [
    ...(core ? accessesOfCore(core) : []),
    ...kernel.stages.flatMap(accessesOfStage),
  ]);
  const { core: left, stages } = replace
    ? {
        core: core && replaceInCore(core, replace),
        stages: kernel.stages.map((stage) => replaceInStage(stage, replace)),
      }
    : kernel;
  return { ...kernel, outer: axes, core: left && collapseDepth(left), stages: stages.map(collapseInner) };
}

/** What a template folds: an axis of extent 1 is none, and neighbours may be one. */
function collapseDepth(core: Core): Core {
  if (core.only) return core;
  const single = core.depth.findIndex((axis) => axis.extent === 1);
  if (single >= 0) {
    const gone: Replace = (axis) => (axis.name === core.depth[single].name ? indexConstant(0) : undefined);
    return collapseDepth({ ...replaceInCore(core, gone), depth: core.depth.toSpliced(single, 1) });
  }
  const { axes, replace } = collapsed(core.depth, () => accessesOfCore(core));
  return replace ? { ...replaceInCore(core, replace), depth: axes } : core;
}

function collapseInner(stage: Stage): Stage {
  const { axes, replace } = collapsed(stage.inner, () => accessesOfStage(stage));
  return replace ? { ...replaceInStage(stage, replace), inner: axes } : stage;
}

/** Neighbouring axes that are one, and the last of them: the run's element moves by what that one does. */
interface Run {
  readonly axis: Axis;
  readonly last: Axis;
}

/** The axes that are left, and what stands for the old ones where some are gone. */
function collapsed(
  axes: readonly Axis[],
  accesses: () => readonly Access[],
): { readonly axes: readonly Axis[]; readonly replace?: Replace } {
  if (axes.length < 2) return { axes };
  const places = accesses().map(({ at, shape }) => flatten(at, shape));
  if (!places.every(({ terms }) => terms.every(({ atom }) => atom.kind === "axis"))) return { axes };
  const runs: Run[] = [{ axis: axes[axes.length - 1], last: axes[axes.length - 1] }];
  for (const before of axes.slice(0, -1).reverse()) {
    const { axis, last } = runs[0];
    const together =
      typeof axis.extent === "number" &&
      places.every((place) => timesOf(place, before) === timesOf(place, last) * maxOf(axis.extent));
    if (together) {
      runs[0] = { axis: { name: before.name, extent: productOf([before.extent, axis.extent]) }, last };
    } else runs.unshift({ axis: before, last: before });
  }
  if (runs.length === axes.length) return { axes };
  const stands = new Map(axes.map(({ name }) => [name, indexConstant(0)]));
  for (const { axis, last } of runs) stands.set(last.name, indexAxis(axis));
  return { axes: runs.map(({ axis }) => axis), replace: ({ name }) => stands.get(name) };
}

/** How far a place moves with an axis. */
const timesOf = ({ terms }: Index, { name }: Axis): number =>
  terms.find(({ atom }) => atom.kind === "axis" && atom.axis.name === name)?.times ?? 0;

const accessesOfCore = ({ operands, only }: Core): Access[] => [
  ...operands.map(({ at, buffer }) => ({ at, shape: buffer.shape })),
  ...endsOf(only),
];
const accessesOfStage = ({ items, only }: Stage): Access[] => [
  ...items.flatMap(accessesOfItem),
  ...endsOf(only),
];
/** Where something ends is an index that is read as a number. */
const endsOf = (only: Only | undefined): Access[] =>
  [only?.from, only?.upTo].flatMap((end) => (end ? [{ at: [end], shape: [1] }] : []));

function accessesOfItem({ value, targets, reduce }: Item): Access[] {
  const found = targets.map(({ at, buffer }): Access => ({ at, shape: buffer.shape }));
  visitKernelExpr(value, (expr) => {
    if (expr.kind === "load") found.push({ at: expr.at, shape: expr.buffer.shape });
    else if (expr.kind === "index") found.push({ at: [expr.index], shape: [1] });
  });
  // The position that a fold finds is the counter of its last axis.
  if (reduce?.op === "argMax" || reduce?.op === "argMin") found.push({ at: unmergeable, shape: [1] });
  return found;
}
/** An index of no known axis keeps every pair of axes apart. */
const unmergeable: readonly Index[] = [
  { constant: 0, terms: [{ times: 1, atom: { kind: "mod", of: indexConstant(0), by: 2 } }] },
];
