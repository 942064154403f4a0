import type { Value } from "../ir/graph.ts";
import { indexAxis, sameIndex } from "../ir/index.ts";
import { sameDim, type Shape } from "../ir/type.ts";
import { chainOf, type Instance } from "./flatten.ts";
import { isDear, type Inliner, costOf } from "./inline.ts";
import { outerAxes, type Job, type Load } from "./job.ts";

/**
 * Jobs that share one nest of outer loops. `depth` leading axes of every member's space are those loops; a
 * member may read another member only at the same point of them.
 */
export interface Group {
  readonly id: number;
  /** The scan in whose loop the nest runs. */
  readonly within: Instance | null;
  /** Set for a loop over time: it has no jobs of its own, its groups are those within the instance. */
  readonly instance?: Instance;
  readonly jobs: Job[];
  depth: number;
  /** A fold over inner axes or a template needs exactly this depth. */
  fixed: boolean;
  readonly forward: boolean;
  /** Groups whose values this one reads. */
  readonly reads: Set<Group>;
  /** What its formulas cost in all, in additions. */
  weight: number;
}

/** A kernel dearer than this takes no further value: V8 stops optimising very long functions. */
const mostWeight = 100;

/** True for a fold to one number, over all of its points. */
export const isTotal = (job: Job): boolean => job.kind === "fold" && job.kept === 0;
const prefixEqual = (a: Shape, b: Shape, length: number): boolean =>
  a.length >= length && b.length >= length && a.slice(0, length).every((dim, k) => sameDim(dim, b[k]));

/** The start of a loop, which waits for the jobs that fill its first slots, or its end. */
export interface Mark {
  readonly kind: "enter" | "leave";
  readonly instance: Instance;
  readonly forward: boolean;
  readonly starts: readonly Job[];
}

/** Greedy fusion in topological order: each job joins the latest group where that is legal and pays. */
export function groupJobs(
  jobs: readonly (Job | Mark)[],
  inliner: Inliner,
  isForward: (job: Job) => boolean,
  isLate: (job: Job) => boolean,
): Group[] {
  const groups: Group[] = [];
  const home = new Map<Value, Group>();
  const loops = new Map<Instance, Group>();
  /** A loop reads, too, what the groups within it read from outside. */
  const connect = (group: Group, source: Group): void => {
    if (source === group) return;
    group.reads.add(source);
    for (const around of chainOf(group.within)) {
      if (source.within === around) break;
      loops.get(around)!.reads.add(source);
    }
  };
  for (const job of jobs) {
    if ("instance" in job) {
      const { instance, forward, starts } = job;
      if (job.kind === "enter") {
        const loop: Group = {
          id: groups.length,
          within: instance.parent,
          instance,
          jobs: [],
          depth: 0,
          fixed: true,
          forward,
          reads: new Set(),
          weight: 0,
        };
        groups.push(loop);
        loops.set(instance, loop);
        for (const start of starts) connect(loop, home.get(start.value)!);
      } else for (const output of instance.node.outputs) home.set(output, loops.get(instance)!);
      continue;
    }
    const forward = isForward(job);
    const sources = sourcesOf(job, inliner, home);
    const weight = job.kind === "each" || job.kind === "fold" ? costOf(job.formula(job.kept)) : 0;
    const open = groups.filter(
      (group) => group.within === job.within && !group.instance && group.weight + weight <= mostWeight,
    );
    let place = forwardPlace(open, job, { forward, late: isLate(job) }, sources, home);
    if (!place) {
      const depth = job.kind === "fold" && job.kept > 0 ? job.kept : job.space.length;
      place = {
        id: groups.length,
        within: job.within,
        jobs: [],
        depth,
        fixed: job.kind !== "each",
        forward,
        reads: new Set(),
        weight: 0,
      };
      groups.push(place);
    }
    place.jobs.push(job);
    place.weight += weight;
    home.set(job.value, place);
    for (const source of sources) connect(place, source);
  }
  return groups;
}

