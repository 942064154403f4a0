import { describe, expect, test } from "vitest";
import {
  batch,
  conv2d,
  defineModel,
  dense,
  f32,
  matmul,
  meanSquaredError,
  param,
  sgd,
  transpose,
  tril,
  type Model,
  uniform,
} from "../../src/index.ts";
import { verifyKernel } from "../../src/ir/verify/kernel.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { lower } from "../../src/lower/index.ts";
import { visitStmts } from "../../src/ir/loop-walk.ts";
import { running } from "../examples/run.ts";
import { allowRelaxed } from "./relaxed.ts";

const wave = (length: number, step: number): Float32Array =>
  Float32Array.from({ length }, (_, k) => Math.sin(k * step + 1));

/** Rows enough for one of them to be a loop of its own, over columns that wide tiles do not divide. */
const tall = defineModel({
  name: "tall",
  inputs: { x: f32(batch(9), 250) },
  build: ({ x }) => ({ outputs: { y: dense(x, { units: 76, activation: "tanh", name: "hidden" }) } }),
});

/** Many rows for each row of the batch, times a matrix whose rows are long enough for panels. */
const wide = (units: number): Model =>
  defineModel({
    name: "wide",
    inputs: { x: f32(batch(3), 50, 20), y: f32(batch(3), 50, units) },
    build: ({ x, y }) => {
      const out = dense(x, { units, activation: "tanh", name: "hidden" });
      return { outputs: { out }, loss: meanSquaredError(out, y), optimizer: sgd({ learningRate: 0.1 }) };
    },
  });

describe("a row alone", () => {
  test.each([{ strict: true }, {}])("is the same as in a tile, to the bit %o", async (options) => {
    const { compilation, generated } = await running(tall, { target: "wasm", ...options });
    expect(compilation.kernels.kernels.map(({ record }) => record.alone)).toContain(8);
    const net = generated.create({ seed: 3 });
    const x = wave(9 * 250, 0.7);
    const all = Float32Array.from(net.predict(x, 9).y);
    for (let n = 1; n <= 9; n++) {
      const some = net.predict(x.subarray(0, n * 250), n).y;
      expect(Buffer.from(some.buffer, some.byteOffset, n * 76 * 4).equals(Buffer.from(all.buffer, 0, n * 76 * 4))).toBe(true); // prettier-ignore
    }
  });
});

describe("rows of the batch that fill no tile", () => {
  allowRelaxed();
  const layered = (most: number): Model =>
    defineModel({
      name: "layered",
      inputs: { x: f32(batch(most), 12), y: f32(batch(most), 8) },
      build: ({ x, y }) => {
        const hidden = dense(x, { units: 176, activation: "tanh", name: "hidden" });
        const out = dense(dense(hidden, { units: 176, activation: "tanh", name: "middle" }), {
          units: 8,
          name: "out",
        });
        return { outputs: { out }, loss: meanSquaredError(out, y), optimizer: sgd({ learningRate: 0.1 }) };
      },
    });

  // Tiles of six leave four of sixteen rows and five of eleven; some tile divides twenty, and six twelve.
  test.each([
    [16, true],
    [11, true],
    [20, false],
    [12, false],
  ])("are in one of their own, whatever n: %i", async (most, leaves) => {
    const model = layered(most);
    const exact = (await running(model)).generated.create({ seed: 3 });
    for (const options of [{}, { strict: true }]) {
      const { compilation, generated } = await running(model, { target: "wasm", ...options });
      const tiles = compilation.kernels.kernels.flatMap(({ record }) => (record.whole.includes(true) ? [record.tile] : []));
      expect(tiles.length).toBeGreaterThan(0);
      if (!options.strict) expect(tiles.some(([rows]) => most % rows > 0)).toBe(leaves);
      for (let n = 1; n <= most; n++) {
        const net = generated.create({ seed: 3 });
        for (const [name, values] of Object.entries(net.params)) values.set(exact.params[name]);
        const [x, y] = [wave(n * 12, 0.3), wave(n * 8, 0.9)];
        const before = Object.values(exact.params).map((values) => values.slice());
        expect(net.trainStep(x, y, n)).toBeCloseTo(exact.trainStep(x, y, n), 5);
        for (const [name, gradient] of Object.entries(net.gradients)) {
          const differences = gradient.map((value, k) => Math.abs(value - exact.gradients[name][k]));
          expect(Math.max(...differences), `${name} for n = ${n}`).toBeLessThan(2e-6);
        }
        for (const [k, values] of Object.values(exact.params).entries()) values.set(before[k]);
      }
    }
  }); // prettier-ignore
});

