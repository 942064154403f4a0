import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { jsBackend } from "../../src/backends/js/backend.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { proveModule } from "../../src/backends/module/prove.ts";
import { compile, type Compilation } from "../../src/compile.ts";
import { buffersOfKernel } from "../../src/lower/function.ts";
import { loadText } from "../compile/program.ts";
import { randomFrom } from "../ops/sample.ts";
import { headOf, kernelsOf } from "./kernels-of.ts";

/** What a product reads as plain numbers, and its loops with their tile. */
function productOf(lines: string, most = 64, backend = jsBackend("f32")) {
  const kernels = kernelsOf(lines, backend, most);
  const product = kernels.find(({ core }) => core)!;
  const plain = product.core!.operands.map(({ buffer }) => buffer.kind === "numbers");
  return { plain, head: headOf(product), copies: kernels.length - 1 };
}
const matmul = (rows: string, depth: number, columns: number): string => `
  %x: f32[${rows},${depth}] = input "x"
  %w: f32[${depth},${columns}] = parameter "w"
  %1: f32[${rows},${columns}] = matmul %x, %w {transposeA: false, transposeB: false}
  return output "y" %1`;

describe("operands of products as plain numbers", () => {
  test("of a prediction only what grows with its rows", () => {
    const { plain, head } = productOf(matmul("n", 128, 128));
    expect(plain).toEqual([true, false]);
    expect(head).toBe("i<n j<128 tile i×4 j×2 alone j×8");
  });

  test("of many fixed rows both, the columns in panels", () => {
    const { plain, head, copies } = productOf(matmul("64", 128, 128));
    expect(plain).toEqual([true, true]);
    expect(head).toBe("i<64 p<64 j<2 tile i×4 j×2");
    expect(copies).toBe(2);
  });

  test("not of small products, nor of what is read a few times, nor for lanes", () => {
    expect(productOf(matmul("64", 16, 64)).plain).toEqual([false, false]);
    expect(productOf(matmul("512", 1024, 4)).plain).toEqual([false, true]);
    expect(productOf(matmul("8", 256, 256)).plain).toEqual([true, false]);
    expect(productOf(matmul("64", 128, 128), 64, wasmBackend).plain).toEqual([false, false]);
  });

  test("columns that fill no panel are copied as they lie", () => {
    const { plain, head } = productOf(matmul("64", 128, 127));
    expect(plain).toEqual([true, true]);
    expect(head).toBe("i<64 j<127 tile i×4 j×2");
  });
});

const n = g.batch(12);
const network = g.defineModel({
  name: "network",
  inputs: { x: g.f32(n, 24, 40), y: g.i32(n) },
  build({ x, y }) {
    const attended = g.multiHeadAttention(g.dense(x, { units: 40, name: "in" }), { numHeads: 4, keyDim: 10, causal: true, name: "attention" }); // prettier-ignore
    const last = g.lstm(attended, { units: 72, name: "lstm" });
    const image = g.reshape(g.dense(last, { units: 18 * 18 * 2, name: "paint" }), [n, 18, 18, 2]);
    const seen = g.conv2d(image, { filters: 10, kernelSize: 5, padding: "same", name: "seen" });
    const logits = g.dense(g.flatten(seen), { units: 6, name: "logits" });
    const loss = g.softmaxCrossEntropy(logits, y);
    return { outputs: { p: g.softmax(logits) }, loss, optimizer: g.adam({ learningRate: 1e-3 }) };
  },
});

/** Losses, gradients and predictions of steps with other numbers of rows, so that stale numbers would show. */
function run({ files }: Compilation) {
  const net = loadText(files[0].text).create({ seed: 3 });
  const random = randomFrom(5);
  const found: number[][] = [];
  for (const rows of [12, 5, 1, 12, 7]) {
    const x = Float32Array.from({ length: rows * 24 * 40 }, () => 2 * random() - 1);
    const y = Int32Array.from({ length: rows }, () => Math.floor(6 * random()));
    found.push([net.trainStep(x, y, rows)], ...Object.values(net.gradients).map((one) => [...one]));
    const p = net.predict(x, rows)["p"];
    found.push([...p.subarray(0, rows * 6)]);
  }
  return found;
}

describe("a network whose products read plain numbers", () => {
  const js = compile(network, { target: "js" });

  test("reads them in every kind of product, and shares few arrays among them", () => {
    const { kernels, memory } = js;
    const readers = kernels.kernels.filter(
      (kernel) => kernel.core && [...buffersOfKernel(kernel).values()].some(({ kind }) => kind === "numbers"),
    );
    const names = new Set(readers.map(({ name }) => name.split("_")[0]));
    for (const name of ["in", "attention", "lstm", "paint", "seen"]) expect(names).toContain(name);
    expect(readers.length).toBeGreaterThan(20);
    const shared = memory.numbers.filter(({ array }) => array.name.startsWith("numbers"));
    expect(shared.length).toBeLessThanOrEqual(4);
    // Short copies have arrays of their own.
    expect(memory.numbers.length).toBeLessThanOrEqual(11);
    expect(proveModule(js.files[0].text)).toEqual([]);
  });

  test("copies weights for a loop over time once, before it", () => {
    const { kernels } = js.kernels;
    const copies = kernels.filter(({ name }) => name.startsWith("copy_lstm_recurrentKernel"));
    expect(copies.length).toBeGreaterThan(0);
    for (const { loops } of copies) expect(loops).toEqual([]);
  });

  test("computes what the same network computes in lanes", () => {
    const [plain, lanes] = [run(js), run(compile(network, { target: "wasm", strict: true }))];
    for (const [k, values] of plain.entries()) {
      const scale = Math.max(1e-3, ...values.map(Math.abs));
      // An expectation of its own for each of millions of numbers would take longer than all that is tested.
      const apart = values.findIndex((value, i) => !(Math.abs(value - lanes[k][i]) < 1e-4 * scale));
      expect(apart, `${k}[${apart}]: ${values[apart]} and ${lanes[k]?.[apart]}`).toBe(-1);
    }
  });

  test("keeps two instances apart", () => {
    const { create } = loadText(js.files[0].text);
    const [a, b] = [create({ seed: 1 }), create({ seed: 2 })];
    const x = new Float32Array(24 * 40).fill(0.5);
    const alone = [...create({ seed: 1 }).predict(x)["p"]];
    a.predict(x);
    b.trainStep(x, new Int32Array(1), 1);
    expect([...a.predict(x)["p"]]).toEqual(alone);
  });
});
