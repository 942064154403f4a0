import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Generated, Net } from "../../src/cli/train/module.ts";
import { batches, type Batch } from "../../src/data/index.ts";
import { evaluateAll, loadWeights } from "../../src/train/index.ts";
import { exampleFile } from "./run.ts";
import { writtenBy } from "./written.ts";

// What takes minutes to train has its weights checked in. They are judged here; `npm run test:train` trains anew as well.
const anew = process.env["GRADC_TRAIN"] !== undefined;

const generated = async (name: string): Promise<Generated> =>
  (await import(
    /* @vite-ignore */ new URL(`../../generated/${name}/${name}.gen.js`, import.meta.url).href
  )) as Generated;

/** An example's network with the weights that are checked in, or with those given. */
async function trained(name: string, weights?: Uint8Array): Promise<{ net: Net; spec: Generated["spec"] }> {
  const { create, spec } = await generated(name);
  const net = create();
  loadWeights(net, spec, weights ?? readFileSync(exampleFile(`${name}/${name}.safetensors`)));
  return { net, spec };
}

/** Runs an example's training script; gives what it printed last and the weights it would have written. */
async function train(name: string): Promise<{ line: string; weights: Uint8Array }> {
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const progress = vi.spyOn(console, "error").mockImplementation(() => undefined);
  onTestFinished(() => [said, progress].forEach((spy) => spy.mockRestore()));
  const written = await writtenBy(() => import(/* @vite-ignore */ exampleFile(`${name}/train.mjs`).href));
  expect(written.length).toBe(1);
  return { line: said.mock.calls.at(-1)?.[0] as string, weights: written[0] };
}

const { readDigits } = (await import(/* @vite-ignore */ exampleFile("mnist/images.mjs").href)) as {
  readDigits: (seed: number) => { readonly test: Batch };
};
const accuracyOf = ({ net, spec }: Awaited<ReturnType<typeof trained>>): number =>
  evaluateAll(net, batches(readDigits(1).test, { size: spec.batch! })).accuracy as number;

test("mnist: the weights that are checked in read at least 0.97 of the test digits", async () => {
  expect(accuracyOf(await trained("mnist"))).toBeGreaterThanOrEqual(0.97);
});

test.runIf(anew)(
  "mnist, trained anew: at least 0.97",
  async () => {
    const { line, weights } = await train("mnist");
    const accuracy = accuracyOf(await trained("mnist", weights));
    expect(line).toBe(`test accuracy ${accuracy.toFixed(4)}`);
    expect(accuracy).toBeGreaterThanOrEqual(0.97);
  },
  1_800_000,
);

interface Judge {
  judged(net: Net, spec: Generated["spec"]): { readonly nats: number; readonly trigram: number };
  invent(net: Net, spec: Generated["spec"]): string[];
}
const { judged, invent } = (await import(/* @vite-ignore */ exampleFile("words/train.mjs").href)) as Judge;

const models = [
  ["words-lstm", 0.2],
  ["words-gpt", 0.15],
] as const;

test.each(models)("%s: its weights beat a trigram model by %d nats a character", async (name, margin) => {
  const { net, spec } = await trained(name);
  const { nats, trigram } = judged(net, spec);
  expect(trigram).toBeCloseTo(2.1769, 4);
  expect(trigram - nats).toBeGreaterThanOrEqual(margin);
});

test.each(models)("%s invents the words that are shown", async (name) => {
  const { net, spec } = await trained(name);
  const words = invent(net, spec);
  for (const word of words) expect(word).toMatch(/^[a-z]{1,13}$/);
  const shown = readFileSync(exampleFile("words/README.md"), "utf8").replaceAll(/\s+/g, " ");
  expect(shown).toContain(` ${words.join(" ")} `);
});

test.runIf(anew).each(models)(
  "%s, trained anew: ahead of a trigram model by %d nats a character",
  async (name, margin) => {
    const { line, weights } = await train(name);
    const { net, spec } = await trained(name, weights);
    const { nats, trigram } = judged(net, spec);
    const ahead = trigram - nats;
    expect(line).toBe(
      `test nats a character ${nats.toFixed(4)}, ${ahead.toFixed(4)} less than a trigram model`,
    );
    expect(ahead).toBeGreaterThanOrEqual(margin);
  },
  1_800_000,
);
