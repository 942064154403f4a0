import type { Code } from "./encode/code.ts";

/** The smallest and largest value of an integer; infinite where nothing is known. */
export type Range = readonly [low: number, high: number];
export const anything: Range = [-Infinity, Infinity];

/** A name that an atom depends on, and where its value may change. */
export interface Source {
  readonly name: string;
  readonly mutable: boolean;
  /** How many loops stand around its definition; a counter counts its own. */
  readonly level: number;
}

/** Something whole that an index is made of: a counter, a parameter, or what cannot be taken apart. */
export interface Atom {
  readonly id: number;
  readonly range: Range;
  readonly reads: readonly Source[];
  /** A counter, a parameter or a local, as opposed to something to compute. */
  readonly named: boolean;
  /** It reads memory, so that its value holds only where it stands. */
  readonly pinned: boolean;
  readonly code: () => Code;
}

/** constant + Σ times · atom. */
export interface Linear {
  readonly constant: number;
  readonly terms: ReadonlyMap<Atom, number>;
}
export type Terms = Linear["terms"];

export const constantForm = (constant: number): Linear => ({ constant, terms: new Map() });
export const atomForm = (atom: Atom): Linear => ({ constant: 0, terms: new Map([[atom, 1]]) });

/** a + times · b */
export function combine(a: Linear, b: Linear, times: number): Linear {
  const terms = new Map(a.terms);
  for (const [atom, count] of b.terms) {
    const sum = (terms.get(atom) ?? 0) + count * times;
    if (sum === 0) terms.delete(atom);
    else terms.set(atom, sum);
  }
  return { constant: a.constant + b.constant * times, terms };
}
export const scaled = (form: Linear, times: number): Linear => combine(constantForm(0), form, times);

const product = (times: number, bound: number): number => (times === 0 || bound === 0 ? 0 : times * bound);

/** The range of constant + Σ times · atom, as if the atoms were independent of each other. */
export function rangeOf({ constant, terms }: Linear): Range {
  let [low, high] = [constant, constant];
  for (const [atom, times] of terms) {
    const [a, b] = atom.range.map((bound) => product(times, bound));
    low += Math.min(a, b);
    high += Math.max(a, b);
  }
  return [low, high];
}

/** Equal for equal sums, whatever their order. */
export const keyOf = ({ constant, terms }: Linear): string =>
  [...[...terms].map(([atom, times]) => `${times}*${atom.id}`).sort(), constant].join("+");
