import { bodiesOf, graphNodes, nodesOf, type Graph, type Node } from "./ir/graph.ts";
import { isBatch, maxOf, type Shape } from "./ir/type.ts";

/** Floating-point operations of one row's training step: products and elementwise work, counted on the graph. */
export function flopsPerRow(graphs: readonly Graph[], batch: number | null): number {
  const within = (nodes: readonly Node[]): number => {
    let flops = 0;
    for (const node of nodes) {
      for (const body of bodiesOf(node))
        flops += Number(node.attrs["length"] ?? 1) * within(nodesOf(body.outputs));
      if (bodiesOf(node).length > 0) continue;
      const { shape, dtype } = node.outputs[0].type;
      if (node.inputs.length === 0 || (dtype !== "f32" && dtype !== "f64")) continue;
      const size = sizeOf(shape);
      const rows =
        shape.some(isBatch) || node.inputs.some((input) => input.type.shape.some(isBatch)) ? (batch ?? 1) : 1;
      flops += (size * workOf(node, node.inputs[0].type.shape.map(maxOf))) / rows;
    }
    return flops;
  };
  return Math.round(graphs.reduce((sum, graph) => sum + (graph ? within(graphNodes(graph)) : 0), 0));
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
  "slidingWindows",
  "where",
  "barrier",
  "checkpoint",
]);

const sizeOf = (shape: Shape): number => shape.reduce<number>((product, dim) => product * maxOf(dim), 1);

function workOf({ op, attrs, inputs, outputs }: Node, first: readonly number[]): number {
  if (op === "matmul") return 2 * first[first.length - (attrs["transposeA"] === true ? 2 : 1)];
  if (op === "dotGeneral")
    return (attrs["contractA"] as readonly number[]).reduce((work, axis) => work * first[axis], 2);
  if (op.startsWith("convolution")) {
    // Every element of the convolution's output is a sum over the kernel's taps, in whichever of the three forms.
    const [y, kernel] = [[outputs[0], inputs[1]], inputs, [inputs[1], outputs[0]]][
      ["convolution", "convolutionDataGradient", "convolutionFilterGradient"].indexOf(op)
    ].map(({ type }) => type.shape);
    const products = (sizeOf(y) * sizeOf(kernel)) / maxOf(kernel[kernel.length - 1]);
    return (2 * products) / sizeOf(outputs[0].type.shape);
  }
  return free.has(op) ? 0 : 1;
}
