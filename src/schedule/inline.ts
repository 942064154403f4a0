import { invariant } from "../base/errors.ts";
import { e, type Expr, type ScalarOp } from "../ir/expr.ts";
import { isLeaf, nodesOf, type Node, type Value } from "../ir/graph.ts";
import { flatten, indexAxis, indexConstant, type Axis, type Index } from "../ir/index.ts";
import {
  byName,
  onlyWaits,
  roomOf,
  type At,
  type AtInputs,
  type LowerContext,
  type OpTable,
} from "../ir/op.ts";
import { isFloat, sameShape, sizeOf, type Shape } from "../ir/type.ts";
import { numberOf } from "../ops/broadcast.ts";
import type { Alias, Flat, Instance } from "./flatten.ts";

/** How dear a scalar op is beside an addition; anything dearer than a load is not worth computing twice. */
const weight: Readonly<Partial<Record<ScalarOp, number>>> = {
  exp: 10, log: 10, expm1: 12, log1p: 12, tanh: 12, sin: 12, cos: 12, erf: 24, pow: 20, random: 60, div: 4, sqrt: 4, rem: 4,
}; // prettier-ignore
/** A value with several users is stored once it costs more than this many additions. */
const cheap = 4;
/** A formula larger than this is cut, so that substitution never explodes. */
const largest = 96;
/** What all steps of a loop read is stored if it costs more than this. */
const repeatable = 1;

/** A part that stands in a formula twice (as one object) is computed once. */
export function costOf(expr: Expr, seen: Set<Expr> = new Set()): number {
  if (seen.has(expr)) return 0;
  seen.add(expr);
  const cost = (part: Expr): number => costOf(part, seen);
  if (expr.kind === "op") return expr.args.reduce((sum, arg) => sum + cost(arg), weight[expr.op] ?? 1);
  if (expr.kind === "guard") return 2 + cost(expr.test) + cost(expr.yes) + cost(expr.no);
  return expr.kind === "load" ? 0.5 : 0;
}

/** True where a formula calls a function that the f32 build writes out as a dozen statements or more. */
export function isDear(expr: Expr): boolean {
  if (expr.kind === "op") return (weight[expr.op] ?? 1) >= 10 || expr.args.some(isDear);
  return expr.kind === "guard" && [expr.test, expr.yes, expr.no].some(isDear);
}

export function loadsOf(expr: Expr, into: (load: Expr & { kind: "load" }) => void): void {
  if (expr.kind === "load") into(expr);
  else if (expr.kind === "op") {
    for (let k = 0; k < expr.args.length; k++) loadsOf(expr.args[k], into);
  } else if (expr.kind === "guard") {
    loadsOf(expr.test, into);
    loadsOf(expr.yes, into);
    loadsOf(expr.no, into);
  }
}

/** Coordinates for a shape: one axis for each extent above 1, zero for the others. */
export function coordinates(shape: Shape, axes: readonly Index[]): Index[] {
  let next = 0;
  return shape.map((dim) => (dim === 1 ? indexConstant(0) : axes[next++]));
}
const namedAxes = (dims: Shape, prefix: string): Axis[] =>
  dims.map((extent, k) => ({ name: `${prefix}${k}`, extent }));

/**
 * Decides which values are kept in memory and writes every other value as a formula over the kept ones.
 * Movement ops and cheap elementwise ops vanish into the formulas of their users.
 */
export class Inliner {
  private readonly stored = new Set<Value>();
  /** Nodes that wait for a value without looking at it. */
  private readonly waiting = new Set<Node>();
  private readonly ops: OpTable;
  private readonly aliases: ReadonlyMap<Value, Alias>;

