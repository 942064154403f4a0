/* Rows that fill no tile are computed in tiles that reach beyond n: what lies there must reach no result and no gradient. */
import { describe, expect, test } from "vitest";
import {
  batch, defineModel, dense, f32, flatten, gelu, matmul, meanSquaredError, sgd, softmax, type Model, type Value,
} from "gradc"; // prettier-ignore
import { hasRelaxed } from "../../src/backends/wasm/host.ts";
import { isBatch, maxOf } from "../../src/ir/type.ts";
import type { Build } from "../models/asked.ts";
import { buildsOf, strictOf } from "../models/builds.ts";
import { allowRelaxed } from "../wasm/relaxed.ts";

allowRelaxed();

const rows = 13;
const columns = 7;
const wave = (size: number, speed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, k) => Math.sin(k * speed));

const modelOf = (dims: readonly number[], hidden: (x: Value) => Value): Model =>
  defineModel({
    name: "rests",
    inputs: { x: f32(batch(rows), ...dims), y: f32(batch(rows), columns) },
    build({ x, y }) {
      const out = dense(hidden(x), { units: columns });
      return { outputs: { out }, loss: meanSquaredError(out, y), optimizer: sgd({ learningRate: 0.1 }) };
    },
  });
const cases: readonly (readonly [string, readonly number[], (x: Value) => Value])[] = [
  ["rows of the batch", [17], (x) => dense(x, { units: 25, activation: "relu" })],
  ["five rows for each", [5, 17], (x) => flatten(gelu(dense(x, { units: 9 }), { approximate: true }))],
  ["rows that look at one another", [6], (x) => matmul(softmax(matmul(x, x, { transposeB: true })), x)],
];

/** Whether a tile of rows leaves a smaller one that may reach beyond n. */
const hasRests = ({ compilation: { kernels } }: Build): boolean =>
  kernels.kernels.some(({ outer, record: { tile, whole } }) =>
    outer.some(({ extent }, k) => whole[k] && isBatch(extent) && maxOf(extent) % tile[k] > 0),
  );

describe("for every number of rows, what larger calls have left behind is not seen", () => {
  test.each(cases)("%s", (_, dims, hidden) => {
    const size = dims.reduce((a, b) => a * b);
    const { double, js, relaxed } = buildsOf(modelOf(dims, hidden), true);
    expect(hasRests(relaxed)).toBe(true);
    for (const { name, module } of [double, js, strictOf(relaxed), ...(hasRelaxed() ? [relaxed] : [])]) {
      const [used, fresh] = [module.create({ seed: 2 }), module.create({ seed: 2 })];
      const [x, y] = [wave(rows * size, 1.3), wave(rows * columns, 0.7)];
      const nothing = [x, y].map(({ length }) => new Float32Array(length).fill(NaN));
      for (let n = 1; n <= rows; n++) {
        used.predict(nothing[0], rows);
        used.forward(...nothing, rows);
        used.backward();
        const few = [x.subarray(0, n * size), y.subarray(0, n * columns)];
        const [found, expected] = [used, fresh].map((net) => {
          const out = net.predict(few[0], n)["out"].slice(0, n * columns);
          const loss = net.forward(...few, n);
          net.backward();
          const gradients = Object.values(net.gradients).map((gradient) => gradient.slice());
          return { out, loss, gradients };
        });
        expect(expected.loss).not.toBe(NaN);
        expect(found, `${name}, n = ${n}`).toEqual(expected);
      }
    }
  });
});
