import { describe, expect, test } from "vitest";
import type { Graph, Node, Output, Value } from "../../src/ir/graph.ts";
import { tensorType, type TensorType } from "../../src/ir/type.ts";
import { assertGraph, verifyGraph } from "../../src/ir/verify/graph.ts";
import { relu } from "../../src/ops/elementwise.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { ops } from "../../src/ops/table.ts";
import { graphOf } from "./support.ts";

const n = { times: 1, max: 5 };
const x = (type: TensorType = tensorType("f32", [n, 2]), name = "x"): Value => leaf("input", name, type);
const rulesOf = (graph: Graph): string[] => verifyGraph(graph, ops).map(({ rule }) => rule);
const returning = (make: () => readonly Output[], batch: number | null = 5): Graph => graphOf(make, batch);
const output = (value: Value, more: Partial<Output> = {}): Output => ({
  role: "output",
  name: "y",
  value,
  ...more,
});

/** A node that no type rule has seen. */
function forged(op: string, inputs: readonly Value[], type: TensorType, cycle = false): Value {
  const [outputs, all]: [Value[], Value[]] = [[], [...inputs]];
  const node: Node = { id: 10_000, op, inputs: all, attrs: {}, form: op, outputs };
  outputs.push({ node, index: 0, type });
  if (cycle) all.push(outputs[0]);
  return outputs[0];
}

describe("the graph verifier", () => {
  test("has nothing to say about a good graph", () => {
    expect(
      verifyGraph(
        returning(() => [output(relu(x()))]),
        ops,
      ),
    ).toEqual([]);
    expect(() =>
      assertGraph(
        returning(() => [output(relu(x()))]),
        ops,
        "test",
      ),
    ).not.toThrow();
  });

  test.each<[string, string, () => readonly Output[]]>([
    ["a wrong type", "type", () => [output(forged("relu", [x()], tensorType("f32", [3])))]],
    ["too few inputs", "type", () => [output(forged("add", [], tensorType("f32", [3])))]],
    ["an unknown op", "op", () => [output(forged("__proto__", [x()], tensorType("f32", [3])))]],
    ["a second batch size", "batch", () => [output(x(tensorType("f32", [{ times: 2, max: 7 }])))]],
    ["two leaves of one name", "leaf", () => [output(x()), output(x(tensorType("f32", [4])), { name: "z" })]],
    ["a loss that is no number", "output", () => [output(x(), { role: "loss" })]],
    ["an assignment without a cell", "output", () => [output(x(), { role: "assign" })]],
    ["a cell that is no leaf", "output", () => [output(x(), { role: "assign", cell: relu(x()) })]],
    [
      "a cell of another type",
      "output",
      () => [output(x(), { role: "assign", cell: x(tensorType("i32", []), "c") })],
    ],
    ["a cell that nothing assigns", "output", () => [output(x(), { cell: x() })]],
    ["an output returned twice", "output", () => [output(x()), output(x())]],
    [
      "a gradient of integers",
      "output",
      () => [output(x(tensorType("i32", [2]), "i"), { role: "gradient" })],
    ],
  ])("finds %s", (_name, rule, make) => {
    expect(rulesOf(returning(make))).toEqual([rule]);
  });

  test("finds a cycle", () => {
    expect(rulesOf(returning(() => [output(forged("relu", [], tensorType("f32", [2]), true))]))).toContain(
      "order",
    );
  });

  test("names the stage that broke the graph", () => {
    const bad = returning(() => [output(x(), { role: "loss" })]);
    expect(() => assertGraph(bad, ops, "expand")).toThrow(/after "expand" graph test.graph breaks output/);
  });
});
