import { fail } from "../../base/errors.ts";
import type { Compilation } from "../../compile.ts";
import { predictInputs } from "../predict-inputs.ts";
import { sampleInputs } from "../sample-inputs.ts";
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

/** Times every function that the model has. Fails with `batch-size` where more rows are asked for than declared. */
export function measureAll(
  { spec, create }: Generated,
  compilation: Compilation,
  { samples, rows = spec.batch ?? 1 }: { samples: number; rows?: number },
): Time[] {
  if (rows > (spec.batch ?? 1))
    fail("batch-size", `${rows} rows are more than the ${spec.batch ?? 1} declared`);
  const net = create({ seed: 1 });
  const inputs = sampleInputs(spec.inputs, rows, 1);
  const tail = spec.batch === null ? [] : [rows];
  const trains = spec.metrics.length > 0 && "trainStep" in net;
  const asked = predictInputs(
    compilation,
    spec.inputs.map(({ name }) => name),
  );
  const predictArgs = [...asked.map((k) => inputs[k]), ...tail];
  const calls: [string, () => void][] = [["predict", () => void net.predict(...predictArgs)]];
  if (trains) {
    calls.push(
      ["evaluate", () => void net.evaluate(...inputs, ...tail)],
      ["forward", () => void net.forward(...inputs, ...tail)],
      // A backward pass uses up what its forward pass kept, so the two are timed together.
      [
        "forward + backward",
        () => {
          net.forward(...inputs, ...tail);
          net.backward();
        },
      ],
      ["update", () => net.update()],
      ["trainStep", () => void net.trainStep(...inputs, ...tail)],
    );
  }
  return calls.map(([name, call]) => ({ name, ...measure(call, samples), rows }));
}

function measure(call: () => void, samples: number): { median: number; min: number; max: number } {
  let repeats = 1;
  // Doubling until a measurement is long enough also lets the engine optimise the function.
  while (timeOf(call, repeats) < leastTime) repeats *= 2;
  const times = Array.from({ length: samples }, () => timeOf(call, repeats) / repeats).sort((a, b) => a - b);
  return { median: times[samples >> 1], min: times[0], max: times[samples - 1] };
}

function timeOf(call: () => void, repeats: number): number {
  const start = performance.now();
  for (let k = 0; k < repeats; k++) call();
  return performance.now() - start;
}
