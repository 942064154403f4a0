import { watText } from "./backends/wasm/encode/wat.ts";
import { checkChoice } from "./base/options.ts";
import type { Compilation } from "./compile.ts";
import type { Graph } from "./ir/graph.ts";
import type { LoopProgram } from "./ir/loop.ts";
import { graphsOf } from "./ir/program.ts";
import { printGraph } from "./ir/text/graph-print.ts";
import { printKernels } from "./ir/text/kernel-print.ts";
import { printLoops } from "./ir/text/loop-print.ts";
import { printMemory } from "./ir/text/memory-print.ts";

/** The stages of a compilation in order, by the names that `inspect --stage` takes. */
export const stages = ["forward", "training", "optimized", "kernels", "memory", "loops", "code"] as const;
/** A stage of a compilation by its name. */
export type Stage = (typeof stages)[number];

/** The graphs of a stage that has some, in the order in which they run. */
export function stageGraphs(
  { forward, training, optimized }: Compilation,
  stage: Stage,
): Graph[] | undefined {
  if (stage === "training") return graphsOf(training.graphs);
  if (stage === "optimized") return graphsOf(optimized.graphs);
  if (stage !== "forward") return undefined;
  return [...graphsOf({ ...forward.graphs, steps: [] }), ...forward.steps.map((step) => step.forward)];
}

const graphsText = (graphs: readonly Graph[] = []): string =>
  graphs.map((graph) => `${printGraph(graph).trimEnd()}\n`).join("\n");

/** The functions of a program, then those that engines without relaxed SIMD have in their places. */
function loopsText({ functions, plain }: LoopProgram): string {
  const text = `${printLoops(functions).trimEnd()}\n`;
  if (plain.size === 0) return text;
  const others = printLoops([...plain.values()]).trimEnd();
  return `${text}\n// Without relaxed SIMD these stand in for the functions of their names.\n\n${others}\n`;
}

/** The module; for the wasm target, what computes in it, in WebAssembly's text format. */
export const codeText = ({ wasm, files }: Compilation): string =>
  wasm ? watText((wasm.relaxed ?? wasm.plain).module) : files[0].text;

/**
 * Any stage as text. Everything shown is read from the compilation's values. Fails with `option` for a stage that does not
 * exist.
 */
export function stageText(compilation: Compilation, stage: Stage): string {
  checkChoice("stage of stageText", stage, stages);
  switch (stage) {
    case "forward":
    case "training":
    case "optimized":
      return graphsText(stageGraphs(compilation, stage));
    case "kernels":
      return printKernels(compilation.kernels);
    case "memory":
      return printMemory(compilation.memory);
    case "loops":
      return loopsText(compilation.loops);
    case "code":
      return codeText(compilation);
  }
}
