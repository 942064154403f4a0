import { indexAxis, sameIndex, type Axis, type Index } from "../ir/index.ts";
import type { Buffer, Core, KernelDraft, KernelExpr, Target } from "../ir/kernel.ts";
import { itemsOf, targetsOf } from "../ir/kernel-walk.ts";
import { isBatch } from "../ir/type.ts";
import { has, maskOf, plainAxis, type Pair } from "./diagonal.ts";
import { shortened } from "./short-rows.ts";

/** The same by the places of coordinates in a buffer. */
interface Triangle {
  readonly greater: number;
  readonly than: number;
}
/** What is known within one kernel: of its locals, and of rows where they are read as they were written. */
interface Here {
  readonly locals: Map<string, readonly Pair[]>;
  readonly rows: Map<Buffer, { readonly at: readonly Index[]; readonly pairs: readonly Pair[] }>;
}

/**
 * Which buffers of a graph are 0 on one side of a diagonal, as the weights of causal attention are and what is computed
 * from them. Products and sums leave those parts out: half of the work, forwards and backwards. Where the other factor is
 * no number there, or infinite, they may give what a mask would instead of that times 0: rows of one tile end together,
 * so which of both it is depends on the target's tiles.
 */
export class Zeros {
  private readonly known = new Map<Buffer, readonly Triangle[]>();

  /** A kernel with its product and its rows cut to what may not be 0; what it writes is remembered for those after it. */
  cut(kernel: KernelDraft): KernelDraft {
    if (kernel.loops.length > 0) {
      for (const { buffer } of targetsOf(kernel)) this.known.delete(buffer);
      return kernel;
    }
    const only = kernel.core && this.onlyOf(kernel.core, kernel.outer);
    const here: Here = { locals: new Map(), rows: new Map() };
    for (const item of itemsOf(kernel)) {
      const pairs = item.reduce ? [] : this.pairsOf(item.value, here);
      here.locals.set(item.name, pairs);
      for (const target of item.targets) {
        if (target.buffer.kind === "row") here.rows.set(target.buffer, { at: target.at, pairs });
        else this.learn(target, pairs);
      }
    }
    const stages = shortened(kernel, (expr) => this.pairsOf(expr, here));
    return { ...kernel, stages, core: only ? { ...kernel.core!, only } : kernel.core };
  }

  private learn({ buffer, at, accumulate }: Target, pairs: readonly Pair[]): void {
    const places = new Map(at.map((index, k) => [plainAxis(index, buffer, k), k] as const));
    const isWhole = at.every(
      (index, k) => plainAxis(index, buffer, k) !== undefined || buffer.shape[k] === 1,
    );
    const found = pairs.flatMap(([a, b]): Triangle[] => {
      const [greater, than] = [places.get(a), places.get(b)];
      return greater !== undefined && than !== undefined ? [{ greater, than }] : [];
    });
    if (isWhole && !accumulate && buffer.kind !== "cell") this.known.set(buffer, found);
    else this.known.delete(buffer);
  }

  private triangles(buffer: Buffer, at: readonly Index[]): Pair[] {
    return (this.known.get(buffer) ?? []).flatMap(({ greater, than }): Pair[] => {
      const [a, b] = [plainAxis(at[greater], buffer, greater), plainAxis(at[than], buffer, than)];
      return a !== undefined && b !== undefined ? [[a, b]] : [];
    });
  }

  private pairsOf(expr: KernelExpr, here: Here): readonly Pair[] {
    switch (expr.kind) {
      case "load": {
        const row = here.rows.get(expr.buffer);
        if (row) return row.at.every((index, k) => sameIndex(index, expr.at[k])) ? row.pairs : [];
        return this.triangles(expr.buffer, expr.at);
      }
      case "local":
        return here.locals.get(expr.name) ?? [];
      case "op":
        return this.pairsOfOp(expr.op, expr.args, here);
      default:
        return [];
    }
  }

  private pairsOfOp(op: string, args: readonly KernelExpr[], here: Here): readonly Pair[] {
    const of = (k: number): readonly Pair[] => this.pairsOf(args[k], here);
    if (op === "mul") return [...of(0), ...of(1)];
    if (op === "neg" || op === "div") return of(0);
    if (op === "add" || op === "sub") return of(0).filter((pair) => has(of(1), pair));
    if (op !== "select") return [];
    const [test, , no] = args;
    const isMasked = no.kind === "const" && no.value === 0;
    return isMasked ? [...maskOf(test), ...of(1)] : of(1).filter((pair) => has(of(2), pair));
  }

  private onlyOf({ operands, depth }: Core, outer: readonly Axis[]): Core["only"] {
    // A depth that is the batch ends with n, and rows that are the batch begin tiles anywhere.
    const fixed = (axes: readonly Axis[]): Map<string, Axis> =>
      new Map(axes.flatMap((axis) => (isBatch(axis.extent) ? [] : [[axis.name, axis] as const])));
    const folded = fixed(depth);
    // Columns share what is read for a row, so the rows are what may end it early.
    const rows = fixed(outer.slice(0, -1));
    for (const [a, b] of operands.flatMap(({ buffer, at }) => this.triangles(buffer, at))) {
      if (folded.has(a) && rows.has(b)) return { axis: a, upTo: indexAxis(rows.get(b)!) };
      if (folded.has(b) && rows.has(a)) return { axis: b, from: indexAxis(rows.get(a)!) };
    }
    return undefined;
  }
}
