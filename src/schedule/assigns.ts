import { isLeaf, type Value } from "../ir/graph.ts";
import { sameIndex } from "../ir/index.ts";
import type { Buffer } from "../ir/kernel.ts";
import { chainOf } from "./flatten.ts";
import { dependsOn, sectionsOf, type Group } from "./group.ts";
import type { Inliner } from "./inline.ts";
import { copyOf, pointOf, type Job } from "./job.ts";
import type { Sink } from "./storage.ts";

/**
 * A cell may be overwritten only after everything that reads its old contents has run. Where the value that is
 * assigned is itself needed for such a reader, the assignment becomes a copy at the end.
 */
export function separateAssigns(
  groups: Group[],
  homes: Map<Value, Group>,
  sinks: Map<Value, Sink[]>,
  inliner: Inliner,
  before: Map<Group, Set<Group>>,
): void {
  const readersOf = new Map<string, Set<Group>>();
  for (const group of groups) {
    for (const job of group.jobs) {
      for (const load of job.loads(group.depth)) {
        if (!isLeaf(load.from.node)) continue;
        const key = `${load.from.node.op}:${String(load.from.node.attrs["name"])}`;
        readersOf.set(key, (readersOf.get(key) ?? new Set()).add(outerGroup(group, groups)));
      }
    }
  }
  // Copies that are made on the way are sinks too, but need no look of their own.
  const declared = [...sinks];
  for (const [value, places] of declared) {
    for (const sink of places) {
      const cell = sink.buffer.cell;
      if (!cell || sink.accumulate || cell.kind === "result") continue;
      const home = homes.get(value)!;
      const readers = [...(readersOf.get(`${cell.kind}:${cell.name}`) ?? [])].filter(
        (group) => group !== home,
      );
      const late = readers.some((reader) => dependsOn(reader, home));
      const shifted =
        readersOf.get(`${cell.kind}:${cell.name}`)?.has(home) &&
        (!readsOwnElement(home, value, cell) || readsAfter(home, value, cell));
      let writer = home;
      if (late || shifted) {
        const copies: Job[] = [];
        const copy = copyOf(value, null, inliner, copies);
        writer = {
          id: groups.length,
          within: null,
          jobs: copies,
          depth: copies[0].space.length,
          fixed: false,
          forward: true,
          reads: new Set([home]),
          weight: 0,
        };
        groups.push(writer);
        homes.set(copy, writer);
        sinks.set(
          value,
          sinks.get(value)!.filter((other) => other !== sink),
        );
        sinks.set(copy, [sink]);
        if (shifted) readers.push(home);
      }
      before.set(writer, new Set([...(before.get(writer) ?? []), ...readers]));
    }
  }
}

/** The group outside all loops that a group belongs to: itself, or the outermost loop around it. */
const outerGroup = (group: Group, groups: readonly Group[]): Group => {
  const loop = chainOf(group.within).at(-1);
  return groups.find((other) => other.instance !== undefined && other.instance === loop) ?? group;
};

/** True where the kernel reads the cell only at the element that it is about to overwrite. */
function readsOwnElement(group: Group, value: Value, cell: NonNullable<Buffer["cell"]>): boolean {
  const writer = group.jobs.find((job) => job.value === value)!;
  if (writer.kind !== "each") return false;
  return group.jobs.every((job) =>
    job.loads(group.depth).every((load) => {
      const { node, type } = load.from;
      if (!isLeaf(node) || node.op !== cell.kind || node.attrs["name"] !== cell.name) return true;
      const own = load.at.filter((_, k) => type.shape[k] !== 1);
      const point = pointOf(job.space, group.depth);
      return (
        job.kind === "each" &&
        point.length === own.length &&
        own.every((index, k) => sameIndex(index, point[k]))
      );
    }),
  );
}

/**
 * True where a later member of the kernel that overwrites a cell wants its old contents. What can be is computed before
 * the loops, whichever member came first.
 */
function readsAfter(group: Group, value: Value, cell: NonNullable<Buffer["cell"]>): boolean {
  const { depth } = group;
  const { before, loops, after } = sectionsOf(group);
  const inOrder = [...before, ...loops, ...after];
  const writer = inOrder.findIndex((job) => job.value === value);
  return inOrder
    .slice(writer + 1)
    .some((job) =>
      job
        .loads(depth)
        .some(
          ({ from: { node } }) => isLeaf(node) && node.op === cell.kind && node.attrs["name"] === cell.name,
        ),
    );
}
