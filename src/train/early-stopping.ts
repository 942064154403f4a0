import type { Metrics, Trainable } from "./types.ts";
import { watch } from "./watch.ts";

/** When training stops before its last epoch. */
export interface EarlyStoppingOptions {
  /** The column of the history to watch: `val_loss` by default, `loss` without validation data. */
  readonly monitor?: string;
  /** Whether less or more is better; told from the column's name by default. */
  readonly mode?: "min" | "max";
  /** Stops after this many epochs without improvement; never by default. */
  readonly patience?: number;
  /** What counts as an improvement: a change larger than this, 0 by default. */
  readonly minDelta?: number;
  /** Ends with the state of the best epoch instead of the last; on by default where there is patience. */
  readonly restoreBest?: boolean;
}

/** The best epoch by the monitored column. */
export interface Best {
  /** Counted from 1. */
  readonly epoch: number;
  /** What the column was then. */
  readonly value: number;
}

export interface EarlyStopping {
  /** Takes note of an epoch; true when it is time to stop. */
  observe(epoch: number, columns: Metrics): boolean;
  /** Puts the best state back where that was asked for; says which epoch was best. */
  finish(): Best | undefined;
}

/** Watches one column of the history. Fails with `unknown-metric` where there is no such column of numbers. */
export function earlyStopping(net: Trainable, monitor: string, options: EarlyStoppingOptions): EarlyStopping {
  const { patience = Infinity, minDelta = 0, restoreBest = options.patience !== undefined } = options;
  const watched = watch(monitor, options.mode, minDelta);
  let best: Best | undefined;
  let snapshot: Uint8Array | undefined;
  let waited = 0;
  return {
    observe(epoch, columns) {
      const value = watched.of(columns);
      const improved = watched.improves(value, best?.value);
      waited = improved ? 0 : waited + 1;
      if (improved) {
        best = { epoch, value };
        if (restoreBest) snapshot = copyInto(snapshot, net.state);
      }
      return waited >= patience;
    },
    finish() {
      if (snapshot) net.state.set(snapshot);
      return best;
    },
  };
}

/** One snapshot is enough, so its memory is taken once. */
function copyInto(target: Uint8Array | undefined, source: Uint8Array): Uint8Array {
  if (!target) return source.slice();
  target.set(source);
  return target;
}
