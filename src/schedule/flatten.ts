import { invariant } from "../base/errors.ts";
import { nodeForm } from "../ir/builder.ts";
import { nodesOf, type Node, type Value } from "../ir/graph.ts";
import { indexAdd, indexAxis, indexConstant, type Index } from "../ir/index.ts";
import type { TimeLoop } from "../ir/kernel.ts";
import { roomOf, type OpTable } from "../ir/op.ts";
import type { Scan } from "../ops/scan-parts.ts";

/** One scan with its body written out: the body's values are this scan's own, even where two scans share a body. */
export interface Instance {
  readonly node: Node;
  readonly loop: TimeLoop;
  readonly parent: Instance | null;
  readonly carries: number;
  /** The values that stand for the carries in the body. */
  readonly inside: ReadonlySet<Value>;
  /** What the body computes, carries first. */
  readonly outputs: readonly Value[];
}

/** A value of a body that is an element, along time, of a value outside. */
export interface Alias {
  readonly from: Value;
  readonly lead: Index;
}

export type FlatStep =
  | { readonly kind: "node"; readonly node: Node; readonly within: Instance | null }
  /** Everything of an instance stands between its two marks; the scan's own node comes after them. */
  | { readonly kind: "enter" | "leave"; readonly instance: Instance };

/** A graph in which bodies are written out between the nodes around them. */
export interface Flat {
  readonly steps: readonly FlatStep[];
  readonly aliases: ReadonlyMap<Value, Alias>;
  /** Values that the steps of a loop all read alike, so that computing them in the loop would repeat the work. */
  readonly constants: ReadonlySet<Value>;
  /** What a node of an instance was written in the body. */
  readonly sources: ReadonlyMap<Node, Node>;
}

const counters = ["t", "s"];

/** Where a carry is read and written, and where everything else is, at the loop's counter. */
export function slotsOf({ axis, reverse }: TimeLoop): {
  readonly now: Index;
  readonly read: Index;
  readonly write: Index;
} {
  const now = axis.extent === 1 ? indexConstant(0) : indexAxis(axis);
  const later = indexAdd(now, indexConstant(1));
  return reverse ? { now, read: later, write: now } : { now, read: now, write: later };
}

