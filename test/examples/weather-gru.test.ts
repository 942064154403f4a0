import { expect, test } from "vitest";
import weatherGru from "../../examples/weather-gru/weather-gru.model.ts";
import type { Generated } from "../../src/cli/train/module.ts";
import type { Batch } from "../../src/data/index.ts";
import { exampleFile, running } from "./run.ts";

// WebAssembly learns several times as fast; the long run has JavaScript learn it too.
const target = process.env["GRADC_LONG"] ? "js" : "wasm";
type Week = Batch & { readonly today: readonly number[] };
interface LinearModel {
  readonly weights: readonly number[];
  readonly meanError: (data: Batch) => number;
}
const load = async <T>(path: string): Promise<T> =>
  (await import(/* @vite-ignore */ exampleFile(`weather-gru/${path}`).href)) as T;
const { readDays, weeks, days, features } = await load<{
  readDays(): number[][];
  weeks(all: readonly (readonly number[])[]): Readonly<Record<"train" | "validation" | "test", Week>>;
  days: number;
  features: number;
}>("days.mjs");
const { linearModel, meanError } = await load<{
  linearModel(data: Batch): LinearModel;
  meanError(data: Batch, predict: (row: number) => number): number;
}>("linear.mjs");
const { learn } = await load<{
  learn(
    generated: Generated,
    seed: number,
  ): Promise<{ readonly mae: number; readonly linear: number; readonly likeToday: number }>;
}>("learn.mjs");

test("a row is seven days that follow each other, and what is to be predicted comes after them", () => {
  const all = readDays();
  expect(all.length).toBe(1461);
  const parts = weeks(all);
  const { train, validation, test: future } = parts;
  expect(train.n + validation.n + future.n).toBe(1461 - 7);
  expect(Math.abs(future.n - 0.2 * 1454)).toBeLessThan(1);
  const highest = all.map((day) => Math.fround(day[1]));
  const inOrder = Object.values(parts).flatMap(({ inputs }) => Array.from(inputs[1]));
  expect(inOrder).toEqual(highest.slice(7));
  expect(Object.values(parts).flatMap(({ today }) => today.map(Math.fround))).toEqual(highest.slice(6, -1));
  const [x] = train.inputs;
  expect(x.length).toBe(train.n * days * features);
  // The second row is the first one a day later.
  const width = days * features;
  expect(x.slice(width, 2 * width - features)).toEqual(x.slice(features, width));
  // Standardised by the days of training alone, of which the rows leave out the first and the last few.
  const temperatures = Array.from({ length: train.n }, (_, row) => x[row * width + 1]);
  const mean = temperatures.reduce((sum, value) => sum + value, 0) / train.n;
  const variance = temperatures.reduce((sum, value) => sum + (value - mean) ** 2, 0) / train.n;
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(Math.abs(variance - 1)).toBeLessThan(0.02);
});

test("the linear model finds the function that made the data, and has the least squared error otherwise", () => {
  const n = 60;
  const x = Float32Array.from({ length: n * days * features }, (_, k) => Math.sin(k * k));
  const today = (row: number, k: number): number => x[(row * days + days - 1) * features + k];
  const y = Float32Array.from({ length: n }, (_, row) => 3 + 2 * today(row, 0) - 0.5 * today(row, 10));
  const exact = linearModel({ inputs: [x, y], n });
  expect(exact.meanError({ inputs: [x, y], n })).toBeLessThan(1e-3);
  const expected = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, -0.5, 3];
  for (const [k, weight] of exact.weights.entries()) expect(weight).toBeCloseTo(expected[k], 3);
  expect(meanError({ inputs: [x, y], n }, (row) => y[row] + (row % 2 === 0 ? 1 : -3))).toBe(2);
});

test("on days after those it learned from, nearer than a linear model and than today: each of three seeds", async () => {
  const { generated } = await running(weatherGru, { target });
  for (const seed of [1, 2, 3]) {
    const { mae, linear, likeToday } = await learn(generated, seed);
    expect(likeToday).toBeCloseTo(2.35, 2);
    expect(linear).toBeCloseTo(2.17, 2);
    expect(mae).toBeLessThan(linear);
  }
}, 180_000);
