import { invariant } from "../base/errors.ts";
import { isBatch, type DType, type Dim, type Shape } from "../ir/type.ts";
import { flatten, type Axis, type Index } from "../ir/index.ts";
import type { KernelExpr } from "../ir/kernel.ts";
import { heldAs, l, type LocalType, type LoopExpr, type LoopOp, type LoopStmt } from "../ir/loop.ts";
import { identityOf } from "./reduction.ts";

export type Compute = "f64" | "f32";

/** An index expression as plain integer arithmetic over the axes' loop counters. */
export function indexExpr(index: Index): LoopExpr {
  const parts = index.terms.map(({ times, atom }) => {
    if (atom.kind === "axis") return scaled(l.local(atom.axis.name), times);
    const of = indexExpr(atom.of);
    const by = l.number(atom.by);
    const rem = l.op("rem", [of, by]);
    return scaled(atom.kind === "mod" ? rem : l.op("div", [l.op("sub", [of, rem]), by]), times);
  });
  if (index.constant !== 0 || parts.length === 0) parts.push(l.number(index.constant));
  return parts.reduce((sum, part) => l.op("add", [sum, part]));
}
const scaled = (x: LoopExpr, times: number): LoopExpr =>
  times === 1 ? x : l.op("mul", [x, l.number(times)]);

/** The run-time extent of an axis: a constant, or a multiple of n. */
export const extentExpr = (extent: Dim): LoopExpr =>
  isBatch(extent)
    ? extent.times === 1
      ? l.local("n")
      : l.op("mul", [l.local("n"), l.number(extent.times)])
    : l.number(extent);

/** Loops over axes, the first outermost. */
export const loopOver = (axes: readonly Axis[], body: readonly LoopStmt[]): LoopStmt[] =>
  axes.reduceRight<LoopStmt[]>(
    (inside, axis) => [l.for(axis.name, l.number(0), extentExpr(axis.extent), 1, inside)],
    [...body],
  );

/**
 * The flat element position of coordinates in a row-major buffer. Flattened as an index, so that coordinates which a
 * reshape has taken apart are put together again and no division is left.
 */
export const addressOf = (at: readonly Index[], shape: Shape): LoopExpr => indexExpr(flatten(at, shape));

/** A kernel's scalar expression in the loop level's types. */
export function valueExpr(expr: KernelExpr, compute: Compute): LoopExpr {
  const type = heldAs(expr.dtype, compute);
  switch (expr.kind) {
    case "const":
      return l.number(expr.value, type);
    case "local":
      return l.local(expr.name, type);
    case "load":
      return l.load(expr.buffer.name, addressOf(expr.at, expr.buffer.shape), type);
    case "index":
      return castTo(indexExpr(expr.index), type);
    case "size":
      return castTo(scaled(l.local("n"), expr.times), type);
    case "guard":
      return l.choose(
        valueExpr(expr.test, compute),
        valueExpr(expr.yes, compute),
        valueExpr(expr.no, compute),
      );
    case "op":
      return opExpr(expr, type, compute);
  }
}

function opExpr(expr: KernelExpr & { kind: "op" }, type: LocalType, compute: Compute): LoopExpr {
  const rarer = rarerFirst(expr);
  if (rarer) return valueExpr(rarer, compute);
  const args = expr.args.map((arg) => valueExpr(arg, compute));
  if (expr.op === "cast") return castTo(args[0], type);
  if (expr.op === "select") {
    // Where every branch is free of loads, a select may be evaluated lazily without changing anything.
    return l.op("select", args, type);
  }
  const rounds = comparing.has(expr.op) && expr.args.every((arg) => arg.kind !== "const");
  return l.op(
    expr.op satisfies LoopOp,
    rounds ? args.map((arg, k) => asStored(expr.args[k], arg)) : args,
    type,
  );
}

const comparing: ReadonlySet<string> = new Set(["equal", "notEqual", "less", "lessEqual"]);
/** Whether an operation tells numbers apart that differ in their last bit alone. */
export const isComparison = (op: string): boolean =>
  comparing.has(op) || op === "maximum" || op === "minimum" || op === "sign";
