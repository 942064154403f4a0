import { describe, expect, test } from "vitest";
import { adam, exponentialDecay, sgd, stepDecay, type OptimizerSpec } from "gradc";
import { compile } from "../../../src/compile.ts";
import { buildGraph, differentiate } from "../../../src/nn/index.ts";
import {
  distance,
  elementwise,
  emit,
  emitted,
  evaluated,
  gradientsAt,
  modelOf,
  referred,
  start,
  stepWith,
  weightsOf,
} from "./tools.ts";

const rates: { [name: string]: number } = {
  "encoder/kernel": 0.01,
  "encoder/bias": 0.01,
  "head/kernel": 0.1,
};
const grouped = sgd({
  learningRate: 0.1,
  weightDecay: 0.5,
  groups: { "encoder/**": { learningRate: 0.01, weightDecay: 0 } },
});

describe("groups", () => {
  test("have rates and decays of their own", () => {
    const expected = referred(
      elementwise(
        (p, g, _slots, _step, name) => p - rates[name] * (g + (name === "head/kernel" ? 0.5 : 0) * p),
      ),
    );
    expect(distance(emitted(grouped), expected)).toBeLessThan(1e-12);
    expect(distance(evaluated(grouped), expected)).toBeLessThan(1e-12);
  });

  test("lie side by side, the rest first, and are named in hyper and in the types", () => {
    const { files, memory } = compile(modelOf(grouped), { precision: "f32" });
    expect(files[1].text).toContain(
      'readonly hyper: { learningRate: number; weightDecay: number; "encoder/learningRate": number; "encoder/weightDecay": number };',
    );
    const places = [...memory.placements.values()].filter(({ buffer }) =>
      buffer.cell?.kind.startsWith("parameter"),
    );
    expect(Object.fromEntries(places.map(({ buffer, offset }) => [buffer.cell!.name, offset]))).toEqual({
      "head/kernel": 0,
      "sgd/parameters": 0,
      "encoder/kernel": 16,
      "encoder/parameters": 16,
      "encoder/bias": 40,
    });
  });

  test("follow their own scalars and everybody's", () => {
    const net = emit(
      adam({ groups: { bias: { parameters: ["**/bias"], learningRate: 0.5 } } }),
      "f64",
    ).create({ seed: 1 });
    expect(Object.keys(net.hyper)).toEqual([
      "learningRate",
      "beta1",
      "beta2",
      "epsilon",
      "bias/learningRate",
    ]);
    net.hyper["bias/learningRate"] = 0;
    stepWith(net, gradientsAt(1), "f64");
    expect(weightsOf(net)["encoder/bias"]).toEqual(start["encoder/bias"]);
    net.hyper["learningRate"] = 0;
    const before = weightsOf(net);
    net.hyper["bias/learningRate"] = 0.5;
    stepWith(net, gradientsAt(2), "f64");
    const after = weightsOf(net);
    expect(after["head/kernel"]).toEqual(before["head/kernel"]);
    expect(after["encoder/bias"]).not.toEqual(before["encoder/bias"]);
  });

  test("with the optimizer's own values change nothing, to the bit", () => {
    const one = adam({ learningRate: 0.05, beta1: 0.8 });
    const same = [
      adam({ learningRate: 0.05, beta1: 0.8, groups: { "encoder/*": { learningRate: 0.05 } } }),
      adam({ learningRate: 0.05, groups: { all: { parameters: "**", beta1: 0.8 } } }),
      adam({
        learningRate: 0.05,
        beta1: 0.8,
        groups: { "head/**": { beta2: 0.999 }, "encoder/bias": { epsilon: 1e-8 } },
      }),
    ];
    for (const optimizer of same) expect(emitted(optimizer)).toEqual(emitted(one));
  });

  test("of a number keep the schedule; those with a schedule take it instead", () => {
    const optimizer = sgd({
      learningRate: stepDecay({ initial: 0.1, every: 2, factor: 0.5 }),
      groups: {
        bias: { parameters: "**/bias", learningRate: 1 },
        head: {
          parameters: "head/**",
          learningRate: exponentialDecay({ initial: 0.2, steps: 1, rate: 0.9 }),
        },
      },
    });
    const expected = referred(
      elementwise((p, g, _slots, step, name) => {
        const drop = 0.5 ** Math.floor((step - 1) / 2);
        const rate =
          name === "encoder/bias" ? drop : name === "head/kernel" ? 0.2 * 0.9 ** (step - 1) : 0.1 * drop;
        return p - rate * g;
      }),
    );
    expect(distance(emitted(optimizer), expected)).toBeLessThan(1e-12);
  });

  test("the first group that names a parameter has it", () => {
    const optimizer = sgd({
      learningRate: 1,
      groups: { bias: { parameters: "**/bias", learningRate: 0 }, "encoder/**": { learningRate: 0.5 } },
    });
    const [first] = emitted(optimizer, { steps: 1 });
    expect(first["encoder/bias"]).toEqual(start["encoder/bias"]);
    expect(first["encoder/kernel"][0]).toBeCloseTo(
      start["encoder/kernel"][0] - 0.5 * gradientsAt(1)["encoder/kernel"][0],
      14,
    );
  });
});

const declared = (optimizer: OptimizerSpec, frozen: readonly string[] = []): void =>
  void differentiate(buildGraph(modelOf(optimizer, start, frozen)));

test("groups are refused where they could mean nothing", () => {
  const make = (groups: unknown): OptimizerSpec => sgd({ learningRate: 1, groups: groups as never });
  expect(() => declared(make({ "encodr/**": { learningRate: 1 } }))).toThrow(
    /group "encodr" of sgd: "encodr\/\*\*" matches no parameter[^]*encoder/,
  );
  expect(() => declared(make({ "encoder/**": { learningRate: 1 } }), ["encoder/**"])).toThrow(
    "matches no parameter",
  );
  expect(() =>
    declared(make({ "**/bias": { learningRate: 1 }, tail: { parameters: "encoder/bias", learningRate: 2 } })),
  ).toThrow(
    'group "tail" of sgd in model "given" names only parameters that groups before it have: encoder/bias',
  );
  expect(() => make({ "encoder/**": { learningrate: 1 } })).toThrow(
    /group "encoder\/\*\*" of sgd has no option "learningrate"[^]*learningRate/,
  );
  expect(() => make({ "encoder/**": {} })).toThrow('group "encoder/**" of sgd changes nothing');
  expect(() => make({ "**": { learningRate: 1 } })).toThrow('group "**" of sgd has no name');
  expect(() => make({ "a/*": { learningRate: 1 }, "a/**": { learningRate: 1 } })).toThrow(
    'has the name "a", as group "a/*" has',
  );
  expect(() => make([])).toThrow("groups of sgd must be an object, found an array");
  expect(() => make({ a: { parameters: [], learningRate: 1 } })).toThrow(
    'group "a" of sgd names no parameters',
  );
  expect(() => make({ a: { parameters: [1], learningRate: 1 } })).toThrow(
    "needs a name that is not empty, found 1",
  );
  expect(() => make({ a: { learningRate: -1 } })).toThrow(
    "learningRate of sgd must be a finite number of at least 0, found -1",
  );
});
