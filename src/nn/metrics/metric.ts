import { builder } from "../../ir/builder.ts";
import type { Value } from "../../ir/graph.ts";
import { productOf, type Dim } from "../../ir/type.ts";
import { dimensionSize } from "../../ops/leaves.ts";
import { checkOptions } from "../check.ts";
import { here, place } from "../context.ts";
import { maskOf, weightsOf } from "../losses/reduce.ts";
import { cast, div, equal, logicalAnd, mul, where } from "../sugar/elementwise.ts";
import { sum } from "../sugar/reduce.ts";

/** A sum over the rows of one call; the model keeps adding it up until resetMetrics(). */
export interface Total {
  readonly name: string;
  /** Of dtype f64. */
  readonly value: Value;
}

/** A metric is its totals and what is computed from them, so that it is exact over batches of any size. */
export interface Metric {
  readonly totals: readonly Total[];
  readonly result: (totals: readonly Value[]) => Value;
}

export const isMetric = (thing: unknown): thing is Metric =>
  typeof thing === "object" && thing !== null && "totals" in thing && "result" in thing;

/** The totals are made now; the result later, but said to come from the same line. */
export function metric(
  totals: Readonly<Record<string, Value>>,
  result: (totals: readonly Value[]) => Value,
): Metric {
  const origin = place();
  return {
    totals: Object.entries(totals).map(([name, value]) => ({ name, value: cast(value, "f64") })),
    result: (values) => builder().within(origin, () => result(values)),
  };
}

/** The run-time number of rows or elements, as f64. */
export const countOf = (shape: readonly Dim[]): Value =>
  dimensionSize({ dim: productOf(shape), dtype: "f64" });

/** A scalar's mean over calls, each weighted by its rows. */
export const weighted = (value: Value, rows: Value): Metric =>
  here(() => metric({ sum: mul(cast(value, "f64"), rows), rows }, ([total, count]) => div(total, count)));

export interface MetricOptions {
  /** Weights of the rows or positions, of the shape of what is counted or of its leading axes. */
  readonly weights?: Value;
  /** Truth values shaped like `weights`; what is false does not count. */
  readonly mask?: Value;
}
const metricOptions = ["weights", "mask"] as const;

/** How much each element of a shape counts, `own` being a further mask: undefined where all count 1. */
export function countsOf(
  name: string,
  like: Value,
  options: MetricOptions,
  known: readonly string[] = [],
  own?: Value,
): Value | undefined {
  checkOptions(name, options, [...metricOptions, ...known]);
  const weights = weightsOf(name, options.weights, like);
  const given = maskOf(name, options.mask, like.type.shape);
  const mask = given && own ? logicalAnd(given, own) : (given ?? own);
  if (!mask) return weights;
  return weights ? where(mask, weights, 0) : cast(mask, like.type.dtype);
}

/** part / whole, and 0 where nothing was counted. */
export const ratio = (part: Value, whole: Value): Value => {
  const nothing = equal(whole, 0);
  return where(nothing, 0, div(part, where(nothing, 1, whole)));
};

/** Values added up in f64, each as often as it counts; what does not count may be anything. */
const added = (values: Value, counts: Value | undefined): Value => {
  const wide = cast(values, "f64");
  return sum(counts ? where(equal(counts, 0), 0, mul(wide, cast(counts, "f64"))) : wide);
};

/** The mean of all values of all calls, after which `result` is applied. */
export const meanMetric = (
  values: Value,
  counts: Value | undefined,
  result: (mean: Value) => Value = (mean) => mean,
  name = "sum",
): Metric =>
  metric(
    { [name]: added(values, counts), rows: counts ? sum(cast(counts, "f64")) : countOf(values.type.shape) },
    // Without counts there is always a row, so nothing needs to be asked.
    ([total, count]) => result(counts ? ratio(total, count) : div(total, count)),
  );
