import { indexAdd, indexAxis, indexConstant, sameIndex, type Axis } from "../ir/index.ts";
import type { Buffer, Item, KernelDraft, KernelExpr, Stage, Target } from "../ir/kernel.ts";
import { visitKernelExpr } from "../ir/kernel-walk.ts";
import { isBatch } from "../ir/type.ts";
import { has, maskOf, type Pair } from "./diagonal.ts";

/** Where a shorter row ends takes longer to find out than is left out of it. */
const leastLength = 8;

/**
 * The stages of a kernel, of which loops over rows end at a diagonal where all of them come to nothing beyond it, as the
 * softmax of causal attention and its gradient do.
 * @param zeros where a value is known to be 0
 */
export function shortened(
  { stages, outer }: KernelDraft,
  zeros: (expr: KernelExpr) => readonly Pair[],
): readonly Stage[] {
  const endOf = ({ inner, items }: Stage): Axis | undefined => {
    const [axis, ...others] = inner;
    if (!axis || others.length > 0 || isBatch(axis.extent) || axis.extent < leastLength) return undefined;
    return outer.find(
      ({ name, extent }) =>
        !isBatch(extent) && items.every((item) => isNothing(item, [axis.name, name], zeros)),
    );
  };
  // An extreme must meet the constant that lies beyond, where its row has any.
  const isExtreme = ({ reduce }: Item): boolean => reduce?.op === "maximum" || reduce?.op === "minimum";
  const more = indexConstant(stages.some(({ items }) => items.some(isExtreme)) ? 1 : 0);
  const short = stages.map((stage): Stage => {
    const end = endOf(stage);
    return end
      ? { ...stage, only: { axis: stage.inner[0].name, upTo: indexAdd(indexAxis(end), more) } }
      : stage;
  });
  return keepsRows(short) ? short : stages;
}

/** Whether what an item does beyond a diagonal need not be done, but for zeros that it stores. */
function isNothing(
  { value, reduce, targets }: Item,
  pair: Pair,
  zeros: (expr: KernelExpr) => readonly Pair[],
): boolean {
  if (!reduce) return targets.every(isOwn) && (targets.length === 0 || has(zeros(value), pair));
  if (reduce.over === "outer") return false;
  if (reduce.op === "sum") return has(zeros(value), pair);
  return (reduce.op === "maximum" || reduce.op === "minimum") && isConstant(value, pair);
}

/** What others are told of, as outputs are, has the signs of its zeros. */
const isOwn = ({ buffer, accumulate }: Target): boolean => buffer.kind !== "cell" && !accumulate;

function isConstant(value: KernelExpr, pair: Pair): boolean {
  if (value.kind !== "op" || value.op !== "select") return false;
  const [test, , no] = value.args;
  return no.kind === "const" && has(maskOf(test), pair);
}

/** Nothing is stored in rows beyond a diagonal, so they are read where they were written alone. */
function keepsRows(stages: readonly Stage[]): boolean {
  const written = new Map<Buffer, { readonly stage: Stage; readonly target: Target }>();
  for (const stage of stages)
    for (const target of stage.items.flatMap(({ targets }) => targets))
      if (stage.only && target.buffer.kind === "row") written.set(target.buffer, { stage, target });
  let keeps = true;
  for (const { items, only } of stages)
    for (const { value } of items)
      visitKernelExpr(value, (expr) => {
        const row = expr.kind === "load" ? written.get(expr.buffer) : undefined;
        if (!row || expr.kind !== "load") return;
        const { stage, target } = row;
        const isAlike = only !== undefined && sameIndex(only.upTo, stage.only!.upTo);
        if (!isAlike || !expr.at.every((index, k) => sameIndex(index, target.at[k]))) keeps = false;
      });
  return keeps;
}
