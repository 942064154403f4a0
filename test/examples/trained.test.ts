import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Generated, Net } from "../../src/cli/train/module.ts";
import { batches, type Batch } from "../../src/data/index.ts";
import { evaluateAll, loadWeights } from "../../src/train/index.ts";
import { exampleFile } from "./run.ts";

// What takes minutes to train has its weights checked in. They are judged here; GRADC_LONG=1 trains anew as well.
const long = process.env["GRADC_LONG"] !== undefined;
const written = vi.hoisted(() => [] as Uint8Array[]);
vi.mock(import("node:fs"), async (original) => ({
  ...(await original()),
  writeFileSync: (_path: unknown, bytes: unknown) => void written.push(bytes as Uint8Array),
}));

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
  const before = process.cpuUsage();
  written.length = 0;
  await import(/* @vite-ignore */ exampleFile(`${name}/train.mjs`).href);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6, "seconds of processor time").toBeLessThan(300);
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

test.runIf(long)(
  "mnist, trained anew: in under 5 minutes, at least 0.97",
  async () => {
    const { line, weights } = await train("mnist");
    const accuracy = accuracyOf(await trained("mnist", weights));
    expect(line).toBe(`test accuracy ${accuracy.toFixed(4)}`);
    expect(accuracy).toBeGreaterThanOrEqual(0.97);
  },
  1_800_000,
);
