import { flatten, indexAxis, indexConstant, indexReplace, type Axis, type Index } from "../ir/index.ts";
import type { Core, Item, Kernel, KernelExpr, Stage } from "../ir/kernel.ts";
import { maxOf, productOf, type Shape } from "../ir/type.ts";

type Draft = Omit<Kernel, "record">;

/** Two neighbouring axes as one, and how an index over the two is written over it. */
function merged(
  a: Axis,
  b: Axis,
): { readonly axis: Axis; readonly replace: (axis: Axis) => Index | undefined } {
  const axis: Axis = { name: a.name, extent: productOf([a.extent, b.extent]) };
  const replace = ({ name }: Axis): Index | undefined =>
    name === a.name ? indexConstant(0) : name === b.name ? indexAxis(axis) : undefined;
  return { axis, replace };
}

/** True where an address depends on two neighbouring axes only through a·extent(b) + b. */
function runsAlong(at: readonly Index[], shape: Shape, a: Axis, b: Axis): boolean {
  const { terms } = flatten(at, shape);
  const stride = (axis: Axis): number =>
    terms.find(({ atom }) => atom.kind === "axis" && atom.axis.name === axis.name)?.times ?? 0;
  return terms.every(({ atom }) => atom.kind === "axis") && stride(a) === stride(b) * maxOf(b.extent);
}

/**
 * Two neighbouring outer axes that every access walks through as one run of memory become one axis: an
 * elementwise kernel over a matrix is a single loop. So do two axes that a template folds, such as the columns of
 * a kernel's window and the channels.
 */
export function collapseAxes(kernel: Draft): Draft {
  const { outer, core, nest, stages } = kernel;
  if (core) return { ...kernel, core: collapseDepth(core) };
  if (nest || outer.length < 2 || stages.some((stage) => stage.inner.length > 0)) return kernel;
  for (let k = outer.length - 2; k >= 0; k--) {
    const [a, b] = [outer[k], outer[k + 1]];
    if (
      typeof b.extent !== "number" ||
      !stages.every((stage) => stage.items.every((item) => runsTogether(item, a, b)))
    )
      continue;
    const { axis, replace } = merged(a, b);
    return collapseAxes({
      ...kernel,
      outer: [...outer.slice(0, k), axis, ...outer.slice(k + 2)],
      stages: stages.map((stage): Stage => ({
        ...stage,
        items: stage.items.map((item) => mapItem(item, replace)),
      })),
    });
  }
  return kernel;
}

type Operand = Core["operands"][number];
const along =
  (replace: (axis: Axis) => Index | undefined) =>
  ({ buffer, at }: Operand): Operand => ({ buffer, at: at.map((index) => indexReplace(index, replace)) });

function collapseDepth(core: Core): Core {
  const { depth, operands } = core;
  const single = depth.findIndex((axis) => axis.extent === 1);
  if (single >= 0) {
    const gone = (axis: Axis): Index | undefined =>
      axis.name === depth[single].name ? indexConstant(0) : undefined;
    return collapseDepth({ ...core, depth: depth.toSpliced(single, 1), operands: operands.map(along(gone)) });
  }
  for (let k = depth.length - 2; k >= 0; k--) {
    const [a, b] = [depth[k], depth[k + 1]];
    if (typeof b.extent !== "number") continue;
    if (!operands.every(({ buffer, at }) => runsAlong(at, buffer.shape, a, b))) continue;
    const { axis, replace } = merged(a, b);
    return collapseDepth({
      ...core,
      depth: [...depth.slice(0, k), axis, ...depth.slice(k + 2)],
      operands: operands.map(({ buffer, at }) => ({
        buffer,
        at: at.map((index) => indexReplace(index, replace)),
      })),
    });
  }
  return core;
}

/** True where each address and index of an item depends on the axes only through a·extent(b) + b. */
function runsTogether(item: Item, a: Axis, b: Axis): boolean {
  const inside = (expr: KernelExpr): boolean => {
    if (expr.kind === "load") return runsAlong(expr.at, expr.buffer.shape, a, b);
    // A counter by itself is an address in a buffer of its own length.
    if (expr.kind === "index") return runsAlong([expr.index], [1], a, b);
    if (expr.kind === "op") return expr.args.every(inside);
    return expr.kind === "guard" ? [expr.test, expr.yes, expr.no].every(inside) : true;
  };
  return (
    inside(item.value) && item.targets.every((target) => runsAlong(target.at, target.buffer.shape, a, b))
  );
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
