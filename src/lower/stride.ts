import { exactText } from "../base/exact.ts";
import type { LoopExpr } from "../ir/loop.ts";
import { someExpr } from "../ir/loop-walk.ts";

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

/** Whether an expression reads the counter, or one of the varying locals and arrays. */
export function dependsOn(x: LoopExpr, counter: string, varying: ReadonlySet<string>): boolean {
  return someExpr(x, (inner) => {
    if (inner.kind === "local") return inner.name === counter || varying.has(inner.name);
    return inner.kind === "load" && varying.has(inner.array);
  });
}

/**
 * Whether two indices that run along together are the same element in each round, or lie so far apart that no round
 * of a loop meets what another one does: their difference is then 0 or a multiple of something no smaller than the
 * loop is long, as between the two slots of a carry.
 */
export function isApart(a: LoopExpr, b: LoopExpr, trips: number): boolean {
  const terms = new Map<string, number>();
  let constant = 0;
  const add = (x: LoopExpr, times: number): void => {
    if (x.kind === "number") constant += times * x.value;
    else if (x.kind === "op" && (x.op === "add" || x.op === "sub")) {
      add(x.args[0], times);
      add(x.args[1], x.op === "add" ? times : -times);
    } else if (x.kind === "op" && x.op === "mul" && x.args[1].kind === "number")
      add(x.args[0], times * x.args[1].value);
    else {
      const key = exactText(x);
      terms.set(key, (terms.get(key) ?? 0) + times);
    }
  };
  add(a, 1);
  add(b, -1);
  const common = [constant, ...terms.values()].reduce((p, q) => greatestDivisor(Math.abs(p), Math.abs(q)), 0);
  return common === 0 || common >= trips;
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));
