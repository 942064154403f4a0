import { expect, test } from "vitest";
import { add, div, mul, pow, sub, type OptimizerSpec, type Value } from "gradc";
import { distance, emitted, evaluated } from "./tools.ts";

/** Rates from powers of step and of step + 1, which is rewritten to read what step itself is made from. */
const counting: OptimizerSpec = {
  name: "counting",
  hyper: { base: 0.9 },
  slots: ["last"],
  counters: ["missing"],
  update({ parameters, gradients, slots, counters, scalars, step, spread }) {
    const power = (t: Value): Value => mul(scalars["base"], sub(1, pow(0.96, t)));
    const [now, next] = [power(step), power(add(step, 1))];
    const missing = add(counters["missing"], mul(sub(1, now), sub(1, counters["missing"])));
    const rates = [div(sub(1, now), missing), div(next, add(missing, mul(sub(1, next), sub(1, missing))))];
    const last = add(slots["last"], gradients);
    const change = add(mul(spread(rates[0]), gradients), mul(spread(rates[1]), last));
    return { parameters: sub(parameters, change), slots: { last }, counters: { missing } };
  },
};

test("a cell that is overwritten gives its old contents to everybody else in its kernel", () => {
  expect(distance(emitted(counting), evaluated(counting))).toBeLessThan(1e-9);
});
