import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import W3 from "../../bench/workloads/W3.model.ts";
import W5 from "../../bench/workloads/W5.model.ts";
import { fill, measureKernels, runnerOf } from "../../src/cli/bench/kernels.ts";
import { measure } from "../../src/cli/bench/measure.ts";
import { overwrittenBy } from "../../src/cli/bench/overwritten.ts";
import { workOf, type Work } from "../../src/cli/bench/work.ts";
import { sampleInputs } from "../../src/cli/sample-inputs.ts";
import type { Compilation } from "../../src/compile.ts";
import {
  adam,
  batch,
  cumsum,
  defineModel,
  dense,
  dropout,
  f32,
  i32,
  lstm,
  mean,
  meanSquaredError,
  scaledDotProductAttention,
  softmaxCrossEntropy,
  square,
  type Model,
} from "../../src/index.ts";
import { running } from "../examples/run.ts";
import { folder, gradc } from "./helpers.ts";
import { stepsModel, tinyModel } from "./models.ts";

function workIn({ kernels, loops }: Compilation, phase: string, n: number): ReadonlyMap<string, Work> {
  const calls = loops.calls.get(phase)!;
  const own = kernels.kernels.filter((kernel) => kernel.phase === phase);
  const functions = new Map(loops.functions.map((fn) => [fn.name, fn]));
  return new Map(own.map((kernel, k) => [kernel.name, workOf(kernel, functions.get(calls[k].name)!, n)]));
}

describe("the work of a kernel", () => {
  test("is that of its product, of what follows it, and of its rows alone", async () => {
    const { compilation } = await running(W3);
    for (const n of [64, 3]) {
      // 784 multiply-adds, a bias and a relu for each of n × 128; x and kernel are read as plain numbers, and the bias;
      // the result is written.
      expect(workIn(compilation, "forward", n).get("first_forward")).toEqual({
        flops: n * 128 * (2 * 784 + 2),
        bytes: 8 * (n * 784 + 784 * 128) + 4 * (128 + n * 128),
      });
      // The gradient of a kernel is added to what is there.
      expect(workIn(compilation, "backward", n).get("second_kernel_gradient")).toEqual({
        flops: 128 * 64 * 2 * n,
        bytes: 8 * (n * 128 + n * 64) + 4 * 2 * 128 * 64,
      });
    }
  });

  test("of a step inside a loop over time is that of one time", async () => {
    const { compilation } = await running(W5);
    const inside = compilation.kernels.kernels.filter((kernel) => kernel.loops.length > 0 && kernel.core);
    const [forward] = inside.filter(({ phase }) => phase === "forward");
    const { flops, bytes } = workIn(compilation, "forward", 16).get(forward.name)!;
    // h·Wh of 16 × 128 by 128 × 512, and what is added to it.
    expect(flops).toBeGreaterThanOrEqual(2 * 16 * 128 * 512);
    expect(flops).toBeLessThan(2.1 * 16 * 128 * 512);
    expect(bytes).toBeLessThan(8 * (16 * 128 + 128 * 512) + 4 * 3 * 16 * 512);
  });

  test("under a causal mask is that of the side that counts", async () => {
    const size = 64;
    const model = defineModel({
      name: "causal",
      inputs: { x: f32(batch(2), size, 16) },
      build: ({ x }) => ({ outputs: { y: scaledDotProductAttention(x, x, x, { causal: true }) } }),
    });
    const { compilation } = await running(model, { target: "wasm" });
    const works = [...workIn(compilation, "predict", 2).values()].map(({ flops }) => flops);
    // Scores of rows and values by weights: about half of two products of 64 × 64 × 16 each.
    const product = 2 * 2 * size * size * 16;
    const [scores, , values] = works.filter((flops) => flops > 0).slice(-3);
    for (const flops of [scores, values]) {
      expect(flops).toBeGreaterThan(0.5 * product);
      expect(flops).toBeLessThan(0.65 * product);
    }
  });

  test("of a whole nest is that of its loops", async () => {
    const model = defineModel({
      name: "sums",
      inputs: { x: f32(6, 50) },
      build: ({ x }) => ({ outputs: { y: cumsum(x, { axis: 1 }) } }),
    });
    const { compilation } = await running(model);
    const [work] = workIn(compilation, "predict", 1).values();
    expect(work).toEqual({ flops: 6 * 50, bytes: 4 * 2 * 6 * 50 });
  });
});

