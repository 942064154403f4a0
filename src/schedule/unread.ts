import {
  indexAdd,
  indexAxis,
  indexConstant,
  indexDiv,
  sameIndex,
  type Axis,
  type Index,
} from "../ir/index.ts";
import type { Buffer, Element, Item, Kernel, KernelExpr, Stage } from "../ir/kernel.ts";
import { itemsOf, targetsOf } from "../ir/kernel-walk.ts";
import { isBatch, isFloat, maxOf } from "../ir/type.ts";
import { has, maskOf, plainAxis, type Pair } from "./diagonal.ts";

/** A product that may leave columns out: where its rows and columns lie in what it writes. */
interface Product {
  readonly kernel: Kernel;
  readonly row: { readonly place: number; readonly axis: Axis; readonly tile: number };
  readonly column: { readonly place: number; readonly axis: Axis; readonly width: number };
}

/**
 * Products of which nobody reads what lies beyond a diagonal leave tiles of it out, as the scores of causal attention and
 * the gradient of its weights may: whoever reads them does so under the mask, or in rows that end there. This is known
 * once all kernels are, with their tiles.
 */
export function withoutUnread(kernels: readonly Kernel[], lanes: number): Kernel[] {
  const products = productsOf(kernels);
  const ahead = new Map<Buffer, number>();
  const see = (buffer: Buffer, columns: number): unknown =>
    ahead.set(buffer, Math.max(ahead.get(buffer) ?? 0, columns));
  for (const kernel of kernels) {
    for (const { buffer } of kernel.core?.operands ?? []) see(buffer, Infinity);
    for (const buffer of kernel.nest?.arrays ?? []) see(buffer, Infinity);
    const ofItems = (items: readonly Item[], stage?: Stage): void => {
      for (const { value } of items)
        visitLoads(value, [], (load, masks) => {
          const product = products.get(load.buffer);
          if (product) see(load.buffer, columnsRead(load, masks, product, kernel, stage, lanes));
        });
    };
    ofItems([...kernel.before, ...kernel.after]);
    for (const stage of kernel.stages) ofItems(stage.items, stage);
  }
  return kernels.map((kernel) => {
    const target = targetsOf(kernel).at(0);
    const product = target && products.get(target.buffer);
    const columns = product && ahead.get(target.buffer);
    return columns ? cut(product, columns) : kernel;
  });
}

/** A product up to so many columns from a tile's first row on. */
function cut({ kernel, row, column }: Product, columns: number): Kernel {
  const { axis, width } = column;
  if (columns >= maxOf(axis.extent) * width) return kernel;
  const last = indexAdd(indexAxis(row.axis), indexConstant(columns - 1));
  return { ...kernel, read: { axis: axis.name, upTo: indexDiv(last, width) } };
}

/** Products that leave but one temporary behind, which nobody else writes, by this. */
function productsOf(kernels: readonly Kernel[]): Map<Buffer, Product> {
  const writers = new Map<Buffer, Kernel[]>();
  for (const kernel of kernels)
    for (const { buffer } of targetsOf(kernel)) writers.set(buffer, [...(writers.get(buffer) ?? []), kernel]);
  const found = new Map<Buffer, Product>();
  for (const [buffer, [kernel, ...others]] of writers) {
    const product = others.length === 0 && buffer.kind !== "cell" ? productOf(kernel) : undefined;
    if (product) found.set(buffer, product);
  }
  return found;
}

function productOf(kernel: Kernel): Product | undefined {
  const { core, outer, loops, record } = kernel;
  const isPlain = itemsOf(kernel).every(({ reduce }) => reduce === null);
  const [target, ...others] = targetsOf(kernel);
  if (!core || loops.length > 0 || record.pass || !isPlain || others.length > 0) return undefined;
  const { buffer, at, accumulate } = target;
  // What is left there from others may be any number, and of floats any number will do.
  if (at.length < 2 || accumulate || !isFloat(buffer.dtype)) return undefined;
  // The columns are the last axis, or the panels that hold it.
  const within = outer.at(-1);
  if (!within) return undefined;
  const place = at.length - 1;
  const panel = outer.at(-2);
  const column = sameIndex(at[place], indexAxis(within))
    ? { place, axis: within, width: 1 }
    : panel && sameIndex(at[place], inPanels(panel, within))
      ? { place, axis: panel, width: maxOf(within.extent) }
      : undefined;
  const k = outer.findIndex(({ name }) => name === plainAxis(at[place - 1], buffer, place - 1));
  if (!column || k < 0 || k >= outer.indexOf(column.axis)) return undefined;
  if (isBatch(outer[k].extent) || isBatch(within.extent)) return undefined;
  return { kernel, row: { place: place - 1, axis: outer[k], tile: mostRows(record, k) }, column };
}

/** Rows of a tile, on whatever engines. */
const mostRows = ({ tile, plain }: Kernel["record"], k: number): number =>
  Math.max(tile[k], plain ? plain.tile[k] : 1);

const inPanels = (panel: Axis, within: Axis): Index => ({
  constant: 0,
  terms: [{ times: maxOf(within.extent), atom: { kind: "axis", axis: panel } }, ...indexAxis(within).terms],
});

/** How many columns, from the first row of a tile on, a read may reach; infinite where nothing limits it. */
function columnsRead(
  { buffer, at }: Element,
  masks: readonly KernelExpr[],
  { row, column }: Product,
  { record }: Kernel,
  stage: Stage | undefined,
  lanes: number,
): number {
  const [a, b] = [column, row].map(({ place }) => plainAxis(at[place], buffer, place));
  if (a === undefined || b === undefined) return Infinity;
  const pair: Pair = [a, b];
  // What a mask hides is read, but whatever it is comes to nothing.
  if (masks.some((test) => has(maskOf(test), pair))) return row.tile;
  const only = stage?.only;
  const more = only?.axis === a ? beyond(only.upTo, b) : undefined;
  if (more === undefined) return Infinity;
  const step = record.lanes.includes(a) ? lanes : 1;
  if (maxOf(stage!.inner[0].extent) % step !== 0) return Infinity;
  const whole = row.tile + more;
  return whole % step === 0 && row.tile % step === 0 ? whole : whole + step - 1;
}

/** How far an index lies beyond an axis. */
const beyond = ({ constant, terms }: Index, name: string): number | undefined =>
  terms.length === 1 && terms[0].times === 1 && terms[0].atom.kind === "axis" && terms[0].atom.axis.name === name && constant >= 0
    ? constant
    : undefined; // prettier-ignore

/** Sees all that an expression reads, with the tests that must hold for it to matter. */
function visitLoads(
  expr: KernelExpr,
  masks: readonly KernelExpr[],
  see: (load: Element, masks: readonly KernelExpr[]) => void,
): void {
  if (expr.kind === "load") return see(expr, masks);
  if (expr.kind === "guard") for (const part of [expr.test, expr.yes, expr.no]) visitLoads(part, masks, see);
  if (expr.kind !== "op") return;
  const [test] = expr.args;
  for (const [k, arg] of expr.args.entries())
    visitLoads(arg, expr.op === "select" && k === 1 ? [...masks, test] : masks, see);
}
