import { indexAxis, type Axis, type Index } from "../ir/index.ts";
import type { Buffer, Item, KernelDraft, TimeLoop } from "../ir/kernel.ts";
import type { Phase } from "../ir/phase.ts";

interface Copy {
  readonly name: string;
  readonly doc: string;
  readonly phase: Phase;
  readonly loops: readonly TimeLoop[];
  readonly from: { readonly buffer: Buffer; readonly at: readonly Index[] };
  /** What it fills, with an axis for each of its dimensions. */
  readonly to: { readonly buffer: Buffer; readonly axes: readonly Axis[] };
}

/** A kernel that writes numbers out in another order or form, for a product that reads them again and again. */
export function copyKernel({ name, doc, phase, loops, from, to }: Copy): KernelDraft {
  const { dtype } = to.buffer;
  const item: Item = {
    name: "x",
    dtype,
    value: { kind: "load", buffer: from.buffer, at: from.at, dtype: from.buffer.dtype },
    reduce: null,
    targets: [{ buffer: to.buffer, at: to.axes.map(indexAxis), accumulate: false }],
  };
  const stages = [{ inner: [], items: [item] }];
  return {
    name,
    doc: [doc],
    phase,
    loops,
    outer: to.axes,
    core: null,
    nest: null,
    stages,
    before: [],
    after: [],
  };
}
