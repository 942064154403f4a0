import {
  embedding,
  matmul,
  scatterAdd,
  scatterAddAlongAxis,
  shared,
  square,
  take,
  takeAlongAxis,
  tensor,
  transpose,
  type Value,
} from "gradc";
import type { LayerSample } from "../sample.ts";

const shapes: readonly (readonly [string, string])[] = [
  ["one integer", "i32[]~0..4"],
  ["a batch", "i32[n]~0..4"],
  ["sequences", "i32[n,3]~0..4"],
  ["a static list that repeats", "i32[7]~1..2"],
];

export const rows: readonly LayerSample[] = [
  ...shapes.map(([name, x]): LayerSample => ({
    name: `embedding of ${name}`,
    inputs: { x },
    build: ({ x }) => square(embedding(x, { inputDim: 4, outputDim: 3 })),
    smooth: true,
  })),
  {
    name: "one embedding twice, its second use as the last layer's kernel",
    inputs: { x: "i32[n,2]~0..4" },
    build: ({ x }) => {
      const table = shared("tied", (ids: Value) => embedding(ids, { inputDim: 4, outputDim: 3, name: "e" }));
      const all = table(tensor([0, 1, 2, 3], "i32"));
      return matmul(table(x), transpose(all));
    },
    smooth: true,
  },
  {
    name: "slices of something computed",
    inputs: { x: "f32[n,4]", k: "i32[3]~0..4", w: "f32[4,3]" },
    build: ({ x, k, w }) => take(square(matmul(x, matmul(w, w, { transposeB: true }))), k, { axis: -1 }),
    smooth: true,
  },
  {
    name: "scatterAdd, several updates of one row",
    inputs: { x: "f32[4,2]", k: "i32[n,2]~0..3", u: "f32[n,2,2]" },
    build: ({ x, k, u }) => square(scatterAdd(x, k, u)),
    smooth: true,
  },
  {
    name: "takeAlongAxis and scatterAddAlongAxis",
    inputs: { x: "f32[n,3,2]", k: "i32[n,4,1]~0..3" },
    build: ({ x, k }) => {
      const picked = takeAlongAxis(x, k, { axis: 1 });
      return { picked: square(picked), back: scatterAddAlongAxis(square(x), k, picked, { axis: 1 }) };
    },
    smooth: true,
  },
]; // prettier-ignore