describe("columns that fill no vector", () => {
  test.each([10, 6, 7, 14, 19, 30])("are in a tile with whole ones: %i", async (units) => {
    const n = batch(12);
    const model = defineModel({
      name: "odd",
      inputs: { x: f32(n, 12), y: f32(n, units) },
      build: ({ x, y }) => {
        const out = dense(x, { units, activation: "tanh", name: "hidden" });
        return { outputs: { out }, loss: meanSquaredError(out, y), optimizer: sgd({ learningRate: 0.1 }) };
      },
    });
    const { compilation, generated } = await running(model, { target: "wasm", strict: true });
    const product = compilation.loops.functions.find(({ name }) => name === "hidden_forward")!;
    const parts = new Set<string>();
    visitStmts(product.body, (stmt) => {
      if (stmt.kind === "for" && stmt.name === "k") parts.add(JSON.stringify(stmt.body));
    });
    const vectors = Math.ceil(units / 4);
    const columns = compilation.kernels.kernels.find(({ name }) => name === "hidden_forward")!.record.tile[1];
    // No loop of its own over the depth, but where a tile of one would be left.
    expect(parts.size).toBe(vectors <= columns ? 1 : 2);
    const [net, exact] = [
      generated.create({ seed: 5 }),
      (await running(model)).generated.create({ seed: 5 }),
    ];
    for (const [name, values] of Object.entries(net.params)) exact.params[name].set(values);
    for (const rows of [12, 1, 7]) {
      const [x, y] = [wave(rows * 12, 0.3), wave(rows * units, 0.9)];
      expect(net.trainStep(x, y, rows)).toBeCloseTo(exact.trainStep(x, y, rows), 5);
      for (const [name, gradient] of Object.entries(net.gradients))
        for (const [k, value] of gradient.entries())
          expect(Math.abs(value - exact.gradients[name][k])).toBeLessThan(2e-6);
    }
  });
});

describe("rows that fill no tile", () => {
  const filtered = (size: number, kernelSize: number): Model =>
    defineModel({
      name: "filtered",
      inputs: { x: f32(batch(8), size, size, 1), y: f32(batch(8), size, size, 8) },
      build: ({ x, y }) => {
        const layer = { filters: 8, kernelSize, padding: "same" } as const;
        const out = conv2d(conv2d(x, { ...layer, name: "first" }), { ...layer, name: "second" });
        return { outputs: { out }, loss: meanSquaredError(out, y), optimizer: sgd({ learningRate: 0.1 }) };
      },
    });

  // 14 pixels leave two in each line, which two lines share; 13 pixels and the 5 columns of a filter leave one, which four share.
  test.each([
    [14, 3, 2],
    [13, 3, 4],
    [16, 5, 4],
    [8, 3, 1],
  ])("share a tile with those around them: %i pixels, filters of %i", async (size, kernelSize, join) => {
    const model = filtered(size, kernelSize);
    const { compilation, generated } = await running(model, { target: "wasm", strict: true });
    const { optimized, kernels, memory } = compilation;
    expect(Math.max(...kernels.kernels.map(({ record }) => record.join))).toBe(join);
    let [before, changed] = ["", 0];
    lower(optimized, kernels, memory, wasmBackend, (pass, { body }) => {
      const text = JSON.stringify(body);
      if (pass.startsWith("rests of") && text !== before) changed++;
      before = text;
    });
    expect(changed > 0).toBe(join > 1);
    const [net, exact] = [
      generated.create({ seed: 4 }),
      (await running(model)).generated.create({ seed: 4 }),
    ];
    for (const [name, values] of Object.entries(net.params)) exact.params[name].set(values);
    for (const rows of [3, 1]) {
      const [x, y] = [wave(rows * size * size, 0.3), wave(rows * size * size * 8, 0.9)];
      expect(net.trainStep(x, y, rows)).toBeCloseTo(exact.trainStep(x, y, rows), 5);
      for (const [name, gradient] of Object.entries(net.gradients))
        for (const [k, value] of gradient.entries())
          expect(Math.abs(value - exact.gradients[name][k])).toBeLessThan(2e-6);
    }
  });
});

