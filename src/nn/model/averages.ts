import { leafName, type Graph, type Output, type Value } from "../../ir/graph.ts";
import type { DeclaredStep, ProgramGraphs } from "../../ir/program.ts";
import { rebuild } from "../../ir/rewrite.ts";
import { leaf } from "../../ops/leaves.ts";
import { averageOf } from "./block.ts";
import { cellOf } from "./build.ts";
import { prefixOf } from "./runs.ts";

type Inference = Omit<ProgramGraphs, "steps">;

/**
 * Where an optimizer keeps moving averages, functions and `evaluate` read them instead of the weights. They begin
 * as the weights do, so that a model predicts before its first update too.
 */
export function readAverages(graphs: Inference, steps: readonly DeclaredStep[]): Inference {
  const averages = new Map<string, Value>();
  for (const { name, parameters, optimizer } of steps) {
    if (!optimizer?.averages) continue;
    for (const value of parameters) {
      // What several steps train is read from the first that averages it.
      const path = leafName(value.node);
      if (!averages.has(path)) averages.set(path, averageOf(prefixOf(name), value));
    }
  }
  if (averages.size === 0) return graphs;
  const reading = (graph: Graph): Graph =>
    rebuild(graph, ({ op, attrs }) => {
      const average = op === "parameter" ? averages.get(String(attrs["name"])) : undefined;
      return average && [leaf("state", leafName(average.node), average.type)];
    });
  return {
    init: { ...graphs.init, outputs: graphs.init.outputs.flatMap((output) => withAverage(output, averages)) },
    functions: graphs.functions.map((fn) => ({ ...fn, graph: reading(fn.graph) })),
    evaluate: graphs.evaluate && reading(graphs.evaluate),
  };
}

function withAverage(output: Output, averages: ReadonlyMap<string, Value>): Output[] {
  const cell = averages.get(output.name);
  return cell ? [output, { ...output, name: cellOf(cell).name, cell }] : [output];
}
