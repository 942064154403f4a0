import { expect, test } from "vitest";
import { setLearningRate } from "../../src/cli/train/rate.ts";

const after = (hyper: Record<string, number>, rate: number): Record<string, number> => {
  setLearningRate(hyper, rate);
  return hyper;
};

test("--learning-rate keeps the proportion of groups", () => {
  expect(after({ learningRate: 0.5, "encoder/learningRate": 0.125, momentum: 0.9 }, 2)).toEqual({
    learningRate: 2,
    "encoder/learningRate": 0.5,
    momentum: 0.9,
  });
  expect(after({ learningRate: 0.3 }, 0.1)).toEqual({ learningRate: 0.1 });
  expect(after({ "a/learningRate": 1, "b/learningRate": 2 }, 0.1)).toEqual({
    "a/learningRate": 0.1,
    "b/learningRate": 0.1,
  });
  expect(after({ learningRate: 0, "a/learningRate": 1 }, 0.1)).toEqual({
    learningRate: 0.1,
    "a/learningRate": 0.1,
  });
  expect(() => setLearningRate({ momentum: 0.9 }, 1)).toThrow(
    "the model's optimizer has no learning rate to set",
  );
});
