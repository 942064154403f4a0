import type { Buffer, Item, Kernel, KernelExpr, Only } from "../../ir/kernel.ts";
import { itemsOf } from "../../ir/kernel-walk.ts";
import { axesOf, indexText, rangeOf, type Axis, type Index } from "../../ir/index.ts";
import type { LoopExpr, LoopFunction, LoopStmt } from "../../ir/loop.ts";
import { expressionsOf, operands } from "../../ir/loop-walk.ts";
import { bytesOf, extentAt, isFloat, maxOf } from "../../ir/type.ts";

/** What one run of a kernel needs, whatever it is compiled to. */
export interface Work {
  /** A multiply-add is two, every other operation on floats one, an exponential too. */
  readonly flops: number;
  /** Each element that is read, read once, and each that is written, written once. */
  readonly bytes: number;
}

/** The work of one run with n rows, at one time of the loops around it. */
export function workOf(kernel: Kernel, fn: LoopFunction, n: number): Work {
  if (kernel.nest) {
    const arrays = kernel.nest.arrays.map((buffer) => sizeAt(buffer, n) * bytesOf[buffer.dtype]);
    return { flops: flopsOfLoops(fn, n), bytes: arrays.reduce((sum, bytes) => sum + bytes, 0) };
  }
  return { flops: flopsOf(kernel, n), bytes: bytesTouched(kernel, n) };
}

const pointsOf = (axes: readonly Axis[], n: number): number =>
  axes.reduce((product, { extent }) => product * extentAt(extent, n), 1);
const sizeAt = ({ shape }: Buffer, n: number): number =>
  shape.reduce<number>((product, dim) => product * extentAt(dim, n), 1);

/** The share of an axis that counts; an end that moves counts at its middle. */
function shareOf(only: Only | undefined, axes: readonly Axis[]): number {
  const axis = axes.find(({ name }) => name === only?.axis);
  if (!only || !axis) return 1;
  const middle = (index: Index): number => rangeOf(index).reduce((sum, end) => sum + end / 2, 0);
  const from = only.from ? middle(only.from) : 0;
  const to = only.upTo ? middle(only.upTo) + 1 : maxOf(axis.extent);
  return Math.min(1, Math.max(0, (to - from) / maxOf(axis.extent)));
}

function flopsOf({ outer, core, stages, read, before, after }: Kernel, n: number): number {
  const points = pointsOf(outer, n) * shareOf(read, outer);
  let flops = core ? 2 * points * pointsOf(core.depth, n) * shareOf(core.only, core.depth) : 0;
  for (const { inner, items, only } of stages) {
    const adds = ({ reduce, dtype, targets }: Item): boolean =>
      (reduce !== null && isFloat(dtype)) ||
      targets.some(({ buffer, accumulate }) => accumulate && buffer.kind === "numbers");
    const each = items.reduce((sum, item) => sum + operationsIn(item.value) + (adds(item) ? 1 : 0), 0);
    flops += points * pointsOf(inner, n) * shareOf(only, inner) * each;
  }
  return [...before, ...after].reduce((sum, { value }) => sum + operationsIn(value), flops);
}

/** Operations that give a float, each of an expression once; choosing and converting are none. */
function operationsIn(value: KernelExpr): number {
  const seen = new Set<KernelExpr>();
  const see = (expr: KernelExpr): number => {
    if (seen.has(expr)) return 0;
    seen.add(expr);
    if (expr.kind === "guard") return [expr.test, expr.yes, expr.no].reduce((sum, x) => sum + see(x), 0);
    if (expr.kind !== "op") return 0;
    const counts = isFloat(expr.dtype) && expr.op !== "select" && expr.op !== "cast";
    return expr.args.reduce((sum, arg) => sum + see(arg), counts ? 1 : 0);
  };
  return see(value);
}