test("rows share no tile with those around them whose sums are longer, as below a diagonal", async () => {
  const model = defineModel({
    name: "triangle",
    inputs: { x: f32(5, 16, 16) },
    build: ({ x }) => {
      const lower = transpose(tril(x), [1, 0, 2]);
      return { outputs: { y: matmul(lower, param("w", [16, 8], { initializer: uniform() })) } };
    },
  });
  const { compilation, generated } = await running(model, { target: "wasm", strict: true });
  const product = compilation.kernels.kernels.find(({ core }) => core?.only)!;
  const { record } = product;
  const faults = (join: number, tile = record.tile): readonly string[] =>
    verifyKernel({ ...product, record: { ...record, join, tile } }, 4);
  expect(faults(record.join)).toEqual([]);
  expect(faults(4)).toEqual([`${product.name}: rows are joined whose sums end at different depths`]);
  expect(faults(17)).toContain(`${product.name}: the rest of the rows is joined over no such axis`);
  expect(faults(4, [4, 1, 1])).toContain(`${product.name}: the rest of the rows is joined over no such axis`);
  const net = generated.create({ seed: 4 });
  const exact = (await running(model)).generated.create({ seed: 4 });
  exact.params["w"].set(net.params["w"]);
  const x = wave(5 * 16 * 16, 0.3);
  const expected = exact.predict(x).y;
  for (const [k, value] of net.predict(x).y.entries()) expect(value).toBeCloseTo(expected[k], 5);
});

describe("a wide matrix", () => {
  test("is read in panels, with the same results and gradients as in JavaScript", async () => {
    const model = wide(512);
    const { compilation, generated } = await running(model, { target: "wasm" });
    const panels = compilation.kernels.buffers.filter(({ name }) => name.endsWith("_panels"));
    expect(panels.map(({ shape }) => shape)).toContainEqual([64, 20, 8]);
    const [net, exact] = [
      generated.create({ seed: 3 }),
      (await running(model)).generated.create({ seed: 3 }),
    ];
    for (const [name, values] of Object.entries(net.params)) exact.params[name].set(values);
    const [x, y] = [wave(2 * 50 * 20, 0.3), wave(2 * 50 * 512, 0.9)];
    expect(net.trainStep(x, y, 2)).toBeCloseTo(exact.trainStep(x, y, 2), 6);
    const close = (some: ArrayLike<number>, other: ArrayLike<number>): void =>
      expect(Math.max(...Array.from(some, (value, k) => Math.abs(value - other[k])))).toBeLessThan(2e-6);
    for (const [name, gradient] of Object.entries(net.gradients)) close(gradient, exact.gradients[name]);
    // The panels are written anew for weights that have changed.
    close(net.predict(x, 2).out, exact.predict(x, 2).out);
  });

  test("is left as it is where no tile divides it, and where its rows are short", async () => {
    for (const units of [516, 256]) {
      const { compilation } = await running(wide(units), { target: "wasm" });
      expect(compilation.kernels.buffers.some(({ name }) => name.endsWith("_panels"))).toBe(false);
    }
  });
});
