import { fail } from "../base/errors.ts";
import { checkNames, givenText } from "../base/options.ts";
import type { Callbacks } from "./fit.ts";
import type { Trainable } from "./types.ts";
import { watch } from "./watch.ts";

/** When and how far learning rates are lowered. */
export interface PlateauOptions {
  /** The column of the history to watch: `val_loss` where there is one, else `loss`, by default. */
  readonly monitor?: string;
  /** Whether less or more is better; told from the column's name by default. */
  readonly mode?: "min" | "max";
  /** What the learning rates are multiplied by; 0.1 by default. */
  readonly factor?: number;
  /** Epochs without improvement until then; 10 by default. */
  readonly patience?: number;
  /** What counts as an improvement: a change larger than this, 1e-4 by default. */
  readonly minDelta?: number;
  /** Epochs after a reduction in which none is counted; 0 by default. */
  readonly cooldown?: number;
  /** Below this no rate is lowered; 0 by default. */
  readonly minLearningRate?: number;
}

const known: Readonly<Record<keyof PlateauOptions, true>> = {
  monitor: true,
  mode: true,
  factor: true,
  patience: true,
  minDelta: true,
  cooldown: true,
  minLearningRate: true,
};

/**
 * A callback of `fit` that lowers every learning rate in `net.hyper` where a metric no longer improves, as Keras'
 * ReduceLROnPlateau. A schedule goes on: it multiplies what is lowered here. Rates are part of the state, so that
 * `restoreBest` goes back to those of the best epoch.
 * Fails with `option`, `no-learning-rate`, `unknown-metric`.
 */
export function reduceOnPlateau(net: Pick<Trainable, "hyper">, options: PlateauOptions = {}): Callbacks {
  checkNames("reduceOnPlateau", options, known);
  const { factor = 0.1, patience = 10, minDelta = 1e-4, cooldown = 0, minLearningRate = 0 } = options;
  const need = (name: string, value: number, fits: boolean, what: string): void => {
    if (!fits) fail("option", `${name} of reduceOnPlateau must be ${what}, found ${givenText(value)}`);
  };
  need("factor", factor, factor > 0 && factor < 1, "a number between 0 and 1");
  need(
    "patience",
    patience,
    Number.isSafeInteger(patience) && patience >= 1,
    "a whole number of epochs, at least 1",
  );
  need("minDelta", minDelta, minDelta >= 0, "a number of at least 0");
  need("cooldown", cooldown, Number.isSafeInteger(cooldown) && cooldown >= 0, "a whole number of epochs");
  need("minLearningRate", minLearningRate, minLearningRate >= 0, "a number of at least 0");
  const { hyper = {} } = net;
  const rates = Object.keys(hyper).filter((name) => name.split("/").at(-1) === "learningRate");
  if (rates.length === 0) fail("no-learning-rate", "the model's optimizer has no learning rate to lower");

  let best: number | undefined;
  let waited = 0;
  let resting = 0;
  return {
    onEpochEnd({ columns }) {
      const monitor = options.monitor ?? (Object.hasOwn(columns, "val_loss") ? "val_loss" : "loss");
      const watched = watch(monitor, options.mode, minDelta);
      const value = watched.of(columns);
      if (resting > 0) {
        resting--;
        waited = 0;
      }
      if (watched.improves(value, best)) {
        best = value;
        waited = 0;
        return;
      }
      if (resting > 0) return;
      waited++;
      if (waited < patience) return;
      for (const name of rates)
        hyper[name] = Math.max(Math.min(hyper[name], minLearningRate), hyper[name] * factor);
      waited = 0;
      resting = cooldown;
    },
  };
}
