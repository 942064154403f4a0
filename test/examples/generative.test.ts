import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import autoencoder from "../../examples/autoencoder/autoencoder.model.ts";
import digits from "../../examples/digits/digits.model.ts";
import gan from "../../examples/gan/gan.model.ts";
import type { Net } from "../../src/cli/train/module.ts";
import { batches, split, type Batch } from "../../src/data/index.ts";
import { evaluateAll, fit, loadWeights } from "../../src/train/index.ts";
import { exampleFile, exampleTable, running } from "./run.ts";

// WebAssembly learns several times as fast; the long run has JavaScript learn it too, if more slowly.
const target = process.env["GRADC_LONG"] ? "js" : "wasm";

interface Measure {
  normals(seed: number): () => number;
  compared(drawn: Float32Array, real: Float32Array): { mean: number; deviation: number };
  confidenceOf(judge: Net, images: Float32Array): { confidence: number; classes: number };
}
type Call = (...args: unknown[]) => Readonly<Record<string, Float32Array>>;

const imagesOf = ({ rows }: { rows: readonly (readonly string[])[] }): Batch => ({
  inputs: [Float32Array.from(rows.flatMap((row) => row.slice(0, 64).map((text) => Number(text) / 16)))],
  n: rows.length,
});

test("gan: with each of two seeds, drawn digits are spread as real ones are, and look like digits", async () => {
  const measure = (await import(exampleFile("gan/measure.mjs").href)) as Measure;
  const { generated } = await running(gan, { target });
  const { generated: seeing } = await running(digits);
  const judge = seeing.create();
  loadWeights(judge, seeing.spec, readFileSync(exampleFile("digits/digits.safetensors")));
  const real = imagesOf(exampleTable("digits"));
  const pixels = real.inputs[0] as Float32Array;
  for (const seed of [1, 2]) {
    const net = generated.create({ seed });
    const draw = (): Float32Array => {
      const normal = measure.normals(seed);
      const parts = Array.from({ length: 16 }, () => {
        const code = Float32Array.from({ length: 64 * 16 }, normal);
        return [...(net as unknown as Record<string, Call>)["draw"](code)["digits"]];
      });
      return Float32Array.from(parts.flat());
    };
    const before = measure.compared(draw(), pixels);
    for (let epoch = 1; epoch <= 20; epoch++) {
      for (const { inputs, n } of batches(real, { size: 64, seed: epoch })) {
        net.steps!["discriminator"].trainStep(inputs[0] as Float32Array, n);
        net.steps!["generator"].trainStep(n);
      }
    }
    const after = measure.compared(draw(), pixels);
    expect([before.mean, before.deviation].every((apart) => apart > 0.15)).toBe(true);
    expect(after.mean).toBeLessThan(0.07);
    expect(after.deviation).toBeLessThan(0.07);
    // Real digits reach 0.99 and ten kinds; a mean image would be seen as one kind.
    const { confidence, classes } = measure.confidenceOf(judge, draw());
    expect(confidence).toBeGreaterThan(0.75);
    expect(classes).toBeGreaterThanOrEqual(9);
  }
}, 120_000);

test("autoencoder: eight numbers keep more of unseen digits than the best eight linear ones", async () => {
  const parts = split(exampleTable("digits"), {
    fractions: { train: 0.8, test: 0.2 },
    by: "stratified",
    label: "digit",
    seed: 1,
  });
  const [train, unseen] = [parts.train, parts.test].map(imagesOf);
  const { generated } = await running(autoencoder, { target });
  const net = generated.create({ seed: 1 });
  await fit(net, { train: batches(train, { size: 32, seed: 1 }), epochs: 30 });
  const { loss } = evaluateAll(net, batches(unseen, { size: 64 }));
  expect(loss as number).toBeLessThan(0.8 * linearError(train, unseen, 8));
  // The whole is its two halves.
  const x = (unseen.inputs[0] as Float32Array).slice(0, 640);
  const halves = net as unknown as Record<string, Call>;
  const { code } = halves["encode"](x);
  const { image } = halves["decode"](code.slice(0, 80));
  const whole = net.predict(x)["image"];
  for (let k = 0; k < 640; k++) expect(image[k]).toBeCloseTo(whole[k], 5);
}, 60_000);

/** The mean square error of principal components, found by power iteration with deflation. */
function linearError({ inputs: [known], n }: Batch, unseen: Batch, components: number): number {
  const mean = new Float64Array(64);
  for (const [k, value] of known.entries()) mean[k % 64] += value / n;
  const covariance = Array.from({ length: 64 }, () => new Float64Array(64));
  for (let row = 0; row < n; row++)
    for (let i = 0; i < 64; i++)
      for (let j = 0; j < 64; j++)
        covariance[i][j] += ((known[64 * row + i] - mean[i]) * (known[64 * row + j] - mean[j])) / n;
  const rest = Float64Array.from(unseen.inputs[0], (value, k) => value - mean[k % 64]);
  for (let component = 0; component < components; component++) {
    let axis = Float64Array.from({ length: 64 }, (_, k) => Math.sin(k + component + 1));
    let size = 0;
    for (let round = 0; round < 300; round++) {
      const next = covariance.map((line) => line.reduce((sum, value, k) => sum + value * axis[k], 0));
      size = Math.hypot(...next);
      axis = Float64Array.from(next, (value) => value / size);
    }
    for (let i = 0; i < 64; i++) for (let j = 0; j < 64; j++) covariance[i][j] -= size * axis[i] * axis[j];
    for (let row = 0; row < unseen.n; row++) {
      const at = axis.reduce((sum, value, k) => sum + value * rest[64 * row + k], 0);
      for (let k = 0; k < 64; k++) rest[64 * row + k] -= at * axis[k];
    }
  }
  return rest.reduce((sum, value) => sum + value ** 2, 0) / rest.length;
}
