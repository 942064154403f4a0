import { w, type Code, type Local } from "./encode/code.ts";
import { atomForm, combine, keyOf, rangeOf, scaled, type Atom, type Linear, type Source, type Terms } from "./linear.ts"; // prettier-ignore
import type { Scope } from "./scope.ts";

/** A sum that a loop keeps in a local: set before it, and stepped at the end of each round if it has a step. */
export interface Pointer {
  readonly local: Local;
  readonly form: Linear;
  /** How often the counter is in it; 0 for what stays the same. */
  readonly times: number;
}

/** A loop while its body is being written. */
export interface Frame {
  readonly atom: Atom;
  readonly name: string;
  readonly step: number;
  /** The locals that its body sets. */
  readonly sets: ReadonlySet<string>;
  /** Around the body's scope, so that no local of the body shares a slot with a pointer. */
  readonly scope: Scope;
  readonly pointers: Map<string, Pointer>;
}

/**
 * Index sums as code. What changes with a loop's counter is not multiplied out at every use: the loop steps it by a
 * constant, in a local that all uses share. What does not change in a loop is computed before it.
 */
export class Loops {
  readonly frames: Frame[] = [];

  /** The number of loops outside of which an atom no longer means the same; all of them for what is pinned. */
  private levelOf(atom: Atom): number {
    if (atom.pinned) return this.frames.length;
    return Math.max(0, ...atom.reads.map((variable) => this.levelOfVariable(variable)));
  }
  private levelOfVariable({ name, mutable, level }: Source): number {
    if (!mutable) return level;
    const inner = this.frames.findLastIndex(({ sets }) => sets.has(name));
    return Math.max(level, inner + 1);
  }
  levelOfForm = ({ terms }: Linear): number =>
    Math.max(0, ...[...terms.keys()].map((atom) => this.levelOf(atom)));

  /** An unsigned address and an unsigned offset, whose exact sum is the place `form` bytes from `base`. */
  place(form: Linear, base: number): { address: Code; offset: number } {
    const constant = form.constant + base;
    const sum: Linear = { constant: 0, terms: form.terms };
    // The hardware adds the offset without wrapping, so a constant may only be an offset where the rest of the sum is
    // never negative. Elsewhere the whole sum is one 32-bit number, which wraps to the right address.
    const [low] = rangeOf(sum);
    const bias = Math.max(0, -low);
    const offset = constant - bias;
    if (Number.isFinite(bias) && offset >= 0)
      return { address: this.sum({ ...sum, constant: bias }), offset };
    return { address: this.sum({ ...sum, constant }), offset: 0 };
  }

  /** The same with the base in the address, so that offsets are small and those of like arrays are alike. */
  placeApart(form: Linear, base: number): { address: Code; offset: number } {
    const [low] = rangeOf({ constant: base, terms: form.terms });
    if (form.constant < 0 || !(low >= 0)) return this.place(form, base);
    return { address: this.sum({ constant: base, terms: form.terms }), offset: form.constant };
  }

  /** The value of a sum here; its constant is added on the spot, so that the rest may serve others too. */
  value({ constant, terms }: Linear): Code {
    if (terms.size === 0) return w.i32(constant);
    const rest = this.sum({ constant: 0, terms });
    return constant === 0 ? rest : w.op("i32.add", rest, w.i32(constant));
  }

  /** The value of a sum here, all of which is kept in a local. */
  private sum(form: Linear): Code {
    const level = this.levelOfForm(form);
    const frame = level > 0 ? this.frames[level - 1] : undefined;
    const times = (frame && form.terms.get(frame.atom)) ?? 0;
    if (frame && times !== 0) {
      const rest = without(form.terms, (atom) => atom === frame.atom);
      if (this.levelOfForm({ constant: 0, terms: rest }) < level) return w.get(this.kept(frame, form, times));
    }
    if (level < this.frames.length && isWork(form)) return w.get(this.kept(this.frames[level], form, 0));
    return this.written(form, level, frame?.atom);
  }

  private kept(frame: Frame, form: Linear, times: number): Local {
    const key = keyOf(form);
    const known = frame.pointers.get(key);
    if (known) return known.local;
    const isCounter = times === 1 && form.terms.size === 1 && form.constant === 0;
    const name = isCounter ? frame.name : `${times === 0 ? "at" : frame.name}_${frame.pointers.size}`;
    const pointer: Pointer = { local: frame.scope.add(name, "i32"), form, times };
    frame.pointers.set(key, pointer);
    return pointer.local;
  }

