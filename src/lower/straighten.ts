import { invariant } from "../base/errors.ts";
import type { MemoryPlan } from "../ir/arena.ts";
import { plainName, type Buffer } from "../ir/kernel.ts";
import { heldAs, l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { hasLoad, operands, withOperands } from "../ir/loop-walk.ts";
import { homeOf } from "./home.ts";
import { bytesOf, sizeOf } from "../ir/type.ts";
import { isNeutral } from "./reduction.ts";
import { castTo, foldIndex } from "./values.ts";

/** A body with more statements than this is not worth writing out: V8 stops optimising very long functions. */
const mostStatements = 400;

const mostBytes = Math.max(...Object.values(bytesOf));

/** What a byte of the arena holds now, and through which view it was last written. */
interface Cell {
  readonly value: LoopExpr;
  readonly array: string;
  readonly index: LoopExpr;
  readonly written: boolean;
}

/** A body that is too long, or whose loops and places are not known before it runs. */
class NotStraight extends Error {}

/** One element of a buffer: which byte it begins at, and how it is found when the code runs. */
export interface Place {
  readonly at: number;
  readonly index: LoopExpr;
  /** Its number, by which the local is called that holds it. */
  readonly element: number;
}

interface StraightOptions {
  readonly buffers: ReadonlyMap<string, Buffer>;
  /** Where an element lies; undefined where that is not known before the code runs. */
  readonly locate: (buffer: Buffer, index: LoopExpr) => Place | undefined;
  readonly compute: "f64" | "f32";
  /** Whether what a buffer holds at the end is stored. */
  readonly keeps: (buffer: Buffer) => boolean;
  /** Whether a value is rounded to the buffer's type where loops would store and load it. */
  readonly rounds: (buffer: Buffer) => boolean;
  /** Where lines are what a loop does in every round, and not once. */
  readonly loop?: AroundLines;
}

/**
 * The loop around lines, and what they leave there from round to round. What is summed within one starts with its first
 * term, so that it may be −0 where loops, which begin at 0, give 0.
 */
export interface AroundLines {
  /** Buffers that are added to, and never read besides: every addition is a store of its own. */
  readonly sums: ReadonlySet<Buffer>;
  /** Names that are taken outside; locals among them keep what is set here. */
  readonly outside: ReadonlySet<string>;
  /** How many statements may be written out: those that only hold what is used once become parts of others. */
  readonly most: number;
}

/** The places of an arena. */
export const inArena =
  ({ placements }: MemoryPlan): StraightOptions["locate"] =>
  (buffer, index) => {
    invariant(index.kind === "number", "an address of a straight-line step is not constant");
    if (index.value < 0 || index.value >= sizeOf(buffer.shape)) return undefined;
    const at = placements.get(buffer)!.offset + index.value * bytesOf[buffer.dtype];
    return { at, index, element: index.value };
  };

/**
 * Runs loops with known bounds at compile time and leaves straight-line code: every array element becomes a
 * local, loaded once and stored once. Null where that is too long, or the bounds are not known.
 */
export function straighten(body: readonly LoopStmt[], options: StraightOptions): LoopStmt[] | null {
  const run = new StraightRun(options);
  try {
    run.block(body, []);
    return run.statements();
  } catch (error) {
    if (error instanceof NotStraight) return null;
    throw error;
  }
}

class StraightRun {
  private readonly of: StraightOptions;
  private readonly out: LoopStmt[] = [];
  private readonly memory = new Map<number, Cell>();
  private readonly locals = new Map<string, LoopExpr>();
  private readonly taken: Set<string>;
  private readonly most: number;
  /** Locals that hold sums which are never −0, because something in them is not. */
  private readonly neverMinusZero = new Set<string>();

  constructor(options: StraightOptions) {
    this.of = options;
    this.most = options.loop?.most ?? mostStatements;
    this.taken = new Set([...options.buffers.keys(), ...(options.loop?.outside ?? [])]);
  }

  statements(): LoopStmt[] {
    const stores = [...this.memory.values()]
      .filter(({ written, array }) => written && this.of.keeps(this.bufferNamed(array)))
      .map(({ array, index, value }) => l.store(array, index, value));
    if (this.out.length + stores.length > this.most) throw new NotStraight();
    return [...this.out, ...stores];
  }

  /** Runs a block; `later` is what its surroundings do after it. */
  block(stmts: readonly LoopStmt[], later: readonly LoopStmt[]): void {
    for (const [k, stmt] of stmts.entries()) {
      const rest = [...stmts.slice(k + 1), ...later];
      if (stmt.kind === "for") this.loop(stmt, rest);
      else if (stmt.kind === "set" && this.of.loop?.outside.has(stmt.name))
        this.out.push(l.set(stmt.name, this.evaluate(stmt.value)));
      else if (stmt.kind === "let" || stmt.kind === "set")
        this.locals.set(stmt.name, this.emit(this.nameOf(stmt.name, rest), this.evaluate(stmt.value)));
      else if (stmt.kind === "store") this.store(stmt);
      else if (stmt.kind === "note") this.out.push(stmt);
      else throw new NotStraight();
    }
  }

  private loop(stmt: LoopStmt & { readonly kind: "for" }, later: readonly LoopStmt[]): void {
    const [from, to] = [this.evaluate(stmt.from), this.evaluate(stmt.to)];
    if (from.kind !== "number" || to.kind !== "number") throw new NotStraight();
    for (let at = from.value; at < to.value; at += stmt.step) {
      this.locals.set(stmt.name, l.number(at));
      const last = at + stmt.step >= to.value;
      this.block(stmt.body, last ? later : [...stmt.body, ...later]);
    }
  }

  private store(stmt: LoopStmt & { readonly kind: "store" }): void {
    const { at, index, element: number, buffer } = this.place(stmt.array, this.evaluate(stmt.index));
    const held = heldAs(buffer.dtype, this.of.compute);
    const exact = this.evaluate(stmt.value);
    const rounds = exact.kind !== "number" && this.isRounded(buffer);
    const value = rounds ? castTo(castTo(exact, "f32"), held) : castTo(exact, held);
    if (this.of.loop?.sums.has(buffer)) {
      this.out.push(l.store(stmt.array, index, value));
      return;
    }
    const element = this.emit(elementName(stmt.array, number), value);
    this.forget(at, bytesOf[buffer.dtype]);
    this.memory.set(at, { value: element, array: stmt.array, index, written: true });
  }

  /** What is written over is gone, though it began at another byte: a float64 lies over two whole numbers. */
  private forget(from: number, bytes: number): void {
    for (let at = from - mostBytes + 1; at < from + bytes; at++) {
      const cell = this.memory.get(at);
      if (cell && at + bytesOf[this.bufferNamed(cell.array).dtype] > from) this.memory.delete(at);
    }
  }

  private emit(hint: string, value: LoopExpr): LoopExpr {
    if (value.kind === "number" || value.kind === "local") return value;
    if (this.out.length > this.most) throw new NotStraight();
    let name = hint;
    for (let k = 2; this.taken.has(name); k++) name = `${hint}_${k}`;
    this.taken.add(name);
    this.out.push(l.const(name, value));
    if (this.isNeverMinusZero(value)) this.neverMinusZero.add(name);
    return l.local(name, value.type, value.lanes);
  }

  /**
   * What a local is called: like the element that will hold it as it is, which the comments speak of; like the op and
   * that element's number where it is still to be rounded, like both where it only becomes a part of it.
   */
  private nameOf(name: string, later: readonly LoopStmt[]): string {
    const home = homeOf(name, later);
    if (!home) return name;
    const { array, index } = home.store;
    const { element, buffer } = this.place(array, this.evaluate(index));
    if (!home.whole) return `${elementName(array, element)}_${plainName(name)}`;
    return this.isRounded(buffer) ? `${plainName(name)}${element}` : elementName(array, element);
  }

  private isRounded(buffer: Buffer): boolean {
    return buffer.dtype === "f32" && this.of.rounds(buffer);
  }

  private evaluate(expr: LoopExpr): LoopExpr {
    if (expr.kind !== "choose")
      return this.simplified(
        withOperands(
          expr,
          operands(expr).map((x) => this.evaluate(x)),
        ),
      );
    // A guard is usually known here, and then only the branch it takes exists; else a load could leave its array.
    const test = this.evaluate(expr.test);
    if (test.kind === "number") return this.evaluate(test.value ? expr.yes : expr.no);
    if (hasLoad(expr.yes) || hasLoad(expr.no)) throw new NotStraight();
    return { ...expr, test, yes: this.evaluate(expr.yes), no: this.evaluate(expr.no) };
  }

  private simplified(x: LoopExpr): LoopExpr {
    if (x.kind === "local") return this.locals.get(x.name) ?? x;
    if (x.kind === "load") return this.load(x.array, x.index);
    if (x.kind !== "op") return x;
    if (x.type === "index" || x.type === "bool") return foldIndex(x);
    const [first, second] = x.args;
    // A single 0 + x is not x where x is −0.
    if (x.op === "add" && isZero(first) && (this.of.loop || this.isNeverMinusZero(second))) return second;
    if (isNeutral(x.op, first)) return second;
    return x.op === "cast" ? castTo(first, x.type) : x;
  }

  private load(array: string, from: LoopExpr): LoopExpr {
    const { at, index, element, buffer } = this.place(array, from);
    const known = this.memory.get(at);
    if (known) return known.value;
    const load = l.load(array, index, heldAs(buffer.dtype, this.of.compute));
    if (this.of.loop?.sums.has(buffer)) return load;
    const value = this.emit(elementName(array, element), load);
    this.memory.set(at, { value, array, index, written: false });
    return value;
  }

  private place(array: string, index: LoopExpr): Place & { readonly buffer: Buffer } {
    const buffer = this.bufferNamed(array);
    const place = this.of.locate(buffer, index);
    if (!place) throw new NotStraight();
    return { ...place, buffer };
  }

  private bufferNamed(name: string): Buffer {
    const buffer = this.of.buffers.get(name);
    invariant(buffer, `no buffer called ${name}`);
    return buffer;
  }

  private isNeverMinusZero(x: LoopExpr): boolean {
    if (x.kind === "local") return this.neverMinusZero.has(x.name);
    return (
      x.kind === "op" && x.op === "add" && x.args.some((arg) => isZero(arg) || this.isNeverMinusZero(arg))
    );
  }
}

const elementName = (array: string, index: number): string => `${array}_${index}`;
const isZero = (x: LoopExpr): boolean => x.kind === "number" && Object.is(x.value, 0);
