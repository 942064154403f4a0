import { originOf } from "../ir/builder.ts";
import { nodesOf, type Value } from "../ir/graph.ts";
import type { VjpContext } from "../ir/op.ts";
import { substitute } from "../ir/rewrite.ts";
import { isFloat } from "../ir/type.ts";
import { freshPlaceholder } from "./body.ts";
import { atAllTimes } from "./all-times.ts";
import { fullLike, numberOf, shaped } from "./broadcast.ts";
import { add } from "./elementwise.ts";
import { sumOverTime, variesWith } from "./over-time.ts";
import {
  applyParts,
  partsOf,
  placeholdersOf,
  pruned,
  type ApplyScan,
  type Read,
  type Scan,
  type ScanParts,
} from "./scan-parts.ts";
import { narrow } from "./slice.ts";

type Context = VjpContext<"values", Scan>;
type Maybe = Value | undefined;

/**
 * The cotangents of a scan: one scan in the other direction, whose carries are the cotangents of the carries and whose
 * body is the vjp of the body. What it reads of the forward body is saved by stacking it there, if it is dear; the
 * carries are stacked anyway. Constants are no carries: their cotangents are summed over time after the loop.
 */
export function cotangentsOfScan(context: Context, scan: ApplyScan): Maybe[] {
  const { all, ys, gs, needed, attrs, vjp } = context;
  const { carries, slices, length, reverse, body } = attrs;
  const { inputs, outputs } = body;
  const { active, live } = flowOf(context);
  const flows = (k: number): boolean => active[k] && live[k];

  // Slots along the stacked carries: where each time reads, where it writes, and where the initial value stands.
  const [reads, writes] = reverse ? [1, 0] : [0, 1];
  const initial = reverse ? length : 0;
  const stackAt = (stack: Value, slot: number): Value => narrow(stack, 0, slot, slot + length);
  const elementAt = (stack: Value, slot: number): Value =>
    shaped(narrow(stack, 0, slot, slot + 1), stack.type.shape.slice(1));

  const steps: Read[] = [];
  const step = (from: Value): Value => {
    const inside = freshPlaceholder({ dtype: from.type.dtype, shape: from.type.shape.slice(1) });
    steps.push({ inside, from });
    return inside;
  };
  const later = outputs.map(({ type }, k) => (k < carries && flows(k) ? freshPlaceholder(type) : undefined));
  const given = outputs.map(({ type }, k): Maybe => {
    const g = gs[k];
    if (!g || !isFloat(type.dtype)) return undefined;
    if (k >= carries) return step(g);
    const own = later[k];
    return own && add(own, step(stackAt(g, writes)));
  });
  const ends = outputs.flatMap((value, k) => {
    const g = given[k] ?? later[k];
    return g ? [{ value, g }] : [];
  });
  const wrt = inputs.map((input, k) => (k < carries ? flows(k) : needed[k]) && isFloat(input.type.dtype));
  const asked = inputs.filter((_, k) => wrt[k]);
  if (ends.length === 0 || asked.length === 0) return all.map(() => undefined);
  const found = vjp(
    ends.map(({ value }) => value),
    ends.map(({ g }) => g),
    asked,
  );

  const saved = [...savedOf(found, outputs)];
  const forward = applyParts(pruned({ ...partsOf(all, attrs), ys: saved }), scan);
  const restored = new Map(saved.map((value, k) => [value, step(forward.ys[k])]));
  const cotangents = substitute(found, restored, originOf);
  const cotangentOf = (k: number): Maybe => {
    const g = wrt[k] ? cotangents[asked.indexOf(inputs[k])] : undefined;
    return g && (k < carries || numberOf(g) !== 0) ? g : undefined;
  };

  for (let k = 0; k < carries; k++) steps.push({ inside: inputs[k], from: stackAt(ys[k], reads) });
  for (let k = carries; k < carries + slices; k++) steps.push({ inside: inputs[k], from: all[k] });
  const constants = inputs
    .slice(carries + slices)
    .map((inside, k): Read => ({ inside, from: all[carries + slices + k] }));
  const own = later.flatMap((inside, k) =>
    inside ? [{ inside, from: fullLike(0, inside), next: cotangentOf(k)! }] : [],
  );

  // What must be stacked is known once every sum over time has been asked for; the sums are built after the loop.
  const stacked: Value[] = [];
  const request = (value: Value): number => {
    if (!stacked.includes(value)) stacked.push(value);
    return stacked.indexOf(value);
  };
  const xs = inputs.map((_, k) => {
    const g = k >= carries && k < carries + slices ? cotangentOf(k) : undefined;
    return g && !steps.some(({ inside }) => inside === g) ? request(g) : undefined;
  });
  const sums = inputs.map((_, k) => (k >= carries + slices ? cotangentOf(k) : undefined));
  const varies = variesWith(new Set([...steps, ...own].map(({ inside }) => inside)));
  const outside = new Map([...steps, ...constants].map(({ inside, from }) => [inside, from]));
  const once = (value: Value): Value => substitute([value], outside, originOf)[0];
  // A first run only asks for stacks; placeholders of their type stand for them.
  const stackType = (value: Value): Value =>
    freshPlaceholder({ dtype: value.type.dtype, shape: [length, ...value.type.shape] });
  const over = { once, varies, length };
  const stackOf =
    (made: (value: Value) => Value) =>
    (value: Value): Value => {
      const known = outside.get(value);
      if (known) return known;
      const { op, inputs: from } = value.node;
      // What only moves elements about is moved outside, where it costs nothing.
      const moves = moving.has(op) && from.every(varies);
      const stacks = moves ? from.map((x) => ({ value: stackOf(made)(x), stacked: true })) : [];
      return atAllTimes(value.node, stacks, length) ?? made(value);
    };
  const asking = stackOf((value) => {
    request(value);
    return stackType(value);
  });
  for (const g of sums) if (g) sumOverTime(g, { ...over, stack: asking });

  // What does not depend on the cotangents is no part of the loop that is linear in them.
  const isLinear = variesWith(
    new Set([...given, ...later].flatMap((value) => (value ? placeholdersIn(value) : []))),
  );
  const parts: ScanParts = { length, reverse: !reverse, carries: own, slices: steps, constants, ys: [] };
  const wantsInit = (k: number): boolean => needed[later.findIndex((inside) => inside === own[k].inside)];
  const [linear, plain] = [stacked.filter(isLinear), stacked.filter((value) => !isLinear(value))];
  const backward = applyParts(pruned({ ...parts, ys: linear }, wantsInit), scan);
  const again = applyParts(pruned({ ...parts, ys: plain }), scan);
  const madeOf = (value: Value): Value =>
    isLinear(value) ? backward.ys[linear.indexOf(value)] : again.ys[plain.indexOf(value)];
  const stack = stackOf(madeOf);
  return all.map((_, k): Maybe => {
    if (k < carries) {
      const inside = later[k];
      if (!needed[k] || !inside) return undefined;
      const last = elementAt(backward.carries.get(inside)!, initial);
      const g = gs[k];
      return g ? add(last, elementAt(g, initial)) : last;
    }
    const place = xs[k];
    if (place !== undefined) return madeOf(stacked[place]);
    const g = cotangentOf(k);
    if (!g) return undefined;
    return k < carries + slices ? outside.get(g) : sumOverTime(g, { ...over, stack });
  });
}

