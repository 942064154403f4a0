import { indexReplace, type Axis, type Index } from "./index.ts";
import type { Core, Element, Item, Kernel, KernelDraft, KernelExpr, Stage, Target } from "./kernel.ts";
import { isBatch } from "./type.ts";

/** All items of a kernel, in the order in which they run. */
export const itemsOf = ({ before, stages, after }: KernelDraft): Item[] => [
  ...before,
  ...stages.flatMap(({ items }) => items),
  ...after,
];

/** All that a kernel writes, but for the array of a nest. */
export const targetsOf = (kernel: KernelDraft): Target[] => itemsOf(kernel).flatMap(({ targets }) => targets);

/** All elements that a kernel reads, but for the arrays of a nest. */
export const readsOf = (kernel: KernelDraft): Element[] => [
  ...(kernel.core?.operands ?? []),
  ...itemsOf(kernel).flatMap(loadsOf),
];

/** The elements that an item reads. */
export function loadsOf({ value }: Item): Element[] {
  const found: Element[] = [];
  visitKernelExpr(value, (expr) => {
    if (expr.kind === "load") found.push(expr);
  });
  return found;
}

/** The loop over the rows of a kernel that goes through them one by one: its first, if that is one over the batch. */
export function rowsOf({ outer }: KernelDraft): Axis | undefined {
  const first = outer.at(0);
  return first && isBatch(first.extent) ? first : undefined;
}

/** Kernels by the functions that compute them: neighbours in one pass are one. */
export function byFunction(kernels: readonly Kernel[]): Kernel[][] {
  const found: Kernel[][] = [];
  for (const kernel of kernels) {
    const { pass } = kernel.record;
    if (pass && found.at(-1)?.[0].record.pass === pass) found.at(-1)!.push(kernel);
    else found.push([kernel]);
  }
  return found;
}

/** The operands of an expression, in order. */
function operandsOf(expr: KernelExpr): readonly KernelExpr[] {
  if (expr.kind === "op") return expr.args;
  return expr.kind === "guard" ? [expr.test, expr.yes, expr.no] : [];
}

/** Sees an expression and everything in it, the outermost first. */
export function visitKernelExpr(expr: KernelExpr, see: (expr: KernelExpr) => void): void {
  see(expr);
  if (expr.kind !== "op" && expr.kind !== "guard") return;
  const operands = operandsOf(expr);
  for (let k = 0; k < operands.length; k++) visitKernelExpr(operands[k], see);
}

/** Rewrites an expression from its leaves up. */
export function mapKernelExpr(expr: KernelExpr, change: (expr: KernelExpr) => KernelExpr): KernelExpr {
  const inside = (part: KernelExpr): KernelExpr => mapKernelExpr(part, change);
  if (expr.kind === "op") return change({ ...expr, args: expr.args.map(inside) });
  if (expr.kind !== "guard") return change(expr);
  return change({ ...expr, test: inside(expr.test), yes: inside(expr.yes), no: inside(expr.no) });
}

/** What stands for an axis; undefined where it stays. */
export type Replace = (axis: Axis) => Index | undefined;

const moved = (at: readonly Index[], replace: Replace): Index[] =>
  at.map((index) => indexReplace(index, replace));

export function replaceInCore({ only, ...core }: Core, replace: Replace): Core {
  const operands = core.operands.map(({ buffer, at }) => ({ buffer, at: moved(at, replace) }));
  if (!only) return { ...core, operands };
  const { axis, from, upTo } = only;
  const ends = {
    ...(from && { from: indexReplace(from, replace) }),
    ...(upTo && { upTo: indexReplace(upTo, replace) }),
  };
  return { ...core, operands, only: { axis, ...ends } };
}

export function replaceInStage({ items, only, ...stage }: Stage, replace: Replace): Stage {
  return {
    ...stage,
    items: items.map((item) => replaceInItem(item, replace)),
    ...(only && { only: { ...only, upTo: indexReplace(only.upTo, replace) } }),
  };
}

export function replaceInItem(item: Item, replace: Replace): Item {
  return {
    ...item,
    value: mapKernelExpr(item.value, (expr) => {
      if (expr.kind === "load") return { ...expr, at: moved(expr.at, replace) };
      return expr.kind === "index" ? { ...expr, index: moved([expr.index], replace)[0] } : expr;
    }),
    targets: item.targets.map((target) => ({ ...target, at: moved(target.at, replace) })),
  };
}
