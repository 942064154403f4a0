import type { LoopStmt } from "../ir/loop.ts";
import { expressionsOf, mapBlocks, visitStmts } from "../ir/loop-walk.ts";
import { spread } from "./lane-body.ts";
import { isNeutral, reads, reductionOf } from "./reduction.ts";

/**
 * Starts a reduction that is written out with its first term, where that is what its start and the first term make: the
 * larger of -∞ and x is x. A sum keeps its 0, since 0 + x is not x where x is −0.
 */
export function peelReductions(body: readonly LoopStmt[]): LoopStmt[] {
  const out = body.map((stmt) => mapBlocks(stmt, peelReductions));
  for (let k = 0; k < out.length; k++) {
    const start = out[k];
    if (start.kind !== "let" || !start.mutable) continue;
    const at = out.findIndex((stmt, other) => other > k && mentions(stmt, start.name));
    const first = out[at] as LoopStmt | undefined;
    if (first?.kind !== "set" || first.name !== start.name) continue;
    const reduction = reductionOf(first);
    if (!reduction || !isNeutral(reduction.op, start.value)) continue;
    // A term that is the same for all lanes is a scalar, which an operation spreads and a vector of its own does not.
    out[at] = { ...start, value: start.lanes === 4 ? spread(reduction.term) : reduction.term };
    out.splice(k--, 1);
  }
  return out;
}

function mentions(stmt: LoopStmt, name: string): boolean {
  let found = false;
  visitStmts([stmt], (inner) => {
    found ||= (inner.kind === "set" || inner.kind === "let") && inner.name === name;
    found ||= expressionsOf(inner).some((x) => reads(x, name));
  });
  return found;
}
