import { byName, roomOf, type OpTable } from "../ir/op.ts";
import type { Node } from "../ir/graph.ts";
import type { Step } from "./rewrite.ts";

export const isComposite = (node: Node, table: OpTable): boolean =>
  roomOf(table, node.op).lower.kind === "expand";

/**
 * Replaces composites, kept whole until now for their numerics and their gradients, by the ops they are made of.
 * What a composite expands to may hold composites again.
 */
export const expandStep =
  (table: OpTable): Step =>
  ({ node }) => {
    const room = roomOf(table, node.op);
    if (room.lower.kind !== "expand") return undefined;
    const context = Object.assign(byName(room, node.inputs), { attrs: node.attrs });
    return { rule: `expand ${node.op}`, value: room.lower.expand(context as never) };
  };