describe("kernels by themselves", () => {
  const models: readonly (readonly [string, Model, number, "js" | "wasm"])[] = [
    ["dense layers in js", W3, 5, "js"],
    ["dense layers in wasm", W3, 5, "wasm"],
    ["a loop over time in js", W5, 16, "js"],
    ["a loop over time in wasm", W5, 16, "wasm"],
  ];
  test.each(models)("%s: one after the other they are the step, bit by bit", async (_, model, n, target) => {
    const { compilation, generated } = await running(model, { target });
    const phases = ["forward", "backward", "update"];
    const groups = phases.map((phase) => compilation.loops.calls.get(phase)!);
    const {
      memories: [arena],
      run,
    } = await runnerOf(compilation, groups);
    fill(arena, generated, compilation, n);
    for (const group of run) group(n);
    const net = generated.create({ seed: 1 });
    const before = net.state.slice();
    net.trainStep(...sampleInputs(generated.spec.inputs, n, 1), n);
    expect(Buffer.compare(net.state, before)).not.toBe(0);
    expect(Buffer.compare(arena.subarray(0, net.state.length), net.state)).toBe(0);
  });
});

describe("kernels that work in place", () => {
  const n = batch(8);
  const wide = defineModel({
    name: "wide",
    inputs: { x: f32(n, 16), y: i32(n) },
    build({ x, y }) {
      const hidden = dropout(dense(x, { units: 300, activation: "gelu", name: "hidden" }), { rate: 0.25 });
      const logits = dense(hidden, { units: 4, name: "logits" });
      return { outputs: { logits }, loss: softmaxCrossEntropy(logits, y), optimizer: adam() };
    },
  });
  const recurrent = defineModel({
    name: "recurrent",
    inputs: { x: f32(n, 5, 3), y: f32(n, 1) },
    build({ x, y }) {
      const value = dense(lstm(x, { units: 4 }), { units: 1 });
      return { outputs: { value }, loss: meanSquaredError(value, y), optimizer: adam() };
    },
  });
  const rowByRow = defineModel({
    name: "small",
    inputs: { x: f32(n, 6), y: i32(n) },
    build({ x, y }) {
      const logits = dense(dense(x, { units: 5, activation: "tanh" }), { units: 3 });
      return { outputs: { logits }, loss: softmaxCrossEntropy(logits, y), optimizer: adam() };
    },
  });
  const single = defineModel({
    name: "single",
    inputs: { x: f32(2) },
    build({ x }) {
      const y = dense(x, { units: 1 });
      return { outputs: { y }, loss: mean(square(y)), optimizer: adam() };
    },
  });
  const cases: readonly (readonly [string, Model, "js" | "wasm"])[] = [
    ["a gelu in its input's place", wide, "wasm"],
    ["a loop over time", recurrent, "js"],
    ["rows in one pass", rowByRow, "js"],
    ["a whole step", single, "wasm"],
  ];

  test.each(cases)("%s: each timed run finds the same inputs", async (_, model, target) => {
    const { compilation, generated } = await running(model, { target });
    // What ran with the same inputs leaves the same memory behind; the first pass warms up, one step before the second.
    const left: string[][] = [];
    const runner: typeof runnerOf = async (own, groups) => {
      const { memories, run } = await runnerOf(own, groups);
      const hash = (): string => {
        const digest = createHash("sha1");
        for (const memory of memories) digest.update(new Uint8Array(Float64Array.from(memory).buffer));
        return digest.digest("hex");
      };
      return {
        memories,
        run: run.map((one, k) => (rows) => {
          one(rows);
          const found = hash();
          if (left[k]?.at(-1) !== found) (left[k] ??= []).push(found);
        }),
      };
    };
    await measureKernels(generated, compilation, { samples: 1, runner });
    expect(left.length).toBeGreaterThan(2);
    expect(left.filter((found) => found.length > 2)).toEqual([]);
    // Without the inputs being restored, a second run would leave other values: some of these kernels work in place.
    const functions = new Map(compilation.loops.functions.map((fn) => [fn.name, fn]));
    const inPlace = [...compilation.loops.calls.values()]
      .flat()
      .filter((call) => overwrittenBy(call, functions.get(call.name)!, compilation.memory).length > 0);
    expect(inPlace).not.toEqual([]);
  });

  test("are prepared before each call, and no call takes less than a nanosecond", () => {
    const order: string[] = [];
    const time = measure(() => order.push("call"), 3, { least: 0.01, prepare: () => order.push("prepare") });
    expect(order.filter((what, k) => what === "call" && order[k - 1] !== "prepare")).toEqual([]);
    expect(order).toContain("call");
    expect(time.min).toBeGreaterThanOrEqual(1e-6);
    expect(
      measure(() => undefined, 3, { least: 0.01, prepare: () => undefined }).median,
    ).toBeGreaterThanOrEqual(1e-6);
  });
});

