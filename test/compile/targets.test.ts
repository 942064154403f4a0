import { describe, expect, test } from "vitest";
import type { Model } from "gradc";
import autoencoder from "../../examples/autoencoder/autoencoder.model.ts";
import gan from "../../examples/gan/gan.model.ts";
import mnist from "../../examples/mnist/mnist.model.ts";
import weatherGru from "../../examples/weather-gru/weather-gru.model.ts";
import wordsGpt from "../../examples/words-gpt/words-gpt.model.ts";
import wordsLstm from "../../examples/words-lstm/words-lstm.model.ts";
import { stepEntries } from "../../src/cli/entries.ts";
import { sampleInputs } from "../../src/cli/sample-inputs.ts";
import { running } from "../examples/run.ts";
import { all, inference } from "./models.ts";

const { W1: _1, W2: _2, W3: _3, ...small } = all;
/** Models, and after how many steps the short run lets them be: JavaScript takes seconds for the largest. */
const models: Readonly<Record<string, readonly [model: Model, steps: number]>> = {
  ...Object.fromEntries(Object.entries(small).map(([name, model]) => [name, [model, 50]])),
  autoencoder: [autoencoder, 50],
  gan: [gan, 50],
  weatherGru: [weatherGru, 10],
  mnist: [mnist, 3],
  wordsLstm: [wordsLstm, 2],
  wordsGpt: [wordsGpt, 2],
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
  test.each(Object.entries(models))("%s", async (_, [model, few]) => {
    const steps = long ? 50 : few;
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
