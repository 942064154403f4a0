import { jsBackend } from "../../src/backends/js/backend.ts";
import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.ts";
import { graphNodes, type Graph, type Output, type Value } from "../../src/ir/graph.ts";
import { parseGraph } from "../../src/ir/text/graph-parse.ts";
import { printGraph } from "../../src/ir/text/graph-print.ts";
import { tensorType } from "../../src/ir/type.ts";
import { broadcastTo, reshape } from "../../src/ops/broadcast.ts";
import { matmul } from "../../src/ops/contract.ts";
import { add, mul, sigmoid, tanh } from "../../src/ops/elementwise.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { slice } from "../../src/ops/movement.ts";
import { mean } from "../../src/ops/reduce.ts";
import { ops } from "../../src/ops/table.ts";
import { optimizeGraph, type Applied } from "../../src/optimize/index.ts";
import { graphOf } from "./support.ts";

/** The ops that remain of a graph whose lines are given without header; leaves stand first. */
function optimized(lines: string): string[] {
  const graph = parseGraph(`graph case(batch n ≤ 8)\n${lines}`, ops);
  return printGraph(optimizeGraph(graph, ops, jsBackend("f32")))
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim())
    .filter((line) => !/ = (input|parameter|hyper) /.test(line));
}

const x = `%x: f32[n,3] = input "x"`;
const s = `%s: f32[] = hyper "s"`;

describe("what is left after optimising", () => {
  test.each<[string, string, string[]]>([
    ["log of softmax is one stable op, expanded", `${x}
      %1: f32[n,3] = softmax %x {axis: 1}
      %2: f32[n,3] = log %1
      return output "y" %2`, [
      "%1: f32[n] = max %x {axes: [1]}",
      "%2: f32[n,1] = reshape %1 {shape: [n,1]}",
      "%3: f32[n,3] = broadcastTo %2 {shape: [n,3]}",
      "%4: f32[n,3] = sub %x, %3",
      "%5: f32[n,3] = exp %4",
      "%6: f32[n] = sum %5 {axes: [1]}",
      "%7: f32[n] = log %6",
      "%8: f32[n,1] = reshape %7 {shape: [n,1]}",
      "%9: f32[n,3] = broadcastTo %8 {shape: [n,3]}",
      "%10: f32[n,3] = sub %4, %9",
      'return output "y" %10',
    ]],
    ["a transpose becomes a flag", `${x}
      %w: f32[2,3] = parameter "w"
      %1: f32[3,2] = transpose %w {permutation: [1,0]}
      %2: f32[n,2] = matmul %x, %1 {transposeA: false, transposeB: false}
      return output "y" %2`, [
      "%1: f32[n,2] = matmul %x, %w {transposeA: false, transposeB: true}",
      'return output "y" %1',
    ]],
    ["a scalar moves to the smaller side", `${x}
      ${s}
      %w: f32[3,2] = parameter "w"
      %1: f32[n,3] = broadcastTo %s {shape: [n,3]}
      %2: f32[n,3] = mul %x, %1
      %3: f32[n,2] = matmul %2, %w {transposeA: false, transposeB: false}
      return output "y" %3`, [
      "%1: f32[n,2] = matmul %x, %w {transposeA: false, transposeB: false}",
      "%2: f32[n,2] = broadcastTo %s {shape: [n,2]}",
      "%3: f32[n,2] = mul %1, %2",
      'return output "y" %3',
    ]],
    ["but not where the scaled matrix is needed anyway", `${x}
      ${s}
      %w: f32[3,2] = parameter "w"
      %1: f32[n,3] = broadcastTo %s {shape: [n,3]}
      %2: f32[n,3] = mul %x, %1
      %3: f32[n,2] = matmul %2, %w {transposeA: false, transposeB: false}
      return output "y" %3
      return output "z" %2`, [
      "%1: f32[n,3] = broadcastTo %s {shape: [n,3]}",
      "%2: f32[n,3] = mul %x, %1",
      "%3: f32[n,2] = matmul %2, %w {transposeA: false, transposeB: false}",
      'return output "y" %3',
      'return output "z" %2',
    ]],
    ["constants are computed", `${s}
      %1: f32[] = mul 3:f32, 4:f32
      %2: f32[] = sub %1, 2
      %3: f32[] = mul %s, %2
      %4: f32[] = dimensionSize {dim: 5, dtype: "f32"}
      %5: f32[] = div %3, %4
      return output "y" %5`, ["%1: f32[] = mul %s, 2", 'return output "y" %1']],
    ["a sum of repeated values is a product with the rows given", `${s}
      %1: f32[n] = broadcastTo %s {shape: [n]}
      %2: f32[] = sum %1 {axes: [0]}
      return output "y" %2`, [
      '%1: f32[] = dimensionSize {dim: n, dtype: "f32"}',
      "%2: f32[] = mul %s, %1",
      'return output "y" %2',
    ]],
    ["a + b and b + a are one", `${x}
      %y: f32[n,3] = input "y"
      %1: f32[n,3] = add %x, %y
      %2: f32[n,3] = add %y, %x
      %3: f32[n,3] = mul %1, %2
      return output "z" %3`, [
      "%1: f32[n,3] = add %x, %y",
      "%2: f32[n,3] = square %1",
      'return output "z" %2',
    ]],
    ["movements cancel", `${x}
      %1: f32[3,n] = transpose %x {permutation: [1,0]}
      %2: f32[n,3] = transpose %1 {permutation: [1,0]}
      %3: f32[n,3,1] = reshape %2 {shape: [n,3,1]}
      %4: f32[n,3] = reshape %3 {shape: [n,3]}
      %5: f32[n,3] = stopGradient %4
      return output "y" %5`, ['return output "y" %x']],
    ["integers keep their own arithmetic", `%i: i32[4] = input "i"
      %1: i32[4] = broadcastTo 0 {shape: [4]}
      %2: i32[4] = add %i, %1
      return output "y" %2`, [
      "%1: i32[4] = broadcastTo 0 {shape: [4]}",
      "%2: i32[4] = add %i, %1",
      'return output "y" %2',
    ]],
    ["log(1 − sigmoid x) is stable however often the sigmoid is used", `${s}
      %1: f32[] = sigmoid %s
      %2: f32[] = sub 1, %1
      %3: f32[] = log %2
      return output "y" %3
      return output "z" %1`, [
      "%1: f32[] = neg %s",
      "%2: f32[] = minimum %1, 0",
      "%3: f32[] = abs %s",
      "%4: f32[] = neg %3",
      "%5: f32[] = exp %4",
      "%6: f32[] = log1p %5",
      "%7: f32[] = sub %2, %6",
      "%8: f32[] = sigmoid %s",
      'return output "y" %7',
      'return output "z" %8',
    ]],
  ])("%s", (_name, lines, expected) => {
    expect(optimized(lines)).toEqual(expected);
  }); // prettier-ignore
});

