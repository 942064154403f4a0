import type { Compilation } from "../../compile.ts";
import type { NumericArray } from "../../data/index.ts";
import { functionEntries, stepEntries, type StepEntry } from "../entries.ts";
import type { Net, Spec } from "../train/module.ts";
import { ofRows } from "./graph.ts";
import type { Finding } from "./situation.ts";

/** One module's answers to the same calls, by what they are called. */
export type Answers = Map<string, ArrayLike<number>>;

/**
 * Of the largest number of a kind, so much counts as the size of a tensor that is smaller. Some gradients are sums that come
 * to nothing, such as that of a bias before `batchNorm`: only rounding is left of these, by the size of their terms.
 */
const leastShare = (kind: string, share: number): number =>
  kind.endsWith("gradient") && share < 1e-5 ? 0.1 : 0.01;

/** Compares what two modules answered, relative to the largest number of a tensor. */
export function compareAnswers(kind: string, expected: Answers, found: Answers, limit: number): Finding[] {
  // Beside the largest of its kind, what is zero but for rounding is zero.
  const largest = new Map<string, number>();
  for (const [key, values] of expected) {
    const kind = kindOf(key);
    largest.set(kind, Math.max(largest.get(kind) ?? 0, magnitude(values)));
  }
  return [...expected].map(([key, values]): Finding => {
    const own = kindOf(key);
    const [size, most] = [magnitude(values), largest.get(own)!];
    const scale = Math.max(size, leastShare(own, size / most) * most) || 1;
    const error = distance(values, found.get(key)!) / scale;
    return { kind, name: key, elements: values.length, error, limit };
  });
}

/**
 * Calls every function and step of a network: outputs, losses, gradients, and the parameters after an update, for which
 * `gradients` of the same names stand in: an optimizer that divides by their size would make much of what is nothing but
 * rounding.
 */
export function answersOf(
  compilation: Compilation,
  spec: Spec,
  net: Net,
  inputs: readonly NumericArray[],
  n: number | null,
  gradients: Answers,
): Answers {
  const rows = n === null ? [] : [n];
  const given = (chosen: readonly number[]): (NumericArray | number)[] => [
    ...chosen.map((k) => inputs[k]),
    ...rows,
  ];
  const answers: Answers = new Map();
  const { functions } = compilation.training.graphs;
  for (const [f, { name, inputs: chosen, call }] of functionEntries(compilation, spec, net).entries()) {
    const outputs = call(given(chosen));
    for (const output of functions[f].graph.outputs)
      answers.set(`${name}: ${output.name}`, ofRows(outputs[output.name], output.value.type.shape, n ?? 1));
  }
  for (const entry of stepEntries(compilation, spec, net))
    for (const answer of stepAnswers(entry, net, given(entry.inputs), gradients)) answers.set(...answer);
  return answers;
}

/** What a step says, with gradients of the same names put in place of its own before it updates. */
function stepAnswers(
  { name, graphs, step }: StepEntry,
  net: Net,
  args: readonly (NumericArray | number)[],
  given: Answers,
): [string, ArrayLike<number>][] {
  const own = name === null ? "" : `${name} `;
  const answers: [string, ArrayLike<number>][] = [[`${own}loss: loss`, [step.forward(...args)]]];
  step.backward();
  for (const [path, values] of Object.entries(step.gradients)) {
    const key = `${own}gradient: ${path}`;
    answers.push([key, values.slice()]);
    const other = given.get(key);
    if (other) values.set(other);
  }
  if (!graphs.update) return answers;
  step.update();
  for (const [path, values] of Object.entries(net.params))
    answers.push([`after ${own}update: ${path}`, values.slice()]);
  return [...answers, [`${own}trainStep: loss`, [step.trainStep(...args)]]];
}

const kindOf = (key: string): string => key.split(": ", 1)[0];
const magnitude = (values: ArrayLike<number>): number => {
  let most = 0;
  for (let k = 0; k < values.length; k++)
    if (Number.isFinite(values[k])) most = Math.max(most, Math.abs(values[k]));
  return most;
};
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let k = 0; k < a.length; k++) {
    const apart = Object.is(a[k], b[k]) || a[k] === b[k] ? 0 : Math.abs(a[k] - b[k]);
    // A number on one side alone is infinitely far from none.
    most = Math.max(most, Number.isNaN(apart) ? Infinity : apart);
  }
  return most;
}
