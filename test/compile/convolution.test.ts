import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { compile } from "../../src/compile.ts";
import type { Kernel } from "../../src/ir/kernel.ts";
import type { LoopExpr, LoopStmt } from "../../src/ir/loop.ts";
import { graphNodes } from "../../src/ir/graph.ts";
import { visitExprs } from "../../src/ir/loop-walk.ts";
import { extentAt } from "../../src/ir/type.ts";

const n = g.batch(64);
function compiled(layers: (x: g.Value) => g.Value) {
  return compile(
    g.defineModel({
      name: "m",
      inputs: { x: g.f32(n, 12 * 12 * 4), y: g.i32(n) },
      build({ x, y }) {
        const logits = g.dense(g.flatten(layers(g.reshape(x, [n, 12, 12, 4]))), { units: 3, name: "logits" });
        return { outputs: { logits }, loss: g.softmaxCrossEntropy(logits, y), optimizer: g.adam({}) };
      },
    }),
  );
}
type Compiled = ReturnType<typeof compiled>;
const products = ({ kernels }: Compiled, layer: string): Kernel[] =>
  kernels.kernels.filter(({ core, name }) => core && name.startsWith(layer));
/** Every statement inside the innermost loops of a body. */
function innermost(body: readonly LoopStmt[]): LoopStmt[] {
  const loops = body.filter((stmt) => stmt.kind === "for");
  return loops.flatMap((loop) => {
    const inside = innermost(loop.body);
    return inside.length > 0 ? inside : [...loop.body];
  });
}
const operations = (body: readonly LoopStmt[]): Set<string> => {
  const found = new Set<string>();
  visitExprs(body, (x: LoopExpr) => void found.add(x.kind === "op" ? x.op : x.kind));
  return found;
};

describe("a network of convolutions", () => {
  const network = compiled((x) => {
    const first = g.conv2d(x, {
      filters: 8,
      kernelSize: 3,
      padding: "same",
      activation: "relu",
      name: "first",
    });
    const second = g.conv2d(g.maxPool2d(first), { filters: 8, kernelSize: 3, padding: 1, activation: "relu", name: "second" }); // prettier-ignore
    return g.maxPool2d(second, { poolSize: 3, strides: 2, padding: "same" });
  });

  test("tiles pixels and channels, with nothing but loads, products and sums in the loops of products", () => {
    const forward = products(network, "first_forward")[0];
    expect(forward.outer.map(({ extent }) => extent).slice(1)).toEqual([12, 12, 4, 2]);
    expect(forward.record.tile).toEqual([1, 1, 4, 1, 2]);
    // A row of the window and the channels are one run of memory.
    expect(forward.core?.depth.map(({ extent }) => extent)).toEqual([3, 12]);
    const cores = new Set(network.kernels.kernels.filter(({ core }) => core).map(({ name }) => name));
    const functions = network.loops.functions.filter(({ name }) => cores.has(name));
    expect(functions.length).toBeGreaterThan(6);
    for (const { name, body } of functions)
      for (const op of operations(innermost(body))) expect(["number", "local", "load", "add", "mul"], `${op} in ${name}`).toContain(op); // prettier-ignore
  });

  test("takes the bias and the activation into the loop of the product", () => {
    const [forward] = products(network, "second_forward");
    const items = forward.stages.flatMap(({ items }) => items);
    expect(items.map(({ targets }) => targets.map(({ buffer }) => buffer.name))).toEqual([["second_relu"]]);
  });

  test("divides in no loop over channels, and copies no windows", () => {
    for (const { name, body } of network.loops.functions.filter((fn) => !fn.name.startsWith("init"))) {
      const inner = innermost(body);
      for (const op of ["rem", "div"]) expect(operations(inner).has(op) && !/update|loss/.test(name), `${op} in ${name}`).toBe(false); // prettier-ignore
    }
    const largest = Math.max(...network.kernels.buffers.map(({ shape }) => shape.reduce<number>((size, dim) => size * extentAt(dim, 1), 1))); // prettier-ignore
    // Nothing is larger than the padded input of a layer.
    expect(largest).toBeLessThanOrEqual(14 * 14 * 8);
  });

  test("needs hardly more memory than what is alive at once", () => {
    const { arenaBytes, liveBoundBytes } = network.sizes;
    expect(arenaBytes / liveBoundBytes).toBeLessThan(1.1);
  });
});

test("pooling tests its position before the activation's sign", () => {
  const network = compiled((x) =>
    g.maxPool2d(g.conv2d(x, { filters: 4, kernelSize: 3, activation: "relu", name: "first" })),
  );
  const { text } = network.files[0];
  // The position is one of four and mostly another, so the branch after it is rarely taken.
  expect(text).toMatch(/= \w+ === d_first\[p\d+\] \? 0 < first_relu\[p\d+\] \? d_\w+\[p\d+\] : 0 : 0;/);
  expect(network.kernels.kernels.map(({ name }) => name)).toContain("maxPool2d_forward");
});

test("an activation is not kept both with and without its padding", () => {
  const network = compiled((x) => {
    const layer = { filters: 6, kernelSize: 3, padding: "same", activation: "relu" } as const;
    return g.conv2d(g.conv2d(x, { ...layer, name: "first" }), { ...layer, name: "second" });
  });
  const readers = network.kernels.kernels.filter(
    ({ phase, core, stages }) =>
      phase === "backward" && JSON.stringify([core, stages]).includes('"name":"first_relu"'),
  );
  // The sign of the first activation is read inside of the second layer's padded input.
  expect(readers.map(({ name }) => name)).toEqual([]);
});

test("groups and phases of a transposed convolution still tile pixels", () => {
  const network = compiled((x) => {
    const parts = g.conv2d(x, { filters: 8, kernelSize: 3, groups: 2, name: "parts" });
    return g.conv2dTranspose(parts, { filters: 4, kernelSize: 3, strides: 2, padding: "same", name: "up" });
  });
  // [n, y, x, group, filter] and [n, y, phase, x, phase, filter].
  expect(products(network, "parts_forward")[0].record.tile).toEqual([1, 1, 5, 1, 2]);
  expect(products(network, "up_forward")[0].record.tile).toEqual([1, 1, 1, 5, 1, 1, 2]);
  // No zeros stand between the elements of what is transposed.
  const padded = network.kernels.buffers.find(({ name }) => name === "up_pad");
  expect(padded?.shape.slice(1)).toEqual([11, 11, 8]);
});

test("a wide matrix that a product reads across is written out for many rows only", () => {
  const packs = (rows: number): boolean => {
    const m = g.batch(rows);
    const model = g.defineModel({
      name: "m",
      inputs: { x: g.f32(m, 64) },
      build: ({ x }) => {
        const hidden = g.dense(g.dense(x, { units: 64, name: "a" }), { units: 64, name: "b" });
        return { outputs: { hidden }, loss: g.mean(g.square(hidden)), optimizer: g.sgd({ learningRate: 1 }) };
      },
    });
    const { training } = compile(model, { target: "wasm" }).optimized.graphs.steps[0];
    const packed = graphNodes(training).some(({ op }) => op === "contiguous");
    return packed;
  };
  expect([packs(256), packs(8)]).toEqual([true, false]);
});
