import type { Backend } from "../ir/backend.ts";
import { l, type LoopExpr, type LoopOp, type LoopStmt } from "../ir/loop.ts";
import { mapExprs } from "../ir/loop-walk.ts";

/** Calls 1 / (1 + e^t) the sigmoid of -t where the target has a template for it, which rounds less than the formula. */
export function nameSigmoids(
  body: readonly LoopStmt[],
  { scalar }: Pick<Backend, "scalar">,
): readonly LoopStmt[] {
  return mapExprs(body, (x) => {
    const sum = besideOne(x, "div");
    const power = sum && besideOne(sum, "add");
    if (power?.kind !== "op" || power.op !== "exp") return x;
    if (scalar("sigmoid", x.type, x.lanes) === undefined) return x;
    const [t] = power.args;
    const negated = t.kind === "op" && t.op === "neg" ? t.args[0] : l.op("neg", [t]);
    return l.op("sigmoid", [negated], x.type, x.lanes);
  });
}

/** What an operation joins to the number 1. */
function besideOne(x: LoopExpr, op: LoopOp): LoopExpr | undefined {
  if (x.kind !== "op" || x.op !== op) return undefined;
  const [one, other] = x.args;
  return one.kind === "number" && one.value === 1 ? other : undefined;
}
