import type { Buffer } from "../ir/kernel.ts";
import { l, type LoopStmt } from "../ir/loop.ts";
import { mapStmts } from "../ir/loop-walk.ts";

/** Stores 0 for what is too small to matter in an optimizer's memory of the past. */
export function withoutDust(
  body: readonly LoopStmt[],
  buffers: ReadonlyMap<string, Buffer>,
  least: number,
): readonly LoopStmt[] {
  if (least === 0) return body;
  return mapStmts(body, (stmt) => {
    if (stmt.kind !== "store" || buffers.get(stmt.array)?.cell?.kind !== "slot") return stmt;
    const { value } = stmt;
    if (value.type !== "f32") return stmt;
    const isDust = l.op("less", [l.op("abs", [value]), l.number(least, "f32")], "bool");
    return { ...stmt, value: l.op("select", [isDust, l.number(0, "f32"), value], "f32") };
  });
}
