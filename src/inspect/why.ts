import type { Compilation } from "../compile.ts";
import { withBuilder } from "../ir/builder.ts";
import { graphNodes, recomputation, type Graph } from "../ir/graph.ts";
import { graphsOf } from "../ir/program.ts";
import { typeText } from "../ir/type.ts";
import { opsOf } from "../ops/table.ts";
import { optimizeGraph, type Applied, type Listener } from "../optimize/index.ts";

/**
 * What the compiler did with each op: the rules that replaced some, pass by pass, and the kernels that the others
 * were fused into. The passes are run again to be told, since they keep no record for themselves.
 */
export function whyText({ backend, forward, training, optimized, kernels }: Compilation): string {
  const rules = graphsOf(training.graphs).flatMap((graph) => {
    const lines: string[] = [];
    const see: Listener = (pass, _, applied) => lines.push(...applied.map((one) => appliedText(pass, one)));
    withBuilder(forward.builder, () => optimizeGraph(graph, opsOf(forward.builder), backend, see));
    return lines.length === 0 ? [] : [`${graph.name}: ${lines.length} rewrites`, ...align(lines), ""];
  });
  const fused = kernels.kernels.flatMap(({ name, phase, doc }) => [
    `  ${phase}: ${name}`,
    ...doc.map((line) => `    ${line}`),
  ]);
  const again = graphsOf(optimized.graphs).flatMap(recomputedIn);
  return [
    "Rules that were applied",
    "",
    ...rules,
    ...(again.length > 0
      ? ["Recomputed in the backward pass, for the sake of checkpoints", "", ...align(again), ""]
      : []),
    "Kernels that the remaining ops were fused into",
    "",
    ...fused,
    "",
  ].join("\n");
}

/** The ops that backward computes again because a checkpoint keeps nothing between its ends. */
function recomputedIn(graph: Graph): string[] {
  return graphNodes(graph).flatMap((node) => {
    const origin = graph.origins.get(node)?.find(({ gradientOf }) => gradientOf === recomputation);
    if (!origin || node.op === "barrier") return [];
    return [
      `  ${node.op}\t${typeText(node.outputs[0].type)}\t${[origin.layer, origin.source].filter(Boolean).join("  ")}`,
    ];
  });
}

function appliedText(pass: string, { rule, node, by, origin }: Applied): string {
  const what = `${node.op} ${typeText(node.outputs[0].type)} -> ${by.node.op}`;
  const gradient = origin?.gradientOf === undefined ? "" : `∂${origin.gradientOf}`;
  const where = [gradient, origin?.layer, origin?.source].filter(Boolean).join("  ");
  return `  ${pass}\t${rule}\t${what}\t${where}`;
}

/** Cells parted by tabs, in columns of equal width. */
function align(lines: readonly string[]): string[] {
  const rows = lines.map((line) => line.split("\t"));
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows.map((row) =>
    row
      .map((cell, k) => cell.padEnd(widths[k]))
      .join("  ")
      .trimEnd(),
  );
}
