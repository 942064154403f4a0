import { indexAxis, type Axis } from "../ir/index.ts";
import type { Item, Kernel, Stage, Target } from "../ir/kernel.ts";
import { heldAs, l, type LocalType, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { coreStatements } from "./core.ts";
import { shortLoops } from "./short-rows.ts";
import type { Templates } from "./templates.ts";
import {
  addressOf,
  asStored,
  castTo,
  foldOf,
  indexExpr,
  loopOver,
  valueExpr,
  type Compute,
} from "./values.ts";

/** The naive nest of a kernel: one plain loop per axis, statements in the order of its stages. */
export function nestStatements(kernel: Kernel, compute: Compute, templates: Templates): LoopStmt[] {
  const stages = kernel.stages;
  const folds = stages.flatMap((stage) => stage.items.filter((item) => item.reduce?.over === "outer"));
  const body = [
    ...(kernel.core ? coreStatements(kernel.core, kernel, compute, templates) : []),
    ...stages.flatMap((stage) => stageStatements(stage, kernel, compute)),
  ];
  return [
    ...kernel.before.flatMap((item) => itemStatements(item, compute)),
    ...folds.flatMap((item) => foldStart(item, compute)),
    ...loopOver(kernel.outer, body),
    ...folds.flatMap((item) => foldEnd(item, compute)),
    ...kernel.after.flatMap((item) => itemStatements(item, compute)),
  ];
}

function stageStatements(stage: Stage, { outer, record }: Kernel, compute: Compute): LoopStmt[] {
  const folds = stage.items.filter((item) => item.reduce?.over === "inner");
  const inner = stage.items.flatMap((item) =>
    item.reduce ? foldStep(item, [...outer, ...stage.inner], compute) : itemStatements(item, compute),
  );
  return [
    ...folds.flatMap((item) => foldStart(item, compute)),
    ...(stage.only
      ? shortLoops(stage.inner[0], stage.only.upTo, record.lanes, inner, zerosOf(stage, compute))
      : loopOver(stage.inner, inner)),
    ...folds.flatMap((item) => foldEnd(item, compute)),
    ...folds.flatMap((item) => storeAll(item, l.local(item.name, heldAs(item.dtype, compute)), compute)),
  ];
}

function itemStatements(item: Item, compute: Compute): LoopStmt[] {
  const value = valueExpr(item.value, compute);
  if (value.kind === "local")
    return [
      ...storeAll(item, value, compute),
      ...(value.name === item.name ? [] : [l.const(item.name, value)]),
    ];
  return [l.const(item.name, value), ...storeAll(item, l.local(item.name, value.type), compute)];
}

/** What a stage stores where all that it computes is 0; in a row nobody looks there. */
const zerosOf = ({ items }: Stage, compute: Compute): LoopStmt[] =>
  items
    .filter(({ reduce }) => !reduce)
    .flatMap(({ targets }) => targets.filter(({ buffer }) => buffer.kind !== "row"))
    .map((target) => storeTo(target, l.number(0, heldAs(target.buffer.dtype, compute)), compute));

const storeAll = (item: Item, value: LoopExpr, compute: Compute): LoopStmt[] =>
  item.targets.map((target) => storeTo(target, value, compute));

function storeTo(target: Target, value: LoopExpr, compute: Compute): LoopStmt {
  const { buffer, accumulate } = target;
  const address = addressOf(target.at, buffer.shape);
  const held = heldAs(buffer.dtype, compute);
  const sum = accumulate ? l.op("add", [l.load(buffer.name, address, held), value], held) : value;
  return l.store(buffer.name, address, sum);
}

const bestName = (item: Item): string => `${item.name}_best`;

/**
 * Where a fold is held while it runs. A scalar sum of many float32 numbers is held in float64 on every target; in lanes
 * it is held in four parts of float32 instead.
 */
function accumulatorOf(item: Item, compute: Compute): { readonly name: string; readonly type: LocalType } {
  const type = heldAs(item.dtype, compute);
  const wide = type === "f32" && item.reduce!.op === "sum";
  return wide ? { name: `${item.name}_wide`, type: "f64" } : { name: item.name, type };
}

function foldEnd(item: Item, compute: Compute): LoopStmt[] {
  const { name, type } = accumulatorOf(item, compute);
  return name === item.name
    ? []
    : [l.const(item.name, castTo(l.local(name, type), heldAs(item.dtype, compute)))];
}

function foldStart(item: Item, compute: Compute): LoopStmt[] {
  const op = item.reduce!.op;
  if (op === "argMax" || op === "argMin") {
    const type = heldAs(item.value.dtype, compute);
    return [
      l.let(bestName(item), l.number(op === "argMax" ? -Infinity : Infinity, type)),
      l.let(item.name, l.number(0, "i32")),
    ];
  }
  const { name, type } = accumulatorOf(item, compute);
  return [l.let(name, foldOf(op, item.dtype, type).start)];
}

function foldStep(item: Item, axes: readonly Axis[], compute: Compute): LoopStmt[] {
  const op = item.reduce!.op;
  const found = valueExpr(item.value, compute);
  const picks = op === "argMax" || op === "argMin";
  const value = picks ? asStored(item.value, found) : found;
  if (picks) {
    const best = l.local(bestName(item), value.type);
    const x = l.local(`${item.name}_x`, value.type);
    const better = op === "argMax" ? l.op("less", [best, x], "bool") : l.op("less", [x, best], "bool");
    const axis = axes[axes.length - 1];
    return [
      l.const(`${item.name}_x`, value),
      {
        kind: "if",
        test: better,
        then: [l.set(bestName(item), x), l.set(item.name, castTo(indexExpr(indexAxis(axis)), "i32"))],
        otherwise: [],
      },
    ];
  }
  const acc = accumulatorOf(item, compute);
  const join = foldOf(op, item.dtype, acc.type).join(l.local(acc.name, acc.type), castTo(value, acc.type));
  return [l.set(acc.name, join)];
}
