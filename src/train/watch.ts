import { fail } from "../base/errors.ts";
import { suggest } from "../base/suggest.ts";
import type { Metrics } from "./types.ts";

/** One column of the history, and what makes it better. */
export interface Watched {
  /** Fails with `unknown-metric` where there is no such column of numbers. */
  of(columns: Metrics): number;
  improves(value: number, best: number | undefined): boolean;
}

/** Metrics whose names say that less is better; of the others (accuracy, recall, …) more is. */
const lessIsBetter = /loss|error|mae|mse|rmse|perplexity|entropy/i;

export function watch(monitor: string, mode: "min" | "max" | undefined, minDelta: number): Watched {
  const sign = (mode ?? (lessIsBetter.test(monitor) ? "min" : "max")) === "min" ? 1 : -1;
  return {
    of(columns) {
      const value = Object.hasOwn(columns, monitor) ? columns[monitor] : undefined;
      if (typeof value === "number") return value;
      const names = Object.keys(columns).filter((name) => typeof columns[name] === "number");
      return fail("unknown-metric", `there is no metric "${monitor}" to watch`, {
        hint: suggest(monitor, names),
      });
    },
    // Not-a-number compares false, so an undefined metric never counts as an improvement.
    improves: (value, best) => (best === undefined ? !Number.isNaN(value) : sign * (best - value) > minDelta),
  };
}
