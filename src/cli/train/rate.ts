import { fail } from "../../base/errors.ts";

/**
 * Sets an optimizer's learning rate. Groups of parameters keep their proportion to it; where there is no rate but
 * those of groups, or a rate of 0 to compare with, each becomes the one that is asked for.
 */
export function setLearningRate(hyper: Record<string, number>, rate: number): void {
  const names = Object.keys(hyper).filter((name) => name.split("/").at(-1) === "learningRate");
  if (names.length === 0) fail("no-learning-rate", "the model's optimizer has no learning rate to set");
  const base = names.includes("learningRate") ? hyper["learningRate"] : 0;
  for (const name of names) {
    hyper[name] = base > 0 && name !== "learningRate" ? (hyper[name] / base) * rate : rate;
  }
}
