import type { MemoryPlan } from "../../ir/arena.ts";
import type { Buffer } from "../../ir/kernel.ts";
import type { LoopCall, LoopFunction } from "../../ir/loop.ts";
import { visitExprs, visitStmts } from "../../ir/loop-walk.ts";
import { sizeOf } from "../../ir/type.ts";

/** The bytes of the arena, or an array of plain numbers beside it. */
export type Memory = Uint8Array | number[];

/** A piece of the arena (memory 0, in bytes) or of an array of plain numbers beside it (from 1, in their order). */
export interface Piece {
  readonly memory: number;
  readonly from: number;
  readonly to: number;
}

/** Where a buffer lies. */
function pieceOf(buffer: Buffer, { placements, numbers }: MemoryPlan): Piece {
  const array = numbers.findIndex(({ holds }) => holds.includes(buffer));
  if (array >= 0) return { memory: array + 1, from: 0, to: sizeOf(buffer.shape) };
  const { offset, bytes } = placements.get(buffer)!;
  return { memory: 0, from: offset, to: offset + bytes };
}

const overlap = (a: Piece, b: Piece): boolean => a.memory === b.memory && a.from < b.to && b.from < a.to;

/** What a call writes where it also reads, whether as the same buffer or as one that takes the place of another. */
export function overwrittenBy({ arrays }: LoopCall, fn: LoopFunction, plan: MemoryPlan): Piece[] {
  const params = fn.params.filter(({ kind }) => kind === "array");
  const pieces = new Map(params.map(({ name }, k) => [name, pieceOf(arrays[k], plan)]));
  const [read, written] = [new Set<Piece>(), new Set<Piece>()];
  visitExprs(fn.body, (expr) => {
    if (expr.kind === "load" && pieces.has(expr.array)) read.add(pieces.get(expr.array)!);
  });
  visitStmts(fn.body, (stmt) => {
    if (stmt.kind === "store") written.add(pieces.get(stmt.array)!);
  });
  return [...written].filter((piece) => [...read].some((other) => overlap(piece, other)));
}

/** Puts a piece of a memory back as it was in a copy of the whole. */
export function restorer(memories: readonly Memory[], copies: readonly Memory[], piece: Piece): () => void {
  const { from, to } = piece;
  const [memory, copy] = [memories[piece.memory], copies[piece.memory]];
  if (memory instanceof Uint8Array) {
    const [place, values] = [memory.subarray(from, to), (copy as Uint8Array).subarray(from, to)];
    return () => place.set(values);
  }
  return () => {
    for (let k = from; k < to; k++) memory[k] = copy[k];
  };
}

/** The whole of a memory as a piece. */
export const wholeOf = (memory: Memory, k: number): Piece => ({ memory: k, from: 0, to: memory.length });
