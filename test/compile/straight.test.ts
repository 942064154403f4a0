// A tiny model without a batch is straight lines; with a batch of one row the same model is loops. Both must agree.
import { describe, expect, test } from "vitest";
import {
  adam,
  add,
  batch,
  conv1d,
  defineModel,
  dense,
  f32,
  layerNorm,
  maxPool1d,
  meanSquaredError,
  mul,
  reshape,
  sgd,
  softmax,
  type Dim,
  type Model,
  type Value,
} from "../../src/index.ts";
import W1 from "../../bench/workloads/W1.model.ts";
import { compile } from "../../src/compile.ts";
import type { MemoryPlan } from "../../src/ir/arena.ts";
import type { Buffer } from "../../src/ir/kernel.ts";
import { l } from "../../src/ir/loop.ts";
import { inArena, straighten } from "../../src/lower/straighten.ts";
import { allowRelaxed } from "../wasm/relaxed.ts";
import { loadText, type EmittedModule } from "./program.ts";

allowRelaxed();

type Body = (x: Value, lead: readonly Dim[]) => Value;
/** Layers that ask for rows are given one. */
const rowsOf = (lead: readonly Dim[]): readonly Dim[] => (lead.length > 0 ? lead : [1]);
const bodies: Readonly<Record<string, { body: Body; optimizer: () => ReturnType<typeof sgd> }>> = {
  "dense layers with a norm": {
    body: (x) =>
      dense(layerNorm(dense(x, { units: 2, activation: "tanh", name: "in" }), { name: "norm" }), {
        units: 2,
        activation: "sigmoid",
        name: "out",
      }),
    optimizer: () => adam({ learningRate: 0.02 }),
  },
  "a relu beside a softmax": {
    body: (x) => {
      const h = dense(x, { units: 2, activation: "relu", name: "h" });
      return add(mul(h, softmax(dense(x, { units: 2, name: "gate" }))), mul(h, h));
    },
    optimizer: () => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, globalClipNorm: 0.3 }),
  },
  "windows and a maximum": {
    body: (x, lead) => {
      const row = reshape(x, [...rowsOf(lead), 4, 1]);
      const wide = conv1d(row, {
        filters: 2,
        kernelSize: 3,
        padding: "same",
        activation: "gelu",
        name: "conv",
      });
      return dense(reshape(maxPool1d(wide, { poolSize: 2 }), [...lead, 4]), { units: 2, name: "out" });
    },
    optimizer: () => sgd({ learningRate: 0.05 }),
  },
};

const modelOf = (name: string, lead: readonly Dim[]): Model =>
  defineModel({
    name: "tiny",
    inputs: { x: f32(...lead, 4), y: f32(...lead, 2) },
    build: ({ x, y }) => {
      const out = bodies[name].body(x, lead);
      return { outputs: { out }, loss: meanSquaredError(out, y), optimizer: bodies[name].optimizer() };
    },
  });

const targets = {
  js: {},
  "js in float64": { precision: "f64" },
  "strict wasm": { target: "wasm", strict: true },
  wasm: { target: "wasm" },
} as const;

describe.each(Object.keys(targets) as (keyof typeof targets)[])("on %s", (target) => {
  test.each(Object.keys(bodies))("straight lines are what loops over one row are: %s", (name) => {
    const emit = (lead: readonly Dim[]): EmittedModule & { text: string } => {
      const { loops, files } = compile(modelOf(name, lead), targets[target]);
      const text = loops.functions.map((fn) => fn.name).join(" ");
      return { ...loadText(files[0].text), text };
    };
    const [lines, loops] = [emit([]), emit([batch(1)])];
    expect(lines.text).toMatch(/forward_pass backward_pass (update_pass )?training_step/);
    expect(loops.text).not.toContain("forward_pass");
    const [straight, parts, rows] = [lines, lines, loops].map((module) => module.create({ seed: 4 }));
    const off = target === "js in float64" ? 1e-13 : 2e-6;
    const near = (some: ArrayLike<number>, other: ArrayLike<number>): void => {
      for (let k = 0; k < some.length; k++)
        expect(Math.abs(some[k] - other[k])).toBeLessThanOrEqual(off * Math.max(1, Math.abs(other[k])));
    };
    for (let step = 0; step < 6; step++) {
      const x = Float32Array.from({ length: 4 }, (_, k) => Math.sin(2 * k + step));
      const y = Float32Array.from({ length: 2 }, (_, k) => Math.cos(k - step));
      const loss = straight.trainStep(x, y);
      near([loss], [rows.trainStep(x, y)]);
      expect(parts.forward(x, y)).toBe(loss);
      parts.backward();
      for (const [key, gradient] of Object.entries(straight.gradients)) {
        expect(gradient).toEqual(parts.gradients[key]);
        near(gradient, rows.gradients[key]);
      }
      parts.update();
      expect(parts.state).toEqual(straight.state);
      for (const [key, values] of Object.entries(straight.params)) near(values, rows.params[key]);
    }
    // Gradients that are not cleared are added to.
    const [x, y] = [new Float32Array(4).fill(0.3), new Float32Array(2).fill(0.1)];
    for (const net of [parts, rows]) {
      net.forward(x, y);
      net.backward();
      net.forward(x, y);
      net.backward(true);
    }
    for (const [key, gradient] of Object.entries(parts.gradients)) near(gradient, rows.gradients[key]);
  });
});

test("locals are called like the elements that comments speak of", () => {
  const { text } = compile(W1).files[0];
  expect(text).toContain("const hidden_matmul_1 = 0 + x_0 * hidden_kernel[1] + x_1 * hidden_kernel[3];");
  expect(text).toContain("  // ∂loss/∂output/kernel = hidden_sigmoidᵀ · d_output  (W1.model.ts:9)\n");
  expect(text).toMatch(/const d_output_1 = \(output_sigmoid_1 - y\[1\]\)/);
});

test("what a float64 is written over is not stored after it, though it began at another byte", () => {
  const buffer = (name: string, dtype: Buffer["dtype"], size: number): Buffer => ({ name, kind: "temporary", dtype, shape: [size] }); // prettier-ignore
  const [whole, double, x] = [buffer("whole", "i32", 3), buffer("double", "f64", 1), buffer("x", "f64", 1)];
  const placements = new Map([whole, double, x].map((own) => [own, { offset: own === x ? 64 : 8 }]));
  const value = l.load("x", l.number(0), "f64");
  const body = [
    ...[0, 1, 2].map((k) => l.store("whole", l.number(k), l.op("cast", [value], "i32"))),
    l.store("double", l.number(0), value),
  ];
  const lines = straighten(body, {
    buffers: new Map([whole, double, x].map((own) => [own.name, own])),
    locate: inArena({ placements } as unknown as MemoryPlan),
    compute: "f64",
    keeps: () => true,
    rounds: () => true,
  })!;
  const stored = lines.flatMap((stmt) => (stmt.kind === "store" ? [stmt.array] : []));
  expect(stored).toEqual(["whole", "double"]);
});
