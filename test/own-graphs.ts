import type { Graph } from "../src/ir/graph.ts";
import type { Program } from "../src/ir/program.ts";
import type { BuiltModel } from "../src/nn/index.ts";

export interface OwnGraphs {
  readonly init: Graph;
  readonly predict: Graph;
  readonly evaluate: Graph | null;
  /** The loss alone; null once the program is differentiated. */
  readonly forward: Graph | null;
  readonly training: Graph | null;
  readonly update: Graph | null;
}

/** The graphs of a model with `outputs`, `loss` and `optimizer`, which has one function and at most one step. */
export function ownGraphs(program: Program | BuiltModel): OwnGraphs {
  const { init, functions, evaluate } = program.graphs;
  const graphs = { init, predict: functions[0].graph, evaluate };
  if ("steps" in program) {
    const forward = program.steps.at(0)?.forward ?? null;
    return { ...graphs, forward, training: null, update: null };
  }
  const { training = null, update = null } = program.graphs.steps.at(0) ?? {};
  return { ...graphs, forward: null, training, update };
}
