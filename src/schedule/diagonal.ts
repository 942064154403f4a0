import { indexAxis, sameIndex, type Index } from "../ir/index.ts";
import type { Buffer, KernelExpr } from "../ir/kernel.ts";
import { sameDim } from "../ir/type.ts";

/** What is so wherever the first of two axes is greater than the second. */
export type Pair = readonly [greater: string, than: string];

export const has = (pairs: readonly Pair[], [a, b]: Pair): boolean =>
  pairs.some(([c, d]) => a === c && b === d);

/** Where a test fails by two axes alone. */
export function maskOf(test: KernelExpr): readonly Pair[] {
  if (test.kind !== "op") return [];
  if (test.op === "and") return test.args.flatMap(maskOf);
  if (test.op !== "lessEqual") return [];
  const [a, b] = test.args.map((arg) => (arg.kind === "index" ? axisOf(arg.index) : undefined));
  return a !== undefined && b !== undefined ? [[a, b]] : [];
}

function axisOf(index: Index): string | undefined {
  const [term] = index.terms;
  return term?.atom.kind === "axis" && sameIndex(index, indexAxis(term.atom.axis))
    ? term.atom.axis.name
    : undefined;
}

/** The axis that a coordinate is, if it is one that runs over all of its extent. */
export function plainAxis({ constant, terms }: Index, buffer: Buffer, place: number): string | undefined {
  const [term] = terms;
  if (terms.length !== 1 || constant !== 0 || term.times !== 1 || term.atom.kind !== "axis") return undefined;
  return sameDim(term.atom.axis.extent, buffer.shape[place]) ? term.atom.axis.name : undefined;
}
