import { l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { mapExpr, mapOwnExprs, someExpr, visitExpr, visitStmts } from "../ir/loop-walk.ts";
import { Keys } from "./key.ts";

interface Term {
  readonly expr: LoopExpr;
  readonly times: number;
  /** The nesting depth at which the term is known. */
  readonly level: number;
}
interface Affine {
  readonly constant: number;
  readonly terms: ReadonlyMap<number, Term>;
}
/** A sum that one block defines once for all addresses that start with it. */
interface Base {
  readonly name: string;
  readonly value: LoopExpr;
  uses: number;
  deep: boolean;
}
type Level = Map<number, Base>;

/**
 * Index arithmetic as a compiler writer would do it by hand: every address becomes a base and a constant, bases
 * that several addresses share get a name, and what an outer loop already knows is computed there.
 */
export function shareAddresses(body: readonly LoopStmt[], fresh: (hint: string) => string): LoopStmt[] {
  const levels: Level[] = [new Map()];
  const known = new Map<string, number>();
  const changing = changedIn(body);
  const keys = new Keys();

  const walk = (stmts: readonly LoopStmt[], depth: number): LoopStmt[] =>
    stmts.map((stmt) => {
      const own = mapOwnExprs(stmt, (x) =>
        mapExpr(x, (inner) =>
          inner.kind === "load" ? { ...inner, index: address(inner.index, depth) } : inner,
        ),
      );
      if (own.kind === "store") return { ...own, index: address(own.index, depth) };
      if (own.kind === "if")
        return { ...own, then: walk(own.then, depth), otherwise: walk(own.otherwise, depth) };
      if (own.kind !== "for") return own;
      const outer = known.get(own.name);
      known.set(own.name, depth + 1);
      levels[depth + 1] = new Map();
      const inside = walk(own.body, depth + 1);
      const placed = place(inside, levels[depth + 1]);
      levels.length = depth + 1;
      if (outer === undefined) known.delete(own.name);
      else known.set(own.name, outer);
      return { ...own, body: placed };
    });

  const address = (index: LoopExpr, depth: number): LoopExpr => {
    const { constant, terms } = affineOf(index, known, keys);
    const fixed = [...terms.values()].filter((term) => !reads(term.expr, changing));
    const base = baseOf(fixed, depth);
    const rest = [...terms.values()].filter((term) => !fixed.includes(term)).map(written);
    const parts = [...(base ? [base] : []), ...rest, ...(constant === 0 ? [] : [l.number(constant)])];
    return parts.length === 0 ? l.number(0) : parts.reduce((sum, part) => l.op("add", [sum, part]));
  };

  /** The sum of terms, with everything that outer levels know computed and named there. */
  const baseOf = (terms: readonly Term[], depth: number): LoopExpr | undefined => {
    if (terms.length === 0) return undefined;
    const level = Math.max(...terms.map((term) => term.level));
    const outer = baseOf(
      terms.filter((term) => term.level < level),
      depth,
    );
    const own = terms.filter((term) => term.level === level).map(written);
    const value = [...(outer ? [outer] : []), ...own].reduce((sum, term) => l.op("add", [sum, term]));
    if (value.kind === "local") return value;
    const key = keys.of(value);
    const bases = levels[level];
    let base = bases.get(key);
    if (!base) {
      base = { name: fresh("p"), value, uses: 0, deep: false };
      bases.set(key, base);
      known.set(base.name, level);
    }
    base.uses++;
    if (depth > level) base.deep = true;
    return l.local(base.name);
  };

  return place(walk(body, 0), levels[0]);
}

const written = ({ expr, times }: Term): LoopExpr =>
  times === 1 ? expr : l.op("mul", [expr, l.number(times)]);

/** Locals and arrays that a body changes: an address that depends on one is computed where it is used. */
function changedIn(body: readonly LoopStmt[]): Set<string> {
  const names = new Set<string>();
  visitStmts(body, (stmt) => {
    if (stmt.kind === "let") names.add(stmt.name);
    if (stmt.kind === "store") names.add(stmt.array);
  });
  return names;
}
function reads(x: LoopExpr, names: ReadonlySet<string>): boolean {
  return someExpr(x, (inner) => {
    if (inner.kind === "local") return names.has(inner.name);
    return inner.kind === "load" && names.has(inner.array);
  });
}

/** Defines the bases of a block at its start; one that is used once, in this very block, is written out there. */
function place(body: readonly LoopStmt[], level: Level): LoopStmt[] {
  const inline = new Map<string, LoopExpr>();
  const consts: LoopStmt[] = [];
  const expand = (x: LoopExpr): LoopExpr =>
    mapExpr(x, (inner) => (inner.kind === "local" ? (inline.get(inner.name) ?? inner) : inner));
  for (const base of level.values()) {
    if (base.uses > 1 || base.deep) consts.push(l.const(base.name, expand(base.value)));
    else inline.set(base.name, expand(base.value));
  }
  const substitute = (stmts: readonly LoopStmt[]): LoopStmt[] =>
    stmts.map((stmt) => {
      const own = mapOwnExprs(stmt, expand);
      if (own.kind === "for") return { ...own, body: substitute(own.body) };
      if (own.kind === "if")
        return { ...own, then: substitute(own.then), otherwise: substitute(own.otherwise) };
      return own;
    });
  return [...consts, ...(inline.size > 0 ? substitute(body) : body)];
}

/** An index expression as constant + Σ times·term, terms keyed by what they compute. */
function affineOf(index: LoopExpr, known: ReadonlyMap<string, number>, keys: Keys): Affine {
  const terms = new Map<number, Term>();
  let constant = 0;
  const add = (x: LoopExpr, times: number): void => {
    if (x.kind === "number") constant += times * x.value;
    else if (x.kind === "op" && x.op === "add") for (const arg of x.args) add(arg, times);
    else if (x.kind === "op" && x.op === "sub") {
      add(x.args[0], times);
      add(x.args[1], -times);
    } else if (x.kind === "op" && x.op === "mul" && x.args[1].kind === "number")
      add(x.args[0], times * x.args[1].value);
    else if (x.kind === "op" && x.op === "mul" && x.args[0].kind === "number")
      add(x.args[1], times * x.args[0].value);
    else {
      const key = keys.of(x);
      const sum = (terms.get(key)?.times ?? 0) + times;
      if (sum === 0) terms.delete(key);
      else terms.set(key, { expr: x, times: sum, level: levelOf(x, known) });
    }
  };
  add(index, 1);
  return { constant, terms };
}

function levelOf(x: LoopExpr, known: ReadonlyMap<string, number>): number {
  let level = 0;
  visitExpr(x, (inner) => {
    if (inner.kind === "local") level = Math.max(level, known.get(inner.name) ?? 0);
  });
  return level;
}
