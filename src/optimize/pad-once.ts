import { builder } from "../ir/builder.ts";
import { allGraphNodes, type Graph, type Node, type Value } from "../ir/graph.ts";
import { roomOf, type OpTable } from "../ir/op.ts";
import { copy, rebuild } from "../ir/rewrite.ts";
import { isBatch, maxOf } from "../ir/type.ts";
import { slice } from "../ops/movement.ts";
import type { See } from "./rewrite.ts";

/**
 * A tensor that a convolution reads with zeros around it is kept with them only: whoever else wants it looks inside.
 * Otherwise both copies of an activation would live from the forward pass to the backward pass.
 */
export function padOnce(graph: Graph, table: OpTable, see: See = () => undefined): Graph {
  const pads = paddedElsewhere(graph, table);
  if (pads.size === 0) return graph;
  return rebuild(graph, (node, inputs, attrs) => {
    if (!node.inputs.some((input) => pads.has(input) && pads.get(input) !== node)) return undefined;
    const inside = inputs.map((input, k) => {
      const pad = pads.get(node.inputs[k]);
      if (!pad || pad === node) return input;
      const [padded] = copy(builder(), pad, [input]);
      const low = pad.attrs["low"] as readonly number[];
      const { shape } = input.type;
      const limit = shape.map((dim, axis) => (isBatch(dim) ? dim : low[axis] + maxOf(dim)));
      return slice(padded, { start: low, limit, strides: low.map(() => 1) });
    });
    const outputs = copy(builder(), node, inside, attrs);
    see({ rule: "x, where pad x is kept = slice(pad x)", node, by: outputs[0], origin: builder().origin });
    return outputs;
  });
}

/** Values computed element by element or by a product that have one pad and other users, each with that pad. */
function paddedElsewhere(graph: Graph, table: OpTable): Map<Value, Node> {
  const users = new Map<Value, Set<Node>>();
  for (const node of allGraphNodes(graph))
    for (const input of node.inputs) users.set(input, (users.get(input) ?? new Set()).add(node));
  const outputs = new Set(graph.outputs.map(({ value }) => value));
  const found = new Map<Value, Node>();
  for (const [value, of] of users) {
    const { op, inputs } = value.node;
    const { lower, carries } = roomOf(table, op);
    const computed =
      inputs.length > 0 && (lower.kind === "at" || lower.kind === "template") && carries !== "moved";
    const pads = [...of].filter((node) => node.op === "pad");
    // A reshape of what lies inside of zeros would have to be copied out.
    const others = [...of].filter((node) => node.op !== "pad");
    if (!computed || outputs.has(value) || pads.length !== 1 || others.length === 0) continue;
    if (!others.some((node) => node.op === "reshape")) found.set(value, pads[0]);
  }
  return found;
}
