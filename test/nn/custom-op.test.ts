import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { compile } from "../../src/compile.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import { ndarray } from "../../src/eval/ndarray.ts";
import { parseGraph } from "../../src/ir/text/graph-parse.ts";
import { printGraph } from "../../src/ir/text/graph-print.ts";
import { graphNodes, isLeaf } from "../../src/ir/graph.ts";
import { opsOf } from "../../src/ops/table.ts";
import { loadText } from "../compile/program.ts";
import { folder, gradc } from "../cli/helpers.ts";
import { ownGraphs } from "../own-graphs.ts";

const n = g.batch(8);
const { expr } = g;

/** exp(−x²), and the derivative that goes with it. */
const bump = g.defineOp({
  name: "bump",
  doc: "exp(−x²), element by element.",
  inputs: ["x"],
  at: ({ x }, i) => expr.exp(expr.neg(expr.mul(x(...i), x(...i)))),
  vjp: { x: ({ x, output, cotangent }) => g.mul(cotangent, g.mul(output, g.mul(x, -2))) },
  eval: ({ x }) => x.data.map((v) => Math.exp(-v * v)),
  samples: [{ inputs: ["f32[n,3]"] }, { inputs: ["f64[2,2]~-3..3"] }],
});

/** The difference to the element `by` places before along the last axis, scaled; zeros stand before the first. */
const lagged: g.CustomOp<{ by: number }> = g.defineOp<"x" | "scale", { by: number }>({
  name: "lagged",
  inputs: ["x", "scale"],
  type: ({ x, scale }) => {
    if (scale.shape.length > 0) throw new Error("lagged: scale must be one number");
    return x;
  },
  at: ({ x, scale }, i, { attrs: { by }, out }) => {
    const last = i[i.length - 1];
    const before = x(...i.slice(0, -1), g.coordinates.add(last, g.coordinates.constant(-by)));
    const inside = expr.lessEqual(expr.constant(by, "i32"), expr.index(last));
    return expr.mul(scale(), expr.sub(x(...i), expr.guard(inside, before, expr.constant(0, out.dtype))));
  },
  vjp: {
    // The transpose looks ahead: reversed, it is the same op.
    x: ({ scale, cotangent, attrs }) => g.reverse(lagged(g.reverse(cotangent, -1), scale, attrs), -1),
    scale: ({ x, cotangent, attrs }) => g.sum(g.mul(cotangent, lagged(x, g.tensor(1), attrs))),
  },
  eval: ({ x, scale }, { by }) => {
    const width = x.shape[x.shape.length - 1];
    return x.data.map((v, k) => scale.data[0] * (v - (k % width >= by ? x.data[k - by] : 0)));
  },
  samples: [
    { inputs: ["f32[n,5]", "f32[]"], attrs: { by: 2 } },
    { inputs: ["f32[3]", "f32[]~1..2"], attrs: { by: 1 } },
  ],
});

const model = g.defineModel({
  name: "own",
  inputs: { x: g.f32(n, 4), y: g.f32(n, 4) },
  build({ x, y }) {
    const h = bump(g.dense(x, { units: 4, name: "hidden" }));
    const out = lagged(h, g.param("scale", [], { initializer: g.ones() }), { by: 1 });
    return { outputs: { out }, loss: g.meanSquaredError(out, y), optimizer: g.sgd({ learningRate: 0.1 }) };
  },
});