  /** Products and sums on the spot; the part that changes least is asked for as a whole. */
  private written({ constant, terms }: Linear, level: number, counter: Atom | undefined): Code {
    const own = [...terms].filter(([atom]) => atom !== counter && this.levelOf(atom) === level);
    const rest = without(terms, (atom) => own.some(([mine]) => mine === atom));
    const parts: (readonly [Code, times: number])[] = own.map(([atom, times]) => [atom.code(), times]);
    if (rest.size > 0) parts.unshift([this.sum({ constant: 0, terms: rest }), 1]);
    if (parts.length === 0) return w.i32(constant);
    // What is taken away comes after what it is taken from.
    const [[first, times], ...others] = [...parts].sort(([, a], [, b]) => Number(a < 0) - Number(b < 0));
    const sum = others.reduce(
      (all, [x, more]) =>
        more < 0 ? w.op("i32.sub", all, timesCode(x, -more)) : w.op("i32.add", all, timesCode(x, more)),
      timesCode(first, times),
    );
    return constant === 0 ? sum : w.op("i32.add", sum, w.i32(constant));
  }

  /** What a loop does before its first round, once its body is written and it is no longer the innermost. */
  before(frame: Frame, from: Linear): Code[] {
    return [...frame.pointers.values()].map(({ local, form, times }) =>
      w.set(local, this.value(at(form, frame.atom, times, from))),
    );
  }

  /** What it does at the end of each round. */
  step = ({ pointers, step }: Frame): Code[] =>
    [...pointers.values()]
      .filter(({ times }) => times !== 0)
      .map(({ local, times }) => w.set(local, w.op("i32.add", w.get(local), w.i32(times * step))));

  /**
   * Whether another round follows, from the counter if it is kept, or else from a pointer that rises and stays
   * within 31 bits; and what must be known for that once the pointers are set, before the loop.
   */
  again(frame: Frame, from: Linear, to: Linear): { before: Code[]; test: Code } {
    const isKept = ({ form, times }: Pointer): boolean => {
      const [low, high] = rangeOf(form);
      const [, last] = rangeOf(at(form, frame.atom, times, to));
      return times > 0 && low >= 0 && high < 2 ** 31 && last + times * frame.step < 2 ** 31;
    };
    const rising = [...frame.pointers.values()].filter(isKept);
    const ends = rising.map((pointer) => ({ pointer, end: at(pointer.form, frame.atom, pointer.times, to) }));
    const counter = keyOf(atomForm(frame.atom));
    const found =
      ends.find(({ pointer }) => keyOf(pointer.form) === counter) ??
      ends.find(({ end }) => end.terms.size === 0) ??
      ends.at(0);
    const { local } = found?.pointer ?? { local: this.kept(frame, atomForm(frame.atom), 1) };
    const end = found?.end ?? to;
    if (end.terms.size === 0)
      return { before: [], test: w.op("i32.lt_s", w.get(local), w.i32(end.constant)) };
    // How far the pointer goes may be known further out than where it ends.
    const span = scaled(combine(to, from, -1), found?.pointer.times ?? 1);
    const last =
      span.terms.size < end.terms.size ? w.op("i32.add", w.get(local), this.value(span)) : this.value(end);
    if (last.kind === "get") return { before: [], test: w.op("i32.lt_s", w.get(local), last) };
    const limit = frame.scope.add(`${local.name}_end`, "i32");
    return { before: [w.set(limit, last)], test: w.op("i32.lt_s", w.get(local), w.get(limit)) };
  }
}

/** A sum with something in the place of the counter. */
const at = (form: Linear, counter: Atom, times: number, value: Linear): Linear =>
  combine({ constant: form.constant, terms: without(form.terms, (atom) => atom === counter) }, value, times);

const without = (terms: Terms, drop: (atom: Atom) => boolean): Terms =>
  new Map([...terms].filter(([atom]) => !drop(atom)));

/** More than reading one local. */
const isWork = ({ constant, terms }: Linear): boolean =>
  terms.size > 0 &&
  (constant !== 0 || terms.size > 1 || [...terms].some(([{ named }, times]) => !named || times !== 1));

export function timesCode(x: Code, times: number): Code {
  if (times === 1) return x;
  const shift = Math.log2(times);
  return 2 ** shift === times && Number.isInteger(shift)
    ? w.op("i32.shl", x, w.i32(shift))
    : w.op("i32.mul", x, w.i32(times));
}
