import type { Value } from "../ir/graph.ts";
import { tensorType, type Dim } from "../ir/type.ts";
import { constant, leaf } from "../ops/leaves.ts";
import * as ops from "../ops/random.ts";
import { checkNumber, checkOptions } from "./check.ts";
import { currentRun, floatType, here, refuse } from "./context.ts";
import { inverseErf } from "./normal.ts";
import { seedLeaf } from "./param.ts";
import { assignNext } from "./state.ts";
import { add, less, lessEqual, mul, sub } from "./sugar/elementwise.ts";
import { checkShape } from "./types.ts";

const [seedName, counterName] = ["random/seed", "random/counter"];
const word = tensorType("u32", []);

/** What every draw of a model starts from: its seed, and how many updates have been made with draws. */
function source(): { readonly seed: Value; readonly counter: Value } {
  const { states, parameters } = currentRun();
  const [seed, counter] = [leaf("state", seedName, word), leaf("state", counterName, word)];
  if (!states.has(counterName)) {
    const taken = [seedName, counterName].find((name) => states.has(name) || parameters.has(name));
    if (taken !== undefined)
      refuse("duplicate", `"${taken}" is the name of what random draws save`, "give yours another name");
    states.set(seedName, { leaf: seed, initial: seedLeaf() });
    states.set(counterName, { leaf: counter });
    const one = constant({ value: 1, dtype: "u32", shape: [] });
    assignNext(counter, (before) => add(before, one));
  }
  return { seed, counter };
}

/**
 * A draw's own stream: draws are numbered in the order in which build makes them. Layers that draw in training only
 * take their number in inference too, so that a draw has one stream in both.
 */
export function drawBits(shape: readonly Dim[]): Value {
  const { seed, counter } = source();
  return ops.randomBits(seed, counter, { shape, stream: currentRun().draws.count++ });
}

const shaped = (what: string, shape: readonly Dim[]): readonly Dim[] => [
  ...checkShape(`the shape of ${what}`, shape),
];
const uniformOf = (bits: Value): Value => ops.uniformFromBits(bits, { dtype: floatType() });

/** Standard normal numbers by inverting the distribution function; the largest magnitude is 5.4. */
export const normalOf = (bits: Value): Value =>
  // A symmetric grid of odd multiples of 2^-24 inside (−1, 1), never ±1.
  mul(inverseErf(sub(mul(uniformOf(bits), 2), 1 - 2 ** -24)), Math.SQRT2);

/** True with a probability from 0 to 1, in steps of 2^-32. */
export function bernoulliOf(bits: Value, probability: number): Value {
  const threshold = Math.round(probability * 2 ** 32);
  const bound = (value: number): Value => constant({ value, dtype: "u32", shape: [] });
  // 2^32 is no word, so the bound of a probability of 1 must be included.
  return threshold > 0 ? lessEqual(bits, bound(threshold - 1)) : less(bits, bound(0));
}

/**
 * 32 random bits an element, u32: other ones after each update, the same ones until then. They come from
 * Threefry-2x32-20, with (seed, number of the draw) as its key and (element, updates) as its counter, so that a run
 * is reproduced from its seed and resumed exactly. Inference draws too, but never moves on.
 * @param shape may hold the batch; row i of it does not depend on how many rows there are
 */
export const randomBits = (shape: readonly Dim[]): Value => here(() => drawBits(shaped("randomBits", shape)));

/** Numbers evenly from [min, max), on a grid of 2^24 steps; [0, 1) by default. Drawn like `randomBits`. */
export const randomUniform = (
  shape: readonly Dim[],
  options: { readonly min?: number; readonly max?: number } = {},
): Value =>
  here(() => {
    checkOptions("randomUniform", options, ["min", "max"]);
    const [min, max] = [options.min ?? 0, options.max ?? 1];
    checkNumber("min of randomUniform", min);
    checkNumber("max of randomUniform", max, min);
    const unit = uniformOf(drawBits(shaped("randomUniform", shape)));
    return min === 0 && max === 1 ? unit : add(mul(unit, max - min), min);
  });

/** Normal numbers, of mean 0 and standard deviation 1 by default. Drawn like `randomBits`. */
export const randomNormal = (
  shape: readonly Dim[],
  options: { readonly mean?: number; readonly stddev?: number } = {},
): Value =>
  here(() => {
    checkOptions("randomNormal", options, ["mean", "stddev"]);
    const mean = checkNumber("mean of randomNormal", options.mean ?? 0);
    const stddev = checkNumber("stddev of randomNormal", options.stddev ?? 1, 0);
    const scaled = mul(normalOf(drawBits(shaped("randomNormal", shape))), stddev);
    return mean === 0 ? scaled : add(scaled, mean);
  });

/** True with the given probability, ½ by default. Drawn like `randomBits`. */
export const randomBernoulli = (
  shape: readonly Dim[],
  options: { readonly probability?: number } = {},
): Value =>
  here(() => {
    checkOptions("randomBernoulli", options, ["probability"]);
    const probability = checkNumber("probability of randomBernoulli", options.probability ?? 0.5, 0);
    if (probability > 1)
      refuse("option", `probability of randomBernoulli must be at most 1, found ${probability}`);
    return bernoulliOf(drawBits(shaped("randomBernoulli", shape)), probability);
  });