describe("an op of one's own", () => {
  test.each(["f32", "f64"] as const)(
    "is compiled, and computes what its evaluation says, in %s",
    (precision) => {
      const compilation = compile(model, { precision, debug: true });
      const { predict, training } = ownGraphs(compilation.training);
      const net = loadText(compilation.files[0].text).create({ seed: 3 });
      const array = precision === "f32" ? Float32Array : Float64Array;
      const values = [0, 1].map((k) => array.from(Array.from({ length: 12 }, (_, j) => Math.sin(j * 3 + k))));
      const held = new Map<string, ArrayLike<number>>([["x", values[0]], ["y", values[1]], ...Object.entries(net.params)]); // prettier-ignore
      const feed = new Map(
        graphNodes({ ...training!, outputs: [...training!.outputs, ...predict.outputs] })
          .filter(isLeaf)
          .map((node) => {
            const { dtype, shape } = node.outputs[0].type;
            const extents = shape.map((dim) => (typeof dim === "number" ? dim : 3));
            return [
              node,
              ndarray(dtype, extents, Array.from(held.get(String(node.attrs["name"]))!)),
            ] as const;
          }),
      );
      const outputs = [...training!.outputs, ...predict.outputs];
      const table = opsOf(compilation.forward.builder);
      const expected = evaluate(outputs.map(({ value }) => value), feed, { n: 3, table }); // prettier-ignore
      const loss = net.forward(...values, 3);
      net.backward();
      const digits = precision === "f32" ? 6 : 12;
      expect(loss).toBeCloseTo(expected[0].data[0], digits);
      for (const [k, { role, name }] of outputs.entries()) {
        if (role !== "gradient") continue;
        const found = net.gradients[name];
        for (const [at, value] of expected[k].data.entries()) expect(found[at]).toBeCloseTo(value, digits);
      }
      const { out } = net.predict(values[0], 3) as { out: Float32Array };
      for (const [at, value] of expected.at(-1)!.data.entries()) expect(out[at]).toBeCloseTo(value, digits);
    },
  );

  test("is fused like any other", () => {
    const predict = compile(model).kernels.kernels.filter(({ phase }) => phase.endsWith("predict"));
    // The layer, and what follows it in one kernel; the exponential is dear enough for a loop of its own.
    expect(predict.length).toBe(2);
    expect(predict[1].doc[0]).toContain("lagged(bump(");
  });

  test("prints, and parses with the ops of its build", () => {
    const { forward, training } = compile(model);
    const text = printGraph(ownGraphs(training).training!);
    expect(text).toContain("= lagged %");
    expect(printGraph(parseGraph(text, opsOf(forward.builder)))).toBe(text.replaceAll(/; \+\d+ more/g, ""));
    expect(() => parseGraph(text, opsOf(compile(plain).forward.builder))).toThrow('unknown op "bump"');
  });

  test("is differentiated twice", () => {
    const twice = g.defineModel({
      name: "twice",
      inputs: { v: g.f32(3) },
      build: ({ v }) => ({ outputs: { h: g.hvp(g.sum(bump(v)), v, g.tensor([1, 1, 1])), j: g.jvp(bump(v), v, g.tensor([1, 2, 3])) } }), // prettier-ignore
    });
    const net = loadText(compile(twice, { precision: "f64" }).files[0].text).create();
    const v = [0.3, -1, 2];
    const { h, j } = net.predict(Float64Array.from(v)) as { h: Float64Array; j: Float64Array };
    for (const [k, x] of v.entries()) {
      expect(h[k]).toBeCloseTo((4 * x * x - 2) * Math.exp(-x * x), 12);
      expect(j[k]).toBeCloseTo(-2 * x * Math.exp(-x * x) * (k + 1), 12);
    }
  });
});
const plain = g.defineModel({ name: "plain", inputs: { x: g.f32(2) }, build: ({ x }) => ({ outputs: { y: g.neg(x) } }) }); // prettier-ignore

const source = (factor: number, evaluated = "Math.exp(-v * v)"): string => `
import { defineModel, defineOp, dense, expr, f32, mean, mul, batch, square } from "gradc";
const bump = defineOp({
  name: "bump",
  inputs: ["x"],
  at: ({ x }, i) => expr.exp(expr.neg(expr.mul(x(...i), x(...i)))),
  vjp: { x: ({ x, output, cotangent }) => mul(cotangent, mul(output, mul(x, ${factor}))) },
  eval: ({ x }) => x.data.map((v) => ${evaluated}),
  samples: [{ inputs: ["f32[n,3]"] }, { inputs: ["f64[2]~-3..3"] }],
});
const n = batch(4);
export default defineModel({
  name: "own",
  inputs: { x: f32(n, 3) },
  build({ x }) {
    const y = bump(dense(x, { units: 2 }));
    return { outputs: { y }, loss: mean(square(y)) };
  },
});`;

describe("gradc check", () => {
  const check = (text: string) => gradc(folder({ "own.model.ts": text }), ["check", "own.model.ts"]);

  test("tries the op in the model and on its samples", async () => {
    const { code, out, err } = await check(source(-2));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/gradient of input +x \(bump, sample 0\) /);
    expect(out).toMatch(/gradient of input +x \(bump, sample 1\) /);
    expect(out).toContain("own: all agree");
  });

  test("finds a wrong gradient and a wrong evaluation", async () => {
    const gradient = await check(source(-3));
    expect(gradient.code).toBe(1);
    expect(gradient.out).toMatch(/gradient of input +x \(bump, sample 0\) .* WRONG/);
    const evaluated = await check(source(-2, "Math.exp(-v * v) + 1e-6"));
    expect(evaluated.code).toBe(1);
    expect(evaluated.out).toMatch(/loss against the graph +loss \(bump, sample 0\) .* WRONG/);
  });
});

