import type { MemoryPlan } from "../ir/arena.ts";
import type { Buffer, Kernel, Schedule } from "../ir/kernel.ts";
import { itemsOf, visitKernelExpr } from "../ir/kernel-walk.ts";
import { heldAs, l, type LoopStmt } from "../ir/loop.ts";
import { stepParts, stepPhase, type Phase, type StepPart } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import { isBatch, sizeOf } from "../ir/type.ts";
import { buffersOfKernel, finish, type Lowered, type Lowering } from "./function.ts";
import { nestStatements } from "./nest.ts";
import { nameParts } from "./row-names.ts";
import { inArena, straighten } from "./straighten.ts";
import { isComparison } from "./values.ts";

/** A training step with more points of computation than this keeps its loops. */
const mostPoints = 1500;

/**
 * The functions of a tiny model: its phases, and its whole training step. The update is among them where loops of its own
 * would add up in another order.
 */
export interface StraightStep {
  readonly phases: readonly (Lowered & { readonly phase: Phase })[];
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
  if (steps.length !== 1 || steps[0].name !== null) return null;
  const [forward, backward, update, commit] = stepParts.map((part): Kernels =>
    schedule.kernels.filter((kernel) => kernel.phase === stepPhase(part, steps[0])),
  );
  const updates = [...update, ...commit];
  const all = [...forward, ...backward, ...updates];
  if (update.length === 0 || !isTiny(all)) return null;

  const { compute, lanes } = lowering.backend;
  const gradients = schedule.buffers.filter((buffer) => buffer.cell?.kind === "gradient");
  const buffers = new Map<string, Buffer>(gradients.map((buffer) => [buffer.name, buffer]));
  for (const kernel of all) for (const [name, buffer] of buffersOfKernel(kernel)) buffers.set(name, buffer);
  const { inOnePass, exact } = temporariesOf(forward, backward, updates);
  const isCell = ({ kind, cell }: Buffer): boolean => kind === "cell" && cell?.kind !== "input";
  const straight = (
    name: string,
    doc: string,
    body: readonly LoopStmt[],
    keeps: (buffer: Buffer) => boolean,
  ): Lowered | null => {
    const rounds = (buffer: Buffer): boolean => !exact.has(buffer);
    const lines = straighten(body, { buffers, locate: inArena(memory), compute, keeps, rounds });
    const frame = { name, doc: [doc], buffers, times: [], calls: false };
    return lines && finish(frame, lines, lowering, { keepsLoads: false, named: nameParts(lines, buffers) });
  };
  const loops = (kernels: Kernels): LoopStmt[] => kernels.flatMap((kernel) => loopsOf(kernel, lowering));
  const isKept = (buffer: Buffer): boolean => isCell(buffer) || !inOnePass.has(buffer);
  const first = straight(
    "forward_pass",
    "the forward pass: every element lives in a local",
    loops(forward),
    isKept,
  );
  const second = straight(
    "backward_pass",
    "the backward pass, which adds to the gradients",
    loops(backward),
    isCell,
  );
  const clear = gradients.map((buffer) => cleared(buffer, compute));
  const step = straight(
    "training_step",
    "forward, backward and update in one: every element is loaded once and stored once",
    [...loops(forward), ...clear, ...loops(backward), ...loops(updates)],
    isCell,
  );
  const passes: (readonly [StepPart, Lowered | null])[] = [
    ["forward", first],
    ["backward", second],
  ];
  // Lanes hold a sum in four parts, as that of a clipped norm: the step would not be its parts to the bit.
  if (lanes > 1) {
    const doc = "as in the training step";
    passes.push(["update", straight("update_pass", `the update, ${doc}`, loops(update), isKept)]);
    if (commit.length > 0)
      passes.push(["commit", straight("commit_pass", `what is assigned, ${doc}`, loops(commit), isKept)]);
  }
  const phases = passes.flatMap(([part, pass]) =>
    pass ? [{ ...pass, phase: stepPhase(part, steps[0]) }] : [],
  );
  return step && phases.length === passes.length ? { phases, step } : null;
}

type Kernels = readonly Kernel[];

const isTiny = (kernels: Kernels): boolean =>
  kernels.every(({ nest, loops }) => !nest && loops.length === 0) &&
  kernels.reduce((sum, kernel) => sum + pointsOf(kernel), 0) <= mostPoints;

/** The naive loops of a kernel, below what it computes. */
const loopsOf = (kernel: Kernel, { backend: { compute }, templates }: Lowering): LoopStmt[] => [
  ...kernel.doc.map((text): LoopStmt => ({ kind: "note", text })),
  ...nestStatements(kernel, compute, templates),
];

const cleared = ({ name, shape, dtype }: Buffer, compute: "f64" | "f32"): LoopStmt =>
  l.for("i", l.number(0), l.number(sizeOf(shape)), 1, [
    l.store(name, l.local("i"), l.number(0, heldAs(dtype, compute))),
  ]);

/**
 * Temporaries that only one pass reads and writes, which nobody needs after it; and those of them that nothing compares:
 * no rounding to their type is seen. A comparison may have the same number on its other side as memory held it.
 */
function temporariesOf(...passes: readonly Kernels[]): Record<"inOnePass" | "exact", Set<Buffer>> {
  const seen = new Map<Buffer, number>();
  const outside = new Set<Buffer>();
  const compared = new Set<Buffer>();
  for (const [pass, kernels] of passes.entries())
    for (const kernel of kernels) {
      // An update has loops of its own, so it stores what it computes.
      const ownLoops = pass === passes.length - 1;
      const rounds = compares(kernel);
      for (const buffer of buffersOfKernel(kernel).values()) {
        if (ownLoops || buffer.kind === "cell" || (seen.get(buffer) ?? pass) !== pass) outside.add(buffer);
        if (rounds) compared.add(buffer);
        seen.set(buffer, pass);
      }
    }
  const inOnePass = new Set([...seen.keys()].filter((buffer) => !outside.has(buffer)));
  return { inOnePass, exact: new Set([...inOnePass].filter((buffer) => !compared.has(buffer))) };
}

/** Whether a kernel asks which of some numbers is the larger, or whether they are equal. */
const compares = (kernel: Kernel): boolean =>
  itemsOf(kernel).some(({ value, reduce }) => {
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
