import type { Program, StepGraphs } from "./program.ts";

/**
 * Kernels that the module calls together, named by their graph: "init", "forward", "backward", "update",
 * "commit", "predict", "evaluate"; those of a named step or function carry its name, as in `forward "generator"`.
 */
export type Phase = string;
export type PhaseKind = "init" | "forward" | "backward" | "update" | "commit" | "function" | "evaluate";

/** In the order in which a training step runs them. */
export const stepParts = ["forward", "backward", "update", "commit"] as const;
export type StepPart = (typeof stepParts)[number];

/** Phases that share temporaries: nothing is kept from one entry to another but cells. */
export interface Entry {
  readonly kind: "init" | "step" | "update" | "commit" | "function" | "evaluate";
  readonly phases: readonly Phase[];
}

const named = (kind: string, name: string | null): Phase =>
  name === null ? kind : `${kind} ${JSON.stringify(name)}`;

/** The phase of a step; the one step of a model without `steps` has no name. */
export const stepPhase = (kind: StepPart, step: Pick<StepGraphs, "name">): Phase => named(kind, step.name);
export const functionPhase = (name: string): Phase => (name === "predict" ? name : named("function", name));

/** Whether a phase is a function's, as predict is, which is asked for one row as often as for many. */
export const isFunctionPhase = (phase: Phase): boolean =>
  phase === "predict" || phase.startsWith("function ");

/** Everything that can be called, in a fixed order. */
export const entriesOf = ({ graphs }: Pick<Program, "graphs">): Entry[] => [
  { kind: "init", phases: ["init"] },
  ...graphs.steps.flatMap((step): Entry[] => [
    { kind: "step", phases: [stepPhase("forward", step), stepPhase("backward", step)] },
    { kind: "update", phases: [stepPhase("update", step)] },
    { kind: "commit", phases: [stepPhase("commit", step)] },
  ]),
  ...graphs.functions.map(({ name }): Entry => ({ kind: "function", phases: [functionPhase(name)] })),
  { kind: "evaluate", phases: ["evaluate"] },
];
