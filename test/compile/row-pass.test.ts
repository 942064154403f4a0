/*
 * Small models with a batch are computed row by row in JavaScript. Kernel by kernel they must compute the same, and so must
 * their graphs op by op and the wasm target. `GRADC_SEEDS=1..300 npx vitest run test/compile/row-pass` runs other seeds.
 */
import { describe, expect, test } from "vitest";
import {
  adam, batch, batchNorm, concat, defineModel, dense, dropout, f32, i32, layerNorm, matmul, meanSquaredError, mul, param, relu, sgd,
  softmaxCrossEntropy, tanh, type BatchDim, type Model, type Value,
} from "../../src/index.ts"; // prettier-ignore
import W2 from "../../bench/workloads/W2.model.ts";
import { jsBackend } from "../../src/backends/js/backend.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { compile } from "../../src/compile.ts";
import { l, type LoopStmt } from "../../src/ir/loop.ts";
import { expressionsOf, visitExpr } from "../../src/ir/loop-walk.ts";
import type { NDArray } from "../../src/ir/op.ts";
import type { Cell, Program } from "../../src/ir/program.ts";
import { isFloat } from "../../src/ir/type.ts";
import { verifyPasses } from "../../src/ir/verify/pass.ts";
import { useSoon } from "../../src/lower/use-soon.ts";
import type { Spec } from "../../src/cli/train/module.ts";
import { argumentsOf, rowsFor } from "../models/arguments.ts";
import { randomModel } from "../models/random-model.ts";
import { seedsOf } from "../models/seeds.ts";
import { randomArray, randomFrom } from "../ops/sample.ts";
import { runWasm } from "./agree.ts";
import {
  compileProgram, firstDifference, firstError, loadText, loopsOf, runModule, truthOf,
  type Compiled, type EmittedModule, type Feed, type Results,
} from "./program.ts"; // prettier-ignore

const n: BatchDim = batch(6);
const regression = (body: (x: Value) => Value, optimizer = sgd({ learningRate: 0.1 })): Model =>
  defineModel({
    name: "small",
    inputs: { x: f32(n, 3), y: f32(n, 2) },
    build: ({ x, y }) => {
      const output = body(x);
      return { outputs: { output }, loss: meanSquaredError(output, y), optimizer };
    },
  });

const models: Readonly<Record<string, Model>> = {
  "W2": W2,
  "two layers": regression((x) => dense(dense(x, { units: 4, activation: "tanh", name: "in" }), { units: 2, name: "out" })),
  "a parameter used twice": regression((x) => {
    const kernel = param("kernel", [3, 3]);
    return dense(relu(matmul(tanh(matmul(x, kernel)), kernel)), { units: 2, name: "out" });
  }),
  "rows that need one another": regression(
    (x) => dense(batchNorm(dense(x, { units: 4, name: "in" }), { name: "norm" }), { units: 2, name: "out" }),
    adam({ learningRate: 0.02 }),
  ),
  "a row's own statistics": regression((x) => dense(layerNorm(x, { name: "norm" }), { units: 2, name: "out" })),
  "random bits": regression((x) => dense(dropout(x, { rate: 0.5, name: "drop" }), { units: 2, name: "out" })),
  "joined features": regression((x) => dense(concat([x, mul(x, x)], { axis: 1 }), { units: 2, name: "out" })),
  "weights of classes": defineModel({
    name: "small",
    inputs: { x: f32(n, 3), y: i32(n) },
    build: ({ x, y }) => ({
      outputs: { logits: dense(x, { units: 3, name: "out" }) },
      loss: softmaxCrossEntropy(dense(x, { units: 3, name: "own" }), y, { classWeights: [1, 2, 0.5] }),
      optimizer: adam({ learningRate: 0.05, globalClipNorm: 0.5 }),
    }),
  }),
}; // prettier-ignore

interface Build {
  readonly compiled: Compiled;
  readonly text: string;
  readonly module: EmittedModule;
}

/** A model with passes of at most so many terms a row, and kernel by kernel. */
function buildsOf(model: Model, passWork = Infinity): { readonly passes: Build; readonly kernels: Build } {
  const { optimized } = compile(model, { target: "js" });
  const backend = jsBackend("f32");
  const build = (most: number): Build => {
    const compiled = compileProgram(optimized, {
      ...backend,
      numbers: { ...backend.numbers!, passWork: most },
    });
    return { compiled, text: compiled.text, module: loadText(compiled.text) };
  };
  return { passes: build(passWork), kernels: build(0) };
}