function sourcesOf(job: Job, inliner: Inliner, home: ReadonlyMap<Value, Group>): Set<Group> {
  const loads = job.loads(job.kind === "fold" && job.kept > 0 ? job.kept : job.space.length);
  const read = [...loads.map((load) => load.from), ...inliner.awaited(job.node)];
  return new Set(read.flatMap((value) => home.get(value) ?? []));
}

/** The newest group that may take the job; its depth is lowered where the job needs that. */
function forwardPlace(
  groups: readonly Group[],
  job: Job,
  { forward, late }: { readonly forward: boolean; readonly late: boolean },
  sources: ReadonlySet<Group>,
  home: ReadonlyMap<Value, Group>,
): Group | undefined {
  if (job.kind === "nest" || job.kind === "core") return undefined;
  // What a job reads is the best company; else the newest groups are tried first.
  const recent = groups.slice(-16).reverse();
  const tried = [
    ...recent.filter((group) => sources.has(group)),
    ...recent.filter((group) => !sources.has(group)),
  ];
  for (const group of tried) {
    // A backward job may run early, beside what it shares, unless it has a reason to be late.
    const early = group.forward && !late && [...sources].every((source) => source.forward);
    if (group.forward !== forward && !early) continue;
    const depth = commonDepth(group, job, sources.has(group));
    if (depth === undefined) continue;
    if ([...sources].some((source) => source !== group && dependsOn(source, group))) continue;
    if (!readsFit(group, job, depth, home)) continue;
    if (!sources.has(group) && job.space.length > 0 && !sharesLoad(group, job, depth)) continue;
    if (depth < group.depth) group.depth = depth;
    if (job.kind === "fold") group.fixed = group.fixed || !isTotal(job);
    return group;
  }
  return undefined;
}

/** How many leading axes the job can share with the group, or undefined where it cannot. */
function commonDepth(group: Group, job: Job, consumes: boolean): number | undefined {
  const first = group.jobs[0];
  if (first.kind === "nest") return undefined;
  const isCore = group.jobs.some((member) => member.kind === "core");
  if (job.space.length === 0) {
    // A scalar either follows the totals of a nest or stands with other scalars.
    const afterTotals = group.depth > 0 && group.jobs.some(isTotal);
    return afterTotals || (group.depth === 0 && first.space.length === 0) ? group.depth : undefined;
  }
  if (group.depth === 0) return undefined;
  if (isCore) {
    const fits =
      job.kind === "each" &&
      !isDear(job.formula(job.space.length)) &&
      job.space.length === group.depth &&
      prefixEqual(first.space, job.space, group.depth);
    return fits && consumes ? group.depth : undefined;
  }
  if (isTotal(job)) return prefixEqual(first.space, job.space, group.depth) ? group.depth : undefined;
  const most = Math.min(group.depth, job.kept);
  const least = group.fixed ? group.depth : 1;
  const exact = job.kind === "fold" ? job.kept : undefined;
  for (let depth = most; depth >= least; depth--) {
    if (exact !== undefined && depth !== exact) continue;
    if (!prefixEqual(first.space, job.space, depth)) continue;
    // Lowering a nest's depth is worth it only for a value that the nest itself produces or consumes.
    if (depth < group.depth && !consumes) return undefined;
    return depth;
  }
  return undefined;
}

/** Members are read only at the same outer point; totals only after the loops. */
function readsFit(group: Group, job: Job, depth: number, home: ReadonlyMap<Value, Group>): boolean {
  const outer = outerAxes(job.space.slice(0, depth)).map(indexAxis);
  const members = new Map(group.jobs.map((member) => [member.value, member]));
  const after = new Set(afterLoops(group));
  const isAfter = job.space.length === 0 && group.depth > 0;
  const lowered = depth < group.depth;
  if (lowered && !group.jobs.every((member) => memberFits(member, group, depth))) return false;
  return job.loads(depth).every((load) => {
    const member = members.get(load.from);
    if (!member) return home.get(load.from) !== group;
    if (isAfter) return after.has(member);
    return !after.has(member) && readsSamePoint(load, outer);
  });
}

