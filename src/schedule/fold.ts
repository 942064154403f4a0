import type { Axis } from "../ir/index.ts";
import type { Item, Kernel, KernelExpr, Target } from "../ir/kernel.ts";

/** A sum over all rows that is all a kernel computes, and what is then made of it. */
export interface Fold {
  readonly row: Axis;
  /** What each row adds. */
  readonly term: KernelExpr;
  /** The local that holds the sum. */
  readonly sum: string;
  readonly made: readonly Item[];
}

/** What computes a row of its own in every round of its first loop, or folds all rows into what no row reads. */
export interface Member {
  readonly kernel: Kernel;
  readonly row: Axis;
  readonly fold?: Fold;
}

export type Folding = Member & { readonly fold: Fold };
export const isFolding = (member: Member): member is Folding => member.fold !== undefined;

/** The sum that a kernel is, a product's or an item's; undefined where it is more, or not of float32. */
export function foldOf({ core, stages, before, after }: Kernel): Fold | undefined {
  if (before.length > 0 || after.length > 0) return undefined;
  const [first, ...rest] = stages;
  const then = core ? stages : rest;
  const made = then.flatMap(({ items }) => items);
  if (then.some(({ inner }) => inner.length > 0) || made.some(({ reduce }) => reduce !== null))
    return undefined;
  if (core) {
    if (core.dtype !== "f32" || core.depth.length !== 1) return undefined;
    return { row: core.depth[0], term: productOf(core), sum: core.result, made };
  }
  const [item, ...others] = first.items;
  const isSum = others.length === 0 && item.reduce?.op === "sum" && item.reduce.over === "inner";
  if (!isSum || item.dtype !== "f32" || first.inner.length !== 1) return undefined;
  const whole: Item = { ...item, value: { kind: "local", name: item.name, dtype: item.dtype }, reduce: null };
  return { row: first.inner[0], term: item.value, sum: item.name, made: [whole, ...made] };
}

/** The one gradient that a sum is added to, as it is, if that is all that is made of it. */
export function gradientOf({ fold: { made } }: Folding): Target | undefined {
  const [{ value, targets }] = made;
  const isPlain = made.length === 1 && targets.length === 1 && value.kind === "local";
  return isPlain && targets[0].accumulate ? targets[0] : undefined;
}

/** What a product adds up, as an expression. */
function productOf({ operands, dtype }: NonNullable<Kernel["core"]>): KernelExpr {
  const [a, b] = operands.map(({ buffer, at }): KernelExpr => ({ kind: "load", buffer, at, dtype }));
  return { kind: "op", op: "mul", args: [a, b], dtype };
}
