import type { NumericArray } from "../../data/index.ts";
import type { Compilation } from "../../compile.ts";
import { evaluateInputs, functionEntries, stepEntries } from "../entries.ts";
import { checkRows, sampleInputs } from "../sample-inputs.ts";
import type { Generated } from "../train/module.ts";

export interface Time {
  readonly name: string;
  /** Milliseconds a call. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Rows of a call. */
  readonly rows: number;
}

/** A measurement takes at least this many milliseconds, so that the clock's steps do not show. */
const leastTime = 4;

/** Measurements that are thrown away. */
const warmUps = 5;

/** Times every function that the model has. Fails with `batch-size` where more rows are asked for than declared. */
export function measureAll(
  { spec, create }: Generated,
  compilation: Compilation,
  { samples, rows = spec.batch ?? 1 }: { samples: number; rows?: number },
): Time[] {
  checkRows(spec, rows);
  const net = create({ seed: 1 });
  const inputs = sampleInputs(spec.inputs, rows, 1);
  const tail = spec.batch === null ? [] : [rows];
  const argumentsOf = (chosen: readonly number[]): (NumericArray | number)[] => [
    ...chosen.map((k) => inputs[k]),
    ...tail,
  ];
  const calls = functionEntries(compilation, spec, net).map(({ name, inputs: chosen, call }) => {
    const args = argumentsOf(chosen);
    return [name, () => void call(args)] as [string, () => void];
  });
  if (spec.metrics.length > 0) {
    const args = argumentsOf(evaluateInputs(spec));
    calls.push(["evaluate", () => void net.evaluate(...args)]);
  }
  for (const { name, step, graphs, inputs: chosen } of stepEntries(compilation, spec, net)) {
    if (!graphs.update) continue;
    const args = argumentsOf(chosen);
    const own = name === null ? "" : `${name} `;
    calls.push(
      [`${own}forward`, () => void step.forward(...args)],
      // A backward pass uses up what its forward pass kept, so the two are timed together.
      [
        `${own}forward + backward`,
        () => {
          step.forward(...args);
          step.backward();
        },
      ],
      [`${own}update`, () => step.update()],
      [`${own}trainStep`, () => void step.trainStep(...args)],
    );
  }
  // Engines optimise functions beside the program: what is thrown away first gives them the time.
  for (const [, call] of calls) measure(call, warmUps);
  return calls.map(([name, call]) => ({ name, ...measure(call, samples), rows }));
}

/** How a call is measured. */
interface Measuring {
  /** Milliseconds that a measurement takes at least. */
  readonly least?: number;
  /**
   * Runs before every call, outside the time that counts. Each call is timed by itself then, and what asking the clock
   * takes is measured the same way and taken off, within some ten nanoseconds.
   */
  readonly prepare?: () => void;
}

/** A nanosecond in milliseconds: no call takes less, whatever is taken off for the clock. */
const nanosecond = 1e-6;

/** Milliseconds of a call, by measurements that take at least `least` milliseconds each. */
export function measure(
  call: () => void,
  samples: number,
  { least = leastTime, prepare }: Measuring = {},
): { median: number; min: number; max: number } {
  const time = prepare ? timeOfPrepared(prepare) : timeOf;
  let repeats = 1;
  // Doubling until a measurement is long enough also lets the engine optimise the function.
  while (time(call, repeats) < least) repeats *= 2;
  const nothing = (): void => undefined;
  const times = Array.from({ length: samples }, () => {
    const clock = prepare ? time(nothing, repeats) : 0;
    return Math.max((time(call, repeats) - clock) / repeats, nanosecond);
  }).sort((a, b) => a - b);
  return { median: times[samples >> 1], min: times[0], max: times[samples - 1] };
}

function timeOf(call: () => void, repeats: number): number {
  const start = performance.now();
  for (let k = 0; k < repeats; k++) call();
  return performance.now() - start;
}

const timeOfPrepared =
  (prepare: () => void) =>
  (call: () => void, repeats: number): number => {
    let time = 0;
    for (let k = 0; k < repeats; k++) {
      prepare();
      const start = performance.now();
      call();
      time += performance.now() - start;
    }
    return time;
  };
