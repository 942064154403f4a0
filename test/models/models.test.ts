/*
 * Whole models, drawn at random through what users declare models with, trained for a few calls on every target and
 * compared. `GRADC_SEEDS=1..150 npx vitest run test/models` runs other seeds; one in four is a large model.
 */
import { describe, expect, test } from "vitest";
import { hasRelaxed } from "../../src/backends/wasm/host.ts";
import { allowRelaxed } from "../wasm/relaxed.ts";
import { wrongSlope } from "./differences.ts";
import { decisionsIn } from "./decisions.ts";
import { buildsOf, strictOf } from "./builds.ts";
import { doubleOf, fallingAndRising, graphsOf, wrongOver } from "./course.ts";
import { randomModel } from "./random-model.ts";
import { seedsOf } from "./seeds.ts";

allowRelaxed();

/** An evaluation by hand takes about a second for so many operations. */
const leisure = 2e6;

interface Found {
  readonly wrong: readonly string[];
  readonly met: ReadonlySet<string>;
  /** Whether differences of its loss say anything of the gradients. */
  readonly smooth: boolean;
}

function examine(seed: number): Found {
  const large = seed % 4 === 0;
  let words = "";
  try {
    const { model, rows: batch, describe } = randomModel(seed, large ? "large" : "small");
    const { double, js, relaxed } = buildsOf(model, !large);
    words = describe();
    const ns = fallingAndRising(batch);
    const few = Math.max(1, Math.floor(leisure / double.compilation.sizes.flopsPerRow));
    const wrong = wrongOver(double, large ? [Math.min(few, batch), 1] : ns, seed, graphsOf(double));
    for (const build of [js, strictOf(relaxed), ...(hasRelaxed() ? [relaxed] : [])])
      wrong.push(...wrongOver(build, ns, seed, doubleOf(build, double)));
    const slope = wrongSlope(double, batch, seed);
    if (typeof slope === "string") wrong.push(slope);
    const met = new Set([js, relaxed].flatMap(({ compilation }) => [...decisionsIn(compilation.kernels)]));
    return { wrong: wrong.map((text) => `seed ${seed}: ${text}\n    ${words}`), met, smooth: slope === null };
  } catch (error) {
    const place = (error as Error).stack?.split("\n").slice(0, 6).join(" | ");
    return { wrong: [`seed ${seed}: ${place}\n    ${words}`], met: new Set(), smooth: false };
  }
}

const seeds = seedsOf({ long: 120, short: 6 });
const decisions = [
  "rows and columns tiled", "depth cut at a diagonal", "columns folded side by side", "lanes inside", "lanes outside",
  "whole tiles beyond n", "one row alone", "functions called", "panels", "inside a loop over time", "several stages",
  "scalars around the loops", "nest take", "nest scatterAdd", "nest cumsum", "nest argSort",
]; // prettier-ignore

describe(`random models, seeds ${seeds[0]} to ${seeds.at(-1)}`, () => {
  test("train alike on every target", { timeout: 60_000 + 20_000 * seeds.length }, () => {
    const found = seeds.map(examine);
    const wrong = found.flatMap((one) => one.wrong);
    if (wrong.length > 0) expect.fail(`${wrong.length} differences:\n${wrong.slice(0, 40).join("\n")}`);
    // Kinks make differences useless for some models.
    if (seeds.length >= 100)
      expect(found.filter(({ smooth }) => smooth).length).toBeGreaterThan(seeds.length / 2);
    // Models that leave a decision of the schedule out would say nothing of it.
    const met = new Set(found.flatMap((one) => [...one.met]));
    if (seeds.length >= 100) expect([...met]).toEqual(expect.arrayContaining(decisions));
  });
});