/** Operations whose results are among their operands, up to sign. */
const choosing: ReadonlySet<string> = new Set(["maximum", "minimum", "select", "neg", "abs"]);
/** Whether f32 memory holds the very number: what is kept as float64 has more digits. */
const isStored = (expr: KernelExpr): boolean =>
  (expr.kind === "load" && expr.buffer.dtype === expr.dtype) ||
  expr.kind === "const" ||
  expr.dtype !== "f32" ||
  (expr.kind === "op" && choosing.has(expr.op) && expr.args.every(isStored));

/**
 * A number as f32 memory would hold it. Comparisons look at numbers so, since one side may have been stored and the
 * other computed again: the gradient of a maximum asks which of its operands equals it. A search for the largest looks
 * at them so too, or elements that are equal once stored would be told apart by what storing takes away.
 */
export function asStored(expr: KernelExpr, value: LoopExpr): LoopExpr {
  return isStored(expr) || value.type !== "f64" ? value : castTo(castTo(value, "f32"), "f64");
}

/**
 * Two selects with one alternative, as the gradients of an activation and of a pooling meet: the test for one value
 * of several, which mostly fails, goes first, and the other is then rarely guessed wrong.
 */
function rarerFirst({ op, args, dtype }: KernelExpr & { kind: "op" }): KernelExpr | undefined {
  if (op !== "select") return undefined;
  const [test, yes, no] = args;
  const isEqual = (x: KernelExpr): boolean => x.kind === "op" && x.op === "equal";
  if (yes.kind !== "op" || yes.op !== "select" || no.kind !== "const") return undefined;
  const [inner, value, otherwise] = yes.args;
  const same = otherwise.kind === "const" && Object.is(otherwise.value, no.value);
  if (!same || !isEqual(inner) || isEqual(test)) return undefined;
  return { kind: "op", op, args: [inner, { ...yes, args: [test, value, no] }, no], dtype };
}

export function castTo(x: LoopExpr, type: LocalType): LoopExpr {
  if (x.type === type) return x;
  // A whole number is the same number in every type that can hold it.
  if (x.kind === "number" && x.type === "index" && type !== "bool") return l.number(x.value, type);
  return l.op("cast", [x], type);
}

/** The start value of a reduction that is held as `type`, and how one more value joins it. */
export function foldOf(
  op: "sum" | "prod" | "maximum" | "minimum",
  dtype: DType,
  type: LocalType,
): { start: LoopExpr; join: (acc: LoopExpr, x: LoopExpr) => LoopExpr } {
  const integer = dtype === "i32" || dtype === "u32";
  invariant(integer || type === "f64" || type === "f32", `cannot fold ${dtype}`);
  const name = op === "sum" ? "add" : op === "prod" ? "mul" : op;
  const start = { ...identityOf(name, integer ? dtype : type), type };
  return { start, join: (acc, x) => l.op(name, [acc, x], type) };
}

/** Arithmetic, comparisons and logic of known numbers. */
export function foldIndex(x: LoopExpr & { kind: "op" }): LoopExpr {
  const values = x.args.map((arg) => (arg.kind === "number" ? arg.value : undefined));
  const [a, b] = values;
  if (a === undefined || values.includes(undefined)) return x;
  const number = (value: number | boolean): LoopExpr => l.number(Number(value), x.type);
  if (x.op === "not") return number(!a);
  if (b === undefined) return x;
  switch (x.op) {
    case "add":
      return number(a + b);
    case "sub":
      return number(a - b);
    case "mul":
      return number(a * b);
    case "rem":
      return number(a % b);
    case "div":
      return number(a / b);
    case "minimum":
      return number(Math.min(a, b));
    case "maximum":
      return number(Math.max(a, b));
    case "less":
      return number(a < b);
    case "lessEqual":
      return number(a <= b);
    case "equal":
      return number(a === b);
    case "notEqual":
      return number(a !== b);
    case "and":
      return number(a !== 0 && b !== 0);
    case "or":
      return number(a !== 0 || b !== 0);
    default:
      return x;
  }
}
