import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/ir/graph.ts";
import { graphToDot } from "../../src/ir/text/graph-dot.ts";
import { graphToJson } from "../../src/ir/text/graph-json.ts";
import { parseGraph } from "../../src/ir/text/graph-parse.ts";
import { printGraph } from "../../src/ir/text/graph-print.ts";
import { tensorType } from "../../src/ir/type.ts";
import { verifyGraph } from "../../src/ir/verify/graph.ts";
import { broadcastTo } from "../../src/ops/broadcast.ts";
import { matmul } from "../../src/ops/contract.ts";
import { add, relu } from "../../src/ops/elementwise.ts";
import { constant, leaf } from "../../src/ops/leaves.ts";
import { mean } from "../../src/ops/reduce.ts";
import { ops } from "../../src/ops/table.ts";
import { randomGraph } from "../optimize/random-graph.ts";
import { graphOf } from "../optimize/support.ts";

const n = { times: 1, max: 64 };

function small(): Graph {
  return graphOf(
    () => {
      const x = leaf("input", "x", tensorType("f32", [n, 4]));
      const kernel = leaf("parameter", "hidden/kernel", tensorType("f32", [4, 3]));
      const odd = leaf("parameter", 'a "b"\n*/', tensorType("f32", [3]));
      const step = leaf("state", "step", tensorType("f32", []));
      const product = matmul(x, kernel, { transposeA: false, transposeB: false });
      const y = relu(add(product, broadcastTo(odd, { shape: [n, 3] })));
      return [
        { role: "loss", name: "loss", value: mean(y, { axes: [0, 1] }) },
        { role: "assign", name: "step", cell: step, value: add(step, constant({ value: 1, dtype: "f32", shape: [] })) },
        { role: "assign", name: "counter", cell: leaf("state", "counter", tensorType("i32", [])), value: constant({ value: -3, dtype: "i32", shape: [] }) },
      ];
    },
    64,
    "tiny.training",
  );
} // prettier-ignore

const text = `graph tiny.training(batch n ≤ 64)
  %x: f32[n,4] = input "x"                                                        // layer  some.model.ts:1
  %hidden/kernel: f32[4,3] = parameter "hidden/kernel"                            // layer  some.model.ts:1
  %"a \\"b\\"\\n*/": f32[3] = parameter "a \\"b\\"\\n*/"                                // layer  some.model.ts:1
  %step: f32[] = state "step"                                                     // layer  some.model.ts:1
  %counter: i32[] = state "counter"                                               // layer  some.model.ts:1
  %1: f32[n,3] = matmul %x, %hidden/kernel {transposeA: false, transposeB: false} // layer  some.model.ts:1
  %2: f32[n,3] = broadcastTo %"a \\"b\\"\\n*/" {shape: [n,3]}                        // layer  some.model.ts:1
  %3: f32[n,3] = add %1, %2                                                       // layer  some.model.ts:1
  %4: f32[n,3] = relu %3                                                          // layer  some.model.ts:1
  %5: f32[] = mean %4 {axes: [0,1]}                                               // layer  some.model.ts:1
  %6: f32[] = add %step, 1                                                        // layer  some.model.ts:1
  return loss "loss" %5
  return assign "step" %step %6
  return assign "counter" %counter -3:i32
`;

