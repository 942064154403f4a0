import { expect, test } from "vitest";
import { add, argMax, argMin, batch, defineModel, f32, max, sub } from "gradc";
import { compile } from "../../src/compile.ts";
import { loadText } from "./program.ts";

const n = batch(4);
const model = defineModel({
  name: "ties",
  inputs: { x: f32(n, 3), shift: f32(n, 3) },
  build: ({ x, shift }) => ({
    outputs: {
      most: argMax(add(x, shift), { axis: 1 }),
      // The maximum and the search for it are one kernel.
      least: argMin(sub(x, max(x, { axis: 1, keepDims: true })), { axis: 1 }),
      column: argMax(sub(shift, x), { axis: 1 }),
      stored: argMax(x, { axis: 1 }),
    },
  }),
});

test.each(["js", "wasm"] as const)(
  "%s: of elements that are equal as float32 the first is found",
  (target) => {
    const net = loadText(compile(model, { target }).files[0].text).create();
    // 0.1 and 0.2 are lost beside 1e8, in float32 alone.
    const x = Float32Array.of(0.1, 0.2, -1e9, 0.2, 0.1, 1e8, 0.2, 0.1, 0.3);
    const shift = Float32Array.of(1e8, 1e8, 0, -1e8, -1e8, -1e9, 0, 0, 0);
    const found = net.predict(x, shift, 3);
    const first = (name: string): number[] => Array.from(found[name].slice(0, 3));
    expect(first("most")).toEqual([0, 0, 2]);
    expect(first("least")).toEqual([2, 0, 1]);
    expect(first("column")).toEqual([2, 0, 1]);
    expect(first("stored")).toEqual([1, 2, 2]);
  },
);

test("in JavaScript what is read from memory is compared as it is", () => {
  const stored = defineModel({
    name: "stored",
    inputs: { x: f32(n, 3) },
    build: ({ x }) => ({ outputs: { y: argMax(x, { axis: 1 }) } }),
  });
  expect(compile(stored).files[0].text).not.toContain("Math.fround");
});
