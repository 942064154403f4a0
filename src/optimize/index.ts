import { builder } from "../ir/builder.ts";
import type { Backend } from "../ir/backend.ts";
import { allGraphNodes, type Graph, type Node } from "../ir/graph.ts";
import { roomOf, type OpTable } from "../ir/op.ts";
import { rebuild } from "../ir/rewrite.ts";
import { expandStep, isComposite } from "./expand.ts";
import { foldStep } from "./fold.ts";
import { isPacked, packStep } from "./pack.ts";
import { padOnce } from "./pad-once.ts";
import { compileRule, indexRules, type RuleIndex } from "./pattern.ts";
import type { Rule } from "./rule.ts";
import { algebra } from "./rules/algebra.ts";
import { contract } from "./rules/contract.ts";
import { indexing } from "./rules/indexing.ts";
import { logic } from "./rules/logic.ts";
import { movement } from "./rules/movement.ts";
import { spreading } from "./rules/spread.ts";
import { stability } from "./rules/stability.ts";
import { hoistProducts } from "./hoist.ts";
import { mergeScans } from "./scans.ts";
import { rewriteToFixpoint, type Applied, type See, type Step } from "./rewrite.ts";
import { share } from "./share.ts";
import { firstOf, rulesStep } from "./simplify.ts";

export type { Applied, See } from "./rewrite.ts";
export type { Rule, RuleClass } from "./rule.ts";

/** Every rule, in the order in which they are tried: numerics come first, before algebra hides their patterns. */
export const rules: readonly Rule[] = [
  ...stability,
  ...movement,
  ...contract,
  ...indexing,
  ...spreading,
  ...logic,
  ...algebra,
];

const compiled = rules.map(compileRule);
const whole = indexRules(compiled);
const expanded = indexRules(compiled.filter(({ rule }) => !rule.composite));

/** A graph in, an equal graph out; `see` is told what was done, and changes nothing. */
export interface Pass {
  readonly name: string;
  readonly run: (graph: Graph, table: OpTable, backend: Backend, see?: See) => Graph;
}

/** Once gradients are made, what only they look at hands its inputs on. */
const dropMarks: Pass["run"] = (graph, table, _backend, see) => {
  const isMark = ({ op }: Node): boolean => roomOf(table, op).mark === true;
  if (!allGraphNodes(graph).some(isMark)) return graph;
  return rebuild(graph, (node, inputs) => {
    if (!isMark(node)) return undefined;
    see?.({ rule: `${node.op} x = x`, node, by: inputs[0], origin: builder().origin });
    return inputs.slice(0, node.outputs.length);
  });
};

const simplify = (index: RuleIndex): Pass["run"] => {
  const rewritten = rulesStep(index);
  return (graph, table, _backend, see) => rewriteToFixpoint(graph, firstOf(foldStep(table), rewritten), see);
};

/** What one round makes unreachable no longer counts as a use in the next, so a rule for sole users may fit then. */
const repeated =
  (run: Pass["run"]): Pass["run"] =>
  (graph, table, backend, see) => {
    let current = graph;
    for (let round = 0, applied = 1; round < 8 && applied > 0; round++) {
      applied = 0;
      current = run(current, table, backend, (what) => {
        applied++;
        see?.(what);
      });
    }
    return current;
  };

/** A graph without such a node is its own result, which spares a mapping. */
const onlyWith = (
  graph: Graph,
  concerns: (node: Node) => boolean,
  step: Step,
  see: See | undefined,
): Graph => (allGraphNodes(graph).some(concerns) ? rewriteToFixpoint(graph, step, see) : graph);

/** The passes in order. Unreachable ops vanish by themselves, since a graph is what its outputs reach. */
export const passes: readonly Pass[] = [
  { name: "drop-marks", run: dropMarks },
  { name: "merge-scans", run: (graph, _table, _backend, see) => mergeScans(graph, see) },
  { name: "hoist-products", run: (graph, _table, _backend, see) => hoistProducts(graph, see) },
  // Products that have left a loop leave stacks that nobody reads any more, which merging drops.
  { name: "drop-stacks", run: (graph, _table, _backend, see) => mergeScans(graph, see) },
  { name: "simplify", run: simplify(whole) },
  {
    name: "expand",
    run: (graph, table, _backend, see) =>
      onlyWith(graph, (node) => isComposite(node, table), expandStep(table), see),
  },
  { name: "share", run: (graph, _table, _backend, see) => share(graph, see) },
  { name: "finish", run: repeated(simplify(expanded)) },
  {
    name: "pack",
    run: (graph, _table, backend, see) =>
      onlyWith(graph, (node) => isPacked(node, backend), packStep(backend), see),
  },
  { name: "pad-once", run: (graph, table, _backend, see) => padOnce(graph, table, see) },
];

/** Is told of each pass, the graph it gave, and what it did. */
export type Listener = (pass: string, graph: Graph, applied: readonly Applied[]) => void;

/**
 * Runs every pass. The result computes the same up to rounding, is smaller, and holds no composites: each op is an
 * index formula, a reduction, a template or a leaf.
 */
export function optimizeGraph(
  graph: Graph,
  table: OpTable,
  backend: Backend,
  listener: Listener = () => undefined,
): Graph {
  return passes.reduce((current, { name, run }) => {
    const applied: Applied[] = [];
    const next = run(current, table, backend, (what) => applied.push(what));
    listener(name, next, applied);
    return next;
  }, graph);
}
