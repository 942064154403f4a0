import { checkChoice } from "./base/options.ts";
import type { Compilation } from "./compile.ts";
import { kernelsDot, loopsDot, memoryDot, moduleDot } from "./inspect/dot.ts";
import { plain } from "./inspect/plain.ts";
import { graphToDot } from "./ir/text/graph-dot.ts";
import { graphToJson } from "./ir/text/graph-json.ts";
import { codeText, stageGraphs, stages, stageText, type Stage } from "./stages.ts";

export { whyText } from "./inspect/why.ts";

/** How a stage is shown. */
export type Format = (typeof formats)[number];
const formats = ["text", "json", "dot"] as const;

/**
 * One stage of a compilation as text: for reading, for programs (JSON), or for Graphviz. Fails with `option` for a stage
 * or a format that does not exist.
 */
export function render(compilation: Compilation, stage: Stage, format: Format = "text"): string {
  checkChoice("stage of render", stage, stages);
  checkChoice("format of render", format, formats);
  if (format === "json") return `${JSON.stringify(stageJson(compilation, stage), null, 2)}\n`;
  return format === "dot" ? stageDot(compilation, stage) : stageText(compilation, stage);
}

/** A stage as plain data. */
function stageJson(compilation: Compilation, stage: Stage): unknown {
  const graphs = stageGraphs(compilation, stage);
  if (graphs) return { stage, graphs: graphs.map(graphToJson) };
  // A buffer is told in full where the stage lists it, and by its name wherever it is used.
  const buffers = new Map<object, string>(compilation.kernels.buffers.map((buffer) => [buffer, buffer.name]));
  if (stage === "kernels") {
    const { kernels, results } = compilation.kernels;
    const list = compilation.kernels.buffers.map((buffer) => plain({ ...buffer }, buffers));
    return { stage, buffers: list, kernels: plain(kernels, buffers), results: plain(results, buffers) };
  }
  if (stage === "memory") {
    const { placements, numbers, ...sizes } = compilation.memory;
    return {
      stage,
      ...sizes,
      placements: plain([...placements.values()], buffers),
      numbers: plain(numbers, buffers),
    };
  }
  if (stage === "loops") return { stage, loops: plain(compilation.loops, buffers) };
  const files = compilation.files.map(({ name, text }) => ({ name, text }));
  return { stage, files, ...(compilation.wasm ? { wat: codeText(compilation) } : {}) };
}

function stageDot(compilation: Compilation, stage: Stage): string {
  const graphs = stageGraphs(compilation, stage);
  // Several graphs in one file are drawn one after the other.
  if (graphs) return graphs.map(graphToDot).join("\n");
  if (stage === "kernels") return kernelsDot(compilation.kernels);
  if (stage === "memory") return memoryDot(compilation.memory);
  return stage === "loops" ? loopsDot(compilation.loops) : moduleDot(compilation.files);
}
