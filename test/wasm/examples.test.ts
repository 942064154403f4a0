import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Model } from "gradc";
import { stepEntries } from "../../src/cli/entries.ts";
import { sampleInputs } from "../../src/cli/sample-inputs.ts";
import type { Generated } from "../../src/cli/train/module.ts";
import { compile } from "../../src/compile.ts";
import { loadText } from "../compile/program.ts";

const long = process.env["GRADC_LONG"] !== undefined;
const shared = ["data", "words"];
const examples = readdirSync(new URL("../../examples", import.meta.url)).filter(
  (name) => !shared.includes(name),
);
/** Those whose steps take long in JavaScript go fewer steps in the short run. */
const slow = ["mnist", "weather-gru", "words-gpt", "words-lstm", "gan", "autoencoder"];

describe.each(examples)("%s", (name) => {
  const steps = long ? 50 : slow.includes(name) ? 3 : 50;
  test(`loses alike in WebAssembly and in JavaScript, ${steps} steps long`, async () => {
    const { default: model } = (await import(`../../examples/${name}/${name}.model.ts`)) as {
      default: Model;
    };
    const run = (target: "js" | "wasm"): number[] => {
      const compilation = compile(model, { target });
      const { spec, create } = loadText(compilation.files[0].text) as unknown as Generated;
      const net = create({ seed: 5 });
      const rows = spec.batch === null ? [] : [spec.batch];
      return Array.from({ length: steps }, (_, k) => {
        // Few different batches, so that there is something to learn.
        const inputs = sampleInputs(spec.inputs, spec.batch ?? 1, 1 + (k % 4));
        return stepEntries(compilation, spec, net).map(({ step, inputs: chosen }) =>
          step.trainStep(...chosen.map((at) => inputs[at]), ...rows),
        );
      }).flat();
    };
    const [expected, found] = [run("js"), run("wasm")];
    const apart = expected.map((loss, k) => Math.abs(found[k] - loss) / Math.max(Math.abs(loss), 1e-3));
    expect(Math.max(...apart)).toBeLessThan(1e-4);
  });
});
