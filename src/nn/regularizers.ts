import type { Value } from "../ir/graph.ts";
import { documented } from "./about.ts";
import { checkNumber, checkOptions, isValue, reject } from "./check.ts";
import { abs, add, mul, square } from "./sugar/elementwise.ts";
import { sum } from "./sugar/reduce.ts";

/** A penalty on a parameter: one number that is added to the loss. */
export type Regularizer = (parameter: Value) => Value;

/** Refuses a parameter for options: then the function itself was given where what it makes belongs. */
function checkCalled(name: string, given: unknown, call: string): void {
  if (isValue(given))
    reject("option", `${name} is given uncalled, without its strength`, `write ${call} for ${name}`);
}

/** strength · Σ|w| (Keras' formula). */
export const l1 = documented(
  {
    kind: "regularizer",
    doc: "Draws weights to exactly 0.",
    formula: "strength·Σ|w|",
    keras: "L1",
    pytorch: null,
  },
  (strength: number): Regularizer => {
    checkCalled("l1", strength, "l1(0.01)");
    checkNumber("the strength of l1", strength, 0);
    return (w) => mul(sum(abs(w)), strength);
  },
);

/** strength · Σw² (Keras' formula: no factor ½). */
export const l2 = documented(
  {
    kind: "regularizer",
    doc: "Keeps weights small; a part of the loss, unlike the decoupled weight decay of adamW.",
    formula: "strength·Σw²",
    keras: "L2",
    pytorch: "weightDecay of sgd is 2·strength",
  },
  (strength: number): Regularizer => {
    checkCalled("l2", strength, "l2(0.01)");
    checkNumber("the strength of l2", strength, 0);
    return (w) => mul(sum(square(w)), strength);
  },
);

const l1l2Defaults = { l1: 0, l2: 0 } as const;
/** l1 · Σ|w| + l2 · Σw²: the elastic net. */
export const l1l2 = documented(
  {
    kind: "regularizer",
    doc: "Both penalties together: the elastic net.",
    formula: "l1·Σ|w| + l2·Σw²",
    defaults: l1l2Defaults,
    keras: "L1L2",
    pytorch: null,
  },
  (options: { readonly l1?: number; readonly l2?: number }): Regularizer => {
    checkCalled("l1l2", options, "l1l2({ l1: 0.01, l2: 0.01 })");
    checkOptions("l1l2", options, ["l1", "l2"]);
    const first = checkNumber("l1 of l1l2", options.l1 ?? l1l2Defaults.l1, 0);
    const second = checkNumber("l2 of l1l2", options.l2 ?? l1l2Defaults.l2, 0);
    return (w) => add(mul(sum(abs(w)), first), mul(sum(square(w)), second));
  },
);
