import type { Backend } from "../ir/backend.ts";
import { indexAxis, type Axis, type Index } from "../ir/index.ts";
import type {
  Buffer,
  Element,
  Item,
  Kernel,
  KernelDraft,
  KernelExpr,
  RowPass,
  Target,
} from "../ir/kernel.ts";
import { mapKernelExpr, targetsOf } from "../ir/kernel-walk.ts";
import type { Phase } from "../ir/phase.ts";
import { gradientOf, isFolding, type Folding, type Member } from "./fold.ts";
import { innerAxes } from "./job.ts";
import { identifierHint, type Names } from "./names.ts";
import type { Storage } from "./storage.ts";
import { Together, type Piece } from "./together.ts";

export interface PassContext {
  readonly backend: Backend;
  readonly storage: Storage;
  readonly kernelNames: Names;
}

/** The kernels of a pass: parameters copied and sums set to 0, all rows, and what is made of the sums. */
export function passOf(
  run: readonly Member[],
  parameters: readonly Buffer[],
  { storage, kernelNames }: PassContext,
): Kernel[] {
  const [{ row, kernel: { phase } }] = run; // prettier-ignore
  const folds = run.filter(isFolding);
  const weights = parameters.length > 0 ? weightsOf(parameters, storage) : undefined;
  const sums = folds.length > 0 ? sumsOf(folds, storage) : undefined;
  const from = (buffer: Buffer, at: readonly Index[]): Element =>
    weights?.has(buffer) ? weights.place(buffer, at) : { buffer, at };
  const rows = run.map((member) =>
    readingFrom(
      isFolding(member) ? addedUp(member, sums!.place(member, pointOf(member))) : member.kernel,
      from,
    ),
  );
  // A step may be called anything, so only the part of it is told.
  const [part] = phase.split(" ");
  const pass: RowPass = {
    name: kernelNames.fresh(`${identifierHint(phase)}_rows`),
    doc: [
      `the ${part} pass, row by row: what it alone reads of a row stays in locals`,
      ...[weights, sums].flatMap((together) => (together ? [together.doc] : [])),
    ],
    row,
  };
  const kernels = [
    ...(weights?.pieces ?? []).map((piece) => copied(piece, phase)),
    ...(sums ? [cleared(sums.buffer, phase)] : []),
    ...rows,
    ...(sums?.pieces ?? []).map((piece) => taken(piece, sums!, phase)),
  ];
  return kernels.map((kernel) => ({ ...kernel, record: plainRecord(kernel, pass) }));
}

const weightsOf = (parameters: readonly Buffer[], storage: Storage): Together<Buffer> =>
  new Together(
    "weights",
    parameters.map((buffer) => ({ key: buffer, buffer, shape: buffer.shape, alike: true })),
    storage,
  );

/** Sums that are gradients as they are lie like these; the others by the axes of their kernel. */
const sumsOf = (folds: readonly Folding[], storage: Storage): Together<Folding> =>
  new Together(
    "sums",
    folds.map((member) => {
      const { kernel } = member;
      const gradient = gradientOf(member);
      const shape = gradient ? gradient.buffer.shape : kernel.outer.map(({ extent }) => extent);
      const { buffer } = gradient ?? targetsOf(kernel)[0];
      return { key: member, buffer, shape, alike: gradient !== undefined };
    }),
    storage,
  );

/** Which element of its sums a kernel adds to. */
const pointOf = (member: Folding): readonly Index[] =>
  gradientOf(member)?.at ?? member.kernel.outer.map(indexAxis);

function copied({ name, axisLength, inside, outside }: Piece<Buffer>, phase: Phase): KernelDraft {
  const [axis] = innerAxes([axisLength]);
  return moved(`copy_${name}`, phase, axis, outside(axis), { ...inside(axis), accumulate: false });
}

/** What is made of sums after the last row: gradients that are neighbours take theirs together. */
function taken(
  { keys: [member], name, axisLength, inside, outside }: Piece<Folding>,
  sums: Together<Folding>,
  phase: Phase,
): KernelDraft {
  if (!gradientOf(member)) return takenFrom(member, sums.place(member, pointOf(member)));
  const [axis] = innerAxes([axisLength]);
  return moved(`add_${name}`, phase, axis, inside(axis), { ...outside(axis), accumulate: true });
}

/** A kernel of one value at every point of its axes. */
const oneValue = (
  name: string,
  phase: Phase,
  outer: readonly Axis[],
  value: KernelExpr,
  target: Target,
  doc: readonly string[] = [],
): KernelDraft => ({
  name, doc, phase, outer, loops: [], core: null, nest: null, before: [], after: [],
  stages: [{ inner: [], items: [{ name: "value", dtype: "f64", value, reduce: null, targets: [target] }] }],
}); // prettier-ignore

const moved = (name: string, phase: Phase, axis: Axis, { buffer, at }: Element, to: Target): KernelDraft =>
  oneValue(name, phase, [axis], { kind: "load", buffer, at, dtype: buffer.dtype }, to);

function cleared(buffer: Buffer, phase: Phase): KernelDraft {
  const outer = innerAxes(buffer.shape);
  const zero: KernelExpr = { kind: "const", value: 0, dtype: "f64" };
  return oneValue(`clear_${buffer.name}`, phase, outer, zero, { buffer, at: outer.map(indexAxis), accumulate: false }); // prettier-ignore
}

const plainRecord = ({ outer }: KernelDraft, pass: RowPass): Kernel["record"] => ({
  tile: outer.map(() => 1),
  whole: outer.map(() => false),
  lanes: [],
  plain: null,
  join: 1,
  alone: 1,
  calls: false,
  pass,
});

/** A kernel that finds what it reads elsewhere. */
function readingFrom(
  kernel: KernelDraft,
  from: (buffer: Buffer, at: readonly Index[]) => Element,
): KernelDraft {
  const { core, stages } = kernel;
  const inItem = (item: Item): Item => ({
    ...item,
    value: mapKernelExpr(item.value, (x) => (x.kind === "load" ? { ...x, ...from(x.buffer, x.at) } : x)),
  });
  return {
    ...kernel,
    core: core && { ...core, operands: core.operands.map(({ buffer, at }) => from(buffer, at)) },
    stages: stages.map(({ inner, items }) => ({ inner, items: items.map(inItem) })),
  };
}

/** What each row adds to a sum over all rows. */
function addedUp(
  { kernel: { outer, name, phase, doc }, fold: { row, term } }: Folding,
  to: Element,
): KernelDraft {
  return oneValue(name, phase, [row, ...outer], term, { ...to, accumulate: true }, doc);
}

/** What is made of a sum over all rows, after the last. */
function takenFrom({ kernel, fold: { sum, made } }: Folding, { buffer, at }: Element): KernelDraft {
  const load: KernelExpr = { kind: "load", buffer, at, dtype: "f32" };
  const items = made.map((item) => ({
    ...item,
    value: mapKernelExpr(item.value, (x) => (x.kind === "local" && x.name === sum ? load : x)),
  }));
  return { ...kernel, doc: [], core: null, stages: [{ inner: [], items }] };
}
