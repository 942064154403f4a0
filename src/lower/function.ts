import type { Backend } from "../ir/backend.ts";
import type { Buffer, Kernel, Nest } from "../ir/kernel.ts";
import { visitKernelExpr } from "../ir/kernel-walk.ts";
import {
  heldAs,
  l,
  type LocalType,
  type LoopExpr,
  type LoopFunction,
  type LoopParam,
  type LoopStmt,
} from "../ir/loop.ts";
import { isBatch, productOf, sizeOf } from "../ir/type.ts";
import { shareAddresses } from "./address.ts";
import { hoistInvariants } from "./hoist.ts";
import { inlineCalls } from "./inline.ts";
import { declaredIn, jamAxis } from "./jam.ts";
import { nestStatements } from "./nest.ts";
import { dropIdle, inlineSingleUses, shareValues } from "./share.ts";
import { nameSigmoids } from "./sigmoid.ts";
import { splitRanges } from "./split.ts";
import { templateNamed, type Templates } from "./templates.ts";
import { neighbourLoops } from "./lane-check.ts";
import { widenAxes } from "./widen.ts";
import { unrollShort } from "./unroll.ts";
import { castTo, extentExpr, type Compute } from "./values.ts";
import { mapExprs, mapStmts, namesIn, visitExprs, visitStmts } from "../ir/loop-walk.ts";

export interface Lowering {
  readonly backend: Backend;
  readonly templates: Templates;
  /** The templates that functions call, whole, by their names; filled as functions are lowered. */
  readonly called: Map<string, LoopFunction>;
}

export interface Lowered {
  readonly fn: LoopFunction;
  readonly arrays: readonly Buffer[];
}

/** The naive nest of a kernel, transformed as its record says, then tidied. */
export function lowerKernel(kernel: Kernel, lowering: Lowering): Lowered {
  const { backend, templates } = lowering;
  const { compute } = backend;
  const buffers = buffersOfKernel(kernel);
  let body: readonly LoopStmt[] = kernel.nest
    ? nestBody(kernel.nest, compute, templates)
    : nestStatements(kernel, compute, templates);
  body = separateNames(withoutDust(body, buffers, backend.leastSlot));
  const fresh = freshNames(body);
  body = splitRanges(dropIdle(inlineSingleUses(body)));
  const { tile, whole, lanes, alone, calls } = kernel.record;
  const dtypes = new Map([...buffers.values()].map(({ name, dtype }) => [name, dtype]));
  const axes = kernel.nest && backend.lanes > 1 ? neighbourLoops(body) : lanes;
  const last = kernel.outer.at(-1);
  const ownRows =
    last && lanes.includes(last.name) ? [...buffers.values()].filter(({ kind }) => kind === "row") : [];
  const open = kernel.outer.filter(({ extent }) => isBatch(extent) && extent.max % backend.lanes === 0);
  body = widenAxes(
    body, axes, backend, fresh, dtypes, new Set(ownRows.map(({ name }) => name)), new Set(open.map(({ name }) => name)),
  ); // prettier-ignore
  for (const [k, { name, extent }] of kernel.outer.entries()) {
    const single = (rest: readonly LoopStmt[]): LoopStmt[] =>
      isBatch(extent) && alone > 1
        ? jamAxis(rest, last!.name, alone, fresh, { lanes: backend.lanes })
        : [...rest];
    const options = { whole: whole[k], lanes: lanes.includes(name) ? backend.lanes : 1, single };
    if (tile[k] > 1) body = jamAxis(body, name, tile[k], fresh, options);
  }
  body = unrollShort(body, fresh);
  const times = kernel.loops.map(({ axis }) => axis.name);
  return finish(kernel.name, kernel.doc, body, buffers, fresh, lowering, { times, calls });
}

/** The passes that every function ends with, whatever it came from. */
export function finish(
  name: string,
  doc: readonly string[],
  start: readonly LoopStmt[],
  known: ReadonlyMap<string, Buffer>,
  fresh: (hint: string) => string,
  { backend, templates, called }: Lowering,
  { times = [], calls = false }: { readonly times?: readonly string[]; readonly calls?: boolean } = {},
): Lowered {
  let body = shareAddresses(nameSigmoids(start, backend), fresh);
  body = hoistInvariants(body, fresh);
  body = inlineSingleUses(shareValues(body, fresh));
  const arrays = arraysIn(body).map((array) => known.get(array)!);
  const params: LoopParam[] = arrays.map((buffer) => ({
    kind: "array",
    name: buffer.name,
    dtype: buffer.dtype,
  }));
  for (const name of [...times, "n"])
    if (readsLocal(body, name)) params.push({ kind: "scalar", name, type: "index" });
  const fn = inlineCalls({ name, doc, params, body }, templates, backend, calls ? called : null);
  return { fn: { ...fn, body: dropIdle(fn.body) }, arrays };
}

/** Names that no local, counter or array of a body has yet. */
export function freshNames(body: readonly LoopStmt[]): (hint: string) => string {
  const taken = new Set(namesIn(body));
  const counts = new Map<string, number>();
  return (hint) => {
    for (;;) {
      const count = counts.get(hint) ?? 0;
      counts.set(hint, count + 1);
      const name = `${hint}${count}`;
      if (!taken.has(name)) {
        taken.add(name);
        return name;
      }
    }
  };
}

