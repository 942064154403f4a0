import type { MemoryPlan } from "../ir/arena.ts";
import type { Buffer, Kernel, Schedule } from "../ir/kernel.ts";
import { visitKernelExpr } from "../ir/kernel-walk.ts";
import { heldAs, l, type LoopStmt } from "../ir/loop.ts";
import { stepParts, stepPhase } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import { isBatch, sizeOf } from "../ir/type.ts";
import { buffersOfKernel, finish, type Lowered, type Lowering } from "./function.ts";
import { nestStatements } from "./nest.ts";
import { straighten } from "./straighten.ts";
import { isComparison } from "./values.ts";

/** A training step with more points of computation than this keeps its loops. */
const mostPoints = 1500;

/** The functions of a tiny model: its passes, and its whole training step. */
export interface StraightStep {
  readonly forward: Lowered;
  readonly backward: Lowered;
  readonly step: Lowered;
}

/**
 * A tiny model without a batch or named steps in straight-line functions: the forward pass, the backward pass, and the
 * whole step of forward, cleared gradients, backward and update. Null for models that are none.
 */
export function straightStep(
  { graphs: { steps } }: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  lowering: Lowering,
): StraightStep | null {
  const {
    backend: { compute },
    templates,
  } = lowering;
  if (steps.length !== 1 || steps[0].name !== null) return null;
  const [forward, backward, ...updates] = stepParts.map((part) =>
    schedule.kernels.filter((kernel) => kernel.phase === stepPhase(part, steps[0])),
  );
  const all = [forward, backward, ...updates].flat();
  if (
    updates[0].length === 0 ||
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
  const buffers = new Map<string, Buffer>(gradients.map((buffer) => [buffer.name, buffer]));
  for (const kernel of all) for (const [name, buffer] of buffersOfKernel(kernel)) buffers.set(name, buffer);
  const inOnePass = passing(forward, backward, updates.flat());
  const isCell = ({ kind, cell }: Buffer): boolean => kind === "cell" && cell?.kind !== "input";
  const loops = (kernels: readonly Kernel[]): LoopStmt[] =>
    kernels.flatMap((kernel) => [
      ...kernel.doc.map((text): LoopStmt => ({ kind: "note", text })),
      ...nestStatements(kernel, compute, templates),
    ]);
  const straight = (
    name: string,
    doc: string,
    body: readonly LoopStmt[],
    keeps: (buffer: Buffer) => boolean,
  ): Lowered | null => {
    const lines = straighten(body, {
      buffers,
      memory,
      compute,
      keeps,
      rounds: (buffer) => !inOnePass.has(buffer),
    });
    return lines && finish({ name, doc: [doc], buffers, times: [], calls: false }, lines, lowering);
  };
  const isKept = (buffer: Buffer): boolean => isCell(buffer) || !inOnePass.has(buffer);
  const whole = [...loops(forward), ...clear, ...loops(backward), ...loops(updates.flat())];
  const parts = {
    forward: straight(
      "forward_pass",
      "the forward pass: every element lives in a local",
      loops(forward),
      isKept,
    ),
    backward: straight(
      "backward_pass",
      "the backward pass, which adds to the gradients",
      loops(backward),
      isCell,
    ),
    step: straight(
      "training_step",
      "forward, backward and update in one: every element is loaded once and stored once",
      whole,
      isCell,
    ),
  };
  const { forward: first, backward: second, step } = parts;
  return first && second && step && { forward: first, backward: second, step };
}

/**
 * Temporaries that only one pass reads and writes, and none to compare: no rounding to their type is seen outside of it.
 * A comparison may have the same number on its other side as memory held it.
 */
function passing(...passes: readonly (readonly Kernel[])[]): Set<Buffer> {
  const seen = new Map<Buffer, number>();
  const seenOutside = new Set<Buffer>();
  for (const [pass, kernels] of passes.entries())
    for (const kernel of kernels) {
      // An update has loops of its own, so it stores what it computes.
      const rounds = pass === passes.length - 1 || compares(kernel);
      for (const buffer of buffersOfKernel(kernel).values()) {
        if (rounds || buffer.kind === "cell" || (seen.get(buffer) ?? pass) !== pass) seenOutside.add(buffer);
        seen.set(buffer, pass);
      }
    }
  return new Set([...seen.keys()].filter((buffer) => !seenOutside.has(buffer)));
}

/** Whether a kernel asks which of some numbers is the larger, or whether they are equal. */
const compares = ({ before, stages, after }: Kernel): boolean =>
  [...before, ...stages.flatMap((stage) => stage.items), ...after].some(({ value, reduce }) => {
    let found = reduce !== null && reduce.op !== "sum" && reduce.op !== "prod";
    visitKernelExpr(value, (expr) => (found ||= expr.kind === "op" && isComparison(expr.op)));
    return found;
  });

function pointsOf(kernel: Kernel): number {
  const axes = [...kernel.outer, ...(kernel.core?.depth ?? [])];
  if ([...axes, ...kernel.stages.flatMap((stage) => stage.inner)].some((axis) => isBatch(axis.extent)))
    return Infinity;
  const size = (list: readonly { extent: unknown }[]): number =>
    list.reduce((product, axis) => product * (axis.extent as number), 1);
  const inner = kernel.stages.reduce((sum, stage) => sum + size(stage.inner) * stage.items.length, 0);
  return size(kernel.outer) * (inner + size(kernel.core?.depth ?? []));
}
