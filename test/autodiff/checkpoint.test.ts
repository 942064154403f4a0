import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { compile } from "../../src/compile.ts";
import { graphNodes, recomputation } from "../../src/ir/graph.ts";
import { parseGraph } from "../../src/ir/text/graph-parse.ts";
import { printGraph } from "../../src/ir/text/graph-print.ts";
import { verifyGraph } from "../../src/ir/verify/graph.ts";
import { whyText } from "../../src/inspect/why.ts";
import { ops } from "../../src/ops/table.ts";
import { randomUniform } from "../../src/ops/random.ts";
import { loadText } from "../compile/program.ts";

const n = g.batch(16);
type Block = (x: g.Value) => g.Value;
type Wrap = (block: Block) => Block;

/** A chain of `blocks` blocks of `depth` layers of 8 units. */
const chain = (blocks: number, depth: number, wrap: Wrap, activation: g.Activation = "tanh") =>
  g.defineModel({
    name: "chain",
    inputs: { x: g.f32(n, 8) },
    build({ x }) {
      let h = x;
      for (let b = 0; b < blocks; b++) {
        const layers = Array.from({ length: depth }, (_, k): Block => (v) => g.dense(v, { units: 8, activation, name: `block${b}_${k}` })); // prettier-ignore
        h = wrap((v) => layers.reduce((value, layer) => layer(value), v))(h);
      }
      return { outputs: { h }, loss: g.mean(g.square(h)), optimizer: g.sgd({ learningRate: 0.1 }) };
    },
  });
const plain: Wrap = (block) => block;
const kept: Wrap = (block) => g.checkpoint(block);

// JavaScript keeps the temporaries of small models beside the arena.
const temporaryBytes = (model: g.Model): number =>
  compile(model, { target: "wasm" }).memory.regions.find(({ region }) => region === "temporary")!.bytes;

/** The loss and all parameters after some steps from one seed. */
function trained(model: g.Model, precision: "f32" | "f64", rows: number) {
  const net = loadText(compile(model, { precision }).files[0].text).create({ seed: 5 });
  const values = Array.from({ length: rows * 8 }, (_, k) => Math.sin(k + 1));
  const x = precision === "f32" ? Float32Array.from(values) : Float64Array.from(values);
  let loss = 0;
  for (let step = 0; step < 5; step++) loss = net.trainStep(x, rows);
  return { loss, parameters: Object.values(net.params).flatMap((view) => [...view]) };
}