const squeeze = (words: string): string => words.replaceAll(/ +\/\//g, " //");

describe("graph text", () => {
  test("shows leaves, ops and what is returned", () => {
    expect(squeeze(printGraph(small()))).toBe(squeeze(text));
  });

  test("parses back to the same graph, origins too", () => {
    const graph = small();
    const again = parseGraph(printGraph(graph), ops);
    expect(printGraph(again)).toBe(printGraph(graph));
    expect(verifyGraph(again, ops)).toEqual([]);
    const bare = (json: object): string =>
      JSON.stringify(json, (key, value: unknown) => (key === "origins" ? [] : value));
    expect(bare(graphToJson(again))).toBe(bare(graphToJson(graph)));
  });

  test("random graphs parse back", () => {
    const anyGraph = fc.record({
      seed: fc.integer({ min: 1, max: 1e9 }),
      size: fc.integer({ min: 6, max: 35 }),
    });
    fc.assert(
      fc.property(anyGraph, ({ seed, size }) => {
        const printed = printGraph(randomGraph(seed, size));
        const again = parseGraph(printed, ops);
        expect(printGraph(again)).toBe(printed);
        expect(verifyGraph(again, ops)).toEqual([]);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  test("origins of every kind survive", () => {
    const graph = small();
    const [node] = [...graph.origins.keys()].filter(({ op }) => op === "relu");
    const origins = [
      { layer: "hidden", source: "digits.model.ts:8", gradientOf: "loss" },
      { layer: "with space; and // more", source: "odd file.ts:3" },
      { layer: "", source: "", gradientOf: "" },
    ];
    const printed = printGraph({ ...graph, origins: new Map([[node, origins]]) });
    expect(printed).toContain("∂loss  hidden  digits.model.ts:8");
    expect([...parseGraph(printed, ops).origins.values()]).toEqual([origins]);
  });

  test.each([
    ["", '1:1: expected "graph", found "nothing"'],
    ["graph g(batch n ≤ 0)", "1:19: the batch must be a positive integer, not 0"],
    ['graph g\n  %x: f32[n] = input "x"', "2:11: n has no meaning in a graph without a batch"],
    ['graph g\n  %x: f16[2] = input "x"', '2:7: "f16" is not a dtype'],
    ["graph g\n  %1: f32[2] = relu %x", "2:21: %x is used before it is defined"],
    ['graph g\n  %x: f32[2] = input "x"\n  %1: f32[2] = rulu %x', '3:16: unknown op "rulu"'],
    [
      'graph g\n  %x: f32[2] = input "x"\n  %1: f32[3] = relu %x',
      "3:3: %1 is declared f32[3], but relu gives f32[2]",
    ],
    ['graph g\n  %x: f32[2] = input "x"\n  %1: f32[2] = add %x', '3:16: "add" takes 2 inputs, found 1'],
    [
      'graph g\n  %x: f32[2] = input "x"\n  %1: f32[2] = sum %x {axes: [4]}',
      "3:16: sum: axis 4 does not exist in [2], which has 1 axes",
    ],
    ['graph g\n  %x: f32[2] = input "x"\n  %x: f32[2] = relu %x', "3:3: %x is defined twice"],
    ['graph g\n  %x: f32[2] = input "x"\n  return los "l" %x', '3:10: "los" is not a role'],
    ['graph g\n  %x: f32[2] = input "x"\n  return loss "l" 1', "3:19: the literal 1 needs a dtype"],
    ['graph g\n  %x: f32[2] = input "x" ; x', '2:26: the character ";" has no meaning here'],
    ['graph g\n  %x: f32[2] = input "\\q"', '2:22: the string "\\q" holds an escape that is not JSON'],
    ["graph g\n  %1: f32[] = sum {axes: [], axes: []}", '2:30: the attribute "axes" is written twice'],
    ['graph g\n  %x: f32[2] = input "x"\n  return assign "l" 1:f32 %x', "3:21: only a leaf can be assigned"],
    ["graph g\n  %1: f32[] = sum {axes: [[[[[[[[[[[]]]]]]]]]]]}", "2:35: lists are nested deeper than 8"],
  ])("refuses %j", (bad, sentence) => {
    let error: unknown;
    try {
      parseGraph(bad, ops);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(SyntaxError);
    expect((error as SyntaxError).message.split("\n")[0]).toBe(sentence);
  });

  test("an unknown op is answered with a suggestion", () => {
    const applying = (op: string) => () => parseGraph(`graph g\n  %x: f32[2] = input "x"\n  %1: f32[2] = ${op} %x`, ops); // prettier-ignore
    expect(applying("__proto__")).toThrow('3:16: unknown op "__proto__"');
    expect(applying("sigmod")).toThrow('3:16: unknown op "sigmod"\n  hint: did you mean "sigmoid"?');
  });

  test("mutilated text never breaks the parser", () => {
    const good = printGraph(small());
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(8), fc.string({ maxLength: 4 }), (at, count, put) => {
        try {
          parseGraph(good.slice(0, at) + put + good.slice(at + count), ops);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      { numRuns: 3000, seed: 1 },
    );
  });
});

test("dot names every op and escapes labels", () => {
  const dot = graphToDot(small());
  expect(dot).toContain('digraph "tiny.training" {');
  expect(dot).toContain("matmul");
  expect(dot).toContain('parameter a \\"b\\"\\n*/');
  expect(dot.trim().endsWith("}")).toBe(true);
});
