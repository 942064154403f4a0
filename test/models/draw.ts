import type { ActivationName, Value } from "gradc";
import { isBatch } from "../../src/ir/type.ts";
import { randomFrom } from "../ops/sample.ts";

/** Large models meet every decision of the schedule; small ones are many; tiny ones have no batch. */
export type Size = "large" | "small" | "tiny";

/** Where a model's random choices come from, and how large it may become. */
export class Draw {
  /** What was drawn, in words. */
  readonly words: string[] = [];
  /** What the model has computed before. */
  readonly earlier: Value[] = [];
  /** The elements a value may have beside the batch. */
  readonly room: number;
  readonly size: Size;
  /** Whether numbers are compared that are one number but for rounding. */
  readonly ties: boolean;
  readonly #random: () => number;

  constructor(seed: number, size: Size, ties: boolean) {
    this.#random = randomFrom(seed);
    this.size = size;
    this.ties = ties;
    // On both sides of what is written out in straight lines.
    this.room = { large: 2048, small: 144, tiny: [2, 3, 5, 16][seed % 4] }[size];
  }

  get large(): boolean {
    return this.size === "large";
  }
  /** A whole number from low to high, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }
  chance(share: number): boolean {
    return this.#random() < share;
  }
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)];
  }
  /** A width of at most `most`, often one that no tile or lane divides. */
  width(most: number): number {
    const small = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 16, 17, 20];
    const large = [8, 12, 16, 31, 32, 33, 48, 64, 65, 96, 100, 127, 128, 130, 160, 256];
    const fitting = (this.large ? large : small).filter((width) => width <= most);
    return fitting.length > 0 ? this.pick(fitting) : Math.max(1, most);
  }
  /** The width of a new last axis of x. */
  widthFor(x: Value): number {
    const rest = dimsOf(x).slice(0, -1);
    return this.width(Math.floor(this.room / sizeOf(rest)));
  }
  divisor(of: number): number {
    return this.pick(divisors(of));
  }
  activation(): ActivationName {
    return this.pick([
      "linear", "relu", "tanh", "sigmoid", "gelu", "silu", "elu", "softplus", "leakyRelu", "softmax", "mish", "selu",
      "hardSigmoid", "logSigmoid", "relu6", "softsign", "hardSwish",
    ]); // prettier-ignore
  }
}

/** What transforms a value, by name. */
export type Blocks = { readonly [name: string]: (x: Value, d: Draw) => Value };

export const divisors = (of: number): number[] =>
  Array.from({ length: of }, (_, k) => k + 1).filter((k) => of % k === 0);
export const sizeOf = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);
/** The axes after the batch. */
export const dimsOf = ({ type }: Value): number[] => type.shape.slice(1).map((dim) => {
  if (isBatch(dim)) throw new Error("only the first axis of a drawn value is the batch");
  return dim;
}); // prettier-ignore
