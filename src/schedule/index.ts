import type { Backend } from "../ir/backend.ts";
import { isLeaf, nodesOf, type Graph, type Node, type Output, type Value } from "../ir/graph.ts";
import { indexConstant, indexMod, type Index } from "../ir/index.ts";
import type { Buffer, Kernel, Schedule, TimeLoop } from "../ir/kernel.ts";
import { roomOf, type OpTable } from "../ir/op.ts";
import { functionPhase, stepPhase, type Phase, type PhaseKind } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import { bytesOf, sizeOf, type Dim } from "../ir/type.ts";
import { numberOf } from "../ops/broadcast.ts";
import { separateAssigns } from "./assigns.ts";
import { withCalls } from "./calls.ts";
import { chainOf, flatten, ringSlots, ringsOf, slotsOf, type Instance } from "./flatten.ts";
import { groupJobs, jobLoads, mergeScalars, type Group, type Mark } from "./group.ts";
import { Inliner } from "./inline.ts";
import { copyOf, jobOf, type Job } from "./job.ts";
import { kernelOf } from "./kernel.ts";
import { Names, valueHint } from "./names.ts";
import { orderGroups } from "./order.ts";
import { Storage, type Place, type Sink } from "./storage.ts";

/** Turns every graph of a program into kernels, in running order, decided for one target. */
export function schedule(program: Program, ops: OpTable, backend: Backend): Schedule {
  const storage = new Storage(new Names());
  const kernelNames = new Names();
  for (const cell of program.cells) storage.cell(cell.kind, cell.name, cell.type);
  const results: Array<Schedule["results"][number]> = [];
  const kernels: Kernel[] = [];
  const run = (graph: Graph, named: Named): void => {
    kernels.push(...scheduleGraph(graph, named, ops, backend, storage, kernelNames));
    for (const output of graph.outputs) {
      if (output.role === "gradient" || output.role === "assign") continue;
      results.push({ phase: named.phase, name: output.name, buffer: storage.sink(named, output).buffer });
    }
  };
  const { init, steps, functions, evaluate } = program.graphs;
  run(init, { kind: "init", phase: "init" });
  for (const step of steps) {
    const backward = stepPhase("backward", step);
    run(step.training, { kind: "forward", phase: stepPhase("forward", step), backward, step: step.name });
    if (step.update) run(step.update, { kind: "update", phase: stepPhase("update", step) });
    if (step.commit) run(step.commit, { kind: "commit", phase: stepPhase("commit", step) });
  }
  for (const { name, graph } of functions) run(graph, { kind: "function", phase: functionPhase(name) });
  if (evaluate) run(evaluate, { kind: "evaluate", phase: "evaluate" });
  return { kernels: withCalls(kernels, backend), buffers: storage.buffers, results };
}

/** The phase of a graph, and for a training graph that of its backward half and the step's name. */
interface Named {
  readonly kind: PhaseKind;
  readonly phase: Phase;
  readonly backward?: Phase;
  readonly step?: string | null;
}

