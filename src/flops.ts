import { bodiesOf, graphNodes, nodesOf, type Graph, type Node } from "./ir/graph.ts";
import { roomOf, type OpTable } from "./ir/op.ts";
import { elementsOf, isBatch } from "./ir/type.ts";

/** Floating-point operations of one row's training step: products and elementwise work, counted on the graph. */
export function flopsPerRow(graphs: readonly Graph[], batch: number | null, table: OpTable): number {
  const within = (nodes: readonly Node[]): number => {
    let flops = 0;
    for (const node of nodes) {
      for (const body of bodiesOf(node))
        flops += Number(node.attrs["length"] ?? 1) * within(nodesOf(body.outputs));
      if (bodiesOf(node).length > 0) continue;
      const { shape, dtype } = node.outputs[0].type;
      if (node.inputs.length === 0 || (dtype !== "f32" && dtype !== "f64")) continue;
      const size = elementsOf(shape);
      const rows =
        shape.some(isBatch) || node.inputs.some((input) => input.type.shape.some(isBatch)) ? (batch ?? 1) : 1;
      flops += (size * workOf(node, table)) / rows;
    }
    return flops;
  };
  return Math.round(graphs.reduce((sum, graph) => sum + (graph ? within(graphNodes(graph)) : 0), 0));
}

/** Operations for each element of the output, as the op's room says. */
function workOf({ op, attrs, inputs, outputs }: Node, table: OpTable): number {
  const { carries, work } = roomOf(table, op);
  if (carries) return 0;
  const types = inputs.map(({ type }) => type);
  return work ? work({ attrs, types, out: outputs[0].type }) : 1;
}
