import { describe, expect, test } from "vitest";
import * as g from "gradc";
import {
  adam, add, batch, concat, defineModel, dense, f32, grad, jacobian, mean, mul, normal, pad, param, sgd, slice, square, sum, tanh,
} from "gradc"; // prettier-ignore
import { compile } from "../../src/compile.ts";
import { proveModule } from "../../src/backends/module/prove.ts";
import { render } from "../../src/inspect.ts";
import { stageText } from "../../src/stages.ts";
import type { Model } from "../../src/nn/model/define.ts";
import type { Value } from "../../src/ir/graph.ts";
import { loadText } from "./program.ts";

interface Net {
  readonly state: Uint8Array;
  readonly gradients: Record<string, Float32Array>;
  init(seed: number): void;
  forward(x: Float32Array): number;
  backward(): void;
  update(): void;
  trainStep(x: Float32Array): number;
}

const initializer = normal({ stddev: 1 });
const small = (loss: (p: Value, x: Value) => Value): Model =>
  defineModel({
    name: "odd",
    inputs: { x: f32(3) },
    build({ x }) {
      const p = param("p", [5], { initializer });
      return { outputs: { x }, loss: loss(p, x), optimizer: sgd({ learningRate: 0.1 }) };
    },
  });

/** Models without a batch that are small enough for one straight-line step, and hold guarded loads. */
const models: Record<string, Model> = {
  "two overlapping slices": small((p) =>
    sum(mul(slice(p, { start: [1], limit: [4] }), slice(p, { start: [0], limit: [3] }))),
  ),
  "a padded parameter": small((p, x) =>
    sum(square(mul(pad(p, { low: [1], high: [0], value: 0 }), concat([x, x])))),
  ),
  "a jacobian in the loss": small((p, x) =>
    sum(square(jacobian(mul(slice(p, { start: [2], limit: [5] }), x), x))),
  ),
  "a gradient in the loss": small((p) => sum(square(grad(sum(tanh(p)), p)))),
};

describe.each(Object.entries(models))("%s", (_, model) => {
  test("the step in one is the three in a row, and its code is sound", async () => {
    const { files, loops } = compile(model, { debug: true });
    expect(loops.step).not.toBeNull();
    expect(proveModule(files[0].text)).toEqual([]);
    const { create } = (await loadText(files[0].text)) as unknown as { create(o: { seed: number }): Net };
    const [one, three] = [create({ seed: 3 }), create({ seed: 3 })];
    const x = Float32Array.of(0.5, -1, 2);
    for (let k = 0; k < 3; k++) {
      const loss = three.forward(x);
      three.backward();
      three.update();
      expect(one.trainStep(x)).toBe(loss);
    }
    expect(one.state).toEqual(three.state);
    expect(one.gradients).toEqual(three.gradients);
  });
});

test("a long chain becomes many short kernels instead of one that V8 would not optimise", () => {
  const n = batch(8);
  const model = defineModel({
    name: "chain",
    inputs: { x: f32(n, 2) },
    build({ x }) {
      let h = dense(x, { units: 2 });
      for (let k = 0; k < 60; k++) h = tanh(add(h, 0.01));
      return { outputs: { h }, loss: mean(square(h)), optimizer: sgd({ learningRate: 0.1 }) };
    },
  });
  expect(proveModule(compile(model).files[0].text)).toEqual([]);
});

test("JavaScript's operators on a graph value are refused", () => {
  const build = small((p) => sum(((p as unknown as number) * 2) as unknown as Value));
  expect(() => compile(build)).toThrow(
    /a graph value was used like a number or a text[\s\S]*write mul\(x, 2\) for x \* 2/,
  );
});

test("a parameter may not take the name of what the optimizer saves", () => {
  const model = defineModel({
    name: "clash",
    inputs: { x: f32(3) },
    build({ x }) {
      const p = param("step", [3]);
      return { outputs: { p }, loss: sum(mul(p, x)), optimizer: adam() };
    },
  });
  expect(() => compile(model)).toThrow(
    'parameter "step" of model "clash" is also the name of what adam saves',
  );
});

test("compile refuses what is no model and options that do not exist", () => {
  expect(() => compile("model.ts" as unknown as Model)).toThrow(
    "compile takes a model made by defineModel, found string",
  );
  const model = small((p) => sum(p));
  expect(() => compile(model, { tagret: "ts" } as object)).toThrow('compile has no option "tagret"');
  expect(() => compile(model, { target: "c" as "js" })).toThrow('target cannot be "c"');
  expect(() => compile(model, { target: "wasn" as "wasm" })).toThrow(
    'target cannot be "wasn"\n  hint: did you mean "wasm"?',
  );
  expect(() => compile(model, { strict: "true" as unknown as boolean })).toThrow(
    'strict cannot be "true"\n  hint: it may be true or false',
  );
  const compilation = compile(model);
  expect(() => render(compilation, "trainig" as "training")).toThrow(
    'stage of render cannot be "trainig"\n  hint: did you mean "training"?',
  );
  expect(() => render(compilation, "training", "jsn" as "json")).toThrow(
    'format of render cannot be "jsn"\n  hint: did you mean "json"?',
  );
  expect(() => stageText(compilation, "kernel" as "kernels")).toThrow(
    'stage of stageText cannot be "kernel"\n  hint: did you mean "kernels"?',
  );
  expect(() => compile(model, { target: "wasm", precision: "f64" })).toThrow("no float64 build");
  expect(() => compile(model, { strict: true })).toThrow("strict is of the target wasm alone, not of js");
});

