import type { LoopExpr } from "../ir/loop.ts";
import { visitExpr } from "../ir/loop-walk.ts";

/**
 * By how much an index grows when a counter grows by one: a number where that is the same everywhere, undefined where
 * it is not, or where the index depends on one of the `varying` locals.
 */
export function strideOf(index: LoopExpr, counter: string, varying: ReadonlySet<string>): number | undefined {
  const stride = (x: LoopExpr): number | undefined => strideOf(x, counter, varying);
  if (index.kind === "local") return index.name === counter ? 1 : varying.has(index.name) ? undefined : 0;
  if (index.kind === "op" && (index.op === "add" || index.op === "sub")) {
    const [a, b] = index.args.map(stride);
    return a === undefined || b === undefined ? undefined : index.op === "add" ? a + b : a - b;
  }
  if (index.kind === "op" && index.op === "mul") {
    const [a, b] = index.args.map(stride);
    if (a === 0 && b === 0) return 0;
    const [x, y] = index.args;
    if (y.kind === "number" && a !== undefined) return a * y.value;
    return x.kind === "number" && b !== undefined ? b * x.value : undefined;
  }
  return dependsOn(index, counter, varying) ? undefined : 0;
}

/** Whether an expression reads the counter or one of the varying locals. */
export function dependsOn(x: LoopExpr, counter: string, varying: ReadonlySet<string>): boolean {
  let found = false;
  visitExpr(x, (inner) => {
    found ||= inner.kind === "local" && (inner.name === counter || varying.has(inner.name));
  });
  return found;
}
