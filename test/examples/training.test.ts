import { expect, test } from "vitest";
import digits from "../../examples/digits/digits.model.ts";
import iris from "../../examples/iris/iris.model.ts";
import penguins from "../../examples/penguins/penguins.model.ts";
import weather from "../../examples/weather/weather.model.ts";
import type { Model } from "../../src/index.ts";
import { columnTexts, split } from "../../src/data/index.ts";
import { exampleTable, running, trainAndTest, type Plan } from "./run.ts";

/** The metric of each seed, on a fifth of the rows that was held out. */
async function tested(
  model: Model,
  metric: string,
  seeds: readonly number[],
  plan: Omit<Plan, "seed">,
): Promise<number[]> {
  const { generated } = await running(model);
  const found: number[] = [];
  for (const seed of seeds) {
    const { test } = await trainAndTest(generated, { ...plan, seed });
    found.push(test[metric] as number);
  }
  return found;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

test("iris: the median accuracy of five seeds is at least 0.93", async () => {
  const plan = { table: exampleTable("iris"), label: "species", epochs: 200 };
  expect(median(await tested(iris, "accuracy", [1, 2, 3, 4, 5], plan))).toBeGreaterThanOrEqual(0.93);
});

test("penguins, with missing values and categories: at least 0.97 with each of three seeds", async () => {
  const plan = { table: exampleTable("penguins"), label: "species", epochs: 200 };
  for (const accuracy of await tested(penguins, "accuracy", [1, 2, 3], plan)) {
    expect(accuracy).toBeGreaterThanOrEqual(0.97);
  }
});

test("digits: at least 0.96 with each of three seeds", async () => {
  const plan = { table: exampleTable("digits"), label: "digit", epochs: 60, validation: 0 };
  for (const accuracy of await tested(digits, "accuracy", [1, 2, 3], plan)) {
    expect(accuracy).toBeGreaterThanOrEqual(0.96);
  }
});

test("weather: on days after those it learned from, nearer than taking tomorrow to be like today", async () => {
  const table = exampleTable("weather");
  const { test: future } = split(table, {
    fractions: { train: 0.8, test: 0.2 },
    by: "chronological",
  });
  const [today, tomorrow] = ["temp_max", "temp_max_tomorrow"].map((name) =>
    columnTexts(future, name).map(Number),
  );
  const likeToday = today.reduce((sum, value, i) => sum + Math.abs(value - tomorrow[i]), 0) / today.length;
  expect(likeToday).toBeCloseTo(2.36, 1);
  for (const mae of await tested(weather, "mae", [1, 2, 3], { table, epochs: 200 })) {
    expect(mae).toBeLessThan(Math.min(2.36, likeToday));
  }
});
