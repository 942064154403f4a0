import { jsBackend } from "../../src/backends/js/backend.ts";
import { describe, expect, test } from "vitest";
import type { Graph, Value } from "../../src/ir/graph.ts";
import { applyRoom, type OpRoom, type Sample } from "../../src/ir/op.ts";
import { parseGraph } from "../../src/ir/text/graph-parse.ts";
import { printGraph } from "../../src/ir/text/graph-print.ts";
import { isBatch, tensorType, type DType, type Dim } from "../../src/ir/type.ts";
import { verifyGraph } from "../../src/ir/verify/graph.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { ops } from "../../src/ops/table.ts";
import { optimizeGraph } from "../../src/optimize/index.ts";
import { evaluateValues, graphOf } from "./support.ts";
import { randomFrom } from "../ops/sample.ts";

const batch = 5;
const dimOf = (text: string): Dim => {
  if (!text.includes("n")) return Number(text);
  return { times: Number(text.replace(/\*?n/, "") || 1), max: batch };
};

/** One graph for each sample call of a room, and the data of its inputs. */
function graphOfSample(room: OpRoom, { inputs, attrs }: Sample) {
  const data = new Map<string, (size: number) => Float64Array>();
  const random = randomFrom(5);
  const graph = graphOf(() => {
    const values: Value[] = [];
    for (const [k, text] of inputs.entries()) {
      const repeat = /^@(\d+)$/.exec(text);
      if (repeat) {
        values.push(values[Number(repeat[1])]);
        continue;
      }
      const found = /^(\w+)\[(.*?)\](?:~(.+)\.\.(.+))?$/.exec(text);
      if (!found) throw new Error(`sample "${text}" is not a type`);
      const dtype = found[1] as DType;
      const [low, high] = [Number(found[3] ?? 0), Number(found[4] ?? 2)];
      const whole = dtype !== "f32" && dtype !== "f64";
      data.set(`x${k}`, (size) =>
        Float64Array.from({ length: size }, () => {
          const value = low + random() * (high - low);
          return whole ? Math.floor(value) : value;
        }),
      );
      values.push(leaf("input", `x${k}`, tensorType(dtype, found[2] ? found[2].split(",").map(dimOf) : [])));
    }
    const node = applyRoom(room, values, attrs ?? {});
    return node.outputs.map((value, k) => ({ role: "output", name: `y${k}`, value }));
  }, batch);
  const cache = new Map<string, Float64Array>();
  const feed = (name: string, size: number): Float64Array => {
    const known = cache.get(name) ?? (data.get(name) as (size: number) => Float64Array)(size);
    cache.set(name, known);
    return known;
  };
  return { graph, feed };
}

const results = (graph: Graph, feed: (name: string, size: number) => Float64Array): number[] =>
  evaluateValues(
    graph.outputs.map((output) => output.value),
    feed,
  ).flatMap((array) => [...array]);

describe("every sample of every op", () => {
  test.each(
    [...ops.values()].filter((room) => room.samples.length > 0).map((room) => [room.name, room] as const),
  )("%s prints, parses, and means the same after optimising", (_name, room) => {
    for (const sample of room.samples) {
      const { graph, feed } = graphOfSample(room, sample);
      expect(verifyGraph(graph, ops)).toEqual([]);
      const printed = printGraph(graph);
      expect(printGraph(parseGraph(printed, ops))).toBe(printed);
      const after = optimizeGraph(graph, ops, jsBackend("f32"));
      expect(verifyGraph(after, ops)).toEqual([]);
      const [a, b] = [results(graph, feed), results(after, feed)];
      for (const [k, value] of a.entries()) {
        const same = Object.is(value, b[k]) || Math.abs(value - b[k]) <= 1e-9 * Math.max(1, Math.abs(value));
        if (!same) expect.fail(`${printed}element ${k}: ${value} became ${b[k]}`);
      }
    }
  });
});

test("the batch of samples is what this test expects", () => {
  const dims = [...ops.values()].flatMap((room) =>
    room.samples.flatMap(({ attrs }) =>
      Object.values(attrs ?? {})
        .flat()
        .filter((a) => typeof a === "object" && a !== null),
    ),
  );
  for (const dim of dims)
    if (!Array.isArray(dim) && isBatch(dim as Dim)) expect((dim as { max: number }).max).toBe(batch);
});
