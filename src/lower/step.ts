import type { MemoryPlan } from "../ir/arena.ts";
import type { Buffer, Kernel, Schedule } from "../ir/kernel.ts";
import { heldAs, l, type LoopStmt } from "../ir/loop.ts";
import { stepPhase, type StepPart } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import { isBatch, sizeOf } from "../ir/type.ts";
import { buffersOfKernel, finish, type Lowered, type Lowering } from "./function.ts";
import { nestStatements } from "./nest.ts";
import { straighten } from "./straighten.ts";

/** A training step with more points of computation than this keeps its loops. */
const mostPoints = 1500;

/**
 * The whole training step of a tiny model as one straight-line function: forward, cleared gradients, backward,
 * update. Null for a model with a batch or named steps, or one that is too large.
 */
export function stepFunction(
  { graphs: { steps } }: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  lowering: Lowering,
): Lowered | null {
  const {
    backend: { compute },
    templates,
  } = lowering;
  if (steps.length !== 1 || steps[0].name !== null) return null;
  const kernels = (kind: StepPart): readonly Kernel[] =>
    schedule.kernels.filter((kernel) => kernel.phase === stepPhase(kind, steps[0]));
  const all = [...kernels("forward"), ...kernels("backward"), ...kernels("update"), ...kernels("commit")];
  if (
    kernels("update").length === 0 ||
    all.some((kernel) => kernel.nest || kernel.loops.length > 0) ||
    all.reduce((sum, kernel) => sum + pointsOf(kernel), 0) > mostPoints
  )
    return null;
  const gradients = schedule.buffers.filter((buffer) => buffer.cell?.kind === "gradient");
  const clear = gradients.map((buffer): LoopStmt =>
    l.for("i", l.number(0), l.number(sizeOf(buffer.shape)), 1, [
      l.store(buffer.name, l.local("i"), l.number(0, heldAs(buffer.dtype, compute))),
    ]),
  );
  const loops = (kernel: Kernel): LoopStmt[] => nestStatements(kernel, compute, templates);
  const body = [
    ...kernels("forward").flatMap(loops),
    ...clear,
    ...kernels("backward").flatMap(loops),
    ...kernels("update").flatMap(loops),
    ...kernels("commit").flatMap(loops),
  ];
  const buffers = new Map<string, Buffer>(gradients.map((buffer) => [buffer.name, buffer]));
  for (const kernel of all) for (const [name, buffer] of buffersOfKernel(kernel)) buffers.set(name, buffer);
  const keeps = (buffer: Buffer): boolean => buffer.kind === "cell" && buffer.cell?.kind !== "input";
  const straight = straighten(body, buffers, memory, compute, keeps);
  if (!straight) return null;
  const doc = [
    "forward, backward and update in one: every element lives in a local, loaded once and stored once",
  ];
  return finish({ name: "training_step", doc, buffers, times: [], calls: false }, straight, lowering);
}

function pointsOf(kernel: Kernel): number {
  const axes = [...kernel.outer, ...(kernel.core?.depth ?? [])];
  if ([...axes, ...kernel.stages.flatMap((stage) => stage.inner)].some((axis) => isBatch(axis.extent)))
    return Infinity;
  const size = (list: readonly { extent: unknown }[]): number =>
    list.reduce((product, axis) => product * (axis.extent as number), 1);
  const inner = kernel.stages.reduce((sum, stage) => sum + size(stage.inner) * stage.items.length, 0);
  return size(kernel.outer) * (inner + size(kernel.core?.depth ?? []));
}
