import { expect, test } from "vitest";
import { batch, defineModel, dense, f32, i32, softmax, softmaxCrossEntropy, sgd, type Model } from "gradc";
import { compile } from "../../src/compile.ts";
import type { LoopFunction } from "../../src/ir/loop.ts";
import { visitExprs } from "../../src/ir/loop-walk.ts";
import { randomFrom } from "../ops/sample.ts";
import { loadText } from "./program.ts";

/** A layer of so many units into a softmax over 10 classes. */
function classes(units: number): Model {
  const n = batch(64);
  return defineModel({
    name: "classes",
    inputs: { x: f32(n, 16), y: i32(n) },
    build({ x, y }) {
      const logits = dense(dense(x, { units }), { units: 10 });
      return {
        outputs: { p: softmax(logits) },
        loss: softmaxCrossEntropy(logits, y),
        optimizer: sgd({ learningRate: 0.1 }),
      };
    },
  });
}

const callsIn = ({ body }: LoopFunction): string[] => {
  const names: string[] = [];
  visitExprs(body, (x) => x.kind === "call" && names.push(x.name));
  return names;
};

test("scalar functions are called where a phase hardly computes them, and written out where they are its work", () => {
  const wide = compile(classes(4096), { target: "wasm" }).loops.functions;
  const returning = wide.filter(({ returns }) => returns);
  expect(returning.map(({ name }) => name)).toEqual(["expF32", "logF32"]);
  expect(returning.flatMap(callsIn)).toEqual([]);
  expect(wide.filter((fn) => callsIn(fn).includes("expF32")).map(({ name }) => name)).toEqual([
    "training_loss",
    "predict_p",
    "evaluate_loss",
  ]);
  // The code of a kernel holds them once, since its last vector may reach beyond n.
  expect(callsIn(wide.find(({ name }) => name === "training_loss")!).sort()).toEqual(["expF32", "logF32"]);
  for (const compilation of [
    compile(classes(16), { target: "wasm" }),
    compile(classes(4096), { target: "js" }),
  ])
    expect(compilation.loops.functions.flatMap(callsIn)).toEqual([]);
});

test("what is called computes what js computes, for every rest that a batch leaves", () => {
  const random = randomFrom(9);
  const x = Float32Array.from({ length: 64 * 16 }, () => random() - 0.5);
  const y = Int32Array.from({ length: 64 }, (_, k) => (7 * k) % 10);
  const [js, wasm] = (["js", "wasm"] as const).map((target) =>
    loadText(compile(classes(4096), { target }).files[0].text).create({ seed: 3 }),
  );
  for (const n of [64, 1, 2, 3, 5, 63]) {
    const rows = x.subarray(0, n * 16);
    const losses = [js, wasm].map((net) => net.forward(rows, y.subarray(0, n)));
    expect(Math.abs(losses[0] - losses[1])).toBeLessThan(1e-5);
    const [a, b] = [js, wasm].map((net) => net.predict(rows)["p"].slice(0, n * 10));
    for (const [k, p] of a.entries()) expect(Math.abs(b[k] - p)).toBeLessThan(1e-5);
    const [c, d] = [js, wasm].map((net) => net.evaluate(rows, y.subarray(0, n))["loss"] as number);
    expect(Math.abs(c - d)).toBeLessThan(1e-5);
  }
});
