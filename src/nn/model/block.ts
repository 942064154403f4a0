import type { Value } from "../../ir/graph.ts";
import type { Cell } from "../../ir/program.ts";
import { sizeOf, tensorType } from "../../ir/type.ts";
import { leaf } from "../../ops/leaves.ts";
import { cellOf, type BuiltModel } from "./build.ts";
import type { Run } from "./runs.ts";

export const number = tensorType("f64", []);
/** The moving average of a parameter, which inference reads in its place. */
export const averageOf = (prefix: string, parameter: Value): Value =>
  leaf("state", `${prefix}ema/${cellOf(parameter).name}`, parameter.type);

/** The leaves that one run is updated through. */
export interface Block {
  readonly run: Run;
  readonly parameters: Value;
  readonly gradients: Value;
  /** Moving averages of the parameters, where they are asked for. */
  readonly averages: Value | null;
  /** The sum of the gradients since the last update, where several calls make one. */
  readonly sum: Value | null;
  readonly slots: readonly (readonly [string, Value])[];
  readonly counters: readonly (readonly [string, Value])[];
  readonly scalars: readonly (readonly [string, Value])[];
  readonly cells: readonly Cell[];
}

/** Scalars that no optimizer's counters depend on: a group with only these of its own shares the counters. */
const uncounted = new Set(["learningRate", "weightDecay"]);

export function blockOf(run: Run, { precision }: BuiltModel, prefix: string): Block {
  const { optimizer, group, own, parameters: values } = run;
  const names = values.map((value) => cellOf(value).name);
  const size = values.reduce((sum, { type }) => sum + sizeOf(type.shape), 0);
  const type = tensorType(precision, [size]);
  const mine = group === null ? prefix : `${prefix}${group}/`;
  const parameters = leaf("parameters", `${prefix}${run.block}parameters`, type);
  const gradients = leaf("gradients", `${prefix}${run.block}gradients`, type);
  const slotOf = (slot: string): Value => leaf("slot", `${mine}${optimizer.name}/${slot}${run.suffix}`, type);
  const slots = optimizer.slots.map((slot) => [slot, slotOf(slot)] as const);
  const sum = optimizer.accumulate ? slotOf("accumulated") : null;
  const averages = optimizer.averages ? leaf("averages", `${prefix}${run.block}averages`, type) : null;
  const averaged = averages ? values.map((value) => cellOf(averageOf(prefix, value))) : [];
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
    ...averaged,
    ...(averages ? [{ ...cellOf(averages), members: averaged.map(({ name }) => name) }] : []),
    ...slots.map(([, cell]) => cellOf(cell)),
    ...(sum ? [cellOf(sum)] : []),
    ...counters.map(([, cell]) => cellOf(cell)),
    ...scalars.map(([, cell, initial]) => ({ ...cellOf(cell), initial })),
  ];
  return {
    run,
    parameters,
    gradients,
    averages,
    sum,
    slots,
    counters,
    cells,
    scalars: scalars.map(([name, value]) => [name, value]),
  };
}
