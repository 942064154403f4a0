import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { compile } from "../../src/compile.ts";
import { loadWeights, saveWeights, type StateSpec } from "../../src/train/index.ts";
import { names as hostile } from "../compile/hostile-names.ts";
import { loadText, type EmittedModule, type Net } from "../compile/program.ts";

type Make = (x: g.Value, mode: g.Mode) => unknown;
const n = g.batch(4);
const model = (make: Make): g.Model =>
  g.defineModel({
    name: "m",
    inputs: { x: g.f32(n, 2) },
    build: ({ x }, mode) => make(x, mode) as g.Built,
  });
const load = (make: Make): EmittedModule => loadText(compile(model(make), { debug: true }).files[0].text);
const refused = (make: Make): string => {
  try {
    compile(model(make));
  } catch (error) {
    return (error as Error).message.replaceAll(/state\.test\.ts:\d+/g, "here");
  }
  return "nothing was refused";
};
const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const bytes = (net: Net): string => Buffer.from(net.state).toString("hex");

/** Counts its updates in three dtypes, and keeps the last batch's mean. */
const counting: Make = (value) => {
  const [count, even] = [g.state("count", [], { dtype: "i32" }), g.state("even", [], { dtype: "bool" })];
  const half = g.state("half", [], { dtype: "f64", initializer: g.constant(0.5) });
  const last = g.state("last", [2], { initializer: [10, 20] });
  g.assign(count, g.add(count, 1));
  g.assign(even, g.logicalNot(even));
  g.assign(half, g.add(half, 1));
  g.assign(last, g.mean(value, { axis: 0 }));
  const y = g.dense(g.sub(value, last), { units: 1, name: "y" });
  return {
    outputs: { y, count, even, half, last },
    loss: g.mean(g.square(y)),
    optimizer: g.adam(),
  };
};
const read = (net: Net): unknown[] => {
  const { count, even, half, last } = net.predict(x);
  return [count[0], even[0], half[0], ...last];
};

describe("assign", () => {
  test("takes effect in update, with the values of the last forward pass", () => {
    const net = load(counting).create();
    expect(read(net)).toEqual([0, 0, 0.5, 10, 20]);
    const loss = net.forward(x);
    expect(net.forward(x)).toBe(loss);
    expect(read(net)).toEqual([0, 0, 0.5, 10, 20]);
    net.forward(x, 2);
    net.backward();
    // Predicting overwrites temporaries, but nothing that update needs.
    net.predict(x);
    net.update();
    expect(read(net)).toEqual([1, 1, 1.5, 2, 3]);
    net.trainStep(x);
    expect(read(net)).toEqual([2, 0, 2.5, 4, 5]);
  });

  test("is not repeated by an update without a forward pass", () => {
    const net = load(counting).create();
    net.update();
    expect(read(net)).toEqual([0, 0, 0.5, 10, 20]);
    net.trainStep(x);
    net.update();
    expect(read(net)[0]).toBe(1);
    net.forward(x);
    net.init(0);
    net.update();
    expect(read(net)).toEqual([0, 0, 0.5, 10, 20]);
  });

  test("does nothing in evaluate", () => {
    const net = load(counting).create();
    const before = bytes(net);
    const first = net.evaluate(x)["loss"];
    net.resetMetrics();
    expect(net.evaluate(x)["loss"]).toBe(first);
    expect(bytes(net)).toBe(before);
  });

  test("works without an optimizer, where update only takes the new values over", () => {
    const net = load((value) => {
      const count = g.state("count", []);
      g.assign(count, g.add(count, 1));
      return { outputs: { count }, loss: g.mean(value) };
    }).create();
    net.forward(x);
    net.backward();
    net.update();
    expect(net.predict()["count"][0]).toBe(1);
    expect("trainStep" in net).toBe(false);
  });

  test("swaps two states, since each reads what was before", () => {
    const net = load((value) => {
      const [a, b] = [g.state("a", [], { initializer: 1 }), g.state("b", [], { initializer: 2 })];
      g.assign(a, b);
      g.assign(b, a);
      return { outputs: { a, b }, loss: g.mean(value), optimizer: undefined };
    }).create();
    net.forward(x);
    net.update();
    expect([net.predict()["a"][0], net.predict()["b"][0]]).toEqual([2, 1]);
  });

  test("of a shared function counts once, the last time", () => {
    const net = load((value) => {
      const keep = g.shared("keep", (v: g.Value) => {
        const last = g.state("last", []);
        g.assign(last, g.mean(v));
        return last;
      });
      const [last] = [keep(value), keep(g.mul(value, 2))];
      return { outputs: { last }, loss: g.mean(value) };
    }).create();
    net.forward(x);
    net.update();
    expect(net.predict()["last"][0]).toBe(9);
  });

  test("in a tiny model without a batch is part of its one straight-line step", () => {
    const tiny = g.defineModel({
      name: "tiny",
      inputs: { x: g.f32(2) },
      build({ x: given }) {
        const count = g.state("count", []);
        g.assign(count, g.add(count, 1));
        const w = g.param("w", [2]);
        return {
          outputs: { count },
          loss: g.mean(g.square(g.mul(given, w))),
          optimizer: g.sgd({ learningRate: 1 }),
        };
      },
    });
    const { text } = compile(tiny).files[0];
    expect(text).toContain("function training_step(");
    const [whole, parts] = [loadText(text).create(), loadText(text).create()];
    for (let k = 1; k <= 3; k++) {
      const loss = parts.forward(x.subarray(0, 2));
      parts.backward();
      parts.update();
      expect(whole.trainStep(x.subarray(0, 2))).toBe(loss);
      expect(bytes(whole)).toBe(bytes(parts));
      whole.update();
      parts.update();
      expect(whole.predict()["count"][0]).toBe(k);
    }
  });

  test("resumes from saved bytes at every step", () => {
    const module = load(counting);
    const whole = module.create({ seed: 3 });
    for (let k = 0; k < 10; k++) {
      const resumed = module.create({ state: whole.state.slice() });
      whole.trainStep(x, 1 + (k % 4));
      resumed.trainStep(x, 1 + (k % 4));
      expect(bytes(resumed)).toBe(bytes(whole));
    }
  });
});

