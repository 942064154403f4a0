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
  const parts: Parts = { forward, backward, update, commit };
  if (update.length === 0 || !isTiny(Object.values(parts).flat())) return null;
  const lines = new StepLines(parts, schedule, memory, lowering);
  const passes = lines.phases();
  const phases = passes.flatMap(([part, pass]) =>
    pass ? [{ ...pass, phase: stepPhase(part, steps[0]) }] : [],
  );
  const step = lines.step();
  return step && phases.length === passes.length ? { phases, step } : null;
}

type Parts = Readonly<Record<StepPart, Kernels>>;

/** Makes the functions of a step out of its kernels. */
class StepLines {
  private readonly parts: Parts;
  private readonly memory: MemoryPlan;
  private readonly lowering: Lowering;
  private readonly gradients: readonly Buffer[];
  private readonly buffers: ReadonlyMap<string, Buffer>;
  /** Temporaries that only one pass reads and writes, and those of them of which no rounding is seen. */
  private readonly own: ReturnType<typeof temporariesOf>;

  constructor(parts: Parts, schedule: Schedule, memory: MemoryPlan, lowering: Lowering) {
    this.parts = parts;
    this.memory = memory;
    this.lowering = lowering;
    this.gradients = schedule.buffers.filter((buffer) => buffer.cell?.kind === "gradient");
    this.buffers = new Map([
      ...this.gradients.map((buffer) => [buffer.name, buffer] as const),
      ...Object.values(parts).flatMap((kernels) => kernels.flatMap((kernel) => [...buffersOfKernel(kernel)])),
    ]);
    this.own = temporariesOf(parts.forward, parts.backward, [...parts.update, ...parts.commit]);
  }

  /** The passes that are lines, null where one is too long. */
  phases(): (readonly [StepPart, Lowered | null])[] {
    const { forward, backward, update, commit } = this.parts;
    const isKept = (buffer: Buffer): boolean => isCell(buffer) || !this.own.inOnePass.has(buffer);
    const line = (part: StepPart, name: string, doc: string, kernels: Kernels, keeps = isKept) =>
      [part, this.straight(name, doc, this.loops(kernels), keeps)] as const;
    const passes = [
      line("forward", "forward_pass", "the forward pass: every element lives in a local", forward),
      line("backward", "backward_pass", "the backward pass, which adds to the gradients", backward, isCell),
    ];
    // Lanes hold a sum in four parts, as that of a clipped norm: the step would not be its parts to the bit.
    if (this.lowering.backend.lanes === 1) return passes;
    passes.push(line("update", "update_pass", "the update, as in the training step", update));
    if (commit.length > 0)
      passes.push(line("commit", "commit_pass", "what is assigned, as in the training step", commit));
    return passes;
  }

  step(): Lowered | null {
    const { forward, backward, update, commit } = this.parts;
    const clear = this.gradients.map((buffer) => cleared(buffer, this.lowering.backend.compute));
    const doc = "forward, backward and update in one: every element is loaded once and stored once";
    const body = [...this.loops(forward), ...clear, ...this.loops([...backward, ...update, ...commit])];
    return this.straight("training_step", doc, body, isCell);
  }

  private loops(kernels: Kernels): LoopStmt[] {
    return kernels.flatMap((kernel) => loopsOf(kernel, this.lowering));
  }

  private straight(
    name: string,
    doc: string,
    body: readonly LoopStmt[],
    keeps: (buffer: Buffer) => boolean,
  ): Lowered | null {
    const { buffers, lowering } = this;
    const lines = straighten(body, {
      buffers,
      locate: inArena(this.memory),
      compute: lowering.backend.compute,
      keeps,
      rounds: (buffer) => !this.own.exact.has(buffer),
    });
    const frame = { name, doc: [doc], buffers, times: [], calls: false };
    return lines && finish(frame, lines, lowering, { keepsLoads: false, named: nameParts(lines, buffers) });
  }
}

const isCell = ({ kind, cell }: Buffer): boolean => kind === "cell" && cell?.kind !== "input";

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
