import { invariant } from "../base/errors.ts";
import type { MemoryPlan } from "../ir/arena.ts";
import type { Buffer } from "../ir/kernel.ts";
import { heldAs, l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { bytesOf, sizeOf, type DType } from "../ir/type.ts";
import { castTo, foldIndex } from "./values.ts";
import { hasLoad, operands, withOperands } from "../ir/loop-walk.ts";

/** A step with more statements than this is not worth writing out: V8 stops optimising very long functions. */
const mostStatements = 400;

/** What a byte of the arena holds now, and through which view it was last written. */
interface Cell {
  readonly value: LoopExpr;
  readonly array: string;
  readonly index: number;
  readonly dtype: DType;
  readonly written: boolean;
}

class TooLong extends Error {}

interface StraightOptions {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly memory: MemoryPlan;
  readonly compute: "f64" | "f32";
  /** Whether what a buffer holds at the end is stored. */
  readonly keeps: (buffer: Buffer) => boolean;
  /** Whether a value is rounded to the buffer's type where loops would store and load it. */
  readonly rounds: (buffer: Buffer) => boolean;
}

/**
 * Runs loops with known bounds at compile time and leaves straight-line code: every array element becomes a
 * local, loaded once and stored once. Null where that is too long.
 */
export function straighten(
  body: readonly LoopStmt[],
  { buffers, memory, compute, keeps, rounds }: StraightOptions,
): LoopStmt[] | null {
  const out: LoopStmt[] = [];
  const memoryNow = new Map<number, Cell>();
  const locals = new Map<string, LoopExpr>();
  /** What the locals that are written are. */
  const made = new Map<string, LoopExpr>();
  const taken = new Set(buffers.keys());
  const emit = (hint: string, value: LoopExpr): LoopExpr => {
    if (value.kind === "number" || value.kind === "local") return value;
    if (out.length > mostStatements) throw new TooLong();
    let name = hint;
    for (let k = 2; taken.has(name); k++) name = `${hint}_${k}`;
    taken.add(name);
    out.push(l.const(name, value));
    made.set(name, value);
    return l.local(name, value.type, value.lanes);
  };
  const bufferNamed = (name: string): Buffer => {
    const buffer = buffers.get(name);
    invariant(buffer, `no buffer called ${name}`);
    return buffer;
  };
  const place = (array: string, index: LoopExpr): { at: number; index: number; buffer: Buffer } => {
    invariant(index.kind === "number", "an address of a straight-line step is not constant");
    const buffer = bufferNamed(array);
    if (index.value < 0 || index.value >= sizeOf(buffer.shape)) throw new TooLong();
    return {
      at: memory.placements.get(buffer)!.offset + index.value * bytesOf[buffer.dtype],
      index: index.value,
      buffer,
    };
  };
  const evaluate = (expr: LoopExpr): LoopExpr => {
    if (expr.kind !== "choose") return settle(withOperands(expr, operands(expr).map(evaluate)));
    // A guard is usually known here, and then only the branch it takes exists; else a load could leave its array.
    const test = evaluate(expr.test);
    if (test.kind === "number") return evaluate(test.value ? expr.yes : expr.no);
    if (hasLoad(expr.yes) || hasLoad(expr.no)) throw new TooLong();
    return { ...expr, test, yes: evaluate(expr.yes), no: evaluate(expr.no) };
  };
  const settle = (x: LoopExpr): LoopExpr => {
    if (x.kind === "local") return locals.get(x.name) ?? x;
    if (x.kind === "op" && (x.type === "index" || x.type === "bool")) return foldIndex(x);
    if (x.kind === "op" && x.op === "add" && isZero(x.args[0]) && isNeverMinusZero(x.args[1], made))
      return x.args[1];
    if (
      x.kind === "op" &&
      x.op === "cast" &&
      x.args[0].kind === "number" &&
      x.type !== "bool" &&
      x.args[0].type === "index"
    )
      return { ...x.args[0], type: x.type };
    if (x.kind !== "load") return x;
    const { at, index, buffer } = place(x.array, x.index);
    const known = memoryNow.get(at);
    if (known) return known.value;
    const value = emit(
      elementName(buffer.name, index),
      l.load(x.array, l.number(index), heldAs(buffer.dtype, compute)),
    );
    memoryNow.set(at, { value, array: x.array, index, dtype: buffer.dtype, written: false });
    return value;
  };
  /** What a local is called: like the element that holds it as it is, which comments speak of. */
  const hintOf = (name: string, later: readonly LoopStmt[]): string => {
    const held = later.find(
      (stmt) => stmt.kind === "store" && stmt.value.kind === "local" && stmt.value.name === name,
    );
    if (held?.kind !== "store" || rounds(bufferNamed(held.array))) return name;
    return elementName(held.array, place(held.array, evaluate(held.index)).index);
  };
  const run = (stmts: readonly LoopStmt[]): void => {
    for (const [k, stmt] of stmts.entries()) {
      if (stmt.kind === "for") {
        const [from, to] = [evaluate(stmt.from), evaluate(stmt.to)];
        if (from.kind !== "number" || to.kind !== "number") throw new TooLong();
        for (let turn = from.value; turn < to.value; turn += stmt.step) {
          locals.set(stmt.name, l.number(turn));
          run(stmt.body);
        }
      } else if (stmt.kind === "let" || stmt.kind === "set") {
        locals.set(stmt.name, emit(hintOf(stmt.name, stmts.slice(k + 1)), evaluate(stmt.value)));
      } else if (stmt.kind === "store") {
        const { at, index, buffer } = place(stmt.array, evaluate(stmt.index));
        const held = heldAs(buffer.dtype, compute);
        const exact = evaluate(stmt.value);
        const rounded =
          buffer.dtype === "f32" && exact.kind !== "number" && rounds(buffer)
            ? castTo(castTo(exact, "f32"), held)
            : castTo(exact, held);
        const value = emit(elementName(buffer.name, index), rounded);
        memoryNow.set(at, { value, array: stmt.array, index, dtype: buffer.dtype, written: true });
      } else if (stmt.kind === "note") out.push(stmt);
      else throw new TooLong();
    }
  };
  try {
    run(body);
  } catch (error) {
    if (error instanceof TooLong) return null;
    throw error;
  }
  for (const cell of memoryNow.values()) {
    if (!cell.written || !keeps(bufferNamed(cell.array))) continue;
    out.push(l.store(cell.array, l.number(cell.index), cell.value));
  }
  return out.length > mostStatements ? null : out;
}

const elementName = (array: string, index: number): string => `${array}_${index}`;
const isZero = (x: LoopExpr): boolean => x.kind === "number" && Object.is(x.value, 0);
/**
 * Whether a sum is never −0, because something in it is not: then 0 + x is x to the bit. A single 0 + x is not x where x
 * is −0.
 */
function isNeverMinusZero(x: LoopExpr, made: ReadonlyMap<string, LoopExpr>): boolean {
  if (x.kind === "local") {
    const value = made.get(x.name);
    return value !== undefined && isNeverMinusZero(value, made);
  }
  return (
    x.kind === "op" && x.op === "add" && x.args.some((arg) => isZero(arg) || isNeverMinusZero(arg, made))
  );
}
