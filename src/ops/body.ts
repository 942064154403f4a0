import { builder, originOf } from "../ir/builder.ts";
import { isLeaf, nodesOf, type Body, type Node, type Value } from "../ir/graph.ts";
import { substitute } from "../ir/rewrite.ts";
import type { TensorType } from "../ir/type.ts";
import { placeholder } from "./leaves.ts";

/** A new placeholder, unlike every other of this build. */
export const freshPlaceholder = ({ dtype, shape }: TensorType): Value =>
  placeholder({ token: builder().token(), dtype, shape });

/**
 * Makes a body of values that were computed from placeholders. What they also read, and what depends on no
 * placeholder, becomes a further input; only constants stay, since they cost nothing to make again, and what a
 * checkpoint computes again from what it captured, since its gradient goes by the way between.
 */
export function closeBody(
  placeholders: readonly Value[],
  outputs: readonly Value[],
): { readonly body: Body; readonly captured: readonly Value[] } {
  const own = new Set(placeholders.map(({ node }) => node));
  const inside = new Set<Node>();
  const constants = new Set<Node>();
  const order = nodesOf(outputs);
  for (const node of order) {
    if (own.has(node) || node.inputs.some((input) => inside.has(input.node))) inside.add(node);
    else if (!isLeaf(node) && node.op !== "placeholder" && node.inputs.every((x) => constants.has(x.node)))
      constants.add(node);
  }
  for (const node of order) {
    if (node.op !== "checkpoint" || !inside.has(node)) continue;
    const results = Number(node.attrs["results"]);
    const ends = new Set(node.inputs.slice(results));
    for (const between of nodesOf(node.inputs.slice(0, results), ends))
      if (!constants.has(between)) inside.add(between);
  }
  const read = [...order.filter((node) => inside.has(node)).flatMap(({ inputs }) => inputs), ...outputs];
  const captured = [...new Set(read)].filter(({ node }) => !inside.has(node) && !constants.has(node));
  const further = captured.map(({ type }) => freshPlaceholder(type));
  const replaced = new Map(captured.map((value, k) => [value, further[k]]));
  const body: Body = {
    kind: "body",
    inputs: [...placeholders, ...further],
    outputs: substitute(outputs, replaced, originOf),
  };
  return { body, captured };
}