  constructor(ops: OpTable, { steps, aliases, constants }: Flat, outputs: readonly Value[]) {
    this.ops = ops;
    this.aliases = aliases;
    const order = steps.flatMap((step) => (step.kind === "node" ? [step.node] : []));
    const levels = new Map(steps.flatMap((step) => (step.kind === "node" ? [[step.node, step.within]] : [])));
    const uses = new Map<Value, number>();
    for (const node of order) {
      const room = roomOf(ops, node.op);
      for (const [k, input] of node.inputs.entries()) {
        const value = this.rootOf(input);
        if (onlyWaits(room, k)) this.waiting.add(node);
        else uses.set(value, (uses.get(value) ?? 0) + 1);
      }
    }
    const wanted = new Set(outputs);
    // Bodies read the carries of the scan that they belong to.
    for (const step of steps) if (step.kind === "enter") this.keepAll(step.instance.node);
    for (const node of order) {
      const { lower } = roomOf(ops, node.op);
      invariant(lower.kind !== "expand", `${node.op} reached the schedule without being expanded`);
      if (isLeaf(node) || node.op === "tensor") this.keepAll(node);
      else if (node.op === "placeholder") continue;
      else if (lower.kind !== "at") {
        this.keepAll(node);
        if (lower.kind === "template") this.keepOperands(node);
        if (lower.kind === "nest") for (const input of node.inputs) this.keep(input);
      } else {
        const value = node.outputs[0];
        // What windows read again and again is computed once.
        if (lower.rereads && sizeOf(value.type.shape) > sizeOf(node.inputs[0].type.shape))
          this.keepUnlessRead(node.inputs[0]);
        if (lower.exact && isFloat(node.inputs[0].type.dtype)) this.keepCompared(node.inputs);
        const cost = this.formulaCost(value);
        if (wanted.has(value) || lower.kept) this.keep(value);
        else if (constants.has(value) && cost > repeatable) this.keepBelowMovement(value);
        else if (((uses.get(value) ?? 0) > 1 && cost > cheap) || cost > largest)
          this.keepBelowMovement(value);
      }
    }
    for (const value of wanted) this.keep(value);
    const users = new Map<Value, Node[]>();
    for (const node of order)
      for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node]);
    for (const node of order) {
      if (roomOf(ops, node.op).lower.kind === "template")
        this.keepEpilogue(node.outputs[0], users, wanted, levels);
    }
  }

  isStored(value: Value): boolean {
    return this.stored.has(value);
  }

  /** The kept values that must be known before a node is computed, though its formula does not read them. */
  awaited(node: Node): ReadonlySet<Value> {
    const found = new Set<Value>();
    if (this.waiting.size === 0) return found;
    // What is inlined into the node's formula waits with it; what a wait is for is kept, or made of what is.
    const inlined = nodesOf(node.inputs, this.stored);
    for (const waiting of [...inlined, node].filter((one) => this.waiting.has(one))) {
      const room = roomOf(this.ops, waiting.op);
      for (const [k, input] of waiting.inputs.entries()) {
        if (!onlyWaits(room, k)) continue;
        for (const source of [input, ...nodesOf([input], this.stored).flatMap(({ inputs }) => inputs)])
          if (this.stored.has(source)) found.add(source);
      }
    }
    return found;
  }

  /** The nodes of an order that are computed from something that waits. */
  lateNodes(order: readonly Node[]): ReadonlySet<Node> {
    const late = new Set<Node>(this.waiting);
    if (late.size > 0)
      for (const node of order) if (node.inputs.some((input) => late.has(input.node))) late.add(node);
    return late;
  }

  /** The element of `value` at coordinates: a load where it is kept, else its formula. */
  at(value: Value, at: readonly Index[]): Expr {
    const alias = this.aliases.get(value);
    if (alias) return this.at(alias.from, [alias.lead, ...at]);
    return this.stored.has(value) ? e.load(value, at) : this.formula(value, at);
  }

  /** The formula of a value's element over the kept values, whether or not it is kept itself. */
  formula(value: Value, at: readonly Index[]): Expr {
    const { lower } = roomOf(this.ops, value.node.op);
    if (lower.kind !== "at") invariant(false, `${value.node.op} has no formula`);
    return lower.at(this.inputs(value.node), at, this.context(value.node));
  }

  /** The loads of a template's operands at output coordinates `i` and depth coordinates `k`. */
  operands(node: Node, i: readonly Index[], k: readonly Index[]): readonly Expr[] {
    const { lower } = roomOf(this.ops, node.op);
    invariant(lower.kind === "template", `${node.op} has no operands`);
    return lower.operands.read(this.inputs(node), i, k, this.context(node));
  }

  depth(node: Node): Shape {
    const { lower } = roomOf(this.ops, node.op);
    return lower.kind === "template" ? lower.operands.depth(this.context(node)) : [];
  }

  context(node: Node): LowerContext<never> {
    const types = node.inputs.map((input) => input.type);
    return { attrs: node.attrs as never, types, out: node.outputs[0].type };
  }

  private inputs(node: Node): AtInputs<string> {
    const readers = node.inputs.map(
      (input): At =>
        (...at) =>
          this.at(input, at),
    );
    return byName(roomOf(this.ops, node.op), readers) as AtInputs<string>;
  }

  private formulaCost(value: Value): number {
    const axes = namedAxes(
      value.type.shape.filter((dim) => dim !== 1),
      "i",
    ).map(indexAxis);
    return costOf(this.formula(value, coordinates(value.type.shape, axes)));
  }

  private keep(value: Value): void {
    this.stored.add(this.rootOf(value));
  }
  /** The value outside all loops that a value of a body is an element of; itself where it is none. */
  private rootOf(value: Value): Value {
    let root = value;
    for (let alias = this.aliases.get(root); alias; alias = this.aliases.get(root)) root = alias.from;
    return root;
  }
  private keepAll(node: Node): void {
    for (const output of node.outputs) this.keep(output);
  }

  /**
   * What follows a template element by element is computed in its epilogue, so the end of that chain is kept
   * instead of the bare product: it costs the same memory and nobody computes the chain again.
   */
  private keepEpilogue(
    product: Value,
    users: ReadonlyMap<Value, readonly Node[]>,
    wanted: ReadonlySet<Value>,
    levels: ReadonlyMap<Node, Instance | null>,
  ): void {
    let end = product;
    for (;;) {
      const next = users.get(end) ?? [];
      if (wanted.has(end) || new Set(next).size !== 1) break;
      const value = next[0].outputs[0];
      if (levels.get(next[0]) !== levels.get(product.node)) break;
      const { lower } = roomOf(this.ops, next[0].op);
      if (lower.kind !== "at" || this.isMovement(value) || !sameShape(value.type.shape, product.type.shape))
        break;
      // Written out for every element of a tile, an exp would fill the function; its own loop costs little more.
      const axes = namedAxes(value.type.shape, "i").map(indexAxis);
      if (isDear(this.formula(value, axes))) break;
      end = value;
    }
    if (end !== product) this.keep(end);
  }

  /** Keeps the computed value under a chain of pure index remaps, so that the remaps stay free. */
  private keepBelowMovement(value: Value): void {
    let below = this.rootOf(value);
    while (!this.stored.has(below) && this.isMovement(below)) below = this.rootOf(below.node.inputs[0]);
    // A number that is spread over a shape has no memory of its own: what is kept is the spread.
    if (numberOf(below) !== undefined) this.keep(value);
    else if (below === value || !this.stored.has(below)) this.keep(below);
  }
  private isMovement({ node }: Value): boolean {
    return roomOf(this.ops, node.op).carries === "moved";
  }
  /** Keeps both of two numbers, unless one of them is known. */
  private keepCompared(sides: readonly Value[]): void {
    const isConstant = (side: Value): boolean =>
      this.at(side, namedAxes(side.type.shape, "i").map(indexAxis)).kind === "const";
    if (!sides.some(isConstant)) for (const side of sides) this.keepUnlessRead(side);
  }
  /** Keeps what a value is computed from, unless it is only read. */
  private keepUnlessRead(value: Value): void {
    const axes = namedAxes(value.type.shape, "i").map(indexAxis);
    if (this.at(value, axes).kind !== "load") this.keepBelowMovement(value);
  }

  /** Operands must be plain strided views of kept values; whatever is not becomes a kept value. */
  private keepOperands(node: Node): void {
    for (const [k, input] of node.inputs.entries()) {
      if (!this.isView(node, k)) this.keepBelowMovement(input);
      if (!this.isView(node, k)) this.keep(input);
    }
  }
  private isView(node: Node, k: number): boolean {
    const out = namedAxes(node.outputs[0].type.shape, "i").map(indexAxis);
    const depth = namedAxes(this.depth(node), "k").map(indexAxis);
    const operand = this.operands(node, out, depth)[k];
    // Only the address must be affine: a reshape may take coordinates apart that lie one after another.
    return (
      operand.kind === "load" &&
      numberOf(operand.from) === undefined &&
      flatten(operand.at, operand.from.type.shape).terms.every((term) => term.atom.kind === "axis")
    );
  }
}
