import { expect, test } from "vitest";
import {
  accuracy,
  batch,
  confusionMatrix,
  defineModel,
  f1,
  f32,
  i32,
  meanAbsoluteError,
  mul,
  precision,
  recall,
  sumSquaredError,
} from "gradc";
import { buildGraph } from "../../src/nn/index.ts";
import { asCells, run } from "./run.ts";
import { ownGraphs } from "../own-graphs.ts";

const n = batch(8);

test("class metrics agree with counts by hand, over two calls", () => {
  const model = defineModel({
    name: "classes",
    inputs: { logits: f32(n, 3), y: i32(n), hot: f32(n, 3) },
    build: ({ logits, y, hot }) => ({
      outputs: { logits },
      metrics: {
        accuracy: accuracy(logits, y),
        hot: accuracy(logits, hot),
        confusion: confusionMatrix(logits, y),
        precision: precision(logits, y),
        recall: recall(logits, y),
        f1: f1(logits, y),
      },
    }),
  });
  const built = buildGraph(model);
  const { evaluate } = ownGraphs(built);
  if (!evaluate) throw new Error("no evaluate graph");
  expect(built.metrics.map(({ name, shape }) => [name, shape])).toContainEqual(["confusion", [3, 3]]);
  const truth = [0, 0, 0, 1, 1, 2, 2, 2];
  const guess = [0, 0, 1, 1, 2, 2, 2, 0];
  const hot = (k: number): number[] => [0, 1, 2].map((j) => Number(j === k));
  const call = (from: number, to: number, before: object): Map<string, number[]> =>
    run(
      evaluate,
      {
        ...before,
        logits: guess.slice(from, to).flatMap(hot),
        y: truth.slice(from, to),
        hot: truth.slice(from, to).flatMap(hot),
      },
      to - from,
    );
  const result = call(5, 8, asCells(call(0, 5, {})));
  expect(result.get("confusion")).toEqual([2, 1, 0, 0, 1, 1, 1, 0, 2]);
  expect(result.get("accuracy")).toEqual([5 / 8]);
  expect(result.get("hot")).toEqual([5 / 8]);
  expect(result.get("precision")?.[0]).toBeCloseTo((2 / 3 + 1 / 2 + 2 / 3) / 3, 15);
  expect(result.get("recall")?.[0]).toBeCloseTo((2 / 3 + 1 / 2 + 2 / 3) / 3, 15);
  expect(result.get("f1")?.[0]).toBeCloseTo((2 / 3 + 1 / 2 + 2 / 3) / 3, 15);
  expect(built.cells.find((cell) => cell.name === "y")?.limit).toBe(3);
});

test("binary metrics, scalar metrics and static models", () => {
  const model = defineModel({
    name: "binary",
    inputs: { z: f32(n, 1), y: i32(n), t: f32(n) },
    build: ({ z, y, t }) => ({
      outputs: { z },
      metrics: {
        accuracy: accuracy(z, y),
        precision: precision(z, y),
        recall: recall(z, y),
        f1: f1(z, y),
        strict: recall(z, y, { threshold: 1.5 }),
        mae: meanAbsoluteError(mul(t, 2), t),
      },
    }),
  });
  const { evaluate } = ownGraphs(buildGraph(model));
  if (!evaluate) throw new Error("no evaluate graph");
  const cells = { z: [1, 2, -1, -2, 3, -1], y: [1, 0, 1, 0, 1, 0], t: [1, 2, 3, 4, 5, 6] };
  const result = run(evaluate, cells, 6);
  // Two hits, one false alarm, one miss, two right refusals.
  expect(result.get("accuracy")).toEqual([4 / 6]);
  expect(result.get("precision")).toEqual([2 / 3]);
  expect(result.get("recall")).toEqual([2 / 3]);
  expect(result.get("f1")).toEqual([4 / 6]);
  expect(result.get("strict")).toEqual([1 / 3]);
  expect(result.get("mae")).toEqual([3.5]);
  const none = run(evaluate, { z: [-1], y: [0], t: [1] }, 1);
  expect(none.get("precision")).toEqual([0]);

  const still = defineModel({
    name: "static",
    inputs: { x: f32(2), y: f32(2) },
    build: ({ x, y }) => ({ outputs: { x }, loss: sumSquaredError(x, y) }),
  });
  const evaluated = ownGraphs(buildGraph(still)).evaluate;
  if (!evaluated) throw new Error("no evaluate graph");
  const first = asCells(run(evaluated, { x: [1, 2], y: [0, 0] }));
  expect(run(evaluated, { ...first, x: [0, 0], y: [0, 0] }).get("loss")).toEqual([1.25]);
});

test("metrics refuse shapes that do not belong together", () => {
  const model = defineModel({
    name: "odd",
    inputs: { z: f32(n, 3), y: i32(n, 2) },
    build: ({ z, y }) => ({ outputs: { z }, metrics: { accuracy: accuracy(z, y) } }),
  });
  expect(() => buildGraph(model)).toThrow(
    /accuracy: logits f32\[n,3\] and labels i32\[n,2\] do not belong together/,
  );
});
