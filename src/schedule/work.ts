import { isLeaf, nodesOf, type Graph, type Node, type Output, type Value } from "../ir/graph.ts";
import { indexConstant, indexMod, type Index } from "../ir/index.ts";
import type { Buffer } from "../ir/kernel.ts";
import { roomOf, type OpTable } from "../ir/op.ts";
import type { Phase, PhaseKind } from "../ir/phase.ts";
import type { Dim } from "../ir/type.ts";
import { numberOf } from "../ops/broadcast.ts";
import {
  chainOf,
  flatten,
  ringSlots,
  ringsOf,
  slotsOf,
  type Flat,
  type FlatStep,
  type Instance,
} from "./flatten.ts";
import type { Mark } from "./group.ts";
import { Inliner } from "./inline.ts";
import { copyOf, jobOf, type Job } from "./job.ts";
import { valueHint } from "./names.ts";
import type { Sink, Storage } from "./storage.ts";

/** The phase of a graph, and for a training graph that of its backward half and the step's name. */
export interface Named {
  readonly kind: PhaseKind;
  readonly phase: Phase;
  readonly backward?: Phase;
  readonly step?: string | null;
}

/** A graph as it is scheduled: written out, with what is asked of its values. */
interface Site {
  /** With the origins of what bodies were written out to. */
  readonly graph: Graph;
  readonly named: Named;
  readonly ops: OpTable;
  readonly storage: Storage;
  readonly flat: Flat;
  readonly inliner: Inliner;
  /** What is asked for: where it goes, and the value that goes there. */
  readonly outputs: readonly { readonly declared: Output; readonly value: Value }[];
  /** What the forward half computes of a training graph. */
  readonly lossNodes: ReadonlySet<Node>;
  /** Whether an instance computes a value itself; what it only hands on is copied, as is what only whole buffers hold. */
  readonly isOwn: (value: Value, instance: Instance) => boolean;
  readonly instances: readonly Instance[];
}

/** What a graph computes, job by job in running order, and what is known of where and when. */
export interface Work extends Site {
  readonly jobs: readonly (Job | Mark)[];
  /** Places beside or instead of a temporary. */
  readonly sinks: Map<Value, Sink[]>;
  /** The buffers of what loops over time stack. */
  readonly stacks: ReadonlyMap<Value, Buffer>;
  readonly rings: ReadonlySet<Value>;
  readonly isForward: (job: Job) => boolean;
  /** Whether a job belongs after the forward half, whatever else would take it. */
  readonly isLate: (job: Job) => boolean;
}

export function workOf(graph: Graph, named: Named, ops: OpTable, storage: Storage): Work {
  const site = siteOf(graph, named, ops, storage);
  const { flat, inliner, lossNodes } = site;
  const sinks = new Map<Value, Sink[]>();
  const copies = outputSinks(site, sinks);
  const rings = ringsOf(flat, site.outputs.map(({ value }) => value)); // prettier-ignore
  const stacks = stacksOf(site, rings);
  // The first slots of a backward loop are filled just before it, whatever they are filled with.
  const lateStarts = new Set<Value>();
  const jobs = flat.steps.flatMap((step): (Job | Mark)[] => {
    if (step.kind === "node") return nodeJobs(step, site);
    return loopJobs(step, site, { sinks, stacks, rings, lateStarts });
  });
  // Gradients are added to their block, which backward clears, so no forward kernel may write one.
  const isGradient = (job: Job): boolean => (sinks.get(job.value) ?? []).some((sink) => sink.accumulate);
  const isForward = (job: Job): boolean =>
    named.kind !== "forward" ||
    (!lateStarts.has(job.value) && lossNodes.has(outermost(job.node, job.within)) && !isGradient(job));
  // What is recomputed would be saved after all if it were computed beside the forward pass.
  const late = inliner.lateNodes(flat.steps.flatMap((step) => (step.kind === "node" ? [step.node] : [])));
  const isLate = (job: Job): boolean => isGradient(job) || late.has(job.node) || lateStarts.has(job.value);
  return { ...site, jobs: [...jobs, ...copies], sinks, stacks, rings, isForward, isLate };
}

const outermost = (node: Node, within: Instance | null): Node => chainOf(within).at(-1)?.node ?? node;

function siteOf(graph: Graph, named: Named, ops: OpTable, storage: Storage): Site {
  // Saved memory is cleared before the init kernels run, so a zero needs no kernel; assigning a cell to itself
  // is nothing.
  const declared = graph.outputs.filter(
    ({ role, value, cell }) =>
      !(role === "assign" && (value === cell || (named.kind === "init" && Object.is(numberOf(value), 0)))),
  );
  const values = withoutReshapes(declared, ops).map((output) => output.value);
  const flat = flatten(values, ops);
  const origins = new Map(graph.origins);
  for (const [node, source] of flat.sources) origins.set(node, graph.origins.get(source) ?? []);
  const instances = flat.steps.flatMap((step) => (step.kind === "leave" ? [step.instance] : []));
  const levels = new Map(
    flat.steps.flatMap((step) => (step.kind === "node" ? [[step.node, step.within]] : [])),
  );
  const isOwn = (value: Value, instance: Instance): boolean =>
    levels.get(value.node) === instance && isComputed(value, ops) && !isWhole(value, ops);
  const own = instances.flatMap((loop) => loop.outputs.filter((value) => isOwn(value, loop)));
  return {
    graph: { ...graph, origins },
    named,
    ops,
    storage,
    flat,
    inliner: new Inliner(ops, flat, [...values, ...own]),
    outputs: declared.map((output, k) => ({ declared: output, value: values[k] })),
    lossNodes: new Set(nodesOf(graph.outputs.filter((o) => o.role !== "gradient").map((o) => o.value))),
    isOwn,
    instances,
  };
}

