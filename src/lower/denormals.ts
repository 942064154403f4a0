import { exactText } from "../base/exact.ts";
import type { Buffer } from "../ir/kernel.ts";
import { l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { mapExprs, mapStmts, visitStmts } from "../ir/loop-walk.ts";

/** Whether a buffer is an optimizer's memory of the past. */
export const isSlot = ({ cell }: Buffer): boolean => cell?.kind === "slot";

/**
 * Keeps denormal numbers out of an optimizer's memory of the past, on which a processor spends a hundred times as long:
 * what is stored is 0 where it is too small to matter, and so is what is squared on the way there.
 */
export function withoutDenormals(
  body: readonly LoopStmt[],
  buffers: ReadonlyMap<string, Buffer>,
  least: number,
): readonly LoopStmt[] {
  const storesSlot = (stmt: LoopStmt): boolean => {
    const buffer = stmt.kind === "store" && stmt.value.type === "f32" ? buffers.get(stmt.array) : undefined;
    return buffer !== undefined && isSlot(buffer);
  };
  let keeps = false;
  visitStmts(body, (stmt) => (keeps ||= storesSlot(stmt)));
  if (least === 0 || !keeps) return body;
  // The square joins an average a thousandth at a time, and even that is no denormal number then.
  const leastSquared = 4 * Math.sqrt(least);
  const squared = mapExprs(body, (x) => {
    if (x.kind !== "op" || x.op !== "mul" || x.type !== "f32") return x;
    const [a, b] = x.args;
    if (a.kind === "number" || exactText(a) !== exactText(b)) return x;
    const swept = orZero(a, leastSquared);
    return { ...x, args: [swept, swept] };
  });
  return mapStmts(squared, (stmt) =>
    storesSlot(stmt) && stmt.kind === "store" ? { ...stmt, value: orZero(stmt.value, least) } : stmt,
  );
}

function orZero(value: LoopExpr, least: number): LoopExpr {
  const isDenormal = l.op("less", [l.op("abs", [value]), l.number(least, "f32")], "bool");
  return l.op("select", [isDenormal, l.number(0, "f32"), value], "f32");
}