/** Which inputs of the body what is asked for flows through, and which carries something depends on. */
function flowOf({ gs, needed, attrs }: Context): { readonly active: boolean[]; readonly live: boolean[] } {
  const { carries, body } = attrs;
  const { inputs, outputs } = body;
  const reached = outputs.map((output) => placeholdersOf([output]));
  const float = inputs.map(({ type }) => isFloat(type.dtype));
  const active = inputs.map((_, k) => needed[k] && float[k]);
  const live = inputs.map((_, k) => k < carries && float[k] && gs[k] !== undefined);
  for (let changed = true; changed;) {
    changed = false;
    for (let k = 0; k < carries; k++) {
      const flowsIn = float[k] && inputs.some((input, i) => active[i] && reached[k].has(input));
      const flowsOut =
        float[k] &&
        outputs.some((_, o) => (o < carries ? live[o] : gs[o] !== undefined) && reached[o].has(inputs[k]));
      if (flowsIn && !active[k]) changed = active[k] = true;
      if (flowsOut && !live[k]) changed = live[k] = true;
    }
  }
  return { active, live };
}

/** What the backward body reads of the forward body and what is worth saving; the rest it computes again. */
function savedOf(found: readonly Value[], outputs: readonly Value[]): Set<Value> {
  const forward = new Set(nodesOf(outputs));
  const saved = new Set<Value>();
  const seen = new Set<Value>();
  const stack = [...found];
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    const { node } = value;
    if (forward.has(node) && node.inputs.length > 0 && !cheap.has(node.op)) saved.add(value);
    else stack.push(...node.inputs);
  }
  return saved;
}

const placeholdersIn = (value: Value): Value[] => [...placeholdersOf([value])];

const moving: ReadonlySet<string> = new Set(
  "reshape transpose slice pad broadcastTo concat reverse".split(" "),
);

/** Ops that cost no more than reading their result back would. */
const cheap: ReadonlySet<string> = new Set(
  (
    "neg abs sign square relu floor add sub mul maximum minimum equal notEqual less lessEqual greater greaterEqual " +
    "logicalAnd logicalOr logicalNot where cast stopGradient reshape transpose slice pad concat broadcastTo reverse"
  ).split(" "),
);
