import { jsBackend } from "../../src/backends/js/backend.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { graphNodes, type Graph, type Value } from "../../src/ir/graph.ts";
import { tensorType } from "../../src/ir/type.ts";
import { verifyGraph } from "../../src/ir/verify/graph.ts";
import { fullLike } from "../../src/ops/broadcast.ts";
import { div, exp, log, mul, sqrt, square, sub } from "../../src/ops/elementwise.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { ops } from "../../src/ops/table.ts";
import { optimizeGraph, passes } from "../../src/optimize/index.ts";
import { randomGraph } from "./random-graph.ts";
import { evaluateValues, graphOf } from "./support.ts";
import { randomFrom } from "../ops/sample.ts";

/** Data from a seed; `shake` moves each number a little, to see which results mean anything at all. */
const feedOf =
  (seed: number, shake = 0) =>
  (name: string, size: number) => {
    const random = randomFrom(seed + name.length * 31 + name.charCodeAt(name.length - 1));
    return Float64Array.from({ length: size }, () => {
      const value = random();
      if (name === "labels") return Math.floor(value * 3);
      return (value * 4 - 1.5) * (1 + shake * (random() < 0.5 ? 1 : -1));
    });
  };

const run = (graph: Graph, seed: number, shake?: number): number[] =>
  evaluateValues(
    graph.outputs.map((output) => output.value),
    feedOf(seed, shake),
  ).flatMap((data) => [...data]);

const far = (a: number, b: number): number => Math.abs(a - b) / Math.max(1, Math.abs(a));

/** Compares where the result is finite and does not jump when inputs move by a rounding error. */
function compare(before: Graph, after: Graph, seed: number): { usable: number; wrong: string[] } {
  const [a, moved, b] = [run(before, seed), run(before, seed, 1e-11), run(after, seed)];
  const usable = a.map((value, k) => Number.isFinite(value) && far(value, moved[k]) < 1e-7);
  const wrong = a.flatMap((value, k) =>
    usable[k] && !(far(value, b[k]) < 1e-5) ? [`element ${k}: ${value} became ${b[k]}`] : [],
  );
  return { usable: usable.filter(Boolean).length / Math.max(1, a.length), wrong };
}

const runs = process.env["GRADC_LONG"] ? 10_000 : 500;
const anyGraph = fc.record({ seed: fc.integer({ min: 1, max: 1e9 }), size: fc.integer({ min: 6, max: 35 }) });
const options = { numRuns: runs, seed: 42 };

describe("random graphs", () => {
  test.each(
    passes.map((pass) => ({
      name: pass.name,
      run: (graph: Graph) => pass.run(graph, ops, jsBackend("f32")),
    })),
  )("pass $name alone keeps every value and every invariant", ({ run: pass }) => {
    fc.assert(
      fc.property(anyGraph, ({ seed, size }) => {
        const graph = randomGraph(seed, size);
        const after = pass(graph);
        expect(verifyGraph(after, ops)).toEqual([]);
        expect(compare(graph, after, seed).wrong).toEqual([]);
      }),
      { ...options, numRuns: Math.ceil(runs / 4) },
    );
  });

  test("all passes together", () => {
    let usable = 0;
    let count = 0;
    fc.assert(
      fc.property(anyGraph, ({ seed, size }) => {
        const graph = randomGraph(seed, size);
        expect(verifyGraph(graph, ops)).toEqual([]);
        const after = optimizeGraph(graph, ops, jsBackend("f32"), (_pass, now) =>
          expect(verifyGraph(now, ops)).toEqual([]),
        );
        const { usable: part, wrong } = compare(graph, after, seed);
        expect(wrong).toEqual([]);
        expect(graphNodes(after).filter(({ op }) => ops.get(op)?.lower.kind === "expand")).toEqual([]);
        usable += part;
        count++;
      }),
      options,
    );
    expect(usable / count).toBeGreaterThan(0.9);
  });

  test("nothing is left to do: no two rules undo each other", () => {
    // What comes after the rules is layout, which is decided once and is not for them to undo.
    const ruled = passes.slice(0, passes.findIndex(({ name }) => name === "finish") + 1);
    const finish = ruled[ruled.length - 1];
    fc.assert(
      fc.property(anyGraph, ({ seed, size }) => {
        const once = ruled.reduce(
          (graph, pass) => pass.run(graph, ops, jsBackend("f32")),
          randomGraph(seed, size),
        );
        const applied: string[] = [];
        finish.run(once, ops, jsBackend("f32"), (did) => applied.push(did.rule));
        expect(applied).toEqual([]);
      }),
      options,
    );
  });
});

describe("rewrites that would lose NaN or ∞ do not exist", () => {
  const x = (): Value => leaf("input", "x", tensorType("f64", [12]));
  const inputs = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 800, -800, 5e-324, -3, 1e300];
  test.each([
    ["x·0", () => mul(x(), fullLike(0, x()))],
    ["0·x", () => mul(fullLike(0, x()), x())],
    ["x − x", () => sub(x(), x())],
    ["x/x", () => div(x(), x())],
    ["0/x", () => div(fullLike(0, x()), x())],
    ["√(x²)", () => sqrt(square(x()))],
    ["√(x·x)", () => sqrt(mul(x(), x()))],
    ["(√x)²", () => square(sqrt(x()))],
    ["log(exp x)", () => log(exp(x()))],
    ["exp(log x)", () => exp(log(x()))],
    ["1/(1/x)", () => div(fullLike(1, x()), div(fullLike(1, x()), x()))],
  ])("%s", (_name, make) => {
    const before = graphOf(() => [{ role: "output", name: "y", value: make() }], null);
    const after = optimizeGraph(before, ops, jsBackend("f32"));
    const [[a], [b]] = [before, after].map((graph) =>
      evaluateValues([graph.outputs[0].value], () => Float64Array.from(inputs)),
    );
    expect([...b]).toEqual([...a]);
  });
});
