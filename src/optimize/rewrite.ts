import { invariant } from "../base/errors.ts";
import { builder } from "../ir/builder.ts";
import { allGraphNodes, bodiesOf, type Graph, type Node, type Origin, type Value } from "../ir/graph.ts";
import { copy, rebuild } from "../ir/rewrite.ts";
import { sameType, typeText } from "../ir/type.ts";

/** What a rewrite did: which rule took the place of which node, and where that node comes from. */
export interface Applied {
  readonly rule: string;
  /** The op that was replaced. */
  readonly node: Node;
  /** The value that stands in its place, which later rules may replace again. */
  readonly by: Value;
  readonly origin: Origin | undefined;
}

/** How many ops and outputs use a node, as far as is known; what a rule has just made counts as used once. */
export type Uses = (node: Node) => number;

/** A local rewrite: another value of the same type for this one, or undefined. */
export type Step = (value: Value, uses: Uses) => { readonly rule: string; readonly value: Value } | undefined;

/** Told of every rewrite; passes themselves only return graphs. */
export type See = (applied: Applied) => void;

/**
 * Applies a step everywhere, inputs before users, also to what it made itself, until nothing changes. The number of
 * rewrites is bounded, so that two rules that undo each other cannot run forever.
 */
export function rewriteToFixpoint(graph: Graph, step: Step, see: See = () => undefined): Graph {
  const settled = new Map<Node, readonly Value[]>();
  const before = countUses(graph);
  const uses = new Map<Node, number>();
  const usesOf: Uses = (node) => uses.get(node) ?? 1;
  let budget = 10 * allGraphNodes(graph).length + 100;

  const outputsOf = (node: Node): readonly Value[] => {
    const known = settled.get(node);
    if (known) return known;
    const inputs = node.inputs.map(valueOf);
    const changed = inputs.some((input, k) => input !== node.inputs[k]);
    const outputs = changed ? outputsOf(copy(builder(), node, inputs)[0].node) : rewritten(node);
    settled.set(node, outputs);
    return outputs;
  };
  const valueOf = ({ node, index }: Value): Value => outputsOf(node)[index];
  const rewritten = (node: Node): readonly Value[] => {
    if (node.outputs.length !== 1 || budget <= 0) return node.outputs;
    const found = step(node.outputs[0], usesOf);
    if (!found || found.value === node.outputs[0]) return node.outputs;
    budget--;
    const { type } = node.outputs[0];
    invariant(
      sameType(found.value.type, type),
      `rule "${found.rule}" turned ${typeText(type)} into ${typeText(found.value.type)}`,
    );
    see({ rule: found.rule, node, by: found.value, origin: builder().origin });
    return [valueOf(found.value)];
  };

  return rebuild(graph, (node, inputs, attrs) => {
    const outputs = outputsOf(copy(builder(), node, inputs, attrs)[0].node);
    const now = outputs[0].node;
    uses.set(now, (uses.get(now) ?? 0) + (before.get(node) ?? 0));
    return outputs;
  });
}

function countUses(graph: Graph): Map<Node, number> {
  const uses = new Map<Node, number>();
  const use = ({ node }: Value): void => void uses.set(node, (uses.get(node) ?? 0) + 1);
  for (const node of allGraphNodes(graph)) {
    for (const input of node.inputs) use(input);
    for (const body of bodiesOf(node)) for (const output of body.outputs) use(output);
  }
  for (const output of graph.outputs) use(output.value);
  return uses;
}
