import { isShort } from "../ir/arena.ts";
import type { Backend } from "../ir/backend.ts";
import { graphNodes, type Graph, type Value } from "../ir/graph.ts";
import type { Kernel, Schedule, TimeLoop } from "../ir/kernel.ts";
import type { OpTable } from "../ir/op.ts";
import { functionPhase, stepPhase } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import { bytesOf, elementsOf, sizeOf } from "../ir/type.ts";
import { separateAssigns } from "./assigns.ts";
import { withCalls } from "./calls.ts";
import { ringSlots, type Instance } from "./flatten.ts";
import { groupJobs, mergeScalars, type Group } from "./group.ts";
import { kernelOf } from "./kernel.ts";
import { Names, valueHint } from "./names.ts";
import { orderGroups } from "./order.ts";
import { asRowPasses } from "./row-pass.ts";
import { Storage, type Place } from "./storage.ts";
import { withoutUnread } from "./unread.ts";
import { Zeros } from "./zeros.ts";
import { workOf, type Named, type Work } from "./work.ts";

/** Turns every graph of a program into kernels, in running order, decided for one target. */
export function schedule(program: Program, ops: OpTable, backend: Backend): Schedule {
  const storage = new Storage(new Names(), backend.numbers !== null && hasShortTensors(program));
  const kernelNames = new Names();
  for (const cell of program.cells) storage.cell(cell.kind, cell.name, cell.type);
  for (const cell of program.cells)
    if (cell.kind === "parameters" || cell.kind === "gradients") storage.block(cell);
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
  const all = withoutUnread(withCalls(kernels, backend), backend.lanes);
  return { kernels: all, buffers: storage.buffers, results };
}

/** Elements of all tensors of a graph together, up to which twice the memory for them is no matter. */
const mostElements = 2 ** 16;

/**
 * Whether all tensors of a model's graphs are so short, and so few, that its temporaries are plain numbers. There is no
 * need without a batch: the passes of a model so small are mostly straight lines, with its elements in locals.
 */
function hasShortTensors({ batch, graphs: { steps, functions, evaluate } }: Program): boolean {
  const all = [
    ...steps.map(({ training }) => training),
    ...functions.map(({ graph }) => graph),
    ...(evaluate ? [evaluate] : []),
  ];
  return batch !== null && all.every(hasFew);
}

function hasFew(graph: Graph): boolean {
  const shapes = graphNodes(graph).flatMap(({ outputs }) => outputs.map(({ type }) => type.shape));
  return shapes.every(isShort) && shapes.reduce((sum, shape) => sum + elementsOf(shape), 0) <= mostElements;
}

/** One graph as kernels: its work in groups that share loops, each with places for what others read. */
function scheduleGraph(
  graph: Graph,
  named: Named,
  ops: OpTable,
  backend: Backend,
  storage: Storage,
  kernelNames: Names,
): Kernel[] {
  const work = workOf(graph, named, ops, storage);
  const groups = mergeScalars(groupJobs(work.jobs, work.inliner, work.isForward, work.isLate));
  const homes = new Map<Value, Group>(
    groups.flatMap((group) => group.jobs.map((job) => [job.value, group] as const)),
  );
  const before = new Map<Group, Set<Group>>();
  separateAssigns(groups, homes, work.sinks, work.inliner, before);
  const buffers = buffersOf(groups, homes, work);
  const { inliner, sinks, flat } = work;
  const context = { graph: work.graph, ops, backend, inliner, storage, kernelNames, buffers, sinks, aliases: flat.aliases, zeros: new Zeros(), kind: named.kind }; // prettier-ignore
  const written = writtenBy(buffers);
  const kernelsIn = (within: Instance | null, loops: readonly TimeLoop[]): Kernel[] =>
    orderGroups({ groups: groups.filter((group) => group.within === within), before, written }).flatMap(
      (group) => {
        if (group.instance) {
          const all = kernelsIn(group.instance, [...loops, group.instance.loop]);
          const isOutside = (kernel: Kernel): boolean => kernel.loops.length <= loops.length;
          return [...all.filter(isOutside), ...all.filter((kernel) => !isOutside(kernel))];
        }
        const phase = named.backward && !group.forward ? named.backward : named.phase;
        return kernelOf(group, { ...context, loops, phase });
      },
    );
  const kernels = kernelsIn(null, []);
  return named.kind === "forward" ? asRowPasses(kernels, { backend, storage, kernelNames }) : kernels;
}

/** How many bytes of buffers a group writes. */
const writtenBy =
  (buffers: ReadonlyMap<Value, Place>) =>
  ({ jobs, instance }: Group): number => {
    const bytes = (value: Value): number =>
      buffers.has(value) ? sizeOf(value.type.shape) * bytesOf[value.type.dtype] : 0;
    const values = [...jobs.map((job) => job.value), ...(instance?.node.outputs ?? [])];
    return values.reduce((sum, value) => sum + bytes(value), 0);
  };

/** Values that another kernel reads live in a buffer: their own sink where that can be read back, else a temporary. */
function buffersOf(
  groups: readonly Group[],
  homes: ReadonlyMap<Value, Group>,
  { sinks, graph, storage, stacks, rings }: Work,
): Map<Value, Place> {
  const read = new Set<Value>();
  for (const group of groups) {
    for (const job of group.jobs) {
      if (job.kind === "nest" && !sinks.has(job.value)) read.add(job.value);
      for (const load of job.loads(group.depth)) {
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
  for (const [value, buffer] of stacks)
    buffers.set(value, { buffer, lead: [], slots: rings.has(value) ? ringSlots : undefined });
  return buffers;
}
