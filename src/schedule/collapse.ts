import { indexAxis, indexConstant, indexReplace, type Axis, type Index } from "../ir/index.ts";
import type { Item, Kernel, KernelExpr, Stage } from "../ir/kernel.ts";
import { maxOf, productOf, stridesOf, type Shape } from "../ir/type.ts";

type Draft = Omit<Kernel, "record">;

/**
 * Two neighbouring outer axes that every access walks through as one run of memory become one axis: an
 * elementwise kernel over a matrix is a single loop.
 */
export function collapseAxes(kernel: Draft): Draft {
  const { outer, core, nest, stages } = kernel;
  if (core || nest || outer.length < 2 || stages.some((stage) => stage.inner.length > 0)) return kernel;
  for (let k = outer.length - 2; k >= 0; k--) {
    const [a, b] = [outer[k], outer[k + 1]];
    if (
      typeof b.extent !== "number" ||
      !stages.every((stage) => stage.items.every((item) => runsTogether(item, a, b)))
    )
      continue;
    const merged: Axis = { name: a.name, extent: productOf([a.extent, b.extent]) };
    const replace = (axis: Axis): Index | undefined =>
      axis.name === a.name ? indexConstant(0) : axis.name === b.name ? indexAxis(merged) : undefined;
    return collapseAxes({
      ...kernel,
      outer: [...outer.slice(0, k), merged, ...outer.slice(k + 2)],
      stages: stages.map((stage): Stage => ({
        ...stage,
        items: stage.items.map((item) => mapItem(item, replace)),
      })),
    });
  }
  return kernel;
}

/** True where each address and index of an item depends on the axes only through a·extent(b) + b. */
function runsTogether(item: Item, a: Axis, b: Axis): boolean {
  const within = (index: Index, stride: number, sums: Map<string, number>): boolean =>
    index.terms.every(({ times, atom }) => {
      if (atom.kind !== "axis") return false;
      sums.set(atom.axis.name, (sums.get(atom.axis.name) ?? 0) + times * stride);
      return true;
    });
  const flat = (at: readonly Index[], shape: Shape): boolean => {
    const strides = stridesOf(shape);
    const sums = new Map<string, number>();
    const affine = at.every((index, k) => within(index, strides[k], sums));
    return affine && (sums.get(a.name) ?? 0) === (sums.get(b.name) ?? 0) * maxOf(b.extent);
  };
  const inside = (expr: KernelExpr): boolean => {
    if (expr.kind === "load") return flat(expr.at, expr.buffer.shape);
    if (expr.kind === "index") return flat([expr.index], [1]);
    if (expr.kind === "op") return expr.args.every(inside);
    return expr.kind === "guard" ? [expr.test, expr.yes, expr.no].every(inside) : true;
  };
  return inside(item.value) && item.targets.every((target) => flat(target.at, target.buffer.shape));
}

function mapItem(item: Item, replace: (axis: Axis) => Index | undefined): Item {
  const move = (at: readonly Index[]): Index[] => at.map((index) => indexReplace(index, replace));
  const inside = (expr: KernelExpr): KernelExpr => {
    if (expr.kind === "load") return { ...expr, at: move(expr.at) };
    if (expr.kind === "index") return { ...expr, index: move([expr.index])[0] };
    if (expr.kind === "op") return { ...expr, args: expr.args.map(inside) };
    return expr.kind === "guard"
      ? { ...expr, test: inside(expr.test), yes: inside(expr.yes), no: inside(expr.no) }
      : expr;
  };
  return {
    ...item,
    value: inside(item.value),
    targets: item.targets.map((target) => ({ ...target, at: move(target.at) })),
  };
}
