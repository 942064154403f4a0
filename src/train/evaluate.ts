import { fail } from "../base/errors.ts";
import type { Batch } from "../data/index.ts";
import type { Metrics, Trainable } from "./types.ts";

/**
 * The metrics over all rows of the batches, each row weighing the same, in inference mode.
 * A copy: the module's own object is reused. Fails with `no-batches` where there are none.
 */
export function evaluateAll(net: Trainable, data: Iterable<Batch>): Metrics {
  net.resetMetrics();
  let last: object | undefined;
  for (const { inputs, n } of data) last = net.evaluate(...inputs, n);
  if (!last) return fail("no-batches", "there are no batches to evaluate on");
  // Metrics are named by users, and a null prototype has no names of its own.
  const metrics = Object.create(null) as Record<string, number | Float64Array>;
  for (const [name, value] of Object.entries(last) as [string, number | Float64Array][]) {
    metrics[name] = typeof value === "number" ? value : value.slice();
  }
  return metrics;
}
