import { fail } from "../base/errors.ts";
import { checkNames, givenText } from "../base/options.ts";
import { mixSeeds, shuffle } from "./random.ts";

/** The arrays that inputs are: f32, f64, i32 and bool. */
export type NumericArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** n rows: one row-major array per input of the model, in its order. A whole data set is a batch too. */
export interface Batch {
  /** One array for each input that training takes: n rows of equal length. */
  readonly inputs: readonly NumericArray[];
  /** The number of rows. */
  readonly n: number;
}

/** How a data set is divided. */
export interface BatchOptions {
  /** Rows a batch: 1 is stochastic, "full" is full-batch gradient descent. */
  readonly size: number | "full";
  /** Shuffles with this seed, anew each time the batches are iterated; without it rows keep their order. */
  readonly seed?: number;
  /** How many epochs have been shuffled before, 0 by default; a resumed run passes it to go on in the same order. */
  readonly epoch?: number;
  /** Leaves out the last batch where it is smaller than the others. */
  readonly dropLast?: boolean;
}
const known = { size: true, seed: true, epoch: true, dropLast: true } satisfies Record<
  keyof BatchOptions,
  true
>;

/**
 * Divides a data set into batches, for any number of epochs. Unshuffled batches are views of the data; shuffled
 * ones share one set of buffers, so a batch holds until the next is asked for.
 * Fails with `shape` where the arrays do not hold n rows, with `batch-size` where no batch would come out, with `option`
 * for options that are not these.
 */
export function batches(data: Batch, options: BatchOptions): Iterable<Batch> {
  checkNames("batches", options, known);
  const { size, seed, epoch = 0, dropLast = false } = options;
  const { inputs, n } = data;
  for (const [i, input] of inputs.entries()) {
    if (input.length % n !== 0) fail("shape", `input ${i} has ${input.length} numbers, not ${n} equal rows`);
  }
  const rows = size === "full" ? n : size;
  if (!Number.isSafeInteger(rows) || rows < 1)
    fail("batch-size", `a batch of ${givenText(rows)} rows is not possible`);
  const count = dropLast ? Math.floor(n / rows) : Math.ceil(n / rows);
  if (count === 0) fail("batch-size", `${n} rows give no batch of ${rows}`, { hint: "lower the batch size" });
  if (size === "full") return [data];
  if (seed === undefined)
    return Array.from({ length: count }, (_, i) => view(data, i * rows, (i + 1) * rows, n));

  const order = new Int32Array(n);
  const widths = inputs.map((input) => input.length / n);
  const whole = {
    inputs: inputs.map((input, i) => input.slice(0, Math.min(rows, n) * widths[i])),
    n: Math.min(rows, n),
  };
  const rest = view(whole, 0, n - (count - 1) * rows, whole.n);
  let epochs = epoch;
  return {
    *[Symbol.iterator]() {
      for (let i = 0; i < n; i++) order[i] = i;
      shuffle(order, mixSeeds(seed, epochs++));
      for (let b = 0; b < count; b++) {
        const batch = b === count - 1 ? rest : whole;
        for (const [i, input] of inputs.entries()) {
          gather(input, batch.inputs[i], order, b * rows, batch.n, widths[i]);
        }
        yield batch;
      }
    },
  };
}

/** The rows from `begin` to `end`, or to the last, as views. */
function view({ inputs, n }: Batch, begin: number, end: number, rows: number): Batch {
  const last = Math.min(end, rows);
  return {
    inputs: inputs.map((x) => x.subarray((begin * x.length) / n, (last * x.length) / n)),
    n: last - begin,
  };
}

function gather(
  from: NumericArray,
  to: NumericArray,
  order: Int32Array,
  first: number,
  n: number,
  width: number,
): void {
  for (let row = 0; row < n; row++) {
    const source = order[first + row] * width;
    for (let k = 0; k < width; k++) to[row * width + k] = from[source + k];
  }
}

/** The rows of one data set followed by those of another that was encoded alike. */
export function joined(a: Batch, b: Batch): Batch {
  const inputs = a.inputs.map((input, i): NumericArray => {
    const both = new (input.constructor as new (length: number) => NumericArray)(
      input.length + b.inputs[i].length,
    );
    both.set(input);
    both.set(b.inputs[i], input.length);
    return both;
  });
  return { inputs, n: a.n + b.n };
}
