import type { NumericArray } from "../data/index.ts";
import { graphNodes, leafName } from "../ir/graph.ts";
import type { StepGraphs } from "../ir/program.ts";
import type { Compilation } from "../compile.ts";
import type { Call, Net, NetStep, Spec } from "./train/module.ts";

/** A step of a module: what is called, and with which of the declared inputs. */
export interface StepEntry {
  /** Null for the one step of a model that declares loss and optimizer. */
  readonly name: string | null;
  readonly graphs: StepGraphs;
  readonly step: NetStep;
  readonly inputs: readonly number[];
}
/** A function of a module; `predict` is one. */
export interface FunctionEntry {
  readonly name: string;
  readonly inputs: readonly number[];
  readonly call: (args: readonly (NumericArray | number)[]) => ReturnType<Call>;
}

const positions = (spec: Spec, names: readonly string[] | undefined): number[] =>
  [...spec.inputs.keys()].filter((k) => !names || names.includes(spec.inputs[k].name));

/** The declared inputs that `evaluate` takes, and the step of a model without named ones. */
export const evaluateInputs = (spec: Spec): number[] => positions(spec, spec.evaluates);

/** The declared inputs that a function takes: those that its outputs need. */
export function functionInputs({ training }: Compilation, spec: Spec, name: string): number[] {
  const fn = training.graphs.functions.find((one) => one.name === name);
  const nodes = fn ? graphNodes(fn.graph) : [];
  return positions(spec, nodes.filter(({ op }) => op === "input").map(leafName));
}

export const stepEntries = ({ training }: Compilation, spec: Spec, net: Net): StepEntry[] =>
  training.graphs.steps.map((graphs): StepEntry => {
    const { name } = graphs;
    if (name === null) return { name, graphs, step: net, inputs: evaluateInputs(spec) };
    const own = spec.steps?.find((step) => step.name === name);
    return { name, graphs, step: net.steps![name], inputs: positions(spec, own?.inputs ?? []) };
  });

export const functionEntries = (compilation: Compilation, spec: Spec, net: Net): FunctionEntry[] =>
  compilation.training.graphs.functions.map(({ name }): FunctionEntry => ({
    name,
    inputs: functionInputs(compilation, spec, name),
    // Every function is a method of its name.
    call: (args) => (net as unknown as Readonly<Record<string, Call>>)[name](...args),
  }));
