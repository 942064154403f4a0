import type { Compilation } from "./compile.ts";
import type { Graph } from "./ir/graph.ts";
import { printGraph } from "./ir/text/graph-print.ts";
import { printKernels } from "./ir/text/kernel-print.ts";
import { printLoops } from "./ir/text/loop-print.ts";
import { printMemory } from "./ir/text/memory-print.ts";

/** The stages of a compilation in order, by the names that `inspect --stage` takes. */
export const stages = ["forward", "training", "optimized", "kernels", "memory", "loops", "code"] as const;
export type Stage = (typeof stages)[number];

const graphsText = (graphs: object): string =>
  (Object.values(graphs) as (Graph | null)[])
    .flatMap((graph) => (graph ? [`${printGraph(graph).trimEnd()}\n`] : []))
    .join("\n");

/** Any stage as text. Everything shown is read from the compilation's values. */
export function stageText(compilation: Compilation, stage: Stage): string {
  switch (stage) {
    case "forward":
    case "training":
    case "optimized":
      return graphsText(compilation[stage].graphs);
    case "kernels":
      return printKernels(compilation.kernels);
    case "memory":
      return printMemory(compilation.memory);
    case "loops":
      return `${printLoops(compilation.loops.functions).trimEnd()}\n`;
    case "code":
      return compilation.files[0].text;
  }
}
