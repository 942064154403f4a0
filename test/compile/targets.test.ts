import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Model } from "gradc";
import { stepEntries } from "../../src/cli/entries.ts";
import { sampleInputs } from "../../src/cli/sample-inputs.ts";
import { running } from "../examples/run.ts";
import { all, inference } from "./models.ts";

const shared = ["data", "words"];
const examples = readdirSync(new URL("../../examples", import.meta.url)).filter(
  (name) => !shared.includes(name),
);
const ownModels = Object.keys(all).filter((name) => !examples.includes(name) && !/^W\d/.test(name));
/** After how many of 50 steps the short run lets those be that take JavaScript seconds. */
const few: Readonly<Record<string, number>> = {
  "weather-gru": 10,
  mnist: 3,
  "words-lstm": 2,
  "words-gpt": 2,
};
const long = process.env["GRADC_LONG"] !== undefined;

/** The losses of every step that a model has, on random rows in batches of several sizes. */
function lossesOf(
  { compilation, generated }: Awaited<ReturnType<typeof running>>,
  count: number,
): { readonly losses: readonly number[]; readonly state: Uint8Array } {
  const { spec, create } = generated;
  const net = create({ seed: 5 });
  const entries = stepEntries(compilation, spec, net);
  const losses: number[] = [];
  for (let k = 0; k < count; k++) {
    const rows = spec.batch === null ? [] : [spec.batch - ((7 * k) % spec.batch)];
    const inputs = sampleInputs(spec.inputs, rows[0] ?? 1, 100 + (k % 5));
    for (const { step, inputs: chosen } of entries)
      losses.push(step.trainStep(...chosen.map((at) => inputs[at]), ...rows));
  }
  return { losses, state: net.state };
}

describe("js and wasm lose alike, and WebAssembly gives the same bits again", () => {
  test.each([...examples, ...ownModels])("%s", async (name) => {
    const example = async (): Promise<Model> =>
      ((await import(`../../examples/${name}/${name}.model.ts`)) as { default: Model }).default;
    const model = examples.includes(name) ? await example() : all[name];
    const steps = long ? 50 : (few[name] ?? 50);
    const js = lossesOf(await running(model), steps);
    const built = await running(model, { target: "wasm" });
    const wasm = lossesOf(built, steps);
    expect(js.losses.length).toBeGreaterThanOrEqual(model === inference ? 0 : steps);
    for (const [k, loss] of js.losses.entries()) {
      const apart = Math.abs(wasm.losses[k] - loss) / Math.max(Math.abs(loss), 1e-3);
      expect(apart, `step ${k + 1}: ${loss} and ${wasm.losses[k]}`).toBeLessThan(1e-4);
    }
    // Another network of the same module gives the same bits.
    expect(Buffer.from(lossesOf(built, steps).state).equals(Buffer.from(wasm.state))).toBe(true);
  });
});