function scheduleGraph(
  graph: Graph,
  named: Named,
  ops: OpTable,
  backend: Backend,
  storage: Storage,
  kernelNames: Names,
): Kernel[] {
  const { kind, phase, backward } = named;
  // Saved memory is cleared before the init kernels run, so a zero needs no kernel; assigning a cell to itself
  // is nothing.
  const declared = graph.outputs.filter(
    ({ role, value, cell }) =>
      !(role === "assign" && (value === cell || (kind === "init" && Object.is(numberOf(value), 0)))),
  );
  const outputs = withoutReshapes(declared, ops);
  const flat = flatten(
    outputs.map((output) => output.value),
    ops,
  );
  const { steps, aliases, sources } = flat;
  const origins = new Map(graph.origins);
  for (const [node, source] of sources) origins.set(node, graph.origins.get(source) ?? []);
  const told: Graph = { ...graph, origins };
  const loops = steps.flatMap((step) => (step.kind === "leave" ? [step.instance] : []));
  const order = steps.flatMap((step) => (step.kind === "node" ? [step.node] : []));
  const levels = new Map(steps.flatMap((step) => (step.kind === "node" ? [[step.node, step.within]] : [])));
  // What a body hands on without computing it is copied into its slot, and so is what only whole buffers hold.
  const isOwn = (value: Value, instance: Instance): boolean =>
    levels.get(value.node) === instance && isComputed(value, ops) && !isWhole(value, ops);
  const inliner = new Inliner(ops, flat, [
    ...outputs.map((output) => output.value),
    ...loops.flatMap((loop) => loop.outputs.filter((value) => isOwn(value, loop))),
  ]);
  const lossNodes = new Set(nodesOf(graph.outputs.filter((o) => o.role !== "gradient").map((o) => o.value)));
  const sinks = new Map<Value, Sink[]>();
  const copies: Job[] = [];
  for (const [k, output] of outputs.entries()) {
    // A leaf that leaves the graph unchanged is copied, and so is what a whole nest has written elsewhere.
    const { node } = output.value;
    const stays =
      isLeaf(node) ||
      node.op === "tensor" ||
      isLoop(output.value, ops) ||
      (sinks.has(output.value) && roomOf(ops, node.op).lower.kind === "nest") ||
      (output.role === "gradient" && (lossNodes.has(node) || !mayAdd(output.value, order, outputs, ops)));
    const value = stays ? copyOf(output.value, null, inliner, copies) : output.value;
    sinks.set(value, [...(sinks.get(value) ?? []), storage.sink(named, declared[k])]);
  }
  // Gradients are added to their block, which backward clears, so no forward kernel may write one.
  const isGradient = (job: Job): boolean => (sinks.get(job.value) ?? []).some((sink) => sink.accumulate);
  // The first slots of a backward loop are filled just before it, whatever they are filled with.
  const lateStarts = new Set<Value>();
  const outermost = (node: Node, within: Instance | null): Node => chainOf(within).at(-1)?.node ?? node;
  const isForward = (job: Job): boolean =>
    kind !== "forward" ||
    (!lateStarts.has(job.value) && lossNodes.has(outermost(job.node, job.within)) && !isGradient(job));
  const rings = ringsOf(
    flat,
    outputs.map((output) => output.value),
  );
  const slotsFor = (value: Value): Dim => (rings.has(value) ? ringSlots : value.type.shape[0]);
  const stacks = new Map<Value, Buffer>();
  for (const { node } of loops)
    for (const value of node.outputs)
      stacks.set(
        value,
        storage.temporary(valueHint(told, value), value.type.dtype, [
          slotsFor(value),
          ...value.type.shape.slice(1),
        ]),
      );
  const put = (value: Value, stack: Value, lead: Index): void => {
    const slot = rings.has(stack) ? indexMod(lead, ringSlots) : lead;
    const sink = { buffer: stacks.get(stack)!, accumulate: false, lead: [slot] };
    sinks.set(value, [...(sinks.get(value) ?? []), sink]);
  };
  const jobs = steps.flatMap((step): (Job | Mark)[] => {
    if (step.kind === "node") {
      const { node, within } = step;
      const kept = node.outputs.filter((value) => inliner.isStored(value) && isComputed(value, ops));
      return isLoop(node.outputs[0], ops) ? [] : kept.map((value) => jobOf(value, within, ops, inliner));
    }
    const { instance } = step;
    const { node, loop, parent, carries } = instance;
    const { now, write } = slotsOf(loop);
    const moved: Job[] = [];
    const forward = kind !== "forward" || lossNodes.has(outermost(node, parent));
    if (step.kind === "enter") {
      const first = indexConstant(loop.reverse ? loop.axis.extent : 0);
      for (let k = 0; k < carries; k++)
        put(copyOf(node.inputs[k], parent, inliner, moved), node.outputs[k], first);
      if (!forward) for (const { value } of moved) lateStarts.add(value);
      return [...moved, { kind: step.kind, instance, forward, starts: moved }];
    }
    for (const [k, value] of instance.outputs.entries()) {
      const own = isOwn(value, instance) ? value : copyOf(value, instance, inliner, moved);
      put(own, node.outputs[k], k < carries ? write : now);
    }
    return [...moved, { kind: step.kind, instance, forward, starts: [] }];
  });
  // What is recomputed would be saved after all if it were computed beside the forward pass.
  const late = inliner.lateNodes(order);
  const isLate = (job: Job): boolean => isGradient(job) || late.has(job.node) || lateStarts.has(job.value);
  const groups = mergeScalars(groupJobs([...jobs, ...copies], inliner, isForward, isLate));

  const homes = new Map<Value, Group>(
    groups.flatMap((group) => group.jobs.map((job) => [job.value, group] as const)),
  );
  const before = new Map<Group, Set<Group>>();
  separateAssigns(groups, homes, sinks, inliner, before);
  const buffers = buffersOf(groups, homes, sinks, told, storage, inliner);
  for (const [value, buffer] of stacks)
    buffers.set(value, { buffer, lead: [], slots: rings.has(value) ? ringSlots : undefined });
  const bytes = (value: Value): number =>
    buffers.has(value) ? sizeOf(value.type.shape) * bytesOf[value.type.dtype] : 0;
  const written = ({ jobs: own, instance }: Group): number =>
    [...own.map((job) => job.value), ...(instance?.node.outputs ?? [])].reduce(
      (sum, value) => sum + bytes(value),
      0,
    );
  const context = { graph: told, ops, backend, inliner, storage, kernelNames, buffers, sinks, aliases, kind };
  const kernelsIn = (within: Instance | null, around: readonly TimeLoop[]): Kernel[] =>
    orderGroups({ groups: groups.filter((group) => group.within === within), before, written }).flatMap(
      (group) =>
        group.instance
          ? kernelsIn(group.instance, [...around, group.instance.loop])
          : kernelOf(group, {
              ...context,
              loops: around,
              phase: backward && !group.forward ? backward : phase,
            }),
    );
  return kernelsIn(null, []);
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
function mayAdd(value: Value, order: readonly Node[], outputs: readonly Output[], ops: OpTable): boolean {
  const { lower } = roomOf(ops, value.node.op);
  if (lower.kind !== "nest") return true;
  const read = order.some((node) => node.inputs.includes(value));
  return lower.adds === true && !read && outputs.filter((output) => output.value === value).length === 1;
}

const isLoop = ({ node }: Value, ops: OpTable): boolean => roomOf(ops, node.op).lower.kind === "loop";

const isWhole = (value: Value, ops: OpTable): boolean =>
  isLoop(value, ops) || roomOf(ops, value.node.op).lower.kind === "nest";

const isComputed = (value: Value, ops: OpTable): boolean => {
  if (isLeaf(value.node) || value.node.op === "tensor") return false;
  return roomOf(ops, value.node.op).lower.kind !== "leaf";
};

/** Values that another kernel reads live in a buffer: their own sink where that can be read back, else a temporary. */
function buffersOf(
  groups: readonly Group[],
  homes: ReadonlyMap<Value, Group>,
  sinks: ReadonlyMap<Value, readonly Sink[]>,
  graph: Graph,
  storage: Storage,
  inliner: Inliner,
): Map<Value, Place> {
  const read = new Set<Value>();
  for (const group of groups) {
    for (const job of group.jobs) {
      if (job.kind === "nest" && !sinks.has(job.value)) read.add(job.value);
      for (const load of jobLoads(job, group.depth, inliner)) {
        const home = homes.get(load.from);
        if (home && home !== group) read.add(load.from);
      }
    }
  }
  const buffers = new Map<Value, Place>();
  const temporary = ({ type }: Value, hint: string): Place => ({
    buffer: storage.temporary(hint, type.dtype, type.shape),
    lead: [],
  });
  for (const group of groups) {
    for (const { value, kind } of group.jobs) {
      const own = sinks.get(value)?.find((sink) => !sink.accumulate);
      if (own && (kind === "nest" || read.has(value)))
        buffers.set(value, { buffer: own.buffer, lead: own.lead ?? [] });
      else if (read.has(value)) buffers.set(value, temporary(value, valueHint(graph, value)));
    }
  }
  return buffers;
}
