import { axesOf, flatten, type Axis, type Index } from "../ir/index.ts";
import type { Core } from "../ir/kernel.ts";
import { maxOf, type Shape } from "../ir/type.ts";
import { binding, placeText, type Formula } from "./notation.ts";

/** What a kernel reads of memory: a matrix in which some places are fixed, or elements one by one. */
interface Layout {
  /** Coordinates before the axes: the time, of what is stacked along it. */
  readonly lead: string;
  /** Axes from the widest stride to the narrowest; together they are one dense block. */
  readonly axes: readonly string[];
}

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((x, k) => x === b[k]);

function layoutOf(at: readonly Index[], shape: Shape, loops: ReadonlySet<string>): Layout | undefined {
  const moves = (index: Index): boolean => [...axesOf(index)].some((name) => loops.has(name));
  const first = at.findIndex(moves);
  const fixed = first < 0 ? at.length : first;
  const lead = shape.slice(0, fixed).every((dim) => dim === 1) ? [] : at.slice(0, fixed);
  const { constant, terms } = flatten(at.slice(fixed), shape.slice(fixed));
  const found: { readonly axis: Axis; readonly times: number }[] = [];
  for (const { atom, times } of terms) {
    if (atom.kind !== "axis") return undefined;
    if (atom.axis.extent !== 1) found.push({ axis: atom.axis, times });
  }
  found.sort((a, b) => a.times - b.times);
  let stride = 1;
  for (const { axis, times } of found) {
    if (times !== stride) return undefined;
    stride *= maxOf(axis.extent);
  }
  if (constant !== 0 || stride !== shape.slice(fixed).reduce<number>((n, dim) => n * maxOf(dim), 1))
    return undefined;
  return { lead: placeText(lead), axes: found.map(({ axis }) => axis.name).reverse() };
}

/**
 * A value that is read from other places of memory: by name where its axes lie as they are counted, also where it lacks
 * some that it is repeated along; transposed, or element by element.
 * @param own the places under which the value itself is known
 */
export function viewText(name: string, at: readonly Index[], shape: Shape, own: readonly Index[]): Formula {
  const axes = own.flatMap((index) => [...axesOf(index)]);
  const from = layoutOf(at, shape, new Set(axes));
  const ours = axes.filter((axis) => from?.axes.includes(axis));
  if (from && same(from.axes, ours)) return { text: `${name}${from.lead}`, level: binding.atom, axes: false };
  if (from && axes.length === 2 && same(from.axes, ours.toReversed()))
    return { text: `${name}${from.lead}ᵀ`, level: binding.power, axes: false };
  return { text: `${name}${placeText(at)}`, level: binding.atom, axes: true };
}

/** A product of matrices, or of stacks of them, as such; any other with the places that it sums over. */
export function productText({ operands, depth, outer }: Product): Formula {
  const loops = new Set([...outer, ...depth].map(({ name }) => name));
  const folded = names(depth);
  const [a, b] = operands.map(({ buffer, at }) => layoutOf(at, buffer.shape, loops));
  if (a && b) {
    const batch = a.axes.filter((name) => b.axes.includes(name) && !folded.includes(name));
    const over = a.axes.filter((name) => folded.includes(name));
    const rows = a.axes.filter((name) => !batch.includes(name) && !over.includes(name));
    const columns = b.axes.filter((name) => !batch.includes(name) && !over.includes(name));
    // Two vectors do not say which of them is a column; their shapes do.
    const isOuter = over.length === 0 && batch.length === 0;
    const columnA = operands[0].buffer.shape.at(-1) === 1;
    const columnB = operands[1].buffer.shape.length > 1 && operands[1].buffer.shape.at(-1) === 1;
    const plainA = isOuter ? columnA : same(a.axes, [...batch, ...rows, ...over]);
    const plainB = isOuter ? !columnB : same(b.axes, [...batch, ...over, ...columns]);
    const turnedA = isOuter || same(a.axes, [...batch, ...over, ...rows]);
    const turnedB = isOuter || same(b.axes, [...batch, ...columns, ...over]);
    const isMatrices = batch.length === 0 || (rows.length > 0 && columns.length > 0);
    const inOrder = same(names(outer), [...batch, ...rows, ...columns]);
    if (isMatrices && inOrder && (plainA || turnedA) && (plainB || turnedB)) {
      const [left, right] = operands.map(({ buffer }, k) => `${buffer.name}${[a, b][k].lead}`);
      const text = `${left}${plainA ? "" : "ᵀ"} · ${right}${plainB ? "" : "ᵀ"}`;
      return { text, level: binding.matrices, axes: false };
    }
  }
  const factors = operands.map(({ buffer, at }) => `${buffer.name}${placeText(at)}`);
  return { text: `${sumSign(folded)} ${factors.join(" · ")}`, level: binding.fold, axes: true };
}

export type Product = Pick<Core, "operands" | "depth"> & { readonly outer: readonly Axis[] };

/** An axis with one place is no axis of a matrix. */
const names = (axes: readonly Axis[]): string[] =>
  axes.filter(({ extent }) => extent !== 1).map(({ name }) => name);

const below: { readonly [name: string]: string } = { k: "ₖ", m: "ₘ", r: "ᵣ" };
const sumSign = (over: readonly string[]): string =>
  over.every((name) => name in below) ? `Σ${over.map((name) => below[name]).join("")}` : `Σ[${over.join()}]`;
