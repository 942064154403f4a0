import type { MemoryPlan } from "../../ir/arena.ts";
import type { Buffer, Schedule } from "../../ir/kernel.ts";
import { entriesOf, functionPhase, stepPhase, type Phase, type StepPart } from "../../ir/phase.ts";
import type { Cell, Program, StepGraphs } from "../../ir/program.ts";
import type { Engine } from "./engine.ts";
import { className, identifier } from "./names.ts";

/** Everything that the parts of a module share, worked out once. */
export interface ModuleContext {
  readonly program: Program;
  readonly steps: readonly ModuleStep[];
  /** The one step of a model that declares no `steps`. */
  readonly ownStep: ModuleStep | undefined;
  readonly functions: readonly ModuleFunction[];
  /** What `$fresh` is when nothing that backward needs is there. */
  readonly stale: "false" | "0";
  readonly engine: Engine;
  readonly schedule: Schedule;
  readonly memory: MemoryPlan;
  readonly types: boolean;
  readonly className: string;
  readonly version: string;
  /** Inputs in declaration order with the argument names that stand for them. */
  readonly inputs: readonly Input[];
  /** The inputs of `evaluate`. */
  readonly evaluated: readonly Input[];
  /** Buffers that prediction touches, and those that only the rest does. */
  readonly predictBuffers: readonly Buffer[];
  readonly otherBuffers: readonly Buffer[];
}
/** A step as it is printed: a part of the network, or a class of its own for a named one. */
export interface ModuleStep {
  readonly name: string | null;
  readonly graphs: StepGraphs;
  readonly phase: (part: StepPart) => Phase;
  readonly inputs: readonly Input[];
  readonly loss: Buffer;
  /** What holds the views in its methods. */
  readonly self: "this" | "net";
  /** What `$fresh` is between its forward and its backward. */
  readonly fresh: string;
  /** The field that says whether its pending values are new; null where it assigns nothing. */
  readonly pending: string | null;
  readonly className: string;
}
/** An entry that computes outputs. */
export interface ModuleFunction {
  readonly name: string;
  readonly phase: Phase;
  readonly inputs: readonly Input[];
  readonly results: Schedule["results"];
  /** The field that holds its reused result. */
  readonly field: string;
}
export interface Input {
  readonly cell: Cell;
  readonly buffer: Buffer;
  readonly argument: string;
}

export function moduleContext(
  program: Program,
  memory: MemoryPlan,
  engine: Engine,
  types: boolean,
  version: string,
): ModuleContext {
  const { schedule } = engine;
  const own = ["n", "options", "accumulate", "seed", "checkRows", "checkCount", "checkIndices", "checkState"];
  const taken = new Set<string>([...own, ...engine.names]);
  const inputs = program.cells
    .filter((cell) => cell.kind === "input")
    .map((cell): Input => {
      const buffer = schedule.buffers.find((b) => b.cell?.kind === "input" && b.cell.name === cell.name)!;
      return { cell, buffer, argument: identifier(cell.name, taken) };
    });
  const buffersIn = (phases: readonly Phase[]): Set<Buffer> => new Set(phases.flatMap(engine.buffersOf));
  const phases = entriesOf(program).flatMap((entry) => entry.phases);
  const functionPhases = new Set(program.graphs.functions.map(({ name }) => functionPhase(name)));
  const predicts = buffersIn([...functionPhases]);
  if (engine.takesViews) {
    for (const result of schedule.results) if (functionPhases.has(result.phase)) predicts.add(result.buffer);
    for (const buffer of schedule.buffers) if (buffer.cell?.kind === "parameter") predicts.add(buffer);
  }
  const others = buffersIn(phases.filter((phase) => !functionPhases.has(phase)));
  // Methods read numbers out of results, and write inputs.
  const isRead = ({ phase, buffer }: Schedule["results"][number]): boolean =>
    engine.takesViews || (!functionPhases.has(phase) && buffer.shape.length === 0);
  for (const result of schedule.results) if (isRead(result)) others.add(result.buffer);
  for (const input of inputs) others.add(input.buffer);
  if (engine.takesViews)
    for (const buffer of schedule.buffers) if (buffer.cell?.kind === "gradient") others.add(buffer);
  const needs = (own: readonly Phase[]): Input[] => {
    const used = buffersIn(own);
    return inputs.filter((input) => used.has(input.buffer));
  };
  const named = program.graphs.steps.some(({ name }) => name !== null);
  // The model's own loss takes every declared input, so that its signature is the declaration's, but for those that
  // only further functions read.
  const trained = needs(phases.filter((phase) => !functionPhases.has(phase) || phase === "predict"));
  const further = needs([...functionPhases].filter((phase) => phase !== "predict"));
  const every = inputs.filter((input) => trained.includes(input) || !further.includes(input));
  const classes = new Set<string>([className(program.name)]);
  const steps = program.graphs.steps.map((graphs, k): ModuleStep => {
    const { name } = graphs;
    const phase = (part: StepPart): Phase => stepPhase(part, graphs);
    const found = schedule.results.find((result) => result.phase === phase("forward"));
    return {
      name,
      graphs,
      phase,
      inputs: name === null ? every : needs([phase("forward"), phase("backward")]),
      loss: found!.buffer,
      self: name === null ? "this" : "net",
      fresh: name === null ? "true" : String(k + 1),
      pending: graphs.commit ? (name === null ? "$pending" : `$pending$${k + 1}`) : null,
      className: stepClass(name ?? "", classes),
    };
  });
  const functions = program.graphs.functions.map(({ name }, k): ModuleFunction => {
    const phase = functionPhase(name);
    return {
      name,
      phase,
      inputs: needs([phase]),
      results: schedule.results.filter((result) => result.phase === phase),
      field: name === "predict" ? "$outputs" : `$outputs$${k}`,
    };
  });
  return {
    program,
    steps,
    ownStep: steps.find(({ name }) => name === null),
    functions,
    stale: named ? "0" : "false",
    engine,
    schedule,
    memory,
    types,
    version,
    className: className(program.name),
    inputs,
    evaluated: named ? needs(["evaluate"]) : every,
    predictBuffers: schedule.buffers.filter((b) => predicts.has(b)),
    otherBuffers: schedule.buffers.filter((b) => others.has(b) && !predicts.has(b)),
  };
}

/** A class of a step, unlike any other of the module. */
function stepClass(name: string, taken: Set<string>): string {
  const base = `${className(name)}Step`;
  let candidate = base;
  for (let k = 2; taken.has(candidate); k++) candidate = `${base}${k}`;
  taken.add(candidate);
  return candidate;
}
