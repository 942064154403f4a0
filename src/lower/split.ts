import { l, type LoopExpr, type ForLoop, type LoopStmt } from "../ir/loop.ts";
import { mapExprs, visitExpr, visitExprs, visitStmts } from "../ir/loop-walk.ts";
import { strideOf } from "./stride.ts";

/** A loop is split into at most so many, each a copy of its body. */
const mostParts = 6;
/** Shorter loops are not worth a copy. */
const leastTrips = 8;

/**
 * Splits the range of an innermost loop where a test of its counter changes, so that padding, concatenation and their
 * gradients are loops without tests: `0 <= k - 2 && k - 2 < 28 ? x[k - 2] : 0` becomes three loops.
 */
export function splitRanges(body: readonly LoopStmt[]): LoopStmt[] {
  return body.flatMap((stmt): LoopStmt[] => {
    if (stmt.kind === "if")
      return [{ ...stmt, then: splitRanges(stmt.then), otherwise: splitRanges(stmt.otherwise) }];
    if (stmt.kind !== "for") return [stmt];
    return isInnermost(stmt) ? parts(stmt) : [{ ...stmt, body: splitRanges(stmt.body) }];
  });
}

function isInnermost({ body }: ForLoop): boolean {
  let found = true;
  visitStmts(body, (stmt) => {
    if (stmt.kind === "for") found = false;
  });
  return found;
}

function parts(loop: ForLoop): LoopStmt[] {
  const { from, to, name } = loop;
  if (from.kind !== "number" || to.kind !== "number" || to.value - from.value < leastTrips) return [loop];
  const edges = new Set<number>();
  // Only what a choice tests is worth a loop; a comparison that is added up is cheap.
  visitExprs(loop.body, (x) => {
    if (x.kind === "choose")
      visitExpr(x.test, (test) => {
        for (const edge of edgesOf(test, name)) if (from.value < edge && edge < to.value) edges.add(edge);
      });
  });
  if (edges.size === 0 || edges.size >= mostParts) return [loop];
  const bounds = [from.value, ...[...edges].sort((a, b) => a - b), to.value];
  return bounds.slice(1).map((end, k) => {
    const inside = mapExprs(loop.body, (x) => folded(x, name, bounds[k], end - 1));
    return l.for(name, l.number(bounds[k]), l.number(end), loop.step, inside);
  });
}

/** A comparison of the counter plus a constant with a constant. */
interface Comparison {
  readonly holds: (counter: number) => boolean;
  /** The counters at which the answer changes. */
  readonly edges: readonly number[];
}

function comparisonOf(x: LoopExpr, counter: string): Comparison | undefined {
  if (x.kind !== "op" || !["less", "lessEqual", "equal", "notEqual"].includes(x.op)) return undefined;
  const [a, b] = x.args.map((arg) => (arg.kind === "op" && arg.op === "cast" ? arg.args[0] : arg));
  const [of, bound] = a.kind === "number" ? [b, a] : [a, b];
  if (bound.kind !== "number" || of.type !== "index" || strideOf(of, counter, new Set()) !== 1)
    return undefined;
  const plus = constantIn(of, counter);
  if (plus === undefined || !Number.isInteger(bound.value)) return undefined;
  const at = bound.value - plus;
  const before = a.kind === "number";
  const tests = {
    less: (k: number) => (before ? at < k : k < at),
    lessEqual: (k: number) => (before ? at <= k : k <= at),
    equal: (k: number) => k === at,
    notEqual: (k: number) => k !== at,
  };
  const holds = tests[x.op as keyof typeof tests];
  const edges = [at, at + 1].filter((k) => holds(k) !== holds(k - 1));
  return { holds, edges };
}

const edgesOf = (x: LoopExpr, counter: string): readonly number[] => comparisonOf(x, counter)?.edges ?? [];

/** What is added to the counter in an index that is nothing else. */
function constantIn(index: LoopExpr, counter: string): number | undefined {
  if (index.kind === "local") return index.name === counter ? 0 : undefined;
  if (index.kind === "number") return index.value;
  if (index.kind !== "op" || (index.op !== "add" && index.op !== "sub")) return undefined;
  const [a, b] = index.args.map((arg) => constantIn(arg, counter));
  return a === undefined || b === undefined ? undefined : index.op === "add" ? a + b : a - b;
}

/** What is known while the counter runs from `low` to `high`. */
function folded(x: LoopExpr, counter: string, low: number, high: number): LoopExpr {
  const truth = (value: boolean): LoopExpr => l.number(Number(value), "bool", x.lanes);
  const compared = comparisonOf(x, counter);
  if (compared) {
    const inside = compared.edges.some((edge) => low < edge && edge <= high);
    return inside ? x : truth(compared.holds(low));
  }
  if (x.kind === "choose" && x.test.kind === "number") return x.test.value === 0 ? x.no : x.yes;
  if (x.kind !== "op") return x;
  const [a, b] = x.args;
  const isTrue = (arg: LoopExpr): boolean => arg.kind === "number" && arg.value !== 0;
  const isFalse = (arg: LoopExpr): boolean => arg.kind === "number" && arg.value === 0;
  if (x.type === "bool" && (x.op === "and" || x.op === "or")) {
    const [neutral, final] = x.op === "and" ? [isTrue, isFalse] : [isFalse, isTrue];
    if (final(a) || final(b)) return truth(x.op === "or");
    if (neutral(a)) return b;
    return neutral(b) ? a : x;
  }
  if (x.op === "not" && a.kind === "number") return truth(a.value === 0);
  if (x.op === "select" && a.kind === "number") return x.args[a.value === 0 ? 2 : 1];
  // Sums of parts of which all but one are 0 here, as the gradients of a concatenation are.
  const isFloat = x.type === "f64" || x.type === "f32";
  if (x.op === "add" && isFloat && isFalse(a)) return b;
  return x.op === "add" && isFloat && isFalse(b) ? a : x;
}