/** Notes where outputs go. Gives the copies that are made of those which stay where they are. */
function outputSinks(site: Site, sinks: Map<Value, Sink[]>): Job[] {
  const { named, ops, storage, flat, inliner, outputs, lossNodes } = site;
  const order = flat.steps.flatMap((step) => (step.kind === "node" ? [step.node] : []));
  const values = outputs.map(({ value }) => value);
  const copies: Job[] = [];
  for (const { declared, value } of outputs) {
    // A leaf that leaves the graph unchanged is copied, and so is what a whole nest has written elsewhere.
    const { node } = value;
    const stays =
      isLeaf(node) ||
      node.op === "tensor" ||
      isLoop(value, ops) ||
      (sinks.has(value) && roomOf(ops, node.op).lower.kind === "nest") ||
      (declared.role === "gradient" && (lossNodes.has(node) || !mayAdd(value, order, values, ops)));
    const written = stays ? copyOf(value, null, inliner, copies) : value;
    sinks.set(written, [...(sinks.get(written) ?? []), storage.sink(named, declared)]);
  }
  return copies;
}

function stacksOf({ graph, storage, instances }: Site, rings: ReadonlySet<Value>): Map<Value, Buffer> {
  const slotsFor = (value: Value): Dim => (rings.has(value) ? ringSlots : value.type.shape[0]);
  return new Map(
    instances.flatMap(({ node }) =>
      node.outputs.map((value) => {
        const { dtype, shape } = value.type;
        const slots = [slotsFor(value), ...shape.slice(1)];
        return [value, storage.temporary(valueHint(graph, value), dtype, slots)] as const;
      }),
    ),
  );
}

/** The jobs of a node: one for each of its values that is kept. */
function nodeJobs({ node, within }: FlatStep & { readonly kind: "node" }, { ops, inliner }: Site): Job[] {
  const kept = node.outputs.filter((value) => inliner.isStored(value) && isComputed(value, ops));
  return isLoop(node.outputs[0], ops) ? [] : kept.map((value) => jobOf(value, within, ops, inliner));
}

interface Stacks {
  readonly sinks: Map<Value, Sink[]>;
  readonly stacks: ReadonlyMap<Value, Buffer>;
  readonly rings: ReadonlySet<Value>;
  readonly lateStarts: Set<Value>;
}

/** The copies that a loop over time makes where it begins and ends, with its mark. */
function loopJobs(
  { kind, instance }: Exclude<FlatStep, { readonly kind: "node" }>,
  { named, inliner, lossNodes, isOwn }: Site,
  { sinks, stacks, rings, lateStarts }: Stacks,
): (Job | Mark)[] {
  const put = (value: Value, stack: Value, lead: Index): void => {
    const slot = rings.has(stack) ? indexMod(lead, ringSlots) : lead;
    const sink = { buffer: stacks.get(stack)!, accumulate: false, lead: [slot] };
    sinks.set(value, [...(sinks.get(value) ?? []), sink]);
  };
  const { node, loop, parent, carries } = instance;
  const moved: Job[] = [];
  if (kind === "enter") {
    const forward = named.kind !== "forward" || lossNodes.has(outermost(node, parent));
    const first = indexConstant(loop.reverse ? loop.axis.extent : 0);
    for (let k = 0; k < carries; k++)
      put(copyOf(node.inputs[k], parent, inliner, moved), node.outputs[k], first);
    if (!forward) for (const { value } of moved) lateStarts.add(value);
    return [...moved, { kind, instance, forward, starts: moved }];
  }
  const { now, write } = slotsOf(loop);
  for (const [k, value] of instance.outputs.entries()) {
    const own = isOwn(value, instance) ? value : copyOf(value, instance, inliner, moved);
    put(own, node.outputs[k], k < carries ? write : now);
  }
  const forward = named.kind !== "forward" || lossNodes.has(outermost(node, parent));
  return [...moved, { kind, instance, forward, starts: [] }];
}

/** A gradient that only reshapes what nothing else reads is added to its memory under the shape it has before. */
function withoutReshapes(outputs: readonly Output[], ops: OpTable): readonly Output[] {
  const uses = new Map<Value, number>();
  const use = (value: Value): unknown => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of nodesOf(outputs.map(({ value }) => value))) node.inputs.forEach(use);
  for (const { value } of outputs) use(value);
  return outputs.map((output) => {
    let { value } = output;
    while (output.role === "gradient" && value.node.op === "reshape" && uses.get(value) === 1) {
      const [before] = value.node.inputs;
      if (!isComputed(before, ops) || uses.get(before) !== 1) break;
      value = before;
    }
    return value === output.value ? output : { ...output, value };
  });
}

/** A whole nest writes over its output; only one that adds, and whose sum nobody else reads, adds to a gradient. */
function mayAdd(value: Value, order: readonly Node[], outputs: readonly Value[], ops: OpTable): boolean {
  const { lower } = roomOf(ops, value.node.op);
  if (lower.kind !== "nest") return true;
  const read = order.some((node) => node.inputs.includes(value));
  return lower.adds === true && !read && outputs.filter((output) => output === value).length === 1;
}

const isLoop = ({ node }: Value, ops: OpTable): boolean => roomOf(ops, node.op).lower.kind === "loop";

const isWhole = (value: Value, ops: OpTable): boolean =>
  isLoop(value, ops) || roomOf(ops, value.node.op).lower.kind === "nest";

const isComputed = (value: Value, ops: OpTable): boolean => {
  if (isLeaf(value.node) || value.node.op === "tensor") return false;
  return roomOf(ops, value.node.op).lower.kind !== "leaf";
};