test("the listener learns which rule touched what, and where that came from", () => {
  const graph = parseGraph(
    `graph g\n%x: f32[2] = input "x"\n%1: f32[2] = neg %x // hidden  m.ts:4\n%2: f32[2] = neg %1 // hidden  m.ts:5\nreturn output "y" %2`,
    ops,
  );
  const seen: Array<[string, Applied]> = [];
  optimizeGraph(graph, ops, jsBackend("f32"), (pass, _graph, applied) =>
    seen.push(...applied.map((a): [string, Applied] => [pass, a])),
  );
  expect(seen.map(([pass, { rule, node, by, origin }]) => [pass, rule, node.op, by.node.op, origin])).toEqual(
    [["simplify", "−(−x) = x", "neg", "input", { layer: "hidden", source: "m.ts:5" }]],
  );
});

test("origins of merged and rewritten ops stay", () => {
  const graph = parseGraph(
    `graph g\n%x: f32[2] = input "x"\n%y: f32[2] = input "y"\n%1: f32[2] = add %x, %y // a  m.ts:4\n%2: f32[2] = add %y, %x // b  m.ts:5\n%3: f32[2] = pow %1, %2 // c  m.ts:6\nreturn output "z" %3`,
    ops,
  );
  expect(printGraph(optimizeGraph(graph, ops, jsBackend("f32")))).toContain("// a  m.ts:4; b  m.ts:5");
});

/** An LSTM unrolled over time with the gradients of all its parameters. */
function lstm(steps: number): Graph {
  const n = { times: 1, max: 64 };
  const plain = { transposeA: false, transposeB: false };
  return graphOf(() => {
    const data = leaf("input", "x", tensorType("f32", [n, steps, 8]));
    const four = (name: string, shape: number[]): Value[] =>
      [0, 1, 2, 3].map((k) => leaf("parameter", `${name}${k}`, tensorType("f32", shape)));
    const [kernels, recurrent, biases] = [four("k", [8, 16]), four("r", [16, 16]), four("b", [16])];
    let h = leaf("state", "h", tensorType("f32", [n, 16]));
    let c = leaf("state", "c", tensorType("f32", [n, 16]));
    for (let t = 0; t < steps; t++) {
      const part = slice(data, { start: [0, t, 0], limit: [n, t + 1, 8], strides: [1, 1, 1] });
      const now = reshape(part, { shape: [n, 8] });
      const gates = kernels.map((kernel, k) =>
        add(
          add(matmul(now, kernel, plain), matmul(h, recurrent[k], plain)),
          broadcastTo(biases[k], { shape: [n, 16] }),
        ),
      );
      c = add(mul(sigmoid(gates[0]), c), mul(sigmoid(gates[1]), tanh(gates[2])));
      h = mul(sigmoid(gates[3]), tanh(c));
    }
    const loss = mean(mul(h, h), { axes: [0, 1] });
    const all = [...kernels, ...recurrent, ...biases];
    const gradients = grad(loss, all).map((value, k): Output => ({ role: "gradient", name: `g${k}`, value }));
    return [{ role: "loss", name: "loss", value: loss }, ...gradients];
  }, 64);
}

test("two thousand ops take a fraction of a second, and no sigmoid is computed twice", () => {
  const graph = lstm(24);
  expect(graphNodes(graph).length).toBeGreaterThan(1500);
  const times = [1, 2, 3].map(() => {
    const start = performance.now();
    optimizeGraph(graph, ops, jsBackend("f32"));
    return performance.now() - start;
  });
  // About 50 ms on an idle machine; the bound leaves room for busy ones.
  expect(Math.min(...times)).toBeLessThan(400);
  const count = (g: Graph): number => graphNodes(g).filter(({ op }) => op === "sigmoid").length;
  expect(count(optimizeGraph(graph, ops, jsBackend("f32")))).toBe(count(graph));
});
