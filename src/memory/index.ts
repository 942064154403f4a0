import { hashOf } from "../base/hash.ts";
import type { MemoryPlan, Placement } from "../ir/arena.ts";
import type { Buffer, Kernel, Schedule } from "../ir/kernel.ts";
import { entriesOf, type Phase } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import { tensorType, typeText } from "../ir/type.ts";
import { Arena } from "./arena.ts";
import { align, tenantsOf } from "./lives.ts";
import { numberArrays } from "./numbers.ts";
import { peakOf, placeTenants } from "./place.ts";

/** Fixes every byte: saved cells first, then scratch. */
export function plan(program: Program, schedule: Schedule): MemoryPlan {
  const arena = new Arena(program, schedule);
  const cells = (...kinds: readonly string[]): Buffer[] =>
    schedule.buffers.filter(({ cell }) => cell && kinds.includes(cell.kind));
  const losses = lossesOf(program, schedule);

  const state = placeSaved(arena);
  arena.list("constants", schedule.buffers.filter(({ kind }) => kind === "constant")); // prettier-ignore
  arena.list("inputs", cells("input", "seed"));
  const scratchStart = arena.end;
  const temporary = placeTemporaries(arena, program, schedule, losses);
  const persistentStart = arena.end;
  placeGradients(arena, program, cells("gradient"));
  const pending = schedule.buffers.filter((buffer) => buffer.cell?.kind === "pending" || losses.has(buffer));
  arena.list("pending", pending);
  arena.list("totals", cells("total"), 8);

  const { placements, regions, end } = arena;
  const saved = [...placements.values()].filter(({ region }) => region === "saved");
  return {
    placements,
    padded: arena.padded(),
    numbers: numberArrays(entriesOf(program).map(({ phases }) => kernelsOf(phases, schedule))),
    regions,
    ...state,
    predictorBytes: scratchStart + temporary.predictorBytes,
    arenaBytes: end,
    liveBoundBytes: scratchStart + temporary.peak + (end - persistentStart),
    layoutHash: hashOf(saved.map(placeText).join("\n")).toString(16).padStart(8, "0"),
  };
}

/**
 * Parameters side by side, in the order in which blocks lie over them, model state, then slots; the layout hash closes
 * it. Parameters and each slot fill whole vectors, so that the optimizer is one loop without a rest.
 */
function placeSaved(arena: Arena): Pick<MemoryPlan, "stateBytes" | "predictorStateBytes"> {
  let predictorStateBytes = 0;
  arena.region("saved", () => {
    arena.addCells("parameter", "saved");
    arena.pad();
    arena.overlay("parameters", (name) => arena.cell("parameter", name), "saved");
    arena.addCells("state", "saved");
    arena.addCells("hyper", "saved");
    arena.overlay("averages", (name) => arena.cell("state", name), "saved");
    predictorStateBytes = align(arena.end, 4);
    arena.pad();
    arena.addCells("slot", "saved", true);
    arena.end = align(arena.end, 4) + 4;
  });
  const stateBytes = arena.end;
  arena.end = align(stateBytes);
  return { stateBytes, predictorStateBytes };
}

/** Losses of steps, which are read after the update that follows: its temporaries must not take their place. */
function lossesOf(program: Program, { results }: Schedule): ReadonlySet<Buffer> {
  const steps = new Set(entriesOf(program).flatMap(({ kind, phases }) => (kind === "step" ? phases : [])));
  return new Set(results.flatMap(({ phase, buffer }) => (steps.has(phase) ? [buffer] : [])));
}

/** What runs in some phases, in order. */
const kernelsOf = (phases: readonly Phase[], { kernels }: Schedule): Kernel[] =>
  phases.flatMap((phase) => kernels.filter((kernel) => kernel.phase === phase));

/** Entries are planned one by one over the same region. Gives its largest use, and what a predictor needs of it. */
function placeTemporaries(
  arena: Arena,
  program: Program,
  schedule: Schedule,
  losses: ReadonlySet<Buffer>,
): { readonly peak: number; readonly predictorBytes: number } {
  const isResult = (buffer: Buffer): boolean => buffer.cell?.kind === "result";
  const isTemporary = (buffer: Buffer): boolean =>
    buffer.kind === "temporary" || buffer.kind === "row" || (isResult(buffer) && !losses.has(buffer));
  const plans = entriesOf(program).map(({ kind, phases }) => {
    const kernels = kernelsOf(phases, schedule);
    const tenants = tenantsOf(kernels, isTemporary, isResult);
    return { kind, tenants, ...placeTenants(tenants), peak: peakOf(tenants, kernels.length) };
  });
  arena.region("temporary", () => {
    for (const { tenants, offsets } of plans)
      for (const tenant of tenants)
        for (const buffer of tenant.buffers)
          arena.put(buffer, "temporary", arena.end + offsets.get(tenant)!, [tenant.first, tenant.last]);
    arena.end += Math.max(0, ...plans.map(({ bytes }) => bytes));
  });
  return {
    peak: Math.max(0, ...plans.map(({ peak }) => peak)),
    predictorBytes: Math.max(0, ...plans.map(({ kind, bytes }) => (kind === "function" ? bytes : 0))),
  };
}

/** Every step has gradients of its own, in the order of its parameters. */
function placeGradients(arena: Arena, program: Program, gradients: readonly Buffer[]): void {
  const gradientOf = (name: string, step: string | null): Buffer | undefined =>
    gradients.find(({ cell }) => cell!.name === name && cell!.step === step);
  arena.region("gradients", () => {
    for (const { name: step, training } of program.graphs.steps) {
      for (const { name, role } of training.outputs)
        if (role === "gradient") arena.add(gradientOf(name, step)!, "gradients");
      arena.pad();
    }
    arena.overlay("gradients", gradientOf, "gradients");
  });
}

const placeText = ({ buffer, offset }: Placement): string =>
  `${buffer.cell?.kind}:${buffer.cell?.name}:${typeText(tensorType(buffer.dtype, buffer.shape))}@${offset}`;