test.each(["js", "wasm"])("bench --kernels lists what every kernel reaches, on %s", async (target) => {
  const path = folder({ "tiny.model.ts": tinyModel(), "pair.model.ts": stepsModel() });
  const measured = ["--kernels", "--samples", "1", "--target", target];
  const { code, out, err } = await gradc(path, ["bench", "pair.model.ts", ...measured]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^in +kernel +runs +median +share +flop +GFLOP\/s +GB\/s +computes\n/);
  expect(out).toMatch(
    /^forward "first" +first_dense_forward +1 +[\d.]+ [nµm]?s +[\d.]+ % .*first_dense_kernel/m,
  );
  expect(out).toMatch(/^first trainStep: kernels [\d.]+ [nµm]?s, the whole call [\d.]+ [nµm]?s$/m);
  expect(out).toMatch(/^decode: kernels [\d.]+ [nµm]?s, the whole call [\d.]+ [nµm]?s$/m);
  const args = ["bench", "tiny.model.ts", ...measured, "--rows", "4", "--json"];
  const { kernels, times } = JSON.parse((await gradc(path, args)).out);
  expect(times.map(({ name }: { name: string }) => name)).toContain("trainStep");
  const inspected = JSON.parse(
    (
      await gradc(path, [
        "inspect",
        "tiny.model.ts",
        "--target",
        target,
        "--stage",
        "kernels",
        "--format",
        "json",
      ])
    ).out,
  );
  type Row = { name: string; phase: string; kernel: string; entry: string; share: number; flops: number };
  const step = kernels.filter(({ entry }: Row) => entry === "trainStep");
  type Declared = { name: string; phase: string; record: { pass: { name: string } | null } };
  const declared = inspected.kernels.filter(({ phase }: Declared) =>
    ["forward", "backward", "update"].includes(phase),
  );
  // Kernels of a pass are one function.
  const functions = new Set(declared.map(({ name, record }: Declared) => record.pass?.name ?? name));
  expect(step.map(({ kernel }: Row) => kernel)).toEqual([...functions]);
  expect(step.reduce((sum: number, { share }: Row) => sum + share, 0)).toBeCloseTo(1, 9);
  // Forward: 4 × 3 sums of 2 products and a bias.
  const predicted = kernels.filter(({ entry }: Row) => entry === "predict");
  expect(predicted[0].flops).toBe(4 * 3 * (2 * 2 + 1));
  const tooMany = await gradc(path, ["bench", "tiny.model.ts", "--kernels", "--rows", "9"]);
  expect(tooMany.err).toBe(
    "error[batch-size]: 9 rows are more than the 8 declared\n  hint: give --rows 8 at most, or declare batch(9)\n",
  );
});
