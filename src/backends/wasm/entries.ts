import type { MemoryPlan } from "../../ir/arena.ts";
import type { Schedule } from "../../ir/kernel.ts";
import type { LoopProgram } from "../../ir/loop.ts";
import { entriesOf, stepPhase, type Phase } from "../../ir/phase.ts";
import type { Program, StepGraphs } from "../../ir/program.ts";
import { sizeOf } from "../../ir/type.ts";
import type { WasmAct, WasmEntry } from "./module.ts";

/** What a program exports: each phase that has kernels, and each training step as one. */
export interface Exports {
  readonly entries: readonly WasmEntry[];
  readonly phases: ReadonlyMap<Phase, string>;
  readonly steps: ReadonlyMap<StepGraphs, string>;
}

/** Names are the phases' own; those of a step or function that the user named are numbered instead. */
export function exportsOf(
  program: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  loops: LoopProgram,
): Exports {
  const calls = (phase: Phase): WasmAct => ({ kind: "calls", calls: loops.calls.get(phase) ?? [] });
  const phases = new Map<Phase, string>();
  for (const phase of entriesOf(program).flatMap((entry) => entry.phases)) {
    const [kind, ...name] = phase.split(" ");
    if (loops.calls.get(phase)?.length) phases.set(phase, name.length > 0 ? `${kind}$${phases.size}` : kind);
  }
  const steps = new Map<StepGraphs, string>();
  const whole = program.graphs.steps.flatMap((step, k): WasmEntry[] => {
    if (!step.update) return [];
    const name = step.name === null ? "trainStep" : `trainStep$${k}`;
    steps.set(step, name);
    if (loops.step) return [{ name, calls: [{ kind: "calls", calls: [loops.step] }] }];
    const parts = (["backward", "update", "commit"] as const).map((part) => calls(stepPhase(part, step)));
    const cleared = gradientsOf(step, schedule, memory);
    return [{ name, calls: [calls(stepPhase("forward", step)), cleared, ...parts] }];
  });
  const single = [...phases].map(([phase, name]): WasmEntry => ({ name, calls: [calls(phase)] }));
  return { entries: [...single, ...whole], phases, steps };
}

/** Clears the gradients of a step, which lie side by side: kernels add to them. */
function gradientsOf({ name }: StepGraphs, { buffers }: Schedule, { placements }: MemoryPlan): WasmAct {
  const own = buffers.filter(({ cell }) => cell?.kind === "gradient" && cell.step === name);
  const places = own.map((buffer) => placements.get(buffer)!);
  const bytes = own.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  return { kind: "clear", offset: Math.min(...places.map(({ offset }) => offset)), bytes };
}
