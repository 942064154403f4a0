import { builder } from "../../ir/builder.ts";
import { isLeaf, nodesOf, type Node, type Value } from "../../ir/graph.ts";
import * as marks from "../../ops/marks.ts";
import { isValue, shown } from "../check.ts";
import { here, refuse } from "../context.ts";

/** What a checkpointed function gives: a value, or values in an array or an object. */
export type Values = Value | readonly Value[] | { readonly [name: string]: Value };

/**
 * The same function, whose inside is not kept for the gradient: backward computes it again from its arguments and
 * from what it captured, parameters too, which saves the memory of everything between. Values, gradients and random
 * draws are the same. The function gives a value, or an array or an object of values.
 * Fails with "value" for what is not a function or does not give values.
 */
export function checkpoint<A extends readonly unknown[], R extends Values>(
  fn: (...args: A) => R,
): (...args: A) => R;
export function checkpoint<A extends readonly [unknown, ...unknown[]], R extends Values>(
  fn: (...args: A) => R,
  ...args: A
): R;
export function checkpoint(fn: (...args: unknown[]) => Values, ...args: unknown[]): unknown {
  if (typeof fn !== "function") {
    refuse("value", `checkpoint takes a function, found ${shown(fn)}`, "checkpoint((x) => …, x)");
  }
  const wrapped = (...given: unknown[]): Values => {
    const { result, made } = builder().watch(() => fn(...given));
    const ends = new Set(given.flatMap(valuesIn));
    if (isValue(result)) return kept([result], made, ends)[0];
    if (Array.isArray(result)) return kept((result as unknown[]).map((y, k) => outputOf(y, `output ${k}`)), made, ends); // prettier-ignore
    if (typeof result === "object" && result !== null) {
      const named = Object.entries(result as object);
      const values = kept(named.map(([name, y]) => outputOf(y, `output "${name}"`)), made, ends); // prettier-ignore
      return Object.fromEntries(named.map(([name], k) => [name, values[k]]));
    }
    return refuse("value", `the function of checkpoint must give graph values, found ${foundIn(result)}`);
  };
  return args.length === 0 ? wrapped : wrapped(...args);
}

/** The results behind one mark, so that what they have in common is computed again once. */
function kept(results: readonly Value[], made: ReadonlySet<Node>, ends: ReadonlySet<Value>): Value[] {
  const captured = capturedBy(results, made, ends);
  // What comes from outside, such as an argument that is given back, has nothing before it to compute again.
  const own = [...new Set(results)].filter((y) => !captured.includes(y));
  if (own.length === 0) return [...results];
  const { node } = here(() => marks.checkpoint([...own, ...captured], { results: own.length }));
  return results.map((y) => node.outputs[own.indexOf(y)] ?? y);
}

const foundIn = (thing: unknown): string => (thing === undefined ? "nothing" : shown(thing));

function outputOf(y: unknown, what: string): Value {
  return isValue(y)
    ? y
    : refuse("value", `${what} of the function of checkpoint is ${foundIn(y)}, not a graph value`);
}

/** The values among arguments, which may be lists and records of them. */
function valuesIn(thing: unknown): Value[] {
  if (isValue(thing)) return [thing];
  if (Array.isArray(thing)) return thing.flatMap(valuesIn);
  const plain =
    typeof thing === "object" && thing !== null && Object.getPrototypeOf(thing) === Object.prototype;
  return plain ? Object.values(thing).flatMap(valuesIn) : [];
}

/**
 * Where the computation of some results leaves what a function made: its arguments, the leaves it reads (parameters
 * among them), and values from outside.
 */
export function capturedBy(
  results: readonly Value[],
  made: ReadonlySet<Node>,
  ends: ReadonlySet<Value>,
): Value[] {
  const outside = { has: (value: Value) => ends.has(value) || isLeaf(value.node) || !made.has(value.node) };
  const inside = nodesOf(results, outside).flatMap(({ inputs }) => inputs);
  return [...new Set([...results, ...inside].filter((value) => outside.has(value)))];
}
