import { indexAdd, indexConstant } from "../ir/index.ts";
import type { Kernel } from "../ir/kernel.ts";
import { l, type LoopStmt } from "../ir/loop.ts";
import { mapStmts } from "../ir/loop-walk.ts";
import { nameEnds } from "./short-rows.ts";
import { indexExpr } from "./values.ts";

/** Leaves out tiles of columns that begin beyond what is read of the tile's rows. */
export function withoutUnread(
  body: readonly LoopStmt[],
  read: Kernel["read"],
  fresh: (hint: string) => string,
): readonly LoopStmt[] {
  if (!read) return body;
  const end = indexExpr(indexAdd(read.upTo, indexConstant(1)));
  const shorter = mapStmts(body, (stmt) =>
    stmt.kind === "for" && stmt.name === read.axis ? { ...stmt, to: l.op("minimum", [end, stmt.to]) } : stmt,
  );
  return nameEnds(shorter, fresh, "Farther on nobody reads these rows.");
}
