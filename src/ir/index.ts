import { elementsOf, isBatch, maxOf, type Dim } from "./type.ts";

/**
 * Index expressions: which element of a tensor an expression reads. They are affine in the loop axes wherever
 * possible, so that a load's address is a base, constant strides and a constant.
 */
export interface Axis {
  readonly name: string;
  readonly extent: Dim;
}
/** How many points axes span, with n at its maximum. */
export const pointsOf = (axes: readonly Axis[]): number => elementsOf(axes.map(({ extent }) => extent));
export type Atom =
  | { readonly kind: "axis"; readonly axis: Axis }
  | { readonly kind: "div" | "mod"; readonly of: Index; readonly by: number };
export interface Term {
  readonly times: number;
  readonly atom: Atom;
}
/** constant + Σ times · atom, with terms in a canonical order. */
export interface Index {
  readonly constant: number;
  readonly terms: readonly Term[];
}

const zero: Index = { constant: 0, terms: [] };
export const indexConstant = (constant: number): Index => (constant === 0 ? zero : { constant, terms: [] });
export const indexAxis = (axis: Axis): Index => ({
  constant: 0,
  terms: [{ times: 1, atom: { kind: "axis", axis } }],
});

const atomText = (atom: Atom): string =>
  atom.kind === "axis"
    ? atom.axis.name
    : `(${indexText(atom.of)})${atom.kind === "div" ? "/" : "%"}${atom.by}`;
export function indexText({ constant, terms }: Index): string {
  const parts = terms.map(({ times, atom }) => (times === 1 ? atomText(atom) : `${times}*${atomText(atom)}`));
  if (constant !== 0 || parts.length === 0) parts.push(String(constant));
  return parts.join("+");
}
export function sameIndex(a: Index, b: Index): boolean {
  if (a === b) return true;
  if (a.constant !== b.constant || a.terms.length !== b.terms.length) return false;
  return a.terms.every(({ times, atom }, k) => times === b.terms[k].times && sameAtom(atom, b.terms[k].atom));
}
/** Axes are the same by name. */
function sameAtom(a: Atom, b: Atom): boolean {
  if (a.kind === "axis" || b.kind === "axis")
    return a.kind === "axis" && b.kind === "axis" && a.axis.name === b.axis.name;
  return a.kind === b.kind && a.by === b.by && sameIndex(a.of, b.of);
}

/** The smallest and largest value, with n at its maximum. */
export function rangeOf({ constant, terms }: Index): readonly [number, number] {
  let [low, high] = [constant, constant];
  for (const { times, atom } of terms) {
    const [a, b] = atomRange(atom);
    low += Math.min(times * a, times * b);
    high += Math.max(times * a, times * b);
  }
  return [low, high];
}
function atomRange(atom: Atom): readonly [number, number] {
  if (atom.kind === "axis") return [0, maxOf(atom.axis.extent) - 1];
  const [low, high] = rangeOf(atom.of);
  return atom.kind === "mod" ? [0, atom.by - 1] : [Math.floor(low / atom.by), Math.floor(high / atom.by)];
}

/** Adds, merges equal atoms, and rejoins `by·(x div by) + x mod by = x`, so that reshapes of whole rows vanish. */
export function indexAdd(...parts: readonly Index[]): Index {
  // Terms of one index have been merged before.
  if (parts.length === 2) {
    const a = parts[0];
    const b = parts[1];
    if (a.terms.length === 0) return a.constant === 0 ? b : { ...b, constant: a.constant + b.constant };
    if (b.terms.length === 0) return b.constant === 0 ? a : { ...a, constant: a.constant + b.constant };
  }
  // Plain loops and lists of a few terms: much of a compilation adds indices before an engine has optimized it.
  const merged: Term[] = [];
  let constant = 0;
  for (let k = 0; k < parts.length; k++) {
    constant += parts[k].constant;
    for (let m = 0; m < parts[k].terms.length; m++) mergeTerm(merged, parts[k].terms[m]);
  }
  for (let k = 0; k < merged.length; k++) {
    const { times, atom } = merged[k];
    if (atom.kind !== "mod") continue;
    const div = placeOf(merged, { kind: "div", of: atom.of, by: atom.by });
    if (div < 0 || merged[div].times !== times * atom.by) continue;
    const terms = merged.filter((_, m) => m !== k && m !== div);
    return indexAdd({ constant, terms }, indexScale(atom.of, times));
  }
  return { constant, terms: merged };
}

