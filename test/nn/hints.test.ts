import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { suggest } from "../../src/base/suggest.ts";
import { buildGraph } from "../../src/nn/index.ts";

const n = g.batch(4);
/** What building a model of x f32[n,6] and a parameter w says. */
function refusal(make: (x: g.Value) => unknown): string {
  const model = g.defineModel({
    name: "m",
    inputs: { x: g.f32(n, 6) },
    build(inputs) {
      const y = make(inputs.x);
      return (typeof y === "object" && y !== null && "loss" in y ? y : { outputs: { y } }) as g.Built;
    },
  });
  try {
    buildGraph(model);
  } catch (error) {
    return (error as Error).message.replaceAll(/hints\.test\.ts:\d+/g, "here");
  }
  return "nothing was refused";
}
const trained = (x: g.Value, optimizer: () => g.OptimizerSpec): object => {
  const y = g.dense(x, { units: 2 });
  return { outputs: { y }, loss: g.mean(y), optimizer: optimizer() };
};
/** A function of the library called as a type checker would not let it. */
const called =
  (fn: unknown) =>
  (...args: readonly unknown[]): never =>
    (fn as (...given: readonly unknown[]) => never)(...args);

describe("what people write by habit is told how it is written here", () => {
  test.each<readonly [string, (x: g.Value) => unknown, string]>([
    ["lr", (x) => trained(x, () => called(g.adam)({ lr: 0.1 })), 'adam has no option "lr"\n  at here\n  hint: did you mean "learningRate"?'],
    ["wd", (x) => trained(x, () => called(g.sgd)({ learningRate: 1, wd: 0.1 })), 'sgd has no option "wd"\n  at here\n  hint: did you mean "weightDecay"?'],
    ["a schedule uncalled", (x) => trained(x, () => called(g.adam)({ learningRate: g.cosineDecay })), "learningRate of adam is a function\n  at here\n  hint: schedules are called: cosineDecay({ … }), not cosineDecay"],
    ["l1 uncalled", (x) => g.dense(x, { units: 2, kernelRegularizer: g.l1 as never }), "l1 is given uncalled, without its strength\n  at layer dense, here\n  hint: write l1(0.01) for l1"],
    ["l2 uncalled", (x) => g.dense(x, { units: 2, kernelRegularizer: g.l2 as never }), "l2 is given uncalled, without its strength\n  at layer dense, here\n  hint: write l2(0.01) for l2"],
    ["l1l2 uncalled", (x) => g.dense(x, { units: 2, biasRegularizer: g.l1l2 as never }), "l1l2 is given uncalled, without its strength\n  at layer dense, here\n  hint: write l1l2({ l1: 0.01, l2: 0.01 }) for l1l2"],
    ["concat one by one", (x) => called(g.concat)(x, x), "concat takes an array of values, found a graph value\n  at here\n  hint: concat([x, y], { axis: 0 })"],
    ["stack one by one", (x) => called(g.stack)(x, x), "stack takes an array of values, found a graph value\n  at here\n  hint: stack([x, y], { axis: 0 })"],
    ["nothing to stack", () => g.stack([]), "stack takes an array of values, found an empty one\n  at here\n  hint: stack([x, y], { axis: 0 })"],
    ["an empty slice", (x) => g.slice(x, { start: [null, 2], limit: [null, 2] }), "slice: 2:2:1 holds nothing of axis 1 with extent 6\n  at here"],
  ])("%s", (_, make, message) => {
    expect(refusal(make)).toBe(message);
  }); // prettier-ignore

  test("initials, but not of one letter, and nearness where there are none", () => {
    const known = ["beta1", "learningRate", "max", "meanSquaredError", "units"];
    expect(suggest("MSE", known)).toBe('did you mean "meanSquaredError"?');
    expect(suggest("mx", known)).toBe('did you mean "max"?');
    expect(suggest("u", ["units", "abcdef"])).toBe("known here: units, abcdef");
  });
});
