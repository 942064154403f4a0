import { jsBackend } from "../../src/backends/js/backend.ts";
import { expect, test } from "vitest";
import * as g from "gradc";
import { compile } from "gradc/compiler";
import { proveModule } from "../../src/backends/module/prove.ts";
import { bodiesOf, graphNodes, nodesOf, type Graph, type Output } from "../../src/ir/graph.ts";
import type { Kernel } from "../../src/ir/kernel.ts";
import { buffersOfKernel } from "../../src/lower/function.ts";
import { ops } from "../../src/ops/table.ts";
import { optimizeGraph } from "../../src/optimize/index.ts";
import { cases } from "./cases.ts";
import { ready } from "./run.ts";

const n = g.batch(32);
const memory = (length: number): g.Model =>
  g.defineModel({
    name: "memory",
    inputs: { x: g.f32(n, length, 16), y: g.i32(n) },
    build({ x, y }) {
      const below = g.lstm(x, { units: 64, returnSequences: true });
      const last = g.gru(below, { units: 64, goBackwards: true });
      const logits = g.dense(last, { units: 4 });
      const loss = g.softmaxCrossEntropy(logits, y);
      return { outputs: { p: g.softmax(logits) }, loss, optimizer: g.adam() };
    },
  });
const codeOf = (length: number): string => compile(memory(length)).files[0].text;

test("code for 200 times is no larger than for 20, but for its numbers", () => {
  const [short, long] = [codeOf(20), codeOf(200)];
  const shape = (text: string): string => text.replace(/\d+/g, "0");
  expect(shape(long)).toBe(shape(short));
  // Every extent is above the sizes at which the cost model chooses other tiles.
  expect(proveModule(long)).toEqual([]);
  expect(long).toMatch(/for \(let t = 0; t < 200; t\+\+\) \{/);
  expect(long).toMatch(/for \(let t = 199; t >= 0; t--\) \{/);
});

test("only the product with the carry stays in the loop", () => {
  const own = ready(
    cases.find(({ name }) => name.startsWith("products before"))!,
    "f32",
  );
  const outputs = own.outputs.map((value, k): Output => ({ role: "output", name: `y${k}`, value }));
  const graph: Graph = optimizeGraph(
    { name: "g", batch: 5, outputs, origins: own.build.origins },
    ops,
    jsBackend("f32"),
  );
  const scans = graphNodes(graph).filter(({ op }) => op === "scan");
  const inside = scans.flatMap(bodiesOf).flatMap((body) => nodesOf(body.outputs));
  expect(scans.length).toBe(1);
  expect(inside.filter(({ op }) => op === "matmul" || op === "dotGeneral").length).toBe(1);
  expect(graphNodes(graph).filter(({ op }) => op === "dotGeneral").length).toBeGreaterThanOrEqual(3);
});

test("the gates of an lstm are one kernel in the loop, forwards and backwards", () => {
  const { kernels } = compile(
    g.defineModel({
      name: "one",
      inputs: { x: g.f32(n, 6, 3), y: g.f32(n, 64) },
      build: ({ x, y }) => {
        const h = g.lstm(x, { units: 64 });
        return { outputs: { h }, loss: g.meanSquaredError(h, y), optimizer: g.sgd({ learningRate: 0.1 }) };
      },
    }),
  ).kernels;
  const inLoop = (backwards: boolean) =>
    kernels.filter(({ phase, loops }) => loops[0]?.reverse === backwards && !phase.includes("predict"));
  for (const backwards of [false, true]) {
    const isCopy = (kernel: Kernel): boolean =>
      buffersOfKernel(kernel).size === 2 && kernel.name.startsWith("copy_");
    const once = inLoop(backwards).filter((kernel) => !kernel.phase.includes("evaluate") && !isCopy(kernel));
    expect(once.filter(({ core }) => core).length).toBe(1);
    expect(once.filter(({ core }) => !core).length).toBe(1);
  }
});

test("where only the last carry is read, the loop takes turns in two slots", () => {
  const { kernels, memory } = compile(
    g.defineModel({
      name: "one",
      inputs: { x: g.f32(n, 30, 16), y: g.f32(n, 64) },
      build: ({ x, y }) => {
        const h = g.lstm(x, { units: 64 });
        return { outputs: { h }, loss: g.meanSquaredError(h, y), optimizer: g.sgd({ learningRate: 0.1 }) };
      },
    }),
  );
  const stacks = (phase: string) =>
    new Set(
      kernels.kernels
        .filter((kernel) => kernel.phase.includes(phase))
        .flatMap(({ stages }) => stages.flatMap(({ items }) => items.flatMap(({ targets }) => targets)))
        .filter(({ buffer }) => buffer.kind === "temporary" && typeof buffer.shape[1] === "object")
        .map(({ buffer }) => String(buffer.shape[0])),
    );
  // Inference and the cotangents of the carries need no history; what the gradient reads is kept of all times.
  expect([...stacks("predict")]).toEqual(["2"]);
  expect([...stacks("backward")].sort()).toEqual(["2", "30"]);
  expect(memory.arenaBytes / memory.liveBoundBytes).toBeLessThan(1.1);
});
