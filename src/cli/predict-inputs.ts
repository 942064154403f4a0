import type { Compilation } from "../compile.ts";
import { graphNodes, leafName } from "../ir/graph.ts";

/** The positions of the declared inputs that `predict` takes: those that its outputs need. */
export function predictInputs({ training }: Compilation, names: readonly string[]): number[] {
  const needed = new Set(
    training.graphs.functions
      .flatMap(({ graph }) => graphNodes(graph))
      .filter(({ op }) => op === "input")
      .map(leafName),
  );
  return [...names.keys()].filter((k) => needed.has(names[k]));
}