test("states that predicting reads are saved with the weights", () => {
  const module = load(counting);
  const spec = module.spec as unknown as StateSpec;
  const [net, other] = [module.create({ seed: 1 }), module.create({ seed: 2 })];
  net.trainStep(x);
  loadWeights(other, spec, saveWeights(net, spec));
  expect(other.predict(x)["y"]).toEqual(net.predict(x)["y"]);
  expect(other.step).toBe(0);
});

test.each(hostile)("a state may be called %j", (name) => {
  const net = load((value) => {
    const count = g.state(name, []);
    g.assign(count, g.add(count, 1));
    return { outputs: { count }, loss: g.mean(value) };
  }).create();
  net.forward(x);
  net.update();
  expect(net.predict()["count"][0]).toBe(1);
  expect("hacked" in globalThis).toBe(false);
});

test.each<[Make, string]>([
  [() => g.state("", []), 'state needs a name that is not empty, found ""\n  at here'],
  [
    () => g.state("s", [n as unknown as number]),
    'state "s" of shape [n] cannot depend on the batch\n  at layer s, here',
  ],
  [
    () => g.state("s", 2 as unknown as number[]),
    'state "s" needs its shape as an array, found 2\n  at layer s, here\n  hint: [] is one number',
  ],
  [
    () => g.state("s", [], { dtype: "f16" as "f32" }),
    'state "s": no dtype "f16"\n  at layer s, here\n  hint: did you mean "f32"?',
  ],
  [
    () => g.state("s", [], { intializer: g.ones() } as object),
    'state "s" has no option "intializer"\n  at layer s, here\n  hint: did you mean "initializer"?',
  ],
  [
    () => g.state("s", [2], { initializer: [1, 2, 3] }),
    'initializer of state "s": explicit values of shape [3] were given for the shape [2]\n  at layer s, here\n  hint: give [2] nested arrays or one flat array of 2 numbers',
  ],
  [
    () => [g.state("s", []), g.state("s", [])],
    'state "s" is declared twice\n  at layer s, here\n  hint: give one another name, or use shared(name, fn)',
  ],
  [
    () => [g.param("s", []), g.state("s", [])],
    'state "s" is also the name of a parameter\n  at layer s, here\n  hint: give one another name, or use shared(name, fn)',
  ],
  [
    () => [g.state("s", []), g.param("s", [])],
    'parameter "s" is also the name of a state\n  at layer s, here\n  hint: give one another name',
  ],
  [
    (value) => g.assign(value, value),
    'assign takes a state as its first argument, found the result of input\n  at here\n  hint: declare one: const count = state("count", [])',
  ],
  [
    (value) => g.assign(3 as unknown as g.Value, value),
    'assign takes a state as its first argument, found 3\n  at here\n  hint: declare one: const count = state("count", [])',
  ],
  [
    (value) => g.assign(g.state("s", []), value),
    'state "s" is f32[] and cannot be assigned f32[n,2]\n  at here',
  ],
  [
    (value) => g.assign(g.state("s", [], { dtype: "i32" }), g.mean(value)),
    'state "s" is i32[] and cannot be assigned f32[]\n  at here\n  hint: use cast(x, "i32")',
  ],
  [
    (value) => {
      const s = g.state("s", []);
      g.assign(s, g.mean(value));
      g.assign(s, g.sum(value));
    },
    'state "s" is assigned twice\n  at here\n  hint: combine what it should become in one value',
  ],
  [
    (value) => {
      const s = g.state("step", []);
      const y = g.dense(g.add(value, s), { units: 1 });
      return { outputs: { y }, loss: g.mean(y), optimizer: g.sgd({ learningRate: 1 }) };
    },
    'state "step" of model "m" is also the name of what sgd saves\n  at here\n  hint: give the state another name',
  ],
  [
    (_, { training }) =>
      (training ? g.state("a", []) : g.state("b", [])) && { outputs: { y: g.state("c", []) } },
    'build of model "m" declares other states in training (a, c) than in inference (b, c)\n  at here\n  hint: declare the same things in both modes and let only their values differ',
  ],
])("refuses bad input %#", (make, message) => {
  expect(refused(make)).toBe(message);
});
