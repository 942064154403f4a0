import { jsBackend } from "../../src/backends/js/backend.ts";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/eval/evaluate.ts";
import type { Graph, Output } from "../../src/ir/graph.ts";
import { graphToDot } from "../../src/ir/text/graph-dot.ts";
import { graphToJson } from "../../src/ir/text/graph-json.ts";
import { parseGraph } from "../../src/ir/text/graph-parse.ts";
import { printGraph } from "../../src/ir/text/graph-print.ts";
import { verifyGraph } from "../../src/ir/verify/graph.ts";
import { ops } from "../../src/ops/table.ts";
import { optimizeGraph } from "../../src/optimize/index.ts";
import { compileEverywhere, disagreements } from "../compile/agree.ts";
import { programOf } from "../compile/program.ts";
import { cases, unrolled } from "./cases.ts";
import { ready, type Ready } from "./run.ts";

const predictOf = ({ build, outputs }: Ready): Graph => ({
  name: "sample.predict",
  batch: 5,
  outputs: outputs.map((value, k): Output => ({ role: "output", name: `y${k}`, value })),
  origins: build.origins,
});

describe.each(cases.map((subject) => [subject.name, subject] as const))("%s", (_, subject) => {
  test("is the unrolled graph, exactly", () => {
    const [own, plain] = [ready(subject, "f64"), ready(subject, "f64", unrolled)];
    for (const n of [1, 3]) {
      const found = evaluate(own.outputs, own.feed(n, 7).nodes, { n });
      const expected = evaluate(plain.outputs, plain.feed(n, 7).nodes, { n });
      for (const [k, { shape, data }] of expected.entries()) {
        expect(found[k].shape).toEqual(shape);
        expect([...found[k].data]).toEqual([...data]);
      }
    }
  });

  test("prints, parses, and prints the same", () => {
    const graph = predictOf(ready(subject, "f32"));
    const text = printGraph(graph);
    const again = parseGraph(text, ops);
    expect(verifyGraph(again, ops)).toEqual([]);
    expect(printGraph(again)).toBe(text);
    expect(JSON.stringify(graphToJson(again))).toContain('"op":"scan"');
    expect(graphToDot(again)).toContain("scan");
  });

  test.each(["f32", "f64"] as const)("evaluator, loops and module agree in %s", (precision) => {
    const own = ready(subject, precision);
    const graph = optimizeGraph(predictOf(own), ops, jsBackend("f32"));
    expect(verifyGraph(graph, ops)).toEqual([]);
    const compiled = compileEverywhere(programOf({ predict: graph, precision }));
    for (const n of [1, 3, 5]) {
      const tolerance = precision === "f64" ? 1e-12 : 1e-5;
      expect(disagreements(compiled, own.feed(n, 11).cells, n, { js: tolerance, wasm: tolerance })).toEqual(
        [],
      );
    }
  });
});