const readsSamePoint = (load: Load, outer: ReturnType<typeof indexAxis>[]): boolean => {
  const own = load.at.filter((_, k) => load.from.type.shape[k] !== 1);
  return outer.every((axis, k) => own[k] !== undefined && sameIndex(own[k], axis));
};

/** After lowering the depth, members still must read each other at the same outer point. */
function memberFits(member: Job, group: Group, depth: number): boolean {
  if (member.kind === "fold" && member.kept > 0 && member.kept !== depth) return false;
  const outer = outerAxes(member.space.slice(0, depth)).map(indexAxis);
  const values = new Set(group.jobs.map((job) => job.value));
  return member.loads(depth).every((load) => !values.has(load.from) || readsSamePoint(load, outer));
}

function sharesLoad(group: Group, job: Job, depth: number): boolean {
  if (group.depth === 0) return true;
  const large = (load: Load): boolean => load.from.type.shape.filter((dim) => dim !== 1).length >= depth;
  const mine = new Set(
    job
      .loads(depth)
      .filter(large)
      .map((load) => load.from),
  );
  return group.jobs.some((member) => member.loads(depth).some((load) => large(load) && mine.has(load.from)));
}

/** The members that do not run at every point of the loops: totals and scalars. */
function afterLoops(group: Group): Job[] {
  if (group.depth === 0) return [];
  return group.jobs.filter((job) => isTotal(job) || job.space.length === 0);
}

/** Scalars that the loops may use, everything in the loops, and what is known only after them. */
export interface Sections {
  readonly before: readonly Job[];
  readonly loops: readonly Job[];
  readonly after: readonly Job[];
}
export function sectionsOf(group: Group): Sections {
  const outside = new Set(afterLoops(group));
  const late = new Set<Value>();
  for (const job of outside) {
    const waits = isTotal(job) || job.loads(0).some((load) => late.has(load.from));
    if (waits) late.add(job.value);
  }
  return {
    before: group.jobs.filter((job) => outside.has(job) && !late.has(job.value)),
    loops: group.jobs.filter((job) => !outside.has(job) || isTotal(job)),
    after: group.jobs.filter((job) => outside.has(job) && late.has(job.value)),
  };
}

/** Scalars that only one kernel reads are computed at its start instead of by a kernel of their own. */
export function mergeScalars(groups: readonly Group[]): Group[] {
  const gone = new Set<Group>();
  for (const scalars of groups) {
    if (
      scalars.instance ||
      scalars.depth > 0 ||
      scalars.jobs.some((job) => job.kind !== "each" || job.space.length > 0)
    )
      continue;
    const readers = groups.filter((group) => group.reads.has(scalars));
    const [reader] = readers;
    if (
      readers.length !== 1 ||
      reader.within !== scalars.within ||
      reader.depth === 0 ||
      reader.forward !== scalars.forward
    )
      continue;
    const own = new Set(scalars.jobs.map(({ value }) => value));
    // What a product or a nest reads lies in memory.
    const isOperand = reader.jobs.some(
      (job) =>
        job.kind === "nest" || (job.kind === "core" && job.loads(job.kept).some(({ from }) => own.has(from))),
    );
    if (isOperand || [...scalars.reads].some((source) => dependsOn(source, reader))) continue;
    reader.jobs.unshift(...scalars.jobs);
    reader.reads.delete(scalars);
    for (const source of scalars.reads) reader.reads.add(source);
    gone.add(scalars);
  }
  return groups.filter((group) => !gone.has(group));
}

/** True for the group itself, and where it reads another, directly or through others. */
export function dependsOn(group: Group, on: Group): boolean {
  const seen = new Set<Group>();
  const stack = [group];
  while (stack.length > 0) {
    const next = stack.pop()!;
    if (next === on) return true;
    if (!seen.has(next)) {
      seen.add(next);
      stack.push(...next.reads);
    }
  }
  return false;
}
