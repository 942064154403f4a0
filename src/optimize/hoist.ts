import { builder, originOf } from "../ir/builder.ts";
import { allGraphNodes, bodiesOf, nodesOf, type Graph, type Node, type Value } from "../ir/graph.ts";
import { copy, rebuild, substitute } from "../ir/rewrite.ts";
import { tensorType } from "../ir/type.ts";
import { atAllTimes, type AtAllTimes } from "../ops/all-times.ts";
import { freshPlaceholder } from "../ops/body.ts";
import { scan } from "../ops/control.ts";
import { variesWith } from "../ops/over-time.ts";
import { applyParts, partsOf, type Read, type Scan, type ScanParts } from "../ops/scan-parts.ts";
import { narrow } from "../ops/slice.ts";
import type { See } from "./rewrite.ts";

const isProduct = ({ op }: Node): boolean => op === "matmul" || op === "dotGeneral";

/**
 * Takes out of loops what needs no turn: a product that reads no carry becomes one product of all times before the
 * loop, and an output with products that no carry reads is computed of all times after it.
 */
export function hoistProducts(graph: Graph, see: See = () => undefined): Graph {
  if (!allGraphNodes(graph).some(({ op }) => op === "scan")) return graph;
  return rebuild(graph, (node, inputs, attrs) => {
    if (node.op !== "scan") return undefined;
    const given = partsOf(inputs, attrs as Scan);
    const before = hoisted(given);
    const { parts, ysOf } = sunk(before);
    if (parts === given) return undefined;
    const made = applyParts(parts, scan);
    const carries = given.carries.map(({ inside }) => made.carries.get(inside)!);
    const outputs = [...carries, ...ysOf(stacksOf(parts, made))];
    const rule = "products that need no turn leave the loop";
    see({ rule, node, by: outputs[0], origin: builder().origin });
    return outputs;
  });
}

/** Products of what is sliced and what never changes are sliced themselves. */
function hoisted(parts: ScanParts): ScanParts {
  const { slices, constants, carries, ys, length } = parts;
  const known = new Map<Value, AtAllTimes>([
    ...slices.map(({ inside, from }) => [inside, { value: from, stacked: true }] as const),
    ...constants.map(({ inside, from }) => [inside, { value: from, stacked: false }] as const),
  ]);
  const lift = lifter((value) => known.get(value), length);
  const found = nodesOf([...carries.map(({ next }) => next), ...ys]).flatMap((node) => {
    const whole = isProduct(node) ? lift(node.outputs[0]) : undefined;
    return whole ? [{ ...whole, of: node.outputs[0], inside: freshPlaceholder(node.outputs[0].type) }] : [];
  });
  if (found.length === 0) return parts;
  const by = new Map(found.map(({ of, inside }) => [of, inside]));
  const now = substitute([...carries.map(({ next }) => next), ...ys], by, originOf);
  const reads = (stacked: boolean): Read[] =>
    found.filter((one) => one.stacked === stacked).map(({ inside, value }) => ({ inside, from: value }));
  return {
    ...parts,
    carries: carries.map((carry, k) => ({ ...carry, next: now[k] })),
    slices: [...slices, ...reads(true)],
    constants: [...constants, ...reads(false)],
    ys: now.slice(carries.length),
  };
}

interface Sunk {
  readonly parts: ScanParts;
  /** What the ys are, given the stack of any value that the loop stacks, slices or carries. */
  readonly ysOf: (stack: (value: Value) => Value) => Value[];
}

/** The ys whose products no carry reads, in terms of what the loop must stack for them instead. */
function sunk(parts: ScanParts): Sunk {
  const { carries, slices, constants, ys, length } = parts;
  const core = new Set(nodesOf(carries.map(({ next }) => next)));
  const varies = variesWith(new Set([...carries, ...slices].map(({ inside }) => inside)));
  const fixed = new Map(constants.map(({ inside, from }) => [inside, from]));
  const stays = ({ node }: Value): boolean => core.has(node) || node.op === "placeholder";
  const liftWith = (stack: (value: Value) => Value): ReturnType<typeof lifter> =>
    lifter((value) => {
      const same = fixed.get(value);
      if (same) return { value: same, stacked: false };
      return varies(value) && stays(value) ? { value: stack(value), stacked: true } : undefined;
    }, length);
  const needed = new Set<Value>();
  const sinks = new Set<Value>();
  for (const y of new Set(ys)) {
    if (!nodesOf([y]).some((node) => isProduct(node) && !core.has(node))) continue;
    const wanted = new Set<Value>();
    // A trial: what would have to be stacked, and whether every op on the way can be done of all times.
    const trial = liftWith((value) => {
      wanted.add(value);
      const { dtype, shape } = value.type;
      return freshPlaceholder(tensorType(dtype, [length, ...shape]));
    })(y);
    if (!trial?.stacked) continue;
    sinks.add(y);
    for (const value of wanted) needed.add(value);
  }
  if (sinks.size === 0) return { parts, ysOf: (stack) => ys.map(stack) };
  const isThere = (value: Value): boolean =>
    slices.some(({ inside }) => inside === value) ||
    carries.some(({ inside, next }) => inside === value || next === value);
  const more = [...needed].filter((value) => !isThere(value));
  const kept = [...new Set([...ys.filter((y) => !sinks.has(y)), ...more])];
  return {
    parts: { ...parts, ys: kept },
    ysOf: (stack) => {
      const lift = liftWith(stack);
      return ys.map((y) => (sinks.has(y) ? lift(y)!.value : stack(y)));
    },
  };
}

/** The stacks of a scan's values: of its ys, of what it slices, and of its carries before and after each time. */
function stacksOf(parts: ScanParts, made: ReturnType<typeof applyParts>): (value: Value) => Value {
  const { carries, slices, ys, length, reverse } = parts;
  const part = (inside: Value, slot: number): Value =>
    narrow(made.carries.get(inside)!, 0, slot, slot + length);
  return (value) => {
    const y = ys.indexOf(value);
    if (y >= 0) return made.ys[y];
    const slice = slices.find(({ inside }) => inside === value);
    if (slice) return slice.from;
    const before = carries.find(({ inside }) => inside === value);
    if (before) return part(value, reverse ? 1 : 0);
    return part(carries.find(({ next }) => next === value)!.inside, reverse ? 0 : 1);
  };
}

/** Computes values of a body outside it, from those that are known there; undefined where an op stands in the way. */
function lifter(
  known: (value: Value) => AtAllTimes | undefined,
  length: number,
): (value: Value) => AtAllTimes | undefined {
  const memo = new Map<Value, AtAllTimes | undefined>();
  const computed = ({ node, index }: Value): AtAllTimes | undefined => {
    if (node.op === "placeholder" || bodiesOf(node).length > 0) return undefined;
    const inputs: AtAllTimes[] = [];
    for (const input of node.inputs) {
      const found = lift(input);
      if (!found) return undefined;
      inputs.push(found);
    }
    return builder().within(originOf(node), () => {
      const values = inputs.map(({ value }) => value);
      if (!inputs.some(({ stacked }) => stacked))
        return { value: copy(builder(), node, values)[index], stacked: false };
      const value = atAllTimes(node, inputs, length);
      return value && { value, stacked: true };
    });
  };
  const lift = (value: Value): AtAllTimes | undefined => {
    if (!memo.has(value)) memo.set(value, known(value) ?? computed(value));
    return memo.get(value);
  };
  return lift;
}
