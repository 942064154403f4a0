import { builder } from "../ir/builder.ts";
import { allGraphNodes, type Graph, type Node, type Value } from "../ir/graph.ts";
import { copy, rebuild } from "../ir/rewrite.ts";
import type { See } from "./rewrite.ts";
import { isCommutative } from "./values.ts";

/**
 * Merges equal computations. Interning does this for ops with equal inputs; here a + b and b + a meet too, under the
 * order that was written first.
 */
export function share(graph: Graph, see: See = () => undefined): Graph {
  if (!hasTwins(graph)) return graph;
  const known = new Map<string, readonly Value[]>();
  return rebuild(graph, (node, inputs) => {
    if (!isCommutative(node.op)) return undefined;
    const twin = known.get(keyOf(node, inputs[1], inputs[0]));
    if (twin) {
      see({ rule: "a∘b = b∘a", node, by: twin[0], origin: builder().origin });
      return twin;
    }
    const outputs = copy(builder(), node, inputs);
    known.set(keyOf(node, inputs[0], inputs[1]), outputs);
    return outputs;
  });
}

const keyOf = ({ op }: Node, a: Value, b: Value): string =>
  `${op} ${a.node.id}.${a.index} ${b.node.id}.${b.index}`;

/** Most graphs hold no such pair, and need no mapping. */
function hasTwins(graph: Graph): boolean {
  const nodes = allGraphNodes(graph).filter(({ op }) => isCommutative(op));
  const keys = new Set(nodes.map((node) => keyOf(node, node.inputs[0], node.inputs[1])));
  return nodes.some((node) => {
    const [a, b] = node.inputs;
    return a !== b && keys.has(keyOf(node, b, a));
  });
}
