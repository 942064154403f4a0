import { expect, test } from "vitest";
import { compile, type Compilation } from "../../src/compile.ts";
import {
  adam,
  batch,
  defineModel,
  dense,
  embedding,
  f32,
  i32,
  lstm,
  softmaxCrossEntropy,
  type Model,
} from "../../src/index.ts";

function layers(rows: number): Model {
  const n = batch(rows);
  return defineModel({
    name: "layers",
    inputs: { x: f32(n, 32), y: i32(n) },
    build: ({ x, y }) => {
      const hidden = dense(x, { units: 64, activation: "relu", name: "hidden" });
      const logits = dense(hidden, { units: 16, name: "logits" });
      return { outputs: { logits }, loss: softmaxCrossEntropy(logits, y), optimizer: adam() };
    },
  });
}

function recurrent(length: number): Model {
  const n = batch(8);
  return defineModel({
    name: "recurrent",
    inputs: { x: i32(n, length), y: i32(n, length) },
    build: ({ x, y }) => {
      const seen = embedding(x, { inputDim: 32, outputDim: 16, name: "symbols" });
      const hidden = lstm(seen, { units: 16, returnSequences: true, name: "lstm" });
      const logits = dense(hidden, { units: 32, name: "logits" });
      return { outputs: { logits }, loss: softmaxCrossEntropy(logits, y), optimizer: adam() };
    },
  });
}

const scratchOf = ({ sizes }: Compilation): number => sizes.arenaBytes - sizes.stateBytes;

const growing = [
  ["rows", layers, 1024, 1],
  ["the length of sequences", recurrent, 64, 2],
] as const;
const cases = growing.flatMap((row) => (["js", "wasm"] as const).map((target) => [...row, target] as const));

test.each(cases)(
  "%s doubled: twice the scratch memory, the same code",
  (_, model, size, rowTimes, target) => {
    const [one, two] = [size, 2 * size].map((extent) => compile(model(extent), { target }));
    // Operations of a row grow with its times, not with the number of rows.
    expect(two.sizes.flopsPerRow / one.sizes.flopsPerRow).toBeLessThan(rowTimes * 1.05);
    expect(two.sizes.flopsPerRow / one.sizes.flopsPerRow).toBeGreaterThan(rowTimes * 0.9);
    expect(two.sizes.stateBytes).toBe(one.sizes.stateBytes);
    expect(scratchOf(two) / scratchOf(one)).toBeLessThan(2.05);
    // Larger products may be given larger tiles; everything else is bounds and places of more digits.
    expect(two.sizes.code / one.sizes.code).toBeLessThan(1.05);
    expect(two.kernels.kernels.length).toBe(one.kernels.kernels.length);
  },
);
