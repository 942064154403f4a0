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
import { itemsOf, mapKernelExpr, targetsOf } from "../ir/kernel-walk.ts";
import type { Phase } from "../ir/phase.ts";
import { innerAxes } from "./job.ts";
import { identifierHint, type Names } from "./names.ts";
import type { Storage } from "./storage.ts";
import { Together, type Piece } from "./together.ts";

/** What computes a row of its own in every round of its first loop, or folds all rows into what no row reads. */
export interface Member {
  readonly kernel: Kernel;
  readonly row: Axis;
  readonly folds: boolean;
}

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
  const folds = run.filter((member) => member.folds).map(({ kernel }) => kernel);
  const weights = parameters.length > 0 ? weightsOf(parameters, storage) : undefined;
  const sums = folds.length > 0 ? sumsOf(folds, storage) : undefined;
  const from = (buffer: Buffer, at: readonly Index[]): Element =>
    weights?.has(buffer) ? weights.place(buffer, at) : { buffer, at };
  const rows = run.map(({ kernel, row: own, folds: isSum }) =>
    readingFrom(isSum ? addedUp(kernel, own, sums!.place(kernel, pointOf(kernel))) : kernel, from),
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
const sumsOf = (folds: readonly Kernel[], storage: Storage): Together<Kernel> =>
  new Together(
    "sums",
    folds.map((kernel) => {
      const [{ buffer }] = targetsOf(kernel);
      const alike = isPlainSum(kernel);
      const shape = alike ? buffer.shape : kernel.outer.map(({ extent }) => extent);
      return { key: kernel, buffer, shape, alike };
    }),
    storage,
  );

/** Which element of its sums a kernel adds to. */
const pointOf = (kernel: Kernel): readonly Index[] =>
  isPlainSum(kernel) ? targetsOf(kernel)[0].at : kernel.outer.map(indexAxis);

function copied({ name, axisLength, inside, outside }: Piece<Buffer>, phase: Phase): KernelDraft {
  const [axis] = innerAxes([axisLength]);
  return moved(`copy_${name}`, phase, axis, outside(axis), { ...inside(axis), accumulate: false });
}

/** What is made of sums after the last row: gradients that are neighbours take theirs together. */
function taken(
  { keys: [kernel], name, axisLength, inside, outside }: Piece<Kernel>,
  sums: Together<Kernel>,
  phase: Phase,
): KernelDraft {
  if (!isPlainSum(kernel)) return takenFrom(kernel, sums.place(kernel, pointOf(kernel)));
  const [axis] = innerAxes([axisLength]);
  return moved(`add_${name}`, phase, axis, inside(axis), { ...outside(axis), accumulate: true });
}

/** Whether a sum is only added to one gradient, as it is. */
function isPlainSum(kernel: Kernel): boolean {
  const items = itemsOf(kernel);
  const targets = targetsOf(kernel);
  return items.length === 1 && targets.length === 1 && targets[0].accumulate && (!kernel.core || items[0].value.kind === "local"); // prettier-ignore
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
function addedUp({ outer, core, stages, name, phase, doc }: Kernel, row: Axis, to: Element): KernelDraft {
  const value = core ? productOf(core) : stages[0].items[0].value;
  return oneValue(name, phase, [row, ...outer], value, { ...to, accumulate: true }, doc);
}

/** What is made of a sum over all rows, after the last. */
function takenFrom(kernel: Kernel, { buffer, at }: Element): KernelDraft {
  const { core, stages } = kernel;
  const item = core ? undefined : stages[0].items[0];
  const local = core?.result ?? item!.name;
  const load: KernelExpr = { kind: "load", buffer, at, dtype: "f32" };
  const fromSum = (other: Item): Item => ({
    ...other,
    value: mapKernelExpr(other.value, (x) => (x.kind === "local" && x.name === local ? load : x)),
  });
  const first: Item[] = item ? [{ ...item, value: load, reduce: null }] : [];
  const items = [...first, ...(item ? stages.slice(1) : stages).flatMap((stage) => stage.items.map(fromSum))];
  return { ...kernel, doc: [], core: null, stages: [{ inner: [], items }] };
}

/** What a product adds up, as an expression. */
function productOf({ operands, dtype }: NonNullable<Kernel["core"]>): KernelExpr {
  const [a, b] = operands.map(({ buffer, at }): KernelExpr => ({ kind: "load", buffer, at, dtype }));
  return { kind: "op", op: "mul", args: [a, b], dtype };
}