export function flatten(outputs: readonly Value[], ops: OpTable): Flat {
  const steps: FlatStep[] = [];
  const aliases = new Map<Value, Alias>();
  const constants = new Set<Value>();
  const sources = new Map<Node, Node>();

  const cloned = (node: Node, inputs: readonly Value[]): Node => {
    const outs: Value[] = [];
    const clone: Node = { ...node, inputs, outputs: outs };
    for (const { index, type } of node.outputs) outs.push({ node: clone, index, type });
    sources.set(clone, node);
    return clone;
  };

  const copyNode = (value: Value, source: Node, within: Instance): Value => {
    const { type } = value;
    const outs: Value[] = [];
    const { id } = source;
    const attrs = { shape: type.shape };
    const form = nodeForm("reshape", attrs, [type]);
    const node: Node = { id, op: "reshape", inputs: [value], attrs, form, outputs: outs };
    outs.push({ node, index: 0, type });
    sources.set(node, source);
    steps.push({ kind: "node", node, within });
    return outs[0];
  };

  const enter = (node: Node, parent: Instance | null, depth: number): void => {
    const { carries, slices, length, reverse, body } = node.attrs as Scan;
    const name = counters[depth] ?? `${counters[0]}${depth}`;
    const loop: TimeLoop = { axis: { name, extent: length }, reverse };
    const { now, read } = slotsOf(loop);
    const own: Value[] = [];
    const inside = new Set<Value>();
    const instance: Instance = { node, loop, parent, carries, inside, outputs: own };
    const values = new Map<Value, Value>();
    for (const [k, input] of body.inputs.entries()) {
      if (k >= carries + slices) {
        values.set(input, node.inputs[k]);
        constants.add(node.inputs[k]);
        continue;
      }
      const [value] = cloned(input.node, []).outputs;
      values.set(input, value);
      if (k < carries) inside.add(value);
      aliases.set(
        value,
        k < carries ? { from: node.outputs[k], lead: read } : { from: node.inputs[k], lead: now },
      );
    }
    const nodes = nodesOf(body.outputs).filter(({ op }) => op !== "placeholder");
    // What is written out for products to read, and reads nothing that changes from step to step, is so once, before the
    // loop; what a checkpoint computes again keeps its place.
    const same = new Set<Node>();
    for (const inner of nodes) {
      const isSame = inner.inputs.every((x) => same.has(x.node) || constants.has(values.get(x)!));
      if (isSame && inner.op !== "barrier") same.add(inner);
    }
    const packed = nodes.filter((inner) => inner.op === "contiguous" && same.has(inner));
    const fixed = new Set(
      nodesOf(packed.flatMap(({ outputs }) => outputs)).filter((inner) => same.has(inner)),
    );
    const write = (inner: Node, within: Instance | null): void => {
      // A nest takes whole buffers, so what it reads is copied out of its slot.
      const whole = roomOf(ops, inner.op).lower.kind === "nest";
      const inputs = inner.inputs.map((input) => {
        const value = values.get(input)!;
        return whole && within ? copyNode(value, inner, within) : value;
      });
      const clone = cloned(inner, inputs);
      for (const [k, output] of inner.outputs.entries()) values.set(output, clone.outputs[k]);
      visit(clone, within, within === instance ? depth + 1 : depth);
    };
    for (const inner of fixed) {
      write(inner, parent);
      for (const output of inner.outputs) constants.add(values.get(output)!);
    }
    steps.push({ kind: "enter", instance });
    for (const inner of nodes) if (!fixed.has(inner)) write(inner, instance);
    for (const output of body.outputs) {
      const value = values.get(output);
      invariant(value, "a body reads a placeholder of another");
      own.push(value);
    }
    steps.push({ kind: "leave", instance });
  };
  const visit = (node: Node, within: Instance | null, depth: number): void => {
    if (roomOf(ops, node.op).lower.kind === "loop") enter(node, within, depth);
    steps.push({ kind: "node", node, within });
  };
  for (const node of nodesOf(outputs)) visit(node, null, 0);
  return { steps, aliases, constants, sources };
}

/** How many slots a carry needs whose earlier values nobody reads: the one that is read, and the one that is written. */
export const ringSlots = 2;

/** Stacked carries of which only the last slot is read outside their loop; they take turns in two slots. */
export function ringsOf({ steps, aliases }: Flat, outputs: readonly Value[]): ReadonlySet<Value> {
  const instances = steps.flatMap((step) => (step.kind === "leave" ? [step.instance] : []));
  const last = new Map(
    instances.flatMap(({ node, loop, carries }) => {
      const { extent } = loop.axis;
      const stacks = extent + 1 > ringSlots ? node.outputs.slice(0, carries) : [];
      return stacks.map((stack) => [stack, loop.reverse ? 0 : extent] as const);
    }),
  );
  const rings = new Set(last.keys());
  for (const value of [...outputs, ...instances.flatMap((instance) => instance.outputs)]) rings.delete(value);
  for (const [value, { from }] of aliases) {
    // A scan reads its own carries in turn; a scan that slices them reads every slot.
    const own = instances.some(({ node, inside }) => inside.has(value) && node.outputs.includes(from));
    if (!own) rings.delete(from);
  }
  for (const step of steps) {
    if (step.kind !== "node") continue;
    for (const input of step.node.inputs) {
      const slot = last.get(input);
      const { op, attrs } = step.node;
      const [start] = (attrs["start"] ?? []) as readonly number[];
      const [limit] = (attrs["limit"] ?? []) as readonly unknown[];
      if (op !== "slice" || start !== slot || limit !== slot + 1) rings.delete(input);
    }
  }
  return rings;
}

/** The instances around an instance, itself first. */
export function chainOf(instance: Instance | null): Instance[] {
  return instance ? [instance, ...chainOf(instance.parent)] : [];
}
