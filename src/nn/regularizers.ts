import type { Value } from "../ir/graph.ts";
import { checkNumber } from "./check.ts";
import { abs, mul, square } from "./sugar/elementwise.ts";
import { sum } from "./sugar/reduce.ts";

/** A penalty on a parameter: one number that is added to the loss. */
export type Regularizer = (parameter: Value) => Value;

/** strength · Σ|w| (Keras' formula). */
export const l1 = (strength: number): Regularizer => {
  checkNumber("the strength of l1", strength, 0);
  return (w) => mul(sum(abs(w)), strength);
};

/** strength · Σw² (Keras' formula: no factor ½). */
export const l2 = (strength: number): Regularizer => {
  checkNumber("the strength of l2", strength, 0);
  return (w) => mul(sum(square(w)), strength);
};