function placeOf(terms: readonly Term[], atom: Atom): number {
  for (let k = 0; k < terms.length; k++) if (sameAtom(terms[k].atom, atom)) return k;
  return -1;
}

/** Adds a term to others, in the place of that with its atom if there is one. */
function mergeTerm(terms: Term[], term: Term): void {
  const place = placeOf(terms, term.atom);
  if (place < 0) {
    terms.push(term);
    return;
  }
  const times = terms[place].times + term.times;
  if (times === 0) terms.splice(place, 1);
  else terms[place] = { times, atom: term.atom };
}

export function indexScale(index: Index, times: number): Index {
  if (times === 0) return zero;
  if (times === 1) return index;
  return {
    constant: index.constant * times,
    terms: index.terms.map(({ times: own, atom }) => ({ times: own * times, atom })),
  };
}

/** Splits off the part that `by` divides: index = by·whole + rest. */
function partsBy(index: Index, by: number): { whole: Index; rest: Index } {
  const divisible = index.terms.filter((term) => term.times % by === 0);
  const others = index.terms.filter((term) => term.times % by !== 0);
  const least = Math.floor(index.constant / by);
  const [low] = rangeOf({ constant: index.constant - least * by, terms: others });
  // The rest stays at 0 or above: emitted code divides towards zero, which is floor division only there.
  const whole = least - Math.max(0, Math.ceil(-low / by));
  return {
    whole: { constant: whole, terms: divisible.map((term) => ({ ...term, times: term.times / by })) },
    rest: { constant: index.constant - whole * by, terms: others },
  };
}

/** Floor division by a positive constant; exact simplification where ranges prove it. */
export function indexDiv(index: Index, by: number): Index {
  if (by === 1) return index;
  const { whole, rest } = partsBy(index, by);
  const [low, high] = rangeOf(rest);
  if (low >= 0 && high < by) return whole;
  return indexAdd(whole, { constant: 0, terms: [{ times: 1, atom: { kind: "div", of: rest, by } }] });
}

/** Remainder of floor division by a positive constant. */
export function indexMod(index: Index, by: number): Index {
  if (by === 1) return indexConstant(0);
  const { rest } = partsBy(index, by);
  const [low, high] = rangeOf(rest);
  if (low >= 0 && high < by) return rest;
  return { constant: 0, terms: [{ times: 1, atom: { kind: "mod", of: rest, by } }] };
}

/** Replaces axes by index expressions. */
export function indexReplace(index: Index, replace: (axis: Axis) => Index | undefined): Index {
  const parts = index.terms.map(({ times, atom }) => {
    if (atom.kind === "axis") return indexScale(replace(atom.axis) ?? indexAxis(atom.axis), times);
    const of = indexReplace(atom.of, replace);
    return indexScale(atom.kind === "div" ? indexDiv(of, atom.by) : indexMod(of, atom.by), times);
  });
  return indexAdd(indexConstant(index.constant), ...parts);
}

/** The axes an index depends on, by name. */
export function axesOf(index: Index, into = new Set<string>()): Set<string> {
  for (const { atom } of index.terms) {
    if (atom.kind === "axis") into.add(atom.axis.name);
    else axesOf(atom.of, into);
  }
  return into;
}

/** Whether a place moves along an axis. */
export const movesAlong = (at: readonly Index[], { name }: Pick<Axis, "name">): boolean =>
  at.some((index) => axesOf(index).has(name));

/** Row-major flattening of coordinates in a shape (the batch dimension counts with its maximum). */
export function flatten(coordinates: readonly Index[], shape: readonly Dim[]): Index {
  let flat = zero;
  for (let k = 0; k < shape.length; k++) flat = indexAdd(indexScale(flat, maxOf(shape[k])), coordinates[k]);
  return flat;
}

/** The coordinates of a flat row-major position; the leading one takes what is left, so a batch may lead. */
export function unflatten(flat: Index, shape: readonly Dim[]): Index[] {
  const coordinates: Index[] = [];
  let rest = flat;
  for (let k = shape.length - 1; k > 0; k--) {
    const extent = maxOf(shape[k]);
    coordinates.unshift(indexMod(rest, extent));
    rest = indexDiv(rest, extent);
  }
  if (shape.length > 0)
    coordinates.unshift(isBatch(shape[0]) || maxOf(shape[0]) > 1 ? rest : indexConstant(0));
  return coordinates;
}
