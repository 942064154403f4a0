import { fail } from "../../base/errors.ts";
import type { Output, Value } from "../../ir/graph.ts";
import type { Cell, DeclaredStep, OptimizerSpec } from "../../ir/program.ts";
import { sizeOf, tensorType } from "../../ir/type.ts";
import { leaf } from "../../ops/leaves.ts";
import { clipped } from "../optimizers/clip.ts";
import { add, cast, mul } from "../sugar/elementwise.ts";
import { broadcastTo } from "../sugar/movement.ts";
import { cellOf, type BuiltModel } from "./build.ts";
import { runsOf, type Run } from "./runs.ts";

export interface Update {
  readonly outputs: readonly Output[];
  readonly cells: readonly Cell[];
}

type Named<T> = { readonly [name: string]: T };
const record = <T>(entries: readonly (readonly [string, T])[]): Named<T> =>
  Object.assign(Object.create(null), Object.fromEntries(entries)) as Named<T>;
const number = tensorType("f64", []);

/** The leaves that one run is updated through. */
interface Block {
  readonly run: Run;
  readonly parameters: Value;
  readonly gradients: Value;
  readonly slots: readonly (readonly [string, Value])[];
  readonly counters: readonly (readonly [string, Value])[];
  readonly scalars: readonly (readonly [string, Value])[];
  readonly cells: readonly Cell[];
}

/** Scalars that no optimizer's counters depend on: a group with only these of its own shares the counters. */
const uncounted = new Set(["learningRate", "weightDecay"]);

function blockOf(run: Run, { precision }: BuiltModel, prefix: string): Block {
  const { optimizer, group, own, parameters: values } = run;
  const names = values.map((value) => cellOf(value).name);
  const size = values.reduce((sum, { type }) => sum + sizeOf(type.shape), 0);
  const type = tensorType(precision, [size]);
  const mine = group === null ? prefix : `${prefix}${group}/`;
  const parameters = leaf("parameters", `${run.block}parameters`, type);
  const gradients = leaf("gradients", `${run.block}gradients`, type);
  const slots = optimizer.slots.map(
    (slot) => [slot, leaf("slot", `${mine}${optimizer.name}/${slot}${run.suffix}`, type)] as const,
  );
  const counts = own.some((scalar) => !uncounted.has(scalar)) ? mine : prefix;
  const counters = optimizer.counters.map(
    (counter) => [counter, leaf("state", `${counts}${optimizer.name}/${counter}`, number)] as const,
  );
  const scalars = Object.entries(optimizer.hyper).map(([scalar, initial]) => {
    const value = leaf("hyper", `${own.includes(scalar) ? mine : prefix}${scalar}`, number);
    return [scalar, value, initial] as const;
  });
  const cells = [
    { ...cellOf(parameters), members: names },
    { ...cellOf(gradients), members: names },
    ...[...slots, ...counters].map(([, cell]) => cellOf(cell)),
    ...scalars.map(([, cell, initial]) => ({ ...cellOf(cell), initial })),
  ];
  return {
    run,
    parameters,
    gradients,
    slots,
    counters,
    cells,
    scalars: scalars.map(([name, value]) => [name, value]),
  };
}

/**
 * The optimizer's step over runs of parameters, each a flat block of its own. Everything that it saves has a name
 * that starts with `prefix`, for models with several steps.
 */
export function updateOf(
  model: BuiltModel,
  { name: own, parameters: trained }: DeclaredStep,
  optimizer: OptimizerSpec,
  runs: readonly Run[] = runsOf(model.name, optimizer, trained),
  prefix = own === null ? "" : `${own}/`,
): Update {
  const before = leaf("state", `${prefix}step`, number);
  const step = add(before, 1);
  const blocks = runs.map((run) => blockOf(run, model, prefix));
  const bounded = clipped(
    optimizer,
    blocks.map(({ gradients, scalars }) => ({ gradients, scalars: record(scalars) })),
  );
  const outputs = new Map<string, Output>();
  const assign = (cell: Value, value: Value): void => {
    const { name } = cellOf(cell);
    outputs.set(name, { role: "assign", name, value, cell });
  };
  for (const [k, block] of blocks.entries()) {
    const next = stepOf(block, bounded[k], before, step);
    assign(block.parameters, next.parameters);
    for (const [slot, cell] of block.slots) {
      if (!next.slots[slot])
        fail("optimizer", `optimizer ${optimizer.name} of model "${model.name}" gives no new slot "${slot}"`);
      assign(cell, next.slots[slot]);
    }
    for (const [counter, cell] of block.counters) assign(cell, next.counters?.[counter] ?? cell);
  }
  assign(before, step);
  const cells = [...blocks.flatMap((block) => block.cells), cellOf(before)];
  return { outputs: [...outputs.values()], cells: checkNames(cells, model, optimizer) };
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
        "duplicate-name",
        `${other} "${cell.name}" of model "${model}" is also the name of what ${name} saves`,
        { hint: `give the ${other} another name` },
      );
    }
    taken.set(cell.name, cell.kind === "hyper" || cell.kind === "slot" ? "group" : cell.kind);
  }
  return unique;
}
