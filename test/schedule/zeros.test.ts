import { describe, expect, test } from "vitest";
import {
  add, batch, defineModel, einsum, exp, f32, matmul, meanSquaredError, mul, multiHeadAttention, param, sgd, tril, triu, uniform,
  type Model, type Value,
} from "../../src/index.ts"; // prettier-ignore
import type { CompileOptions } from "../../src/compile.ts";
import { running } from "../examples/run.ts";

/** The ends of every product of a model's step, as text. */
async function endsOf(model: Model, options: CompileOptions = {}): Promise<string[]> {
  const { compilation } = await running(model, options);
  return compilation.kernels.kernels.flatMap(({ core, phase }) => {
    if (!core?.only || phase === "predict" || phase === "evaluate") return [];
    const { axis, from, upTo } = core.only;
    return [`${axis}${from ? "≥" : "≤"}${(from ?? upTo)!.terms.map(({ atom }) => (atom.kind === "axis" ? atom.axis.name : "?")).join("+")}`]; // prettier-ignore
  });
}

const modelOf = (of: (x: Value) => Value, length = 8): Model =>
  defineModel({
    name: "triangles",
    inputs: { x: f32(batch(3), length, 12), y: f32(batch(3), length, 12) },
    build: ({ x, y }) => {
      const out = of(x);
      return { outputs: { out }, loss: meanSquaredError(out, y), optimizer: sgd({ learningRate: 0.1 }) };
    },
  });
const attention = (causal: boolean) => (x: Value) =>
  multiHeadAttention(x, { numHeads: 2, keyDim: 6, causal, name: "attention" });

describe("products leave out what a causal mask has made 0", () => {
  test("the weights times the values, and the three products of their gradients", async () => {
    for (const target of ["js", "wasm"] as const)
      expect((await endsOf(modelOf(attention(true)), { target })).sort()).toEqual([
        "k≤h",
        "k≤h",
        "k≥h",
        "k≥h",
      ]);
    expect(await endsOf(modelOf(attention(false)))).toEqual([]);
  });

  test("triangles of parameters too, but nothing that is added to or lies off the diagonal", async () => {
    const square = (of: (w: Value) => Value) => (x: Value) =>
      einsum("ij,njk->nik", of(param("w", [8, 8], { initializer: uniform({ min: -1, max: 1 }) })), x);
    const first = async (of: (w: Value) => Value): Promise<string | undefined> =>
      (await endsOf(modelOf(square(of))))[0];
    expect(await first((w) => exp(w))).toBe(undefined);
    expect(await first((w) => mul(tril(exp(w)), w))).toBe("k≤i");
    expect(await first((w) => mul(w, triu(exp(w))))).toBe("k≥i");
    expect(await first((w) => add(tril(exp(w)), w))).toBe(undefined);
    expect(await first((w) => tril(exp(w), { k: 1 }))).toBe(undefined);
  });

  test.each([8, 7, 64, 5, 3])(
    "length %i: with the same losses and gradients as in float64",
    async (length) => {
      const model = modelOf(attention(true), length);
      const exact = (await running(model, { precision: "f64" })).generated.create({ seed: 1 });
      const size = 2 * length * 12;
      const [x, y] = [0.37, 0.91].map((step) =>
        Float32Array.from({ length: size }, (_, k) => Math.sin(k * step)),
      );
      for (const options of [{}, { target: "wasm" }, { target: "wasm", strict: true }] as CompileOptions[]) {
        const net = (await running(model, options)).generated.create({ seed: 1 });
        for (const [name, values] of Object.entries(net.params)) exact.params[name].set(values);
        const wide = [x, y].map((values) => Float64Array.from(values) as unknown as Float32Array);
        expect(net.forward(x, y, 2)).toBeCloseTo(exact.forward(wide[0], wide[1], 2), 5);
        net.backward();
        exact.backward();
        for (const [name, gradient] of Object.entries(net.gradients))
          for (const [k, value] of gradient.entries()) expect(value).toBeCloseTo(exact.gradients[name][k], 5);
      }
    },
  );

  // Where the tiles leave single rows over, and where the depth is the batch itself.
  test.each([
    ["tril", tril, 12],
    ["triu", triu, 8],
  ] as const)("nothing beyond n rows nor beyond the depth: %s", async (_, triangle, depth) => {
    const [most, columns] = [11, 8];
    const n = batch(most);
    const model = defineModel({
      name: "rows",
      inputs: { x: f32(n, depth), y: f32(n, columns) },
      build: ({ x, y }) => {
        const out = matmul(triangle(x), param("w", [depth, columns]));
        return { outputs: { out }, loss: meanSquaredError(out, y), optimizer: sgd({ learningRate: 0.1 }) };
      },
    });
    for (const options of [{}, { target: "wasm", strict: true }] as CompileOptions[]) {
      const { generated } = await running(model, options);
      const used = generated.create({ seed: 1 });
      for (let rows = most; rows >= 1; rows--) {
        const x = Float32Array.from({ length: rows * depth }, (_, k) => Math.cos(k));
        const y = new Float32Array(rows * columns);
        used.forward(new Float32Array(most * depth).fill(1e6), new Float32Array(most * columns), most);
        used.backward();
        const fresh = generated.create({ seed: 1 });
        const losses = [fresh, used].map((net) => net.forward(x, y, rows));
        expect(losses[0]).toBeGreaterThan(0);
        expect(losses[1]).toBe(losses[0]);
        for (const net of [fresh, used]) net.backward();
        expect(used.gradients.w).toEqual(fresh.gradients.w);
      }
    }
  });
});
