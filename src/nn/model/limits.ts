import { allGraphNodes, bodiesOf, type Graph, type Value } from "../../ir/graph.ts";
import { byName, type OpTable, type Types } from "../../ir/op.ts";

/** For integer values that are used as indices or labels: the exclusive bound that keeps every use in range. */
export function indexLimits(graphs: readonly Graph[], table: OpTable): Map<Value, number> {
  const limits = new Map<Value, number>();
  const bound = (value: Value, limit: number | undefined): void => {
    if (limit !== undefined) limits.set(value, Math.min(limit, limits.get(value) ?? Infinity));
  };
  for (const graph of graphs) {
    // Users before inputs, so that a bound passes through any number of ops.
    const outside = new Map<Value, Value>();
    for (const node of allGraphNodes(graph).reverse()) {
      // What bounds a placeholder bounds the value that stands for it outside the body.
      for (const { inputs } of bodiesOf(node))
        for (const [k, input] of inputs.entries()) outside.set(input, node.inputs[k]);
      const beyond = outside.get(node.outputs[0]);
      if (beyond) bound(beyond, limits.get(node.outputs[0]));
      const room = table.get(node.op);
      if (room?.limits) {
        const types = byName(
          room,
          node.inputs.map((input) => input.type),
        ) as Types<string>;
        const found = room.limits(types, node.attrs);
        for (const [k, input] of node.inputs.entries()) bound(input, found[room.inputs[k]]);
      }
      // What bounds an output bounds the elements that it carries on.
      if (room?.carries === "joined")
        for (const input of node.inputs) bound(input, limits.get(node.outputs[0]));
      else if (room?.carries)
        for (const [k, output] of node.outputs.entries()) bound(node.inputs[k], limits.get(output));
    }
  }
  return limits;
}
