import { indexAdd, indexConstant, indexReplace, type Index } from "../ir/index.ts";
import type { Kernel } from "../ir/kernel.ts";
import { l, type ForLoop, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { mapBlocks } from "../ir/loop-walk.ts";
import { nameEnds } from "./short-rows.ts";
import { indexExpr } from "./values.ts";

/** Leaves out tiles of columns that begin beyond what is read of the tile's rows. */
export function withoutUnread(
  body: readonly LoopStmt[],
  read: NonNullable<Kernel["read"]>,
  fresh: (hint: string) => string,
): readonly LoopStmt[] {
  const end = indexAdd(read.upTo, indexConstant(1));
  return nameEnds(shorter(body, read.axis, end), fresh, "Farther on nobody reads these rows.");
}

/** `end` is known where the rows are those of one tile, in a loop of one round. */
function shorter(body: readonly LoopStmt[], axis: string, end: Index): readonly LoopStmt[] {
  return body.map((stmt) => {
    const rows = stmt.kind === "for" ? onlyRound(stmt) : undefined;
    const inside =
      rows === undefined
        ? end
        : indexReplace(end, ({ name }) => (name === rows.name ? indexConstant(rows.at) : undefined));
    const own = mapBlocks(stmt, (block) => shorter(block, axis, inside));
    return own.kind === "for" && own.name === axis ? { ...own, to: earlier(end, own.to) } : own;
  });
}

/** The counter of a loop that has one round, and its value there. */
function onlyRound({ name, from, to, step }: ForLoop): { name: string; at: number } | undefined {
  const isOne = from.kind === "number" && to.kind === "number" && to.value - from.value <= step;
  return isOne ? { name, at: from.value } : undefined;
}

function earlier(end: Index, to: LoopExpr): LoopExpr {
  if (end.terms.length > 0 || to.kind !== "number") return l.op("minimum", [indexExpr(end), to]);
  return l.number(Math.min(end.constant, to.value));
}
