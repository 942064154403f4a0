import { fail } from "../base/errors.ts";
import { checkNames, givenText } from "../base/options.ts";
import type { Batch } from "../data/index.ts";
import { earlyStopping, type Best, type EarlyStoppingOptions } from "./early-stopping.ts";
import { evaluateAll } from "./evaluate.ts";
import { nextTask } from "./next-task.ts";
import type { Metrics, Trainable } from "./types.ts";

/** What is told of a training while it runs. */
export interface Callbacks {
  /** After each batch: the number of updates so far, and the loss before the last one. */
  readonly onBatchEnd?: (step: number, loss: number) => void;
  /** After each epoch, awaited; the columns are those of the history. */
  readonly onEpochEnd?: (epoch: EpochRecord) => void | Promise<void>;
}

/** What `fit` takes: data, and when to stop. */
export interface FitOptions extends EarlyStoppingOptions {
  /** The rows to train on, walked through once an epoch: `batches(data, { size, seed })`. */
  readonly train: Iterable<Batch>;
  /** The rows that each epoch is judged by, in inference mode. */
  readonly validation?: Iterable<Batch>;
  /** Passes over the training rows at most; Infinity where patience or the signal ends it. */
  readonly epochs: number;
  /**
   * Also evaluates the training split after each epoch, in inference mode, for the columns without `val_`;
   * `loss` stays the mean over the training steps.
   */
  readonly metrics?: boolean;
  /** Ends the training before its next batch. */
  readonly signal?: AbortSignal;
  /** Called in their order. */
  readonly callbacks?: readonly Callbacks[];
  /** Receives one line of JSON an epoch, with its line end. */
  readonly log?: (line: string) => void;
}

/** One epoch, counted from 1: columns named as Keras does, `loss`, `accuracy`, `val_loss`, `val_accuracy`. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Updates so far. */
  readonly step: number;
  /** What was measured; those of the validation rows begin with `val_`. */
  readonly columns: Metrics;
}

/** What a training was. */
export interface History {
  /** Those that were completed, in order. */
  readonly epochs: readonly EpochRecord[];
  /** Why training ended: all epochs done, no more improvement, or aborted through the signal. */
  readonly stopped: "finished" | "early" | "aborted";
  /** The best epoch by the monitored column; undefined where no epoch was completed. */
  readonly best: Best | undefined;
}

/** The event loop gets its turn at least this often, in milliseconds: below one frame of a screen. */
const turn = 12;

/**
 * Trains for some epochs and resolves to their history. An aborted run resolves too, with what was reached;
 * the epoch it was in is left out of the history, though its updates stay.
 * Fails with `non-finite-loss` at the first loss that is no number, `no-batches` without training data,
 * `unknown-metric` for a monitored column that does not exist, `option` for options that are not these.
 */
export async function fit(net: Trainable, options: FitOptions): Promise<History> {
  checkOptions(options);
  const { train, validation, callbacks = [], log } = options;
  const monitor = options.monitor ?? (validation ? "val_loss" : "loss");
  const stopping = earlyStopping(net, monitor, options);
  const epochs: EpochRecord[] = [];
  const seen = { loss: NaN };
  let stopped: History["stopped"] = "finished";
  for (let epoch = 1; epoch <= options.epochs && stopped === "finished"; epoch++) {
    const loss = await trainEpoch(net, epoch, seen, options);
    if (loss === undefined) {
      stopped = "aborted";
      break;
    }
    const columns = Object.create(null) as Record<string, number | Float64Array>;
    if (options.metrics) Object.assign(columns, evaluateAll(net, train));
    columns.loss = loss;
    for (const [name, value] of Object.entries(validation ? evaluateAll(net, validation) : {})) {
      columns[`val_${name}`] = value;
    }
    const record = { epoch, step: net.step, columns };
    epochs.push(record);
    // JSON has no NaN or infinity: they become null.
    log?.(`${JSON.stringify({ epoch, step: net.step, ...plain(columns) })}\n`);
    if (stopping.observe(epoch, columns)) stopped = "early";
    for (const { onEpochEnd } of callbacks) await onEpochEnd?.(record);
  }
  return { epochs, stopped, best: stopping.finish() };
}

/** Every option by name, so that the type checker tells when one is added. */
const known: Readonly<Record<keyof FitOptions, true>> = {
  train: true,
  validation: true,
  epochs: true,
  metrics: true,
  signal: true,
  callbacks: true,
  log: true,
  monitor: true,
  mode: true,
  patience: true,
  minDelta: true,
  restoreBest: true,
};

function checkOptions(options: FitOptions): void {
  checkNames("fit", options, known);
  const { epochs } = options;
  // Without an end is meant too, where patience or the signal ends it.
  if (epochs !== Infinity && !(Number.isSafeInteger(epochs) && epochs > 0)) {
    fail("option", `fit needs epochs, a whole number of at least 1; found ${givenText(epochs)}`, {
      hint: "name it: fit(net, { train, epochs: 100 })",
    });
  }
  for (const name of ["train", "validation"] as const) {
    const data: unknown = options[name];
    if (data === undefined && name === "validation") continue;
    if (typeof (data as Iterable<Batch> | null | undefined)?.[Symbol.iterator] === "function") continue;
    fail("option", `fit's "${name}" is not a sequence of batches`, {
      hint: "wrap it in batches(data, { size: 32 })",
    });
  }
}

/** One pass over the training data: its mean loss over the rows, or undefined where it was aborted. */
async function trainEpoch(
  net: Trainable,
  epoch: number,
  seen: { loss: number },
  { train, signal, callbacks = [] }: FitOptions,
): Promise<number | undefined> {
  let total = 0;
  let rows = 0;
  await nextTask();
  let turned = performance.now();
  for (const { inputs, n } of train) {
    if (signal?.aborted) return undefined;
    const loss = net.trainStep(...inputs, n);
    if (!Number.isFinite(loss)) failNonFinite(net, loss, epoch, seen.loss);
    seen.loss = loss;
    total += loss * n;
    rows += n;
    for (const { onBatchEnd } of callbacks) onBatchEnd?.(net.step, loss);
    if (performance.now() - turned < turn) continue;
    await nextTask();
    turned = performance.now();
  }
  if (rows === 0) fail("no-batches", "there are no batches to train on");
  return signal?.aborted ? undefined : total / rows;
}

/** Parameters are looked through in the order of the model, in which a fault travels forward. */
function failNonFinite(net: Trainable, loss: number, epoch: number, last: number): never {
  const found = Object.entries(net.params).find(([, values]) => !values.every(Number.isFinite));
  const where = found
    ? `the first parameter with a value that is not finite is "${found[0]}"`
    : "every parameter is still finite";
  const before = Number.isNaN(last) ? "no loss before it was finite" : `the last finite loss was ${last}`;
  return fail(
    "non-finite-loss",
    `the loss is ${loss} in epoch ${epoch}, step ${net.step}; ${before}; ${where}`,
    {
      hint: "lower the learning rate, clip the gradients, or scale the inputs",
    },
  );
}

/** JSON writes typed arrays as records, so they become plain arrays. */
function plain(columns: Metrics): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [name, typeof value === "number" ? value : [...value]]),
  );
}
