import { invariant } from "../base/errors.ts";
import type { Group } from "./group.ts";

export interface OrderInput {
  readonly groups: readonly Group[];
  /** Groups that must have run before a group, beside those that it reads. */
  readonly before: ReadonlyMap<Group, ReadonlySet<Group>>;
  /** Bytes of temporaries that a group writes. */
  readonly written: (group: Group) => number;
}

/**
 * A list schedule that keeps few bytes alive: among the groups whose inputs are ready, the one that frees most
 * and allocates least runs first; ties go to graph order, so the result is deterministic.
 * Forward groups all run before backward ones.
 */
export function orderGroups({ groups, before, written }: OrderInput): Group[] {
  const pending = new Set(groups);
  const needs = new Map(
    groups.map((group) => [group, new Set([...group.reads, ...(before.get(group) ?? [])])]),
  );
  const readers = new Map<Group, number>(groups.map((group) => [group, 0]));
  for (const group of groups)
    for (const source of group.reads) readers.set(source, (readers.get(source) ?? 0) + 1);
  const order: Group[] = [];
  while (pending.size > 0) {
    const forwardLeft = [...pending].some((group) => group.forward);
    let best: Group | undefined;
    let bestGrowth = Infinity;
    for (const group of pending) {
      if (group.forward !== forwardLeft) continue;
      if ([...needs.get(group)!].some((source) => pending.has(source))) continue;
      const freed = [...group.reads].reduce(
        (sum, source) => sum + (readers.get(source) === 1 ? written(source) : 0),
        0,
      );
      const growth = written(group) - freed;
      if (growth < bestGrowth) [best, bestGrowth] = [group, growth];
    }
    invariant(best, "the kernels of a graph wait for each other");
    for (const source of best.reads) readers.set(source, readers.get(source)! - 1);
    pending.delete(best);
    order.push(best);
  }
  return order;
}
