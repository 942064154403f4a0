/*
 * Models without a batch, drawn at random and compared as those with one are; of the tiny ones, whole passes are straight
 * lines. `GRADC_SEEDS=1..300 npx vitest run test/models/batchless` runs other seeds; one in three compares numbers that
 * are one but for rounding.
 */
import { describe, expect, test } from "vitest";
import { hasRelaxed } from "../../src/backends/wasm/host.ts";
import { allowRelaxed } from "../wasm/relaxed.ts";
import { buildsOf, strictOf } from "./builds.ts";
import { doubleOf, graphsOf, wrongOver, wrongSteps } from "./course.ts";
import { wrongSlope } from "./differences.ts";
import { randomModel } from "./random-model.ts";
import { seedsOf } from "./seeds.ts";

allowRelaxed();

const calls = [1, 1, 1, 1, 1];

/** What is wrong with a model, and whether its training step is straight lines. */
interface Found {
  readonly wrong: readonly string[];
  readonly straight: boolean;
}

function examine(seed: number): Found {
  const ties = seed % 3 === 0;
  let words = "";
  try {
    const { model, describe } = randomModel(seed, "tiny", ties);
    const { double, js, relaxed } = buildsOf(model, true);
    words = describe();
    const others = [js, strictOf(relaxed), ...(hasRelaxed() ? [relaxed] : [])];
    const wrong = [double, ...others].flatMap((build) => wrongSteps(build, calls, seed));
    // Which of two numbers that are one but for rounding is the larger, no two targets need agree on.
    if (!ties) {
      wrong.push(...wrongOver(double, calls, seed, graphsOf(double)));
      for (const build of others) wrong.push(...wrongOver(build, calls, seed, doubleOf(build, double)));
      const slope = wrongSlope(double, 1, seed);
      if (typeof slope === "string") wrong.push(slope);
    }
    const straight = js.compilation.loops.functions.some(({ name }) => name === "training_step");
    return { wrong: wrong.map((text) => `seed ${seed}: ${text}\n    ${words}`), straight };
  } catch (error) {
    const place = (error as Error).stack?.split("\n").slice(0, 6).join(" | ");
    return { wrong: [`seed ${seed}: ${place}\n    ${words}`], straight: false };
  }
}

const seeds = seedsOf({ long: 90, short: 4 });

describe(`random models without a batch, seeds ${seeds[0]} to ${seeds.at(-1)}`, () => {
  test("train alike on every target", { timeout: 60_000 + 10_000 * seeds.length }, () => {
    const found = seeds.map(examine);
    const wrong = found.flatMap((one) => one.wrong);
    if (wrong.length > 0) expect.fail(`${wrong.length} differences:\n${wrong.slice(0, 40).join("\n")}`);
    // Both sides of the limit are met: straight lines, and what has too many of them, or loops of its own.
    const straight = found.filter((one) => one.straight).length / seeds.length;
    if (seeds.length >= 60) expect(Math.abs(straight - 0.5), `${straight}`).toBeLessThan(0.3);
  });
});