/** Bytes of the elements that loads and targets reach, by the axes of their indices. */
function bytesTouched(kernel: Kernel, n: number): number {
  const axes = [
    ...kernel.outer,
    ...(kernel.core?.depth ?? []),
    ...kernel.stages.flatMap((stage) => stage.inner),
  ];
  const extents = new Map(axes.map(({ name, extent }) => [name, extentAt(extent, n)]));
  // Axes of loops over time have no extent here: one run is at one time.
  const reached = (at: readonly Index[]): number => {
    const names = new Set(at.flatMap((index) => [...axesOf(index)]));
    return [...names].reduce((product, name) => product * (extents.get(name) ?? 1), 1);
  };
  const places = new Map<Buffer, Map<string, number>>();
  const see = (buffer: Buffer, at: readonly Index[], kind: "read" | "written"): void => {
    const known = places.get(buffer) ?? new Map<string, number>();
    places.set(buffer, known.set(`${kind} ${at.map(indexText).join()}`, reached(at)));
  };
  for (const { buffer, at } of kernel.core?.operands ?? []) see(buffer, at, "read");
  for (const { value, targets } of itemsOf(kernel)) {
    visitLoads(value, (buffer, at) => see(buffer, at, "read"));
    for (const { buffer, at, accumulate } of targets) {
      see(buffer, at, "written");
      if (accumulate) see(buffer, at, "read");
    }
  }
  let bytes = 0;
  for (const [buffer, known] of places) {
    for (const kind of ["read", "written"]) {
      const elements = [...known].reduce((sum, [key, count]) => sum + (key.startsWith(kind) ? count : 0), 0);
      bytes += Math.min(elements, sizeAt(buffer, n)) * bytesOf[buffer.dtype];
    }
  }
  return bytes;
}

function visitLoads(value: KernelExpr, see: (buffer: Buffer, at: readonly Index[]) => void): void {
  const seen = new Set<KernelExpr>();
  const visit = (expr: KernelExpr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (expr.kind === "load") see(expr.buffer, expr.at);
    else if (expr.kind === "op") expr.args.forEach(visit);
    else if (expr.kind === "guard") [expr.test, expr.yes, expr.no].forEach(visit);
  };
  visit(value);
}

/** Operations on floats of whole loops; of two branches the dearer one, and a bound that moves counts at its middle. */
function flopsOfLoops(fn: LoopFunction, n: number): number {
  const known = new Map<string, number>([["n", n]]);
  const valueOf = (expr: LoopExpr): number => {
    if (expr.kind === "number") return expr.value;
    if (expr.kind === "local") return known.get(expr.name) ?? 0;
    if (expr.kind !== "op") return 0;
    const [a, b] = expr.args.map(valueOf);
    return expr.op === "add" ? a + b : expr.op === "sub" ? a - b : expr.op === "mul" ? a * b : 0;
  };
  const inExpr = (expr: LoopExpr): number => {
    const float = expr.type === "f64" || expr.type === "f32";
    const counts = expr.kind === "op" && float && expr.op !== "select" && expr.op !== "cast";
    return operands(expr).reduce((sum, arg) => sum + inExpr(arg), counts ? expr.lanes : 0);
  };
  const inBlock = (body: readonly LoopStmt[]): number => body.reduce((sum, stmt) => sum + inStmt(stmt), 0);
  const inStmt = (stmt: LoopStmt): number => {
    const own = expressionsOf(stmt).reduce((sum, expr) => sum + inExpr(expr), 0);
    if (stmt.kind === "if") return own + Math.max(inBlock(stmt.then), inBlock(stmt.otherwise));
    if (stmt.kind === "let" && stmt.type === "index") known.set(stmt.name, valueOf(stmt.value));
    if (stmt.kind !== "for") return own;
    const [from, to] = [valueOf(stmt.from), valueOf(stmt.to)];
    known.set(stmt.name, (from + to) / 2);
    return own + Math.max(0, Math.ceil((to - from) / stmt.step)) * inBlock(stmt.body);
  };
  return inBlock(fn.body);
}