describe("refusals", () => {
  const whole = { name: "own", inputs: ["x"], at: () => expr.constant(1, "f32"), eval: () => [1], samples: [{ inputs: ["f32[]"] }] }; // prettier-ignore
  const define = (change: object) => () => g.defineOp({ ...whole, ...change } as never);
  test.each([
    ['op "tanh": gradc has an op of this name', { name: "tanh" }],
    ['an op\'s name is made of letters and digits, found "a b"', { name: "a b" }],
    ['defineOp has no option "evaluate"', { evaluate: 1 }],
    ['op "own": inputs must be the names of its inputs, in letters and digits, found "x"', { inputs: "x" }],
    ['op "own": inputs must be the names of its inputs, in letters and digits', { inputs: ["__proto__"] }],
    ['op "own": vjp must be an object of functions, found null', { vjp: null }],
    ['op "own": vjp of x must be a function, found 3', { vjp: { x: 3 } }],
    ['op "own": a sample is null', { samples: [null] }],
    ['op "own": at must be a function, found undefined', { at: undefined }],
    ['op "own": eval must be a function, found 3', { eval: 3 }],
    ['op "own": vjp names "y", which is no input', { vjp: { y: () => 0 } }],
    ['op "own": samples must hold at least one call', { samples: [] }],
    ['op "own": "f32[3" is no sample input', { samples: [{ inputs: ["f32[3"] }] }],
  ])("%s", (sentence, change) => {
    expect(define(change)).toThrow(sentence);
  });

  const using = (make: (x: g.Value) => g.Value) => () =>
    compile(g.defineModel({ name: "uses", inputs: { x: g.f32(n, 2) }, build: ({ x }) => g.scope("head", () => ({ outputs: { y: make(x) } })) })); // prettier-ignore
  const own = (change: object) => g.defineOp({ ...whole, ...change } as never);
  type Read = (...at: readonly unknown[]) => g.Expr;
  const reading = (at: (x: Read, i: readonly g.Index[]) => unknown) =>
    own({ at: ({ x }: { x: Read }, i: readonly g.Index[]) => at(x, i) });
  test.each([
    ['op "own" reads x at 5 to 6 along axis 1 of f32[n,2]', (x: Read, i: readonly g.Index[]) => x(i[0], g.coordinates.add(i[1], g.coordinates.constant(5)))],
    ['op "own" reads x at -1 to -1 along axis 1 of f32[n,2]', (x: Read, i: readonly g.Index[]) => x(i[0], g.coordinates.constant(-1))],
    ['op "own" reads x at 1 coordinates, but it is f32[n,2]', (x: Read, i: readonly g.Index[]) => x(i[0])],
    ["coordinates.constant takes a whole number, found NaN", (x: Read, i: readonly g.Index[]) => x(i[0], g.coordinates.constant(NaN))],
    ['coordinates.scale takes a whole number, found "text"', (x: Read, i: readonly g.Index[]) => x(i[0], g.coordinates.scale(i[1], "text" as never))],
    ["coordinates.divide takes a whole number above 0, found 0", (x: Read, i: readonly g.Index[]) => x(i[0], g.coordinates.divide(i[1], 0))],
    ['expr.constant takes a number and a dtype, found "globalThis.h=1" and "f32"', (x: Read, i: readonly g.Index[]) => expr.mul(x(...i), expr.constant("globalThis.h=1" as never, "f32"))],
    ['at of op "own" failed: no luck', () => { throw new Error("no luck"); }],
  ] as const)("%s", (sentence, at) => {
    expect(using((x) => reading(at)(x))).toThrow(sentence);
  }); // prettier-ignore

  const i32One = own({ at: () => expr.constant(1, "i32") });
  test.each([
    ['two ops are called "own"', (x: g.Value) => g.add(own({ at: ({ x: r }: { x: never }, i: never[]) => (r as (...a: never[]) => unknown)(...i) })(x), own({})(x))],
    ["lagged takes 2 graph values (x, scale) and its attributes, found a graph value", (x: g.Value) => lagged(x)],
    ["bump takes 1 graph values (x) and its attributes, found 3", () => bump(3 as never)],
    ["lagged: scale must be one number", (x: g.Value) => lagged(x, x, { by: 1 })],
    ['op "own": at gives i32 for an output f32[n,2]', (x: g.Value) => i32One(x)],
    ['op "own": the cotangent of x must be f32[n,2], found f32[]', (x: g.Value) => ((y) => g.grad(g.sum(y), x))(own({ vjp: { x: ({ cotangent }: { cotangent: g.Value }) => g.sum(cotangent) } })(x))],
    ['op "own": the cotangent of x must be f32[n,2], found nothing', (x: g.Value) => ((y) => g.grad(g.sum(y), x))(own({ vjp: { x: () => undefined } })(x))],
  ] as const)("%s", (sentence, make) => {
    expect(using(make)).toThrow(sentence);
  }); // prettier-ignore
});
