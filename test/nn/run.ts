import { evaluate } from "../../src/eval/evaluate.ts";
import { graphNodes, isLeaf, leafName, type Graph, type Node } from "../../src/ir/graph.ts";
import type { NDArray } from "../../src/ir/op.ts";
import { extentAt } from "../../src/ir/type.ts";

export type Cells = { readonly [name: string]: ArrayLike<number> };

/** Evaluates a graph naively over named cells (zeros where none is given): each output's numbers by its name. */
export function run(graph: Graph, cells: Cells, n = 1, round = false): Map<string, number[]> {
  const feed = new Map<Node, NDArray>();
  for (const node of graphNodes(graph).filter(isLeaf)) {
    const [{ dtype, shape: dims }] = node.outputs.map(({ type }) => type);
    const shape = dims.map((dim) => extentAt(dim, n));
    const size = shape.reduce((product, dim) => product * dim, 1);
    const given = new Map(Object.entries(cells)).get(leafName(node));
    const data = given ? Float64Array.from(given) : new Float64Array(size);
    if (data.length !== size)
      throw new Error(`${leafName(node)}: expected ${size} numbers, found ${data.length}`);
    feed.set(node, { dtype, shape, data });
  }
  const values = evaluate(
    graph.outputs.map(({ value }) => value),
    feed,
    { n, round },
  );
  return new Map(graph.outputs.map(({ name }, k) => [name, [...values[k].data]]));
}

/** The outputs of a graph as cells of the next one. */
export const asCells = (results: ReadonlyMap<string, readonly number[]>): Cells =>
  Object.fromEntries(results);
