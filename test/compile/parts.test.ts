import { expect, test } from "vitest";
import {
  adam,
  batch,
  defineModel,
  dense,
  depthwiseConv1d,
  f32,
  mean,
  meanSquaredError,
  sgd,
  square,
  type Model,
} from "gradc";
import { compile } from "../../src/compile.ts";
import { stageText } from "../../src/stages.ts";
import { randomFrom } from "../ops/sample.ts";
import { loadText } from "./program.ts";

/** A layer over sequences: its gradient sums over all rows and times. */
function sequences(times: number, units: number): Model {
  const n = batch(8);
  return defineModel({
    name: "sequences",
    inputs: { x: f32(n, times, 16), y: f32(n, times, units) },
    build({ x, y }) {
      const out = dense(x, { units, name: "out" });
      return { outputs: { out }, loss: meanSquaredError(out, y), optimizer: adam({ learningRate: 1e-3 }) };
    },
  });
}

const gradientKernel = (model: Model, target: "js" | "wasm"): string => {
  const text = stageText(compile(model, { target }), "kernels");
  return text.split("\n").find((line) => line.startsWith("kernel out_kernel_gradient"))!;
};

test("a gradient over a long depth is added up in parts where lanes hold the sums", () => {
  expect(gradientKernel(sequences(64, 64), "wasm")).toContain("k<n i<16 j<64");
  expect(gradientKernel(sequences(64, 64), "js")).toContain("backward i<16 j<64 tile i×4 j×2");
  // What is near anyway, or would be added to memory too often, is one sum.
  expect(gradientKernel(sequences(64, 16), "wasm")).toContain("backward i<16 j<16");
  expect(gradientKernel(sequences(8, 256), "wasm")).toContain("backward i<16 j<256");
});

test("its parts give the same gradient, and add to what is there", () => {
  const random = randomFrom(4);
  const x = Float32Array.from({ length: 5 * 64 * 16 }, () => random() - 0.5);
  const y = Float32Array.from({ length: 5 * 64 * 64 }, () => random() - 0.5);
  const [js, wasm] = (["js", "wasm"] as const).map((target) => {
    const { files } = compile(sequences(64, 64), { target });
    const net = loadText(files[0].text).create({ seed: 1 });
    net.forward(x, y, 5);
    net.backward();
    const once = net.gradients["out/kernel"].slice();
    net.forward(x, y, 5);
    net.backward(true);
    return { once, twice: net.gradients["out/kernel"].slice() };
  });
  for (const [k, gradient] of js.once.entries()) {
    expect(Math.abs(wasm.once[k] - gradient)).toBeLessThan(1e-8 + 1e-4 * Math.abs(gradient));
    expect(Math.abs(wasm.twice[k] - 2 * gradient)).toBeLessThan(2e-8 + 2e-4 * Math.abs(gradient));
  }
});

test("rows that are no part of a gradient's places are added up to n and no further", () => {
  const n = batch(32);
  const model = defineModel({
    name: "channels",
    inputs: { x: f32(n, 32, 48) },
    build({ x }) {
      const y = depthwiseConv1d(x, { kernelSize: 1, name: "filter" });
      return { outputs: { y }, loss: mean(square(y)), optimizer: sgd({ learningRate: 0.1 }) };
    },
  });
  const random = randomFrom(8);
  const full = Float32Array.from({ length: 32 * 32 * 48 }, () => 100 * random());
  const [js, wasm] = (["js", "wasm"] as const).map((target) => {
    const net = loadText(compile(model, { target }).files[0].text).create({ seed: 1 });
    net.forward(full, 32);
    net.backward();
    // What the rows after the first held before must not be seen.
    net.forward(full.subarray(0, 32 * 48), 1);
    net.backward();
    return [...Object.values(net.gradients)[0]];
  });
  for (const [k, gradient] of js.entries())
    expect(Math.abs(wasm[k] - gradient)).toBeLessThan(1e-4 * Math.abs(gradient));
});
