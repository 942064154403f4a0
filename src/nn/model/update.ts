import { fail } from "../../base/errors.ts";
import type { Output, Value } from "../../ir/graph.ts";
import type { Cell, DeclaredStep, OptimizerSpec } from "../../ir/program.ts";
import { sizeOf, tensorType } from "../../ir/type.ts";
import { leaf } from "../../ops/leaves.ts";
import { add, cast } from "../sugar/elementwise.ts";
import { broadcastTo } from "../sugar/movement.ts";
import { cellOf, type BuiltModel } from "./build.ts";

export interface Update {
  readonly outputs: readonly Output[];
  readonly cells: readonly Cell[];
}

const record = (entries: readonly (readonly [string, Value])[]): { readonly [name: string]: Value } =>
  Object.assign(Object.create(null), Object.fromEntries(entries)) as { readonly [name: string]: Value };

/** The optimizer's step over all parameters that a step trains as one flat block. */
export function updateOf(
  { name, precision, parameters: all }: BuiltModel,
  { parameters: trainable }: DeclaredStep,
  optimizer: OptimizerSpec,
): Update {
  const parameterNames = new Set(all.map((value) => cellOf(value).name));
  const size = trainable.reduce((sum, { type }) => sum + sizeOf(type.shape), 0);
  const block = tensorType(precision, [size]);
  const parameters = leaf("parameters", "parameters", block);
  const gradients = leaf("gradients", "gradients", block);
  const slots = optimizer.slots.map(
    (slot) => [slot, leaf("slot", `${optimizer.name}/${slot}`, block)] as const,
  );
  const number = tensorType("f64", []);
  const scalars = Object.keys(optimizer.hyper).map((hyper) => [hyper, leaf("hyper", hyper, number)] as const);
  const counters = optimizer.counters.map(
    (counter) => [counter, leaf("state", `${optimizer.name}/${counter}`, number)] as const,
  );
  const before = leaf("state", "step", number);
  const step = add(before, 1);
  const spread = (scalar: Value): Value => broadcastTo(cast(scalar, precision), block.shape);

  const next = optimizer.update({
    parameters,
    gradients,
    slots: record(slots),
    counters: record(counters),
    hyper: record(scalars.map(([hyper, value]) => [hyper, spread(value)])),
    scalars: record(scalars),
    step,
    spread,
  });
  for (const cell of [before, ...slots, ...counters, ...scalars].flat()) {
    // Weights and state are saved by name, so one name is one tensor.
    const taken = typeof cell !== "string" && parameterNames.has(cellOf(cell).name);
    if (taken) {
      fail(
        "duplicate-name",
        `parameter "${cellOf(cell).name}" of model "${name}" is also the name of what ${optimizer.name} saves`,
        {
          hint: "give the parameter another name",
        },
      );
    }
  }
  const assign = (cell: Value, value: Value): Output => ({
    role: "assign",
    name: cellOf(cell).name,
    value,
    cell,
  });
  for (const [slot] of slots) {
    if (!next.slots[slot])
      fail("optimizer", `optimizer ${optimizer.name} of model "${name}" gives no new slot "${slot}"`);
  }
  return {
    outputs: [
      assign(parameters, next.parameters),
      ...slots.map(([slot, cell]) => assign(cell, next.slots[slot])),
      ...counters.map(([counter, cell]) => assign(cell, next.counters?.[counter] ?? cell)),
      assign(before, step),
    ],
    cells: [
      cellOf(parameters),
      cellOf(gradients),
      ...slots.map(([, cell]) => cellOf(cell)),
      ...counters.map(([, cell]) => cellOf(cell)),
      cellOf(before),
      ...scalars.map(([hyper, cell]) => ({ ...cellOf(cell), initial: optimizer.hyper[hyper] })),
    ],
  };
}
