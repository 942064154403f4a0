import { builder, originOf } from "../../ir/builder.ts";
import type { Output, Value } from "../../ir/graph.ts";
import type { MetricSpec } from "../../ir/program.ts";
import type { BatchDim } from "../../ir/type.ts";
import { constant, dimensionSize, leaf } from "../../ops/leaves.ts";
import { isMetric, weighted, type Metric } from "../metrics/metric.ts";
import { add } from "../sugar/elementwise.ts";
import type { Ran } from "./run.ts";

export interface Evaluation {
  readonly outputs: readonly Output[];
  /** The cells of the running totals. */
  readonly totals: readonly Value[];
  readonly metrics: readonly MetricSpec[];
}

/** The running metrics, the losses first: each call adds its totals, and results come from the new totals. */
export function evaluateOutputs(
  { metrics }: Ran,
  losses: ReadonlyMap<string, Value>,
  batch: BatchDim | null,
): Evaluation {
  const all: [string, Metric | Value][] = [...losses, ...metrics];
  const results: Output[] = [];
  const assigns: Output[] = [];
  // Metrics that add up the same thing, such as the rows, share one cell.
  const running = new Map<Value, Value>();
  for (const [name, thing] of all) {
    // The sums are said to come from where the metric was declared.
    builder().within(originOf((isMetric(thing) ? thing.totals[0].value : thing).node), () => {
      const metric = isMetric(thing) ? thing : weighted(thing, rowsOf(batch));
      const sums = metric.totals.map((total) => {
        const known = running.get(total.value);
        if (known) return known;
        const cell = leaf("total", `${name}/${total.name}`, total.value.type);
        const value = add(cell, total.value);
        running.set(total.value, value);
        assigns.push({ role: "assign", name: `${name}/${total.name}`, value, cell });
        return value;
      });
      results.push({ role: "metric", name, value: metric.result(sums) });
    });
  }
  return {
    outputs: [...results, ...assigns],
    totals: assigns.map(({ cell }) => cell as Value),
    metrics: results.map(({ name, value }) => ({ name, shape: value.type.shape as readonly number[] })),
  };
}

const rowsOf = (batch: BatchDim | null): Value =>
  batch ? dimensionSize({ dim: batch, dtype: "f64" }) : constant({ value: 1, dtype: "f64", shape: [] });