test("kernels that differ only in an infinite constant, or in the sign of zero, are two", () => {
  const model = g.defineModel({
    name: "infinities",
    inputs: { x: g.f32(3), y: g.f32(3) },
    build: ({ x, y }) => ({
      outputs: {
        a: g.where(g.less(x, 0), Infinity, x),
        b: g.where(g.less(y, 0), -Infinity, y),
        c: g.where(g.less(g.mul(x, 2), 0), 0, 1),
        d: g.where(g.less(g.mul(y, 2), 0), -0, 1),
      },
    }),
  });
  const net = loadText(compile(model, { precision: "f64" }).files[0].text).create();
  const out = net.predict(Float64Array.of(-1, 2, -3), Float64Array.of(-1, 2, -3));
  expect([...out["a"]]).toEqual([Infinity, 2, Infinity]);
  expect([...out["b"]]).toEqual([-Infinity, 2, -Infinity]);
  expect([...out["c"]]).toEqual([0, 1, 0]);
  expect([...out["d"]]).toEqual([-0, 1, -0]);
});

test("layers that repeat are lowered once and share their functions", () => {
  const model = g.defineModel({
    name: "tower",
    inputs: { x: g.f32(4, 8) },
    build({ x }) {
      let h = x;
      for (let k = 0; k < 12; k++) h = g.dense(h, { units: 8, activation: "tanh" });
      return { outputs: { h }, loss: g.mean(g.square(h)), optimizer: g.sgd({ learningRate: 0.1 }) };
    },
  });
  const { kernels, loops } = compile(model, { debug: true });
  expect(kernels.kernels.length).toBeGreaterThan(80);
  expect(loops.functions.length).toBeLessThan(30);
  for (const call of [...loops.calls.values()].flat()) {
    const fn = loops.functions.find(({ name }) => name === call.name)!;
    const dtypes = fn.params.flatMap((param) => (param.kind === "array" ? [param.dtype] : []));
    expect(call.arrays.map(({ dtype }) => dtype)).toEqual(dtypes);
  }
});

test("a single number that a product reads lies in memory, though another kernel computes scalars before its loops", () => {
  const model = defineModel({
    name: "single",
    inputs: { x: f32(3), y: f32(1) },
    build({ x, y }) {
      const h = add(tanh(x), 1);
      const out = dense(h, { units: 1, name: "out" });
      return { outputs: { h }, loss: mean(square(g.sub(out, y))), optimizer: sgd({ learningRate: 0.1 }) };
    },
  });
  for (const options of [{}, { precision: "f64" }, { target: "wasm", strict: true }] as const) {
    const module = loadText(compile(model, { ...options, debug: true }).files[0].text);
    const net = module.create({ seed: 5 });
    const [x, y] = [Float32Array.of(0.5, -1, 2), Float32Array.of(0.25)];
    net.forward(x, y);
    net.backward();
    const [kernel, [bias]] = [net.params["out/kernel"], net.params["out/bias"]];
    const h = Array.from(x, (value) => Math.tanh(value) + 1);
    const slope = 2 * (h.reduce((total, value, k) => total + value * kernel[k], bias) - y[0]);
    for (const [k, value] of h.entries())
      expect(net.gradients["out/kernel"][k]).toBeCloseTo(value * slope, 5);
  }
});

test("a slot is overwritten after the last that reads it, though it could be before the loops", () => {
  // Of accumulated gradients those of one group are a single number, which the norm of all is made of.
  const model = defineModel({
    name: "slots",
    inputs: { x: f32(2) },
    build({ x }) {
      const [w, v] = [param("a/kernel", [1], { initializer }), param("b", [2], { initializer })];
      const loss = sum(mul(mul(x, v), mul(x, w)));
      const groups = { kernels: { parameters: "**/kernel", learningRate: 0.5 } };
      return { outputs: { x }, loss, optimizer: sgd({ learningRate: 0.5, momentum: 0.9, globalClipNorm: 0.5, accumulate: 2, groups }) };
    },
  }); // prettier-ignore
  for (const options of [{}, { precision: "f64" }, { target: "wasm", strict: true }] as const) {
    const net = loadText(compile(model, { ...options, debug: true }).files[0].text).create({ seed: 2 });
    const before = [...net.params["a/kernel"], ...net.params["b"]];
    const total = [0, 0, 0];
    for (const x of [Float32Array.of(0.5, 1), Float32Array.of(-1.5, 2)]) {
      net.trainStep(x);
      for (const [k, slope] of [...net.gradients["a/kernel"], ...net.gradients["b"]].entries())
        total[k] += slope / 2;
    }
    const norm = Math.hypot(...total);
    expect(norm).toBeGreaterThan(0.5);
    for (const [k, value] of [...net.params["a/kernel"], ...net.params["b"]].entries())
      expect(value).toBeCloseTo(before[k] - (0.5 * 0.5 * total[k]) / norm, 5);
  }
});
