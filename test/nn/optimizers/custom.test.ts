import { expect, test } from "vitest";
import { add, mul, sub, type OptimizerSpec } from "gradc";
import { distance, emitted, evaluated } from "./tools.ts";

/** Sgd with the rate (count + 2) / 100, of a count that is saved: (count + 1) + 1 is rewritten to count + 2. */
const counting: OptimizerSpec = {
  name: "counting",
  hyper: {},
  slots: ["last"],
  counters: ["count"],
  update({ parameters, gradients, slots, counters, spread }) {
    const next = add(counters["count"], 1);
    const rate = mul(add(next, 1), 0.01);
    return {
      // The slot's old contents are wanted after its new ones are known.
      parameters: sub(parameters, add(mul(spread(rate), gradients), mul(slots["last"], 0.001))),
      slots: { last: add(slots["last"], gradients) },
      counters: { count: next },
    };
  },
};

test("a cell that is overwritten gives its old contents to everybody else in its kernel", () => {
  expect(distance(emitted(counting), evaluated(counting))).toBeLessThan(1e-12);
});