/** Stores 0 for what is too small to matter in an optimizer's memory of the past. */
function withoutDust(
  body: readonly LoopStmt[],
  buffers: ReadonlyMap<string, Buffer>,
  least: number,
): readonly LoopStmt[] {
  if (least === 0) return body;
  return mapStmts(body, (stmt) => {
    if (stmt.kind !== "store" || buffers.get(stmt.array)?.cell?.kind !== "slot") return stmt;
    const { value } = stmt;
    if (value.type !== "f32") return stmt;
    const isDust = l.op("less", [l.op("abs", [value]), l.number(least, "f32")], "bool");
    return { ...stmt, value: l.op("select", [isDust, l.number(0, "f32"), value], "f32") };
  });
}

/** A whole template as it stands, with the kernel's arrays and sizes for its parameters. */
function nestBody(nest: Nest, compute: Compute, templates: Templates): LoopStmt[] {
  const template = templateNamed(templates, nest.template);
  const arrays = new Map(
    template.params.filter((p) => p.kind === "array").map((p, k) => [p.name, nest.arrays[k]]),
  );
  const sizes = new Map(
    template.params.filter((p) => p.kind === "scalar").map((p, k) => [p.name, extentExpr(nest.sizes[k])]),
  );
  // A template computes in the types that it says, whatever its arrays hold.
  const typed = mapExprs(template.body, (x) => {
    const array = x.kind === "load" ? arrays.get(x.array) : undefined;
    if (x.kind === "load" && array)
      return castTo({ ...x, array: array.name, type: heldAs(array.dtype, compute) }, x.type);
    return x.kind === "local" ? (sizes.get(x.name) ?? x) : x;
  });
  const body = mapStmts(typed, (stmt) => {
    const array = stmt.kind === "store" ? arrays.get(stmt.array) : undefined;
    if (stmt.kind !== "store" || !array) return stmt;
    return { ...stmt, array: array.name, value: narrowed(stmt.value, heldAs(array.dtype, compute)) };
  });
  return nest.clear ? [cleared(nest.arrays[nest.arrays.length - 1], compute), ...body] : [...body];
}

/**
 * A value in the type that is stored. Where everything under it had that type before, nothing is cast: one float64
 * operation on float32 numbers, rounded, is the float32 operation to the bit.
 */
function narrowed(value: LoopExpr, type: LocalType): LoopExpr {
  const before = (x: LoopExpr): LoopExpr | undefined =>
    x.kind === "op" && x.op === "cast" && x.args[0].type === type ? x.args[0] : undefined;
  const plain = before(value);
  if (plain) return plain;
  if (value.kind === "op" && type === "f32" && ["add", "sub", "mul", "div"].includes(value.op)) {
    const args = value.args.map(before);
    if (!args.includes(undefined)) return l.op(value.op, args as LoopExpr[], type);
  }
  return castTo(value, type);
}

/** Zero in every element that a run-time batch may read. */
function cleared({ name, shape, dtype }: Buffer, compute: Compute): LoopStmt {
  const leads = shape.length > 0 && isBatch(shape[0]);
  const size = leads ? extentExpr(productOf(shape)) : l.number(sizeOf(shape));
  const zero = l.number(0, heldAs(dtype, compute));
  return l.for("z", l.number(0), size, 1, [l.store(name, l.local("z"), zero)]);
}

export function buffersOfKernel(kernel: Kernel): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const see = (buffer: Buffer): unknown => found.set(buffer.name, buffer);
  for (const operand of kernel.core?.operands ?? []) see(operand.buffer);
  for (const buffer of kernel.nest?.arrays ?? []) see(buffer);
  for (const item of [...kernel.before, ...kernel.stages.flatMap((stage) => stage.items), ...kernel.after]) {
    visitKernelExpr(item.value, (expr) => expr.kind === "load" && see(expr.buffer));
    for (const target of item.targets) see(target.buffer);
  }
  return found;
}

/** Locals are named after ops and arrays after layers; where they meet (also once tiles add digits), the local yields. */
function separateNames(body: readonly LoopStmt[]): readonly LoopStmt[] {
  const arrays = arraysIn(body);
  const declared = new Set<string>();
  declaredIn(body, declared);
  const meets = (name: string): boolean =>
    arrays.some((array) => array.startsWith(name) && /^\d*$/.test(array.slice(name.length)));
  const names = new Map([...declared].filter(meets).map((name) => [name, `${name}Value`]));
  if (names.size === 0) return body;
  return mapStmts(
    mapExprs(body, (x) => (x.kind === "local" ? { ...x, name: names.get(x.name) ?? x.name } : x)),
    (stmt) =>
      stmt.kind === "let" || stmt.kind === "set"
        ? { ...stmt, name: names.get(stmt.name) ?? stmt.name }
        : stmt,
  );
}

function arraysIn(body: readonly LoopStmt[]): string[] {
  const names = new Set<string>();
  visitExprs(body, (x) => x.kind === "load" && names.add(x.array));
  visitStmts(body, (stmt) => stmt.kind === "store" && names.add(stmt.array));
  return [...names];
}

function readsLocal(body: readonly LoopStmt[], name: string): boolean {
  let found = false;
  visitExprs(body, (x) => (found ||= x.kind === "local" && x.name === name));
  return found;
}
