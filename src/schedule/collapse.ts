import { flatten, indexAxis, indexConstant, indexReplace, type Axis, type Index } from "../ir/index.ts";
import type { Core, Item, KernelDraft, Stage } from "../ir/kernel.ts";
import { replaceInCore, replaceInItem, visitKernelExpr, type Replace } from "../ir/kernel-walk.ts";
import { maxOf, productOf, type Shape } from "../ir/type.ts";

/** Calls `visit` with every address and index that a loop contains. */
type Accesses = (visit: (at: readonly Index[], shape: Shape) => void) => void;

/**
 * Two neighbouring axes that every access walks through as one run of memory become one axis: an elementwise
 * kernel over a matrix is a single loop, a product of sequences one of rows, a sum over rows and places one sum.
 */
export function collapseAxes(kernel: KernelDraft): KernelDraft {
  const { core, nest } = kernel;
  if (nest) return kernel;
  const outer = (visit: Parameters<Accesses>[0]): void => {
    if (core) accessesOfCore(core)(visit);
    for (const stage of kernel.stages) for (const item of stage.items) accessesOfItem(item)(visit);
  };
  const [axes, replace] = collapsed(kernel.outer, outer);
  return {
    ...kernel,
    outer: axes,
    core: core && collapseDepth(replaceInCore(core, replace)),
    stages: kernel.stages.map(({ inner, items }) =>
      collapseInner({ inner, items: items.map((item) => replaceInItem(item, replace)) }),
    ),
  };
}

/** What a template folds: an axis of extent 1 is none, and neighbours may be one. */
function collapseDepth(core: Core): Core {
  if (core.only) return core;
  const single = core.depth.findIndex((axis) => axis.extent === 1);
  if (single >= 0) {
    const gone: Replace = (axis) => (axis.name === core.depth[single].name ? indexConstant(0) : undefined);
    return collapseDepth({ ...replaceInCore(core, gone), depth: core.depth.toSpliced(single, 1) });
  }
  const [depth, replace] = collapsed(core.depth, accessesOfCore(core));
  return { ...replaceInCore(core, replace), depth };
}

function collapseInner(stage: Stage): Stage {
  const [inner, replace] = collapsed(stage.inner, (visit) => {
    for (const item of stage.items) accessesOfItem(item)(visit);
  });
  return { inner, items: stage.items.map((item) => replaceInItem(item, replace)) };
}

/** The axes that are left, and what stands for the old ones. */
function collapsed(axes: readonly Axis[], accesses: Accesses): readonly [Axis[], Replace] {
  let left = [...axes];
  let replace: Replace = () => undefined;
  for (let k = axes.length - 2; k >= 0; k--) {
    const [a, b] = [left[k], left[k + 1]];
    const before = replace;
    if (typeof b.extent !== "number" || !runTogether(a, b, accesses, before)) continue;
    const merged: Axis = { name: a.name, extent: productOf([a.extent, b.extent]) };
    const here: Replace = (axis) =>
      axis.name === a.name ? indexConstant(0) : axis.name === b.name ? indexAxis(merged) : undefined;
    left = [...left.slice(0, k), merged, ...left.slice(k + 2)];
    replace = (axis) => {
      const known = before(axis);
      return known ? indexReplace(known, here) : here(axis);
    };
  }
  return [left, replace];
}

/** True where everything depends on the two axes only through a·extent(b) + b. */
function runTogether(a: Axis, b: Axis, accesses: Accesses, replace: Replace): boolean {
  let together = true;
  accesses((at, shape) => {
    if (!together) return;
    const flat = flatten(at.map((index) => indexReplace(index, replace)), shape);
    const times = (axis: Axis): number =>
      flat.terms.find(({ atom }) => atom.kind === "axis" && atom.axis.name === axis.name)?.times ?? 0;
    const plain = flat.terms.every(({ atom }) => atom.kind === "axis");
    together = plain && times(a) === times(b) * maxOf(b.extent);
  });
  return together;
} // prettier-ignore

const accessesOfCore =
  ({ operands, only }: Core): Accesses =>
  (visit) => {
    for (const { at, buffer } of operands) visit(at, buffer.shape);
    for (const end of [only?.from, only?.upTo]) if (end) visit([end], [1]);
  };

const accessesOfItem =
  (item: Item): Accesses =>
  (visit) => {
    visitKernelExpr(item.value, (expr) => {
      if (expr.kind === "load") visit(expr.at, expr.buffer.shape);
      else if (expr.kind === "index") visit([expr.index], [1]);
    });
    for (const { at, buffer } of item.targets) visit(at, buffer.shape);
    // The position that a fold finds is the counter of its last axis.
    if (item.reduce?.op === "argMax" || item.reduce?.op === "argMin") visit(unmergeable, [1]);
  };
/** An index of no known axis keeps every pair of axes apart. */
const unmergeable: readonly Index[] = [
  { constant: 0, terms: [{ times: 1, atom: { kind: "mod", of: indexConstant(0), by: 2 } }] },
];
