import { e, type Expr } from "../ir/expr.ts";
import { isLeaf, leafName, type LeafOp, type Node, type Value } from "../ir/graph.ts";
import { indexMod, indexText, type Index } from "../ir/index.ts";
import { byName, roomOf, type At, type AtInputs } from "../ir/op.ts";
import { dimText, isBatch, sameShape, type Dim } from "../ir/type.ts";
import type { KernelContext } from "./context.ts";
import type { Alias } from "./flatten.ts";
import { foldedAt, ownCoordinates, pointOf, type Job } from "./job.ts";
import { binding, inSymbols, numberText, placeText, type Formula } from "./notation.ts";
import { productText, viewText, type Product } from "./product-text.ts";

/** What the formulas of one kernel are told with. */
export interface Telling {
  readonly context: KernelContext;
  /** What the kernel computes itself. */
  readonly jobs: ReadonlyMap<Value, Job>;
  /** What the kernel's own values are called where they leave it. */
  readonly names: ReadonlyMap<Value, string>;
  /** The product at its heart. */
  readonly product: Product | null;
  /** How many leading axes of a job's space are the kernel's outer loops. */
  readonly outer: number;
}

/** The place of the element that is spoken of, in a value; looked for only where it is asked for. */
type Where = () => readonly Index[] | undefined;

/** A formula with so many operations inside each other. What was found out for less depth is known. */
type Deep = (depth: number) => Formula;

/** A job's value as a formula over what the kernel reads. */
export function jobFormula(job: Job, telling: Telling): Deep {
  const own = ownCoordinates(job, telling.outer);
  const copies = job.kind === "each" && job.node.op !== "tensor";
  const whole = copies ? job.formula(telling.outer) : undefined;
  const view = whole?.kind === "load" ? viewed(whole.from, whole.at, own, telling) : undefined;
  return view ? () => view : nodeFormula(job.node, () => own, telling);
}

/** A value with a name, from the place where it is read. */
function viewed(from: Value, at: readonly Index[], own: readonly Index[], telling: Telling) {
  const name = nameOf(from, telling);
  return name === undefined ? undefined : viewText(name, at, from.type.shape, own);
}

const atom = (text: string): Formula => ({ text, level: binding.atom, axes: false });

function nodeFormula(node: Node, at: Where, telling: Telling): Deep {
  const literal = literalText(node, at);
  if (literal) return () => literal;
  const { lower, symbol } = roomOf(telling.context.ops, node.op);
  if (lower.kind === "template" && telling.product) {
    const product = productText(telling.product);
    return () => product;
  }
  const inputs = node.inputs.map((input) => operandFormula(input, inputAt(node, at, telling), telling));
  return (depth) => {
    const args = inputs.map((input) => input(depth));
    const axes = args.some((arg) => arg.axes);
    if (symbol !== undefined) return { ...inSymbols(symbol, args), axes };
    return { text: `${node.op}(${args.map(({ text }) => text).join(", ")})`, level: binding.atom, axes };
  };
}

function literalText(node: Node, at: Where): Formula | undefined {
  if (node.op === "tensor") return atom("the declared values");
  if (node.op === "constant") return numberText(node.attrs["value"] as number);
  if (node.op === "dimensionSize") return sizeText(node.attrs["dim"] as Dim);
  return node.op === "iota" ? countText(node, at()) : undefined;
}

/** A leaf or a kept value by name, anything else by its formula, cut where it grows deep. */
function operandFormula(value: Value, at: Where, telling: Telling): Deep {
  const named = namedFormula(value, at, telling);
  if (named) return () => named;
  const { node } = value;
  const alias = telling.context.aliases.get(value);
  if (alias) return operandFormula(alias.from, () => undefined, telling);
  if (roomOf(telling.context.ops, node.op).symbol === "_")
    return operandFormula(node.inputs[0], inputAt(node, at, telling), telling);
  let known: Deep | undefined;
  let whole: Formula | undefined;
  return (depth) => {
    if (whole) return whole;
    if (depth <= 0 && node.inputs.length > 0) return atom("…");
    known ??= nodeFormula(node, at, telling);
    const told = known(depth - 1);
    // What is told to its end is no other in more depth.
    if (!told.text.includes("…")) whole = told;
    return told;
  };
}

/** What has a name, also under what only moves its elements. */
function namedFormula(value: Value, at: Where, telling: Telling): Formula | undefined {
  const { ops, aliases } = telling.context;
  const { node: top } = value;
  if (top.inputs.length === 0 && !isLeaf(top) && top.op !== "tensor" && !aliases.has(value)) return undefined;
  let [below, place] = [value, at];
  for (;;) {
    const name = nameOf(below, telling);
    const found = name === undefined || below === value ? undefined : place();
    const own = found && at();
    if (name !== undefined) return own && found ? viewText(name, found, below.type.shape, own) : atom(name);
    const alias = aliases.get(below);
    const { node } = below;
    if (!alias && roomOf(ops, node.op).carries !== "moved") return undefined;
    const from = place;
    place = alias ? () => withLead(alias, from()) : inputAt(node, from, telling);
    below = alias ? alias.from : node.inputs[0];
  }
}

const withLead = ({ lead }: Alias, at: readonly Index[] | undefined): readonly Index[] | undefined =>
  at && [lead, ...at];

/** What the function's parameter is called that holds a value, with the place in it; undefined where none does. */
function nameOf(value: Value, telling: Telling): string | undefined {
  const { context, jobs, names } = telling;
  if (isLeaf(value.node)) return context.storage.nameOfLeaf(value.node.op as LeafOp, leafName(value.node));
  if (value.node.op === "tensor") return context.storage.ofLeaf(value).name;
  const told = names.get(value);
  if (told !== undefined) return told;
  const alias = context.aliases.get(value);
  if (alias) {
    const from = nameOf(alias.from, telling);
    const { slots } = context.buffers.get(alias.from) ?? {};
    const lead = slots === undefined ? alias.lead : indexMod(alias.lead, slots);
    return from === undefined ? undefined : `${from}${placeText([lead])}`;
  }
  const place = jobs.has(value) ? undefined : context.buffers.get(value);
  return place && `${place.buffer.name}${placeText(place.lead)}`;
}

/** Where an op reads its inputs for the element at `at`, if that is one place. */
function inputAt(node: Node, at: Where, { context, jobs, outer }: Telling): Where {
  const { lower, carries } = roomOf(context.ops, node.op);
  const [value] = node.outputs;
  if (lower.kind === "reduce") {
    const job = jobs.get(value);
    return () => job && foldedAt(node, pointOf(job.space, outer));
  }
  if (lower.kind === "at" && carries === "moved")
    return () => {
      const from = at();
      let found: readonly Index[] | undefined;
      const read: At = (...coordinates): Expr => {
        found = coordinates;
        return e.constant(0, value.type.dtype);
      };
      const inputs = byName(roomOf(context.ops, node.op), [read]) as AtInputs<string>;
      if (from) lower.at(inputs, from, context.inliner.context(node));
      return found;
    };
  return node.inputs.every((input) => sameShape(input.type.shape, value.type.shape)) ? at : () => undefined;
}

const sizeText = (dim: Dim): Formula =>
  isBatch(dim) && dim.times > 1
    ? { text: `${dim.times} · n`, level: binding.product, axes: false }
    : atom(dimText(dim));

function countText({ attrs }: Node, at: readonly Index[] | undefined): Formula {
  const axis = attrs["axis"] as number;
  if (!at) return atom(`iota(axis ${axis})`);
  const text = indexText(at[axis]);
  return { text, level: /^\w+$/.test(text) ? binding.atom : binding.sum, axes: true };
}
