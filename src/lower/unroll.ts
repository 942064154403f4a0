import { l, type LoopExpr, type LoopOp, type LoopStmt, type ScalarFunction } from "../ir/loop.ts";
import { declaredIn } from "./jam.ts";
import { castTo, foldIndex } from "./values.ts";
import { expressionsOf, mapExprs, mapStmts, visitExpr, visitStmts } from "../ir/loop-walk.ts";

/** A loop of at most this many iterations, holding no other loop, is written out. */
const shortTrips = 4;
/** Unless that makes more statements than this. */
const mostStatements = 72;

/**
 * Writes out loops whose counter costs more than their body: those that run once, and innermost loops with few
 * iterations.
 */
export function unrollShort(body: readonly LoopStmt[], fresh: (hint: string) => string): LoopStmt[] {
  const twice = declaredTwice(body);
  return body.flatMap((stmt): LoopStmt[] => {
    if (stmt.kind === "if") {
      return [
        { ...stmt, then: unrollShort(stmt.then, fresh), otherwise: unrollShort(stmt.otherwise, fresh) },
      ];
    }
    if (stmt.kind !== "for") return [stmt];
    const inside = unrollShort(stmt.body, fresh);
    const loop = { ...stmt, body: inside };
    if (stmt.from.kind !== "number" || stmt.to.kind !== "number") return [loop];
    const trips = Math.ceil((stmt.to.value - stmt.from.value) / stmt.step);
    if (trips > shortTrips) return [loop];
    let statements = 0;
    let loops = 0;
    visitStmts(inside, (one) => {
      if (one.kind === "for") loops++;
      else statements += weightOf(one);
    });
    const short = loops === 0 && trips * statements <= mostStatements;
    if (trips !== 1 && !short) return [loop];
    const { from, step } = stmt;
    return Array.from({ length: trips }, (_, k) =>
      iteration(inside, stmt.name, from.value + k * step, trips > 1 || declares(inside, twice), fresh),
    ).flat();
  });
}

/** Locals that more than one statement of a block declares in its inner blocks, which writing out would merge. */
function declaredTwice(body: readonly LoopStmt[]): Set<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const stmt of body) {
    const names = new Set<string>();
    declaredIn([stmt], names);
    for (const name of names) (seen.has(name) ? twice : seen).add(name);
  }
  return twice;
}
function declares(body: readonly LoopStmt[], names: ReadonlySet<string>): boolean {
  const declared = new Set<string>();
  declaredIn(body, declared);
  return [...declared].some((name) => names.has(name));
}

/** About how many statements the functions that are written into a statement later make of it. */
const weights: Readonly<Record<ScalarFunction, number>> = {
  exp: 10, log: 18, expm1: 20, log1p: 20, tanh: 20, sigmoid: 20, sin: 20, cos: 20, erf: 40, pow: 50, random: 60,
}; // prettier-ignore
const weightOfOp = (op: LoopOp): number => (Object.hasOwn(weights, op) ? weights[op as ScalarFunction] : 0);
function weightOf(stmt: LoopStmt): number {
  let weight = 1;
  for (const expr of expressionsOf(stmt))
    visitExpr(expr, (x) => (weight += x.kind === "op" ? weightOfOp(x.op) : 0));
  return weight;
}

/** One iteration: the counter becomes its number, locals get names of their own. */
function iteration(
  body: readonly LoopStmt[],
  counter: string,
  value: number,
  rename: boolean,
  fresh: (hint: string) => string,
): LoopStmt[] {
  const declared = new Set<string>();
  if (rename) declaredIn(body, declared);
  const names = new Map([...declared].map((name) => [name, fresh(`${name}_`)]));
  const local = (x: LoopExpr): LoopExpr => {
    if (x.kind === "op" && x.op === "cast") return castTo(x.args[0], x.type);
    if (x.kind === "op" && x.type === "index") return foldIndex(x);
    if (x.kind !== "local") return x;
    if (x.name === counter) return l.number(value);
    const name = names.get(x.name);
    return name === undefined ? x : { ...x, name };
  };
  return mapStmts(mapExprs(body, local), (stmt) =>
    stmt.kind === "let" || stmt.kind === "set" ? { ...stmt, name: names.get(stmt.name) ?? stmt.name } : stmt,
  ) as LoopStmt[];
}
