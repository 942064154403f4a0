import type { LoopExpr, LoopStmt } from "../ir/loop.ts";
import { blocksOf, expressionsOf, someExpr } from "../ir/loop-walk.ts";
import { readsLocal } from "./names.ts";

/** The store of an element that a local ends in, and whether as it is: else something is made of it first. */
export interface Home {
  readonly store: LoopStmt & { readonly kind: "store" };
  readonly whole: boolean;
}

/** Where a local is stored by what comes after it: it, or the next local that is made of it and no other. */
export function homeOf(name: string, later: readonly LoopStmt[]): Home | undefined {
  let whole = true;
  for (const [k, stmt] of later.entries()) {
    if (stmt.kind === "let" && stmt.name === name) return undefined;
    if (stmt.kind === "store" && isLocal(stmt.value, name)) return { store: stmt, whole };
    if (stmt.kind === "set" && stmt.name === name) whole = false;
    else if (stmt.kind === "let" && reads(stmt, name)) {
      const next = homeOf(stmt.name, later.slice(k + 1));
      return next && { ...next, whole: false };
    } else if (blocksOf(stmt).length > 0 && readsLocal([stmt], name)) {
      // A loop over the terms of a sum, of which this is the start or a part.
      if (!blocksOf(stmt).every((block) => setsLocal(block, name))) return undefined;
      whole = false;
    }
  }
  return undefined;
}

const isLocal = (x: LoopExpr, name: string): boolean => x.kind === "local" && x.name === name;
const reads = (stmt: LoopStmt, name: string): boolean =>
  expressionsOf(stmt).some((x) => someExpr(x, (part) => isLocal(part, name)));
const setsLocal = (block: readonly LoopStmt[], name: string): boolean =>
  block.some(
    (stmt) =>
      (stmt.kind === "set" && stmt.name === name) || blocksOf(stmt).some((inner) => setsLocal(inner, name)),
  );