describe("checkpoint", () => {
  test("keeps one value a block instead of one a layer", () => {
    // A value of [16, 8] floats takes 512 bytes. 16 layers keep 16 of them; 4 blocks of 4 keep 4, and 4 that are
    // computed again, block after block in the same place.
    expect(temporaryBytes(chain(4, 4, plain))).toBe(16 * 512);
    expect(temporaryBytes(chain(4, 4, kept))).toBe(8 * 512);
    // √N blocks of √N layers need 2·√N.
    expect(temporaryBytes(chain(6, 6, plain))).toBe(36 * 512);
    expect(temporaryBytes(chain(6, 6, kept))).toBe(12 * 512);
  });

  test("one in another keeps still less", () => {
    const deep = (inner: Wrap) =>
      g.defineModel({
        name: "deep",
        inputs: { x: g.f32(n, 8) },
        build({ x }) {
          const four = (b: number): Block =>
            inner((v) => [0, 1, 2, 3].reduce((h, k) => g.dense(h, { units: 8, activation: "tanh", name: `b${b}_${k}` }), v)); // prettier-ignore
          const h = g.checkpoint((v: g.Value) => [0, 1, 2, 3].reduce((value, b) => four(b)(value), v), x);
          return { outputs: { h }, loss: g.mean(g.square(h)), optimizer: g.sgd({ learningRate: 0.1 }) };
        },
      });
    // All 16 again at once, or the ends of 4 blocks and, one block at a time, the 4 layers inside.
    expect(temporaryBytes(deep(plain))).toBe(17 * 512);
    expect(temporaryBytes(deep(kept))).toBeLessThanOrEqual(10 * 512);
    const [a, b] = [plain, kept].map((wrap) => trained(deep(wrap), "f64", 5));
    expect(a).toEqual(b);
  });

  test("changes no bit of a training in f64, and only the rounding of stores in f32", () => {
    for (const rows of [1, 7, 16]) {
      const models = [chain(3, 2, kept), chain(3, 2, plain)];
      const [a, b] = models.map((model) => trained(model, "f64", rows));
      expect(a).toEqual(b);
      // A value that is recomputed may be used before it is rounded to a float32 in memory.
      const [c, d] = models.map((model) => trained(model, "f32", rows));
      expect(Math.abs(c.loss - d.loss)).toBeLessThan(1e-6 * Math.abs(d.loss));
      expect(c.parameters.length).toBeGreaterThan(400);
      for (const [k, value] of d.parameters.entries()) expect(c.parameters[k]).toBeCloseTo(value, 6);
    }
  });

  test("is computed in the backward phase, and survives every pass", () => {
    const { optimized, kernels } = compile(chain(2, 3, kept), { debug: true });
    const again = kernels.kernels.filter(({ name }) => /_again(_\d+)?$/.test(name));
    expect(again.length).toBeGreaterThanOrEqual(4);
    expect(new Set(again.map(({ phase }) => phase))).toEqual(new Set(["backward"]));
    const nodes = graphNodes(optimized.graphs.steps[0].training);
    expect(nodes.filter(({ op }) => op === "checkpoint")).toEqual([]);
    // Three products a block forward; the two before its last are computed again.
    const products = nodes.filter(({ op }) => op === "matmul");
    const isAgain = (node: (typeof nodes)[number]) =>
      optimized.graphs.steps[0].training.origins.get(node)?.[0].gradientOf === recomputation;
    expect(products.filter(isAgain).length).toBe(6);
  });

  test("draws the same random numbers again", () => {
    const noisy = (wrap: Wrap) =>
      g.defineModel({
        name: "noisy",
        inputs: { x: g.f32(n, 8), seed: g.u32() },
        build({ x, seed }) {
          const w = g.param("w", [8, 8]);
          const noise = (): g.Value => randomUniform(seed, { shape: [n, 8], stream: 3, dtype: "f32" });
          const y = wrap((v) => g.tanh(g.mul(g.square(g.matmul(v, w)), noise())))(x);
          return { outputs: { y }, loss: g.mean(y), optimizer: g.sgd({ learningRate: 0.1 }) };
        },
      });
    const states = [plain, kept].map((wrap) => {
      const net = loadText(compile(noisy(wrap)).files[0].text).create({ seed: 5 });
      const x = Float32Array.from({ length: 32 }, (_, k) => Math.cos(k));
      for (let step = 0; step < 4; step++) net.trainStep(x, Uint32Array.of(step), 4);
      return [...net.params["w"]];
    });
    expect(states[1]).toEqual(states[0]);
  });

  test("prints and parses back at every stage", () => {
    const { training, optimized } = compile(chain(2, 2, kept));
    for (const graph of [training.graphs.steps[0].training, optimized.graphs.steps[0].training]) {
      const text = printGraph(graph);
      expect(text).toMatch(/= barrier %\w+, %\w+ +\/\/ ∂checkpoint/);
      expect(text).toContain("// ∂recomputation  block1_0  checkpoint.test.ts:");
      const again = parseGraph(text, ops);
      expect(verifyGraph(again, ops)).toEqual([]);
      // Comments stop at three origins.
      expect(printGraph(again)).toBe(text.replaceAll(/; \+\d+ more/g, ""));
    }
    expect(printGraph(training.graphs.steps[0].training)).toMatch(
      / = checkpoint %\d+, %\d+, %block1_0\/kernel/,
    );
  });

  test.each<readonly [string, (c: g.Value, w: g.Value) => g.Value]>([
    ["the same at all times, stretched", (c, w) => g.sin(g.mul(c, w))],
    ["the same at all times, computed", (c, w) => g.add(g.tanh(g.exp(w)), c)],
    [
      "one in another",
      (c, w) =>
        g.mul(
          c,
          g.checkpoint((v) => g.exp(g.square(v)), w),
        ),
    ],
  ])("in a scan it hands on the gradient of what it captures: %s", (_, inside) => {
    const model = (wrap: Wrap) =>
      g.defineModel({
        name: "times",
        inputs: { x: g.f32(n, 8) },
        build({ x }) {
          const w = g.param("w", [8], { initializer: g.constant(0.5) });
          const [last] = g.scan((c: g.Value) => [wrap((v) => inside(v, w))(c), null], x, null, { length: 3 });
          return { outputs: { last }, loss: g.mean(g.square(last)), optimizer: g.sgd({ learningRate: 0.1 }) };
        },
      });
    const [one, other] = [trained(model(plain), "f64", 5), trained(model(kept), "f64", 5)];
    expect(other.loss).toBeCloseTo(one.loss, 12);
    expect(Math.abs(one.parameters[0] - 0.5)).toBeGreaterThan(1e-4);
    for (const [k, value] of one.parameters.entries()) expect(other.parameters[k]).toBeCloseTo(value, 12);
  });

  test("inspect --why tells what is recomputed", () => {
    expect(whyText(compile(chain(2, 2, plain)))).not.toContain("Recomputed");
    const text = whyText(compile(chain(2, 2, kept)));
    expect(text).toContain("Recomputed in the backward pass, for the sake of checkpoints");
    expect(text).toMatch(/^ {2}matmul +f32\[n,8\] +block0_0 {2}checkpoint\.test\.ts:\d+$/m);
  });

  test.each([
    ["checkpoint takes a function, found a graph value", (x: g.Value) => g.checkpoint(x as never)],
    ["the function of checkpoint must give graph values, found nothing", (x: g.Value) => g.checkpoint((() => undefined) as never, x)],
    ["the function of checkpoint must give graph values, found 3", (x: g.Value) => g.checkpoint((() => 3) as never, x)],
    ["output 1 of the function of checkpoint is nothing, not a graph value", (x: g.Value) => g.checkpoint(() => [x, undefined] as never, x)],
    ['output "b" of the function of checkpoint is "x", not a graph value', (x: g.Value) => g.checkpoint(() => ({ b: "x" }) as never, x)],
  ] as const)("refuses: %s", (sentence, make) => {
    const model = g.defineModel({
      name: "bad",
      inputs: { x: g.f32(n, 8) },
      build: ({ x }) => g.scope("tower", () => ({ outputs: { y: make(x) as g.Value } })),
    });
    expect(() => compile(model)).toThrow(sentence);
    expect(() => compile(model)).toThrow(/at layer tower, checkpoint\.test\.ts:\d+/);
  }); // prettier-ignore
});
