import { fail } from "../../base/errors.ts";
import type { Output, Value } from "../../ir/graph.ts";
import type { Cell, DeclaredStep, OptimizerSpec } from "../../ir/program.ts";
import { leaf } from "../../ops/leaves.ts";
import { clipped } from "../optimizers/clip.ts";
import { add, cast, div, equal, mul, sub, where } from "../sugar/elementwise.ts";
import { broadcastTo } from "../sugar/movement.ts";
import { blockOf, number, type Block } from "./block.ts";
import { cellOf, type BuiltModel } from "./build.ts";
import { prefixOf, type Run } from "./runs.ts";

export interface Update {
  readonly outputs: readonly Output[];
  readonly cells: readonly Cell[];
}

type Named<T> = { readonly [name: string]: T };
const record = <T>(entries: readonly (readonly [string, T])[]): Named<T> =>
  Object.assign(Object.create(null), Object.fromEntries(entries)) as Named<T>;

/**
 * The optimizer's step over runs of parameters, each a flat block of its own. What a step of several saves has the
 * step's name before its own.
 */
export function updateOf(
  model: BuiltModel,
  { name }: Pick<DeclaredStep, "name">,
  optimizer: OptimizerSpec,
  runs: readonly Run[],
): Update {
  const prefix = prefixOf(name);
  const before = leaf("state", `${prefix}step`, number);
  const step = add(before, 1);
  const blocks = runs.map((run) => blockOf(run, model, prefix));
  const { accumulate = 1 } = optimizer;
  const calls = accumulate > 1 ? leaf("state", `${prefix}calls`, number) : null;
  const due = calls && equal(add(calls, 1), accumulate);
  const outputs = new Map<string, Output>();
  const replace = (cell: Value, value: Value): void => {
    outputs.set(cellOf(cell).name, { role: "assign", name: cellOf(cell).name, value, cell });
  };
  /** Where several calls make one update, the calls between leave everything as it is. */
  const assign = (cell: Value, value: Value): void => replace(cell, due ? where(due, value, cell) : value);

  const sums = blocks.map(({ sum, gradients }) => (sum ? add(sum, gradients) : gradients));
  const bounded = clipped(
    optimizer,
    blocks.map(({ scalars }, k) => ({
      gradients: due ? div(sums[k], accumulate) : sums[k],
      scalars: record(scalars),
    })),
  );
  for (const [k, block] of blocks.entries()) {
    const next = stepOf(block, bounded[k], before, step);
    assign(block.parameters, next.parameters);
    if (block.averages) assign(block.averages, averaged(block, next.parameters, before));
    for (const [slot, cell] of block.slots) {
      if (!next.slots[slot])
        fail(
          "optimizer",
          `optimizer ${optimizer.name} of model "${model.name}" gives no new slot "${slot}"`,
          {
            place: { source: optimizer.source ?? model.line },
          },
        );
      assign(cell, next.slots[slot]);
    }
    for (const [counter, cell] of block.counters) assign(cell, next.counters?.[counter] ?? cell);
    if (due && block.sum) replace(block.sum, where(due, 0, sums[k]));
  }
  assign(before, step);
  if (due) replace(calls, where(due, 0, add(calls, 1)));
  const cells = [
    ...blocks.flatMap((block) => block.cells),
    cellOf(before),
    ...(calls ? [cellOf(calls)] : []),
  ];
  // The averages stand before the counters, so that those lie together.
  const names = new Set(cells.flatMap(({ kind, members }) => (kind === "averages" && members) || []));
  const ordered = [true, false].flatMap((first) => cells.filter(({ name }) => names.has(name) === first));
  return { outputs: [...outputs.values()], cells: checkNames(ordered, model, optimizer) };
}

/** ema·average + (1 − ema)·weight; the first update begins the average with its weights. */
function averaged({ averages, scalars }: Block, weights: Value, before: Value): Value {
  const { dtype, shape } = weights.type;
  const decay = where(equal(before, 0), 0, record(scalars)["ema"]);
  const spread = (scalar: Value): Value => broadcastTo(cast(scalar, dtype), shape);
  return add(mul(spread(decay), averages!), mul(spread(sub(1, decay)), weights));
}

function stepOf(
  { run: { optimizer }, parameters, slots, counters, scalars: list }: Block,
  gradients: Value,
  before: Value,
  step: Value,
): ReturnType<OptimizerSpec["update"]> {
  const { dtype, shape } = parameters.type;
  const spread = (scalar: Value): Value => broadcastTo(cast(scalar, dtype), shape);
  const scalars = record(list);
  return optimizer.update({
    parameters,
    gradients,
    slots: record(slots),
    counters: record(counters),
    hyper: record(list.map(([name, value]) => [name, spread(value)])),
    scalars,
    rate: optimizer.schedule
      ? mul(scalars["learningRate"], optimizer.schedule(before))
      : scalars["learningRate"],
    step,
    spread,
  });
}

/** Weights and state are saved by name, so one name is one tensor; what groups share is listed once. */
function checkNames(
  cells: readonly Cell[],
  { name: model, parameters }: BuiltModel,
  { name }: OptimizerSpec,
): Cell[] {
  const unique = [...new Map(cells.map((cell) => [`${cell.kind}:${cell.name}`, cell])).values()];
  const taken = new Map(parameters.map((value) => [cellOf(value).name, "parameter"]));
  for (const cell of unique.filter(({ members }) => !members)) {
    const other = taken.get(cell.name);
    if (other !== undefined) {
      fail(
        "duplicate",
        `${other} "${cell.name}" of model "${model}" is also the name of what ${name} saves`,
        { hint: `give the ${other} another name` },
      );
    }
    taken.set(cell.name, cell.kind === "hyper" || cell.kind === "slot" ? "group" : cell.kind);
  }
  return unique;
}
