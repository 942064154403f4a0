import type { LoopExpr, LoopOp, LoopStmt } from "../ir/loop.ts";
import { expressionsOf, mapBlocks, someExpr, visitStmts } from "../ir/loop-walk.ts";
import { foldOf } from "./values.ts";

/**
 * Starts a fold that is written out with its first term, where that is what its start and the first term make: the
 * larger of -∞ and x is x. A sum keeps its 0, since 0 + x is not x where x is -0.
 */
export function startFolds(body: readonly LoopStmt[]): LoopStmt[] {
  const out = body.map((stmt) => mapBlocks(stmt, startFolds));
  for (let k = 0; k < out.length; k++) {
    const start = out[k];
    if (start.kind !== "let" || !start.mutable || start.value.kind !== "number") continue;
    const at = out.findIndex((stmt, other) => other > k && mentions(stmt, start.name));
    const first = out[at] as LoopStmt | undefined;
    if (first?.kind !== "set" || first.name !== start.name) continue;
    const term = joined(first.value, start.name, start.value);
    if (!term) continue;
    out[at] = { ...start, value: term };
    out.splice(k--, 1);
  }
  return out;
}

const names: Partial<Record<LoopOp, "prod" | "maximum" | "minimum">> = {
  mul: "prod",
  maximum: "maximum",
  minimum: "minimum",
};

/** What a fold joins to its start, where joining changes nothing. */
function joined(value: LoopExpr, name: string, start: LoopExpr & { kind: "number" }): LoopExpr | undefined {
  if (value.kind !== "op" || (value.type !== "f64" && value.type !== "f32" && value.type !== "i32"))
    return undefined;
  const fold = names[value.op];
  const [before, term] = value.args;
  if (!fold || before.kind !== "local" || before.name !== name || reads(term, name)) return undefined;
  const neutral = foldOf(fold, value.type, value.type).start;
  return neutral.kind === "number" && neutral.value === start.value ? term : undefined;
}

const reads = (x: LoopExpr, name: string): boolean =>
  someExpr(x, (inner) => inner.kind === "local" && inner.name === name);

function mentions(stmt: LoopStmt, name: string): boolean {
  let found = false;
  visitStmts([stmt], (inner) => {
    found ||= (inner.kind === "set" || inner.kind === "let") && inner.name === name;
    found ||= expressionsOf(inner).some((x) => reads(x, name));
  });
  return found;
}
