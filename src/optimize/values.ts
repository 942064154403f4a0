import type { Value } from "../ir/graph.ts";
import type { Dim } from "../ir/type.ts";
import { full } from "../ops/broadcast.ts";
import { ops } from "../ops/table.ts";

export { numberOf } from "../ops/broadcast.ts";

/** A tensor of x's type filled with one number. */
export const like = (x: Value, value: number): Value => full(value, x.type);

/** A number that stays finite, nonzero and normal in f32, so that merging constants loses no range. */
export const isModest = (value: number): boolean => Math.abs(value) > 2 ** -100 && Math.abs(value) < 2 ** 100;

/** Divisors whose reciprocal is exact. */
export const isPowerOfTwo = (value: number): boolean =>
  isModest(value) &&
  Math.log2(Math.abs(value)) % 1 === 0 &&
  2 ** Math.log2(Math.abs(value)) === Math.abs(value);

/** Attributes by their usual names, for rules that were matched whatever the attributes are. */
export const axesOf = ({ node }: Value): readonly number[] => node.attrs["axes"] as readonly number[];
export const permutationOf = ({ node }: Value): readonly number[] =>
  node.attrs["permutation"] as readonly number[];
export const numbersOf = ({ node }: Value, name: string): readonly number[] =>
  node.attrs[name] as readonly number[];
export const dimsOf = ({ node }: Value, name: string): readonly Dim[] => node.attrs[name] as readonly Dim[];

/** The value that a matched node was given as input `k`. */
export const inputOf = ({ node }: Value, k = 0): Value => node.inputs[k];

/** True for ops whose inputs may change places without changing a bit of the result. */
export const isCommutative = (op: string): boolean => ops.get(op)?.commutative === true;
