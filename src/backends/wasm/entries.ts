import type { MemoryPlan } from "../../ir/arena.ts";
import type { Schedule } from "../../ir/kernel.ts";
import type { LoopProgram } from "../../ir/loop.ts";
import { functionPhase, stepParts, stepPhase, type Phase } from "../../ir/phase.ts";
import type { Program, StepGraphs } from "../../ir/program.ts";
import type { WasmAct, WasmEntry } from "./module.ts";

/** What a program exports, by the names of exports: each phase that has kernels, and each training step as one. */
export interface Exports {
  readonly entries: readonly WasmEntry[];
  readonly phases: ReadonlyMap<Phase, string>;
  readonly steps: ReadonlyMap<StepGraphs, string>;
}

/** The emitted module has every export twice, so that they are short: `t` for `trainStep`, `f2` for `forward$2`. */
const exportOf = (name: string): string => name[0] + (name.split("$")[1] ?? "");

/** Functions are called like their phases; those of a step or function that the user named are numbered instead. */
export function exportsOf(
  program: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  loops: LoopProgram,
): Exports {
  const calls = (phase: Phase): WasmAct => ({ kind: "calls", calls: loops.calls.get(phase) ?? [] });
  const numbered = (kind: string, { name }: StepGraphs, k: number): string =>
    name === null ? kind : `${kind}$${k + 1}`;
  const names: readonly (readonly [Phase, string])[] = [
    ["init", "init"],
    ...program.graphs.steps.flatMap((step, k) =>
      stepParts.map((part) => [stepPhase(part, step), numbered(part, step, k)] as const),
    ),
    ...program.graphs.functions.map(
      ({ name }, k) => [functionPhase(name), name === "predict" ? name : `predict$${k + 1}`] as const,
    ),
    ["evaluate", "evaluate"],
  ];
  const some = names
    .filter(([phase]) => loops.calls.get(phase)?.length)
    .map(([phase, name]) => ({ phase, name, exported: exportOf(name) }));
  const phases = new Map(some.map(({ phase, exported }) => [phase, exported]));
  const steps = new Map<StepGraphs, string>();
  const whole = program.graphs.steps.flatMap((step, k): WasmEntry[] => {
    if (!step.update) return [];
    const name = numbered("trainStep", step, k);
    const exported = exportOf(name);
    steps.set(step, exported);
    if (loops.step) return [{ name, exported, calls: [{ kind: "calls", calls: [loops.step] }] }];
    const [forward, ...others] = stepParts.map((part): WasmAct[] =>
      phases.has(stepPhase(part, step)) ? [{ kind: "entry", name: numbered(part, step, k) }] : [],
    );
    const acts = [...forward, gradientsOf(step, schedule, memory), ...others.flat()];
    return [{ name, exported, calls: acts }];
  });
  const single = some.map(({ phase, ...entry }): WasmEntry => ({ ...entry, calls: [calls(phase)] }));
  return { entries: [...single, ...whole], phases, steps };
}

/** Clears the gradients of a step, which lie side by side: kernels add to them. */
function gradientsOf({ name }: StepGraphs, { buffers }: Schedule, { placements }: MemoryPlan): WasmAct {
  const own = buffers.filter(({ cell }) => cell?.kind === "gradient" && cell.step === name);
  const places = own.map((buffer) => placements.get(buffer)!);
  const bytes = places.reduce((sum, place) => sum + place.bytes, 0);
  return { kind: "clear", offset: Math.min(...places.map(({ offset }) => offset)), bytes };
}
