import { nodesOf, type Attrs, type Body, type Value } from "../ir/graph.ts";

/**
 * What a scan repeats. Inputs of the op and of the body are first the carries, then what is sliced along time, then
 * values that are the same at all times; outputs of the body are the next carries, then what is stacked.
 */
export interface Scan extends Attrs {
  readonly carries: number;
  readonly slices: number;
  readonly length: number;
  /** From the last time to the first. */
  readonly reverse: boolean;
  readonly body: Body;
}
export type ApplyScan = (inputs: readonly Value[], attrs: Scan) => readonly Value[];

/** A value that a body reads, and what stands for it outside: its first value, its stack, or itself. */
export interface Read {
  readonly inside: Value;
  readonly from: Value;
}

/** A scan taken apart, so that parts can be left out or added. */
export interface ScanParts {
  readonly length: number;
  readonly reverse: boolean;
  readonly carries: readonly (Read & { readonly next: Value })[];
  readonly slices: readonly Read[];
  readonly constants: readonly Read[];
  /** What is stacked. */
  readonly ys: readonly Value[];
}

export function partsOf(inputs: readonly Value[], attrs: Scan): ScanParts {
  const { carries, slices, length, reverse, body } = attrs;
  const reads = body.inputs.map((inside, k): Read => ({ inside, from: inputs[k] }));
  return {
    length,
    reverse,
    carries: reads.slice(0, carries).map((read, k) => ({ ...read, next: body.outputs[k] })),
    slices: reads.slice(carries, carries + slices),
    constants: reads.slice(carries + slices),
    ys: body.outputs.slice(carries),
  };
}

/** The placeholders that values inside a body read. */
export function placeholdersOf(values: readonly Value[]): ReadonlySet<Value> {
  const nodes = nodesOf(values).filter(({ op }) => op === "placeholder");
  return new Set(nodes.map(({ outputs }) => outputs[0]));
}

/** Without the carries, slices and constants that no y and none of the kept carries needs. */
export function pruned(parts: ScanParts, kept: (carry: number) => boolean = () => false): ScanParts {
  const live = new Set(parts.carries.filter((_, k) => kept(k)));
  let read = placeholdersOf([...parts.ys, ...[...live].map(({ next }) => next)]);
  for (let size = -1; size !== live.size;) {
    size = live.size;
    for (const carry of parts.carries) if (read.has(carry.inside)) live.add(carry);
    read = placeholdersOf([...parts.ys, ...[...live].map(({ next }) => next)]);
  }
  const isRead = ({ inside }: Read): boolean => read.has(inside);
  return {
    ...parts,
    carries: parts.carries.filter((carry) => live.has(carry)),
    slices: parts.slices.filter(isRead),
    constants: parts.constants.filter(isRead),
  };
}

/** The scan that parts describe: its stacked carries by their placeholders, and its stacked ys in order. */
export function applyParts(
  parts: ScanParts,
  scan: ApplyScan,
): { readonly carries: ReadonlyMap<Value, Value>; readonly ys: readonly Value[] } {
  const { carries, slices, constants, ys, length, reverse } = parts;
  if (carries.length + ys.length === 0) return { carries: new Map(), ys: [] };
  const reads: readonly Read[] = [...carries, ...slices, ...constants];
  const body: Body = {
    kind: "body",
    inputs: reads.map(({ inside }) => inside),
    outputs: [...carries.map(({ next }) => next), ...ys],
  };
  const stacks = scan(
    reads.map(({ from }) => from),
    { carries: carries.length, slices: slices.length, length, reverse, body },
  );
  return {
    carries: new Map(carries.map(({ inside }, k) => [inside, stacks[k]])),
    ys: stacks.slice(carries.length),
  };
}
