import type { LoopExpr, LoopStmt } from "../../ir/loop.ts";
import { blocksOf, expressionsOf, operands } from "../../ir/loop-walk.ts";

type Let = LoopStmt & { readonly kind: "let" };
export interface Uses {
  /** As it is. */
  alone: number;
  /** As four copies of itself, where an operation has four lanes. */
  copied: number;
}

/** How each scalar constant of a function is used, so that it is kept in the forms that are needed. */
export function usesOf(body: readonly LoopStmt[]): ReadonlyMap<Let, Uses> {
  const uses = new Map<Let, Uses>();
  const block = (stmts: readonly LoopStmt[], outer: ReadonlyMap<string, Let>): void => {
    const names = new Map(outer);
    const see = (x: LoopExpr, copied: boolean): void => {
      if (x.kind === "local") {
        const definition = names.get(x.name);
        if (definition) uses.get(definition)![copied && x.lanes === 1 ? "copied" : "alone"]++;
        return;
      }
      for (const [k, arg] of operands(x).entries()) see(arg, isCopied(x, k));
    };
    for (const stmt of stmts) {
      for (const x of expressionsOf(stmt)) see(x, false);
      if (stmt.kind === "let" && !stmt.mutable && stmt.lanes === 1) {
        names.set(stmt.name, stmt);
        uses.set(stmt, { alone: 0, copied: 0 });
      } else if (stmt.kind === "let" || stmt.kind === "for") names.delete(stmt.name);
      for (const inner of blocksOf(stmt)) block(inner, names);
    }
  };
  block(body, new Map());
  return uses;
}

/** Whether an operand, if it is a scalar, stands for four copies. */
function isCopied(x: LoopExpr, k: number): boolean {
  if (x.kind !== "op") return false;
  if (x.op === "splat") return true;
  if (x.lanes === 1 || x.op === "lanes" || x.op === "ramp") return false;
  const isCount = x.op === "shiftLeft" || x.op === "shiftRight" || x.op === "rotateLeft";
  return !(k === 0 && x.op === "select") && !(k === 1 && isCount);
}
