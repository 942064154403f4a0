import { graphNodes, type Graph, type Node } from "./ir/graph.ts";
import { isBatch, maxOf } from "./ir/type.ts";

/** Floating-point operations of one row's training step: products and elementwise work, counted on the graph. */
export function flopsPerRow(graphs: readonly Graph[], batch: number | null): number {
  let flops = 0;
  for (const graph of graphs) {
    for (const node of graphNodes(graph)) {
      const { shape, dtype } = node.outputs[0].type;
      if (node.inputs.length === 0 || (dtype !== "f32" && dtype !== "f64")) continue;
      const size = shape.reduce<number>((product, dim) => product * maxOf(dim), 1);
      const rows =
        shape.some(isBatch) || node.inputs.some((input) => input.type.shape.some(isBatch)) ? (batch ?? 1) : 1;
      flops += (size * workOf(node, node.inputs[0].type.shape.map(maxOf))) / rows;
    }
  }
  return Math.round(flops);
}

const free = new Set([
  "reshape",
  "transpose",
  "slice",
  "broadcastTo",
  "concat",
  "pad",
  "cast",
  "reverse",
  "where",
]);

function workOf({ op, attrs }: Node, first: readonly number[]): number {
  if (op === "matmul") return 2 * first[first.length - (attrs["transposeA"] === true ? 2 : 1)];
  if (op === "dotGeneral")
    return (attrs["contractA"] as readonly number[]).reduce((work, axis) => work * first[axis], 2);
  return free.has(op) ? 0 : 1;
}