/** The losses, gradients and state of a few steps of different length; a zero has no sign, which of sums differs. */
function courseOf(module: EmittedModule): readonly number[] {
  const net = module.create({ seed: 3 });
  const { inputs } = module.spec as {
    readonly inputs: readonly { readonly shape: readonly unknown[]; readonly dtype: string }[];
  };
  const seen: number[] = [];
  for (const [step, rows] of [6, 1, 4, 6].entries()) {
    const data = inputs.map(({ shape, dtype }) => {
      const width = shape.slice(1).reduce<number>((size, dim) => size * Number(dim), 1);
      const value = (k: number): number => (dtype === "i32" ? (k * 7 + step) % 3 : Math.sin(k * 1.7 + step));
      return Array.from({ length: rows * width }, (_, k) => value(k));
    });
    seen.push(net.trainStep(...data, rows));
    for (const gradient of Object.values(net.gradients)) seen.push(...(gradient as Float32Array));
  }
  return [...seen, ...net.state].map((x) => x + 0);
}

describe.each(Object.entries(models))("%s", (_name, model) => {
  const { passes, kernels } = buildsOf(model);

  test("has a pass, and none where none is allowed", () => {
    expect(passes.text).toMatch(/function \w+_rows\(/);
    expect(kernels.text).not.toMatch(/function \w+_rows\(/);
  });

  test("computes the same bits row by row", () => {
    expect(courseOf(passes.module)).toEqual(courseOf(kernels.module));
  });

  test("computes what its graphs and the wasm target do, special numbers among others", () => {
    expect(verifyPasses(passes.compiled.kernels.kernels)).toEqual([]);
    expect(wrongValues(passes.compiled, kernels.compiled, 6, 1)).toEqual([]);
  });
});

const seeds = seedsOf({ short: 3, long: 80 });

test(
  "random small models compute the same bits row by row",
  { timeout: 60_000 + 10_000 * seeds.length },
  () => {
    let withPasses = 0;
    for (const seed of seeds) {
      const { model, rows, describe: told } = randomModel(seed, "small");
      const { passes, kernels } = buildsOf(model);
      if (!/function \w+_rows\w*\(/.test(passes.text)) continue;
      withPasses++;
      const words = `seed ${seed}: ${told()}`;
      expect(verifyPasses(passes.compiled.kernels.kernels), words).toEqual([]);
      const [found, expected] = [passes, kernels].map(({ module }) => stepsOf(module, rows, seed));
      expect(found, words).toEqual(expected);
      expect(wrongValues(passes.compiled, kernels.compiled, rows, seed), words).toEqual([]);
    }
    expect(withPasses).toBeGreaterThan(seeds.length / 2);
  },
);

/** What a float32 may hold beside what is drawn at random; a number near the largest overflows on one target alone. */
const specials = [NaN, Infinity, -Infinity, -0, 0, 1e-40, -3e-42, 1.4e-45];

/** Numbers for all that a program holds, of the floats a share special; blocks lie over what is given by itself. */
function feedOf(program: Program, n: number, seed: number, share: number): Feed {
  const random = randomFrom(seed);
  const draw = ({ kind, type, limit }: Cell): NDArray => {
    if (kind !== "input" && kind !== "parameter" && kind !== "state")
      return randomArray({ type, range: [0, 0] }, n, random);
    const array = randomArray({ type, range: limit === undefined ? undefined : [0, limit] }, n, random);
    const special = (): number => specials[Math.floor(random() * specials.length)];
    if (isFloat(array.dtype))
      for (const [k, x] of array.data.entries())
        array.data[k] = Math.fround(random() < share ? special() : x);
    return array;
  };
  return new Map(program.cells.map((cell) => [`${cell.kind}:${cell.name}`, draw(cell)]));
}

/**
 * Where passes are not what their own graphs say, op by op, or what the kernels compute, or the wasm target: each on
 * random numbers and on such with few and many special ones among them.
 */
function wrongValues(passes: Compiled, kernels: Compiled, rows: number, seed: number): string[] {
  const program = { ...passes.program, cells: passes.program.cells.filter(({ members }) => !members) };
  const wasm = loopsOf(passes.program, wasmBackend);
  return [0, 0.03, 0.3].flatMap((share, k) =>
    [rows, 1].flatMap((n) => {
      const feed = feedOf(program, n, seed + k, share);
      const [own, others] = [passes, kernels].map((compiled) => runModule({ ...compiled, program }, feed, n));
      const truth = truthOf(program, feed, n);
      const lanes = runWasm(wasm, feed, n)!;
      const wrong = {
        graphs: firstError(truth, own, 1e-3),
        kernels: firstDifference(unsigned(own), unsigned(others)),
        wasm: firstError({ naive: lanes, rounded: truth.naive }, own, 1e-3),
      };
      return Object.entries(wrong).flatMap(([name, text]) =>
        text === undefined ? [] : [`against ${name}, n = ${n}, ${share} special: ${text}`],
      );
    }),
  );
}

/** Results in which zeros have no sign. */
const unsigned = (results: Results): Results =>
  new Map([...results].map(([name, values]) => [name, values.map((x) => x + 0)]));

/** The losses, gradients and state of all steps of a random model, with n falling and rising. */
function stepsOf(module: EmittedModule, rows: number, seed: number): readonly number[] {
  const spec = module.spec as unknown as Spec;
  const net = module.create({ seed });
  const { steps } = net as unknown as { readonly steps: Readonly<Record<string, typeof net>> };
  const seen: number[] = [];
  for (const [k, n] of [rows, 1, Math.ceil(rows / 2), rows].entries()) {
    const drawn = rowsFor(spec, n, seed + k);
    const all = spec.inputs.map((_, at) => at);
    const named = (names: readonly string[]) =>
      names.map((name) => spec.inputs.findIndex((input) => input.name === name));
    const units = spec.steps
      ? spec.steps.map(({ name, inputs }) => ({ step: steps[name], chosen: named(inputs) }))
      : [{ step: net, chosen: all }];
    for (const { step, chosen } of units) {
      seen.push(step.trainStep(...argumentsOf(spec, drawn, chosen, k % 2 === 1)));
      for (const gradient of Object.values(step.gradients)) seen.push(...(gradient as Float32Array));
    }
  }
  return [...seen, ...net.state].map((x) => x + 0);
}

test("what a row leaves to the next kernel is in locals, sums are added to gradients at the end", () => {
  const { text } = buildsOf(W2, 200).passes;
  const body = /function backward_rows\([\s\S]*?\n\}\n/.exec(text)![0];
  expect(body).not.toMatch(/d_hidden\[/);
  expect(body).toMatch(/gradients\[k\] \+= sums\[k\];/);
});

const load = (array: string, k: number) => l.load(array, l.number(k), "f64");
const f64 = (name: string) => l.local(name, "f64");

test("what an element or a local holds is read before it is written over, and what is written after that", () => {
  const root = (name: string) => l.op("sqrt", [f64(name)], "f64");
  const body = [
    l.const("before", root("sum")),
    l.const("a", load("x", 0)),
    l.set("sum", l.op("add", [f64("sum"), f64("a")], "f64")),
    l.const("stored", root("a")),
    l.store("x", l.number(1), f64("stored")),
    l.const("b", load("x", 1)),
    // It could begin a sum when what is stored is there, but b is loaded only after the store.
    l.const("both", l.op("mul", [f64("stored"), f64("b")], "f64")),
    // The most steps lead through the load, so that it is asked for first.
    l.const("c", root("b")),
    l.const("d", root("c")),
    l.store("z", l.number(0), root("d")),
    l.store("y", l.number(0), f64("both")),
    l.store("y", l.number(1), f64("before")),
  ];
  const ordered = useSoon(body);
  const places = body.map((stmt) => ordered.indexOf(stmt));
  const [before, , set, , store, b, both] = places;
  expect(new Set(places).size).toBe(body.length);
  expect(before).toBeLessThan(set);
  expect(store).toBeLessThan(b);
  expect(b).toBeLessThan(both);
});

test("statements come where their values are soon used, never before what they need", () => {
  const op = (name: "add" | "mul", a: ReturnType<typeof f64>, b: ReturnType<typeof f64>) => l.op(name, [a, b], "f64");
  const body: LoopStmt[] = [
    ...[0, 1, 2].map((k) => l.const(`x${k}`, load("x", k))),
    ...[0, 1, 2].map((k) => l.const(`h${k}`, l.op("sqrt", [f64(`x${k}`)], "f64"))),
    l.const("s0", op("mul", f64("h0"), f64("h0"))),
    l.const("s1", op("add", f64("s0"), op("mul", f64("h1"), f64("h1")))),
    l.const("s2", op("add", f64("s1"), op("mul", f64("h2"), f64("h2")))),
    l.store("out", l.number(0), f64("h0")),
    l.store("x", l.number(1), f64("s2")),
  ];
  const ordered = useSoon(body);
  expect(ordered).toHaveLength(body.length);
  expect(new Set(ordered)).toEqual(new Set(body));
  const known = new Set<string>();
  for (const stmt of ordered) {
    for (const expr of expressionsOf(stmt))
      visitExpr(expr, (x) => x.kind === "local" && expect(known).toContain(x.name));
    if (stmt.kind === "let") known.add(stmt.name);
  }
  const at = (find: (stmt: LoopStmt) => boolean): number => ordered.findIndex(find);
  const defines = (name: string) => at((stmt) => stmt.kind === "let" && stmt.name === name);
  // An element is read before it is written over, and stored as soon as it is there.
  expect(defines("x1")).toBeLessThan(at((stmt) => stmt.kind === "store" && stmt.array === "x"));
  expect(defines("h1")).toBeGreaterThan(at((stmt) => stmt.kind === "store" && stmt.array === "out"));
}); // prettier-ignore
