import { builder } from "../ir/builder.ts";
import {
  allGraphNodes,
  allNodesOf,
  bodiesOf,
  needsOf,
  nodesOf,
  type Graph,
  type Node,
  type Value,
} from "../ir/graph.ts";
import { rebuild } from "../ir/rewrite.ts";
import { full } from "../ops/broadcast.ts";
import { scan } from "../ops/control.ts";
import { applyParts, partsOf, pruned, type Read, type Scan, type ScanParts } from "../ops/scan-parts.ts";
import { narrow } from "../ops/slice.ts";
import type { See } from "./rewrite.ts";

const isScan = (node: Node): boolean => node.op === "scan";
const attrsOf = (node: Node): Scan => node.attrs as Scan;
const own = (node: Node): ScanParts => partsOf(node.inputs, attrsOf(node));

/** Scans that become one, and what it is made of. */
interface Group {
  readonly members: Node[];
  parts: ScanParts;
}

/**
 * Scans over the same placeholders become one: a scan and the one that also stacks what its gradient reads. Stacks
 * that nobody reads are dropped with what only they needed, and a stack of a carry's next value is a part of the carry's.
 */
export function mergeScans(graph: Graph, see: See = () => undefined): Graph {
  const nodes = allGraphNodes(graph);
  if (!nodes.some(isScan)) return graph;
  const used = usedValues(graph, nodes);
  let groups = groupsOf(nodes.filter(isScan));
  const outputs = graph.outputs.map(({ value }) => value);
  const orderFor = (list: readonly Group[]): Node[] => {
    const home = new Map(list.flatMap((group) => group.members.map((node) => [node, group] as const)));
    return allNodesOf(outputs, (node) => home.get(node)?.members.flatMap(needsOf) ?? needsOf(node));
  };
  let order: readonly Node[] = orderFor(groups);
  // Two mergers that each are fine may need each other; then every scan stays alone.
  if (!isOrder(order)) {
    groups = nodes.filter(isScan).map((node) => ({ members: [node], parts: own(node) }));
    order = nodes;
  }
  const home = new Map(groups.flatMap((group) => group.members.map((node) => [node, group] as const)));
  const made = new Map<Node, readonly Value[]>();
  return rebuild(
    graph,
    (node, _inputs, _attrs, map) => {
      const group = home.get(node);
      if (!group) return undefined;
      if (!made.has(node)) {
        for (const [member, values] of applyGroup(group, used, map)) made.set(member, values);
        for (const member of group.members.slice(1))
          see({
            rule: "scans over the same values are one",
            node: member,
            by: made.get(member)![0],
            origin: builder().origin,
          });
      }
      return made.get(node);
    },
    order,
  );
}

/** Outputs that an op, a body or the graph itself reads. */
function usedValues(graph: Graph, nodes: readonly Node[]): ReadonlySet<Value> {
  const used = new Set(graph.outputs.map(({ value }) => value));
  for (const node of nodes) {
    for (const input of node.inputs) used.add(input);
    for (const body of bodiesOf(node)) for (const output of body.outputs) used.add(output);
  }
  return used;
}

function groupsOf(scans: readonly Node[]): Group[] {
  const groups: Group[] = [];
  for (const node of scans) {
    const parts = own(node);
    const home = groups.find((group) => fits(group, node, parts));
    if (!home) groups.push({ members: [node], parts });
    else {
      home.parts = union(home.parts, parts);
      home.members.push(node);
    }
  }
  return groups;
}

/** True where both read the same at the same placeholders, share some, and neither waits for the other. */
function fits({ members, parts: a }: Group, node: Node, b: ScanParts): boolean {
  if (a.length !== b.length || a.reverse !== b.reverse) return false;
  let shared = 0;
  for (const role of ["carries", "slices", "constants"] as const) {
    for (const read of b[role]) {
      const known = [...a.carries, ...a.slices, ...a.constants].find(({ inside }) => inside === read.inside);
      if (!known) continue;
      const same = (a[role] as readonly Read[]).includes(known) && known.from === read.from;
      if (!same || ("next" in known && "next" in read && known.next !== read.next)) return false;
      if (role !== "constants") shared++;
    }
  }
  if (shared === 0) return false;
  const before = new Set(nodesOf(node.inputs));
  return !members.some((member) => before.has(member));
}

function union(a: ScanParts, b: ScanParts): ScanParts {
  const both = <R extends Read>(first: readonly R[], second: readonly R[]): R[] => [
    ...first,
    ...second.filter(({ inside }) => !first.some((read) => read.inside === inside)),
  ];
  return {
    ...a,
    carries: both(a.carries, b.carries),
    slices: both(a.slices, b.slices),
    constants: both(a.constants, b.constants),
    ys: [...new Set([...a.ys, ...b.ys])],
  };
}

/** Makes one scan of a group, and gives what stands for the outputs of its members. */
function applyGroup(
  { members, parts }: Group,
  used: ReadonlySet<Value>,
  map: (value: Value) => Value,
): Map<Node, readonly Value[]> {
  const stacksOf = members.map((node) => ({ node, parts: own(node) }));
  const isRead = (y: Value): boolean =>
    stacksOf.some(({ node, parts: { carries, ys } }) => ys.some((one, k) => one === y && used.has(node.outputs[carries.length + k]))); // prettier-ignore
  const carryRead = (inside: Value): boolean =>
    stacksOf.some(({ node, parts: { carries } }) => carries.some((one, k) => one.inside === inside && used.has(node.outputs[k]))); // prettier-ignore
  const read = parts.ys.filter(isRead);
  // A stack of what a carry becomes stands in the carry's own slots.
  const carried = new Map(
    read.flatMap((y) => {
      const carry = parts.carries.find(({ next }) => next === y);
      return carry ? [[y, carry.inside] as const] : [];
    }),
  );
  const ys = read.filter((y) => !carried.has(y));
  const kept = pruned({ ...parts, ys }, (k) => {
    const { inside } = parts.carries[k];
    return carryRead(inside) || [...carried.values()].includes(inside);
  });
  const mapped = <R extends Read>({ inside, from, ...rest }: R): R =>
    ({ ...rest, inside: map(inside), from: map(from) }) as R;
  const { carries: stacks, ys: found } = applyParts(
    {
      ...kept,
      carries: kept.carries.map((carry) => ({ ...mapped(carry), next: map(carry.next) })),
      slices: kept.slices.map(mapped),
      constants: kept.constants.map(mapped),
      ys: ys.map(map),
    },
    scan,
  );
  const start = parts.reverse ? 0 : 1;
  const nothing = ({ type }: Value): Value => full(0, type);
  return new Map(
    stacksOf.map(({ node, parts: { carries, ys: mine } }) => [
      node,
      node.outputs.map((output, k): Value => {
        if (k < carries.length) return stacks.get(map(carries[k].inside)) ?? nothing(output);
        const y = mine[k - carries.length];
        const inside = carried.get(y);
        if (inside) return narrow(stacks.get(map(inside))!, 0, start, start + parts.length);
        return ys.includes(y) ? found[ys.indexOf(y)] : nothing(output);
      }),
    ]),
  );
}

/** True where every node stands after what it needs. */
function isOrder(order: readonly Node[]): boolean {
  const done = new Set<Node>();
  return order.every((node) => {
    const ready = needsOf(node).every((value) => done.has(value.node));
    done.add(node);
    return ready;
  });
}
