import { fail } from "../base/errors.ts";
import { checkNames } from "../base/options.ts";

/** How to fill and scale one column: x ↦ ((x is NaN ? fill : x) − shift) · scale. */
export interface ColumnStatistics {
  /** What stands in for a missing value, NaN for nothing. */
  readonly fill: number;
  /** The mean or the least value; 0 where the column is not scaled. */
  readonly shift: number;
  /** 1 over the deviation or the range; 1 where the column is not scaled. */
  readonly scale: number;
}

/** What is to be fitted. */
export interface FitOptions {
  /** What stands in for a missing value: a statistic of the column, or a constant; nothing by default. */
  readonly missing?: "mean" | "median" | "mode" | number | null;
  /** `standard`: mean 0, standard deviation 1. `range`: from 0 to 1. The values stay as they are by default. */
  readonly scale?: "standard" | "range" | null;
}
const known = { missing: true, scale: true } satisfies Record<keyof FitOptions, true>;

/**
 * Fits one column of numbers, NaN where a value is missing. To be fitted on the training split alone.
 * The scale is that of the filled column, so that the training column itself comes out as promised.
 * Population deviation; a constant column is shifted but keeps scale 1. Fails with `value` where all are missing, with
 * `option` for options that are not these.
 */
export function fitColumn(values: ArrayLike<number>, options: FitOptions = {}): ColumnStatistics {
  checkNames("fitColumn", options, known);
  const { missing = null, scale = null } = options;
  const present = Array.from(values).filter((x) => !Number.isNaN(x));
  if (present.length === 0 && typeof missing !== "number") {
    fail("value", "the column has no value to fit statistics on", {
      hint: "drop the column or fill it with a constant",
    });
  }
  const fill = missing === null ? NaN : typeof missing === "number" ? missing : statistic[missing](present);
  const filled = missing === null ? present : Array.from(values, (x) => (Number.isNaN(x) ? fill : x));
  return { fill, ...(scale === null ? { shift: 0, scale: 1 } : scaling[scale](filled)) };
}

/** Applies what was fitted, in place. */
export function applyColumn<Values extends Float32Array | Float64Array | number[]>(
  values: Values,
  { fill, shift, scale }: ColumnStatistics,
): Values {
  for (let i = 0; i < values.length; i++)
    values[i] = ((Number.isNaN(values[i]) ? fill : values[i]) - shift) * scale;
  return values;
}

/** The most frequent value, the first to appear among equals. Fails with `value` where there is none. */
export function modeOf<Value>(values: Iterable<Value>): Value {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first, ...others] = counts;
  if (!first) fail("value", "there is no value to take the most frequent of");
  return others.reduce((best, entry) => (entry[1] > best[1] ? entry : best), first)[0];
}

/** The distinct texts in the order of their code units, which no locale changes; missing ones left out. */
export function fitCategories(texts: Iterable<string>): string[] {
  return [...new Set(texts)].filter((text) => text !== "").sort();
}

/** One row of `values.length` numbers a text: 1 at its value, 0 elsewhere, NaN throughout where it is missing. */
export function oneHot(texts: readonly string[], values: readonly string[]): Float64Array {
  const encoded = new Float64Array(texts.length * values.length);
  for (const [i, text] of texts.entries()) {
    const at = values.indexOf(text);
    const row = encoded.subarray(i * values.length, (i + 1) * values.length);
    if (at >= 0) row[at] = 1;
    else if (text === "") row.fill(NaN);
    else fail("value", `"${text}" is none of the categories ${values.join(", ")}`);
  }
  return encoded;
}

const statistic = { mean, median, mode: modeOf<number> };

const scaling = {
  standard(values: readonly number[]) {
    const shift = mean(values);
    const deviation = Math.sqrt(mean(values.map((x) => (x - shift) ** 2)));
    return { shift, scale: 1 / (deviation || 1) };
  },
  range(values: readonly number[]) {
    const shift = values.reduce((a, b) => Math.min(a, b));
    const span = values.reduce((a, b) => Math.max(a, b)) - shift;
    return { shift, scale: 1 / (span || 1) };
  },
};

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
