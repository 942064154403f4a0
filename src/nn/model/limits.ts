import { allGraphNodes, bodiesOf, type Graph, type Node, type Value } from "../../ir/graph.ts";
import { byName, type OpTable, type Types } from "../../ir/op.ts";
import type { IndexRange } from "../../ir/program.ts";
import { numberOf } from "../../ops/broadcast.ts";

const within = (value: number | undefined, { limit, allowed }: IndexRange): boolean =>
  value !== undefined && ((value >= 0 && value < limit) || value === allowed);

/** What two ranges have in common: at most one value beyond the smaller limit, since that of the other range has it. */
export function commonRange(a: IndexRange | undefined, b: IndexRange | undefined): IndexRange | undefined {
  if (!a || !b) return a ?? b;
  const limit = Math.min(a.limit, b.limit);
  const allowed = [a.allowed, b.allowed].find(
    (value) => within(value, a) && within(value, b) && !within(value, { limit }),
  );
  return allowed === undefined ? { limit } : { limit, allowed };
}

/** For integer values that are used as indices or labels: the range that keeps every use in bounds. */
export function indexLimits(graph: Graph, table: OpTable): Map<Value, IndexRange> {
  const limits = new Map<Value, IndexRange>();
  const bound = (value: Value, range: IndexRange | undefined): void => {
    const common = range && commonRange(range, limits.get(value));
    if (common) limits.set(value, common);
  };
  // Users before inputs, so that a bound passes through any number of ops.
  const outside = new Map<Value, Value>();
  for (const node of allGraphNodes(graph).toReversed()) {
    // What bounds a placeholder bounds the value that stands for it outside the body.
    for (const { inputs } of bodiesOf(node))
      for (const [k, input] of inputs.entries()) outside.set(input, node.inputs[k]);
    const [output] = node.outputs;
    const own = limits.get(output);
    const beyond = outside.get(output);
    if (beyond) bound(beyond, own);
    const room = table.get(node.op);
    if (room?.limits) {
      const types = byName(
        room,
        node.inputs.map((input) => input.type),
      ) as Types<string>;
      const found = room.limits(types, node.attrs);
      for (const [k, input] of node.inputs.entries()) {
        const limit = found[room.inputs[k]];
        if (limit !== undefined) bound(input, { limit });
      }
    }
    const replaced = replacedIn(node);
    if (own && replaced && within(replaced.by, own))
      bound(replaced.value, within(replaced.number, own) ? own : { allowed: replaced.number, ...own });
    // What bounds an output bounds the elements that it carries on.
    if (room?.carries === "joined") for (const input of node.inputs) bound(input, own);
    else if (room?.carries)
      for (const [k, value] of node.outputs.entries()) bound(node.inputs[k], limits.get(value));
  }
  return limits;
}

/** `where(equal(value, number), by, value)`: one number of a value that another takes the place of. */
function replacedIn(node: Node): { value: Value; number: number; by: number } | undefined {
  if (node.op !== "where") return undefined;
  const [{ node: test }, first, value] = node.inputs;
  if (test.op !== "equal" || !test.inputs.includes(value)) return undefined;
  const number = numberOf(test.inputs[test.inputs[0] === value ? 1 : 0]);
  const by = numberOf(first);
  return number === undefined || by === undefined ? undefined : { value, number, by };
}
