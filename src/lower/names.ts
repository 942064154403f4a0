import { type LoopStmt } from "../ir/loop.ts";
import {
  blocksOf,
  expressionsOf,
  mapExprs,
  mapStmts,
  namesIn,
  someExpr,
  visitExprs,
  visitStmts,
} from "../ir/loop-walk.ts";
import { declaredIn } from "./jam.ts";

/** Names that no local, counter or array of a body has yet. */
export function freshNames(body: readonly LoopStmt[]): (hint: string) => string {
  const taken = new Set(namesIn(body));
  const counts = new Map<string, number>();
  return (hint) => {
    for (;;) {
      const count = counts.get(hint) ?? 0;
      counts.set(hint, count + 1);
      const name = `${hint}${count}`;
      if (!taken.has(name)) {
        taken.add(name);
        return name;
      }
    }
  };
}

/** Locals are named after ops and arrays after layers; where they meet (also once tiles add digits), the local yields. */
export function separateNames(body: readonly LoopStmt[]): readonly LoopStmt[] {
  const arrays = arraysIn(body);
  const declared = new Set<string>();
  declaredIn(body, declared);
  const meets = (name: string): boolean =>
    arrays.some((array) => array.startsWith(name) && /^\d*$/.test(array.slice(name.length)));
  const names = new Map([...declared].filter(meets).map((name) => [name, `${name}Value`]));
  return withLocals(body, names);
}

/** A body whose locals and counters have other names. */
export function withLocals(
  body: readonly LoopStmt[],
  names: ReadonlyMap<string, string>,
): readonly LoopStmt[] {
  if (names.size === 0) return body;
  return mapStmts(
    mapExprs(body, (x) => (x.kind === "local" ? { ...x, name: names.get(x.name) ?? x.name } : x)),
    (stmt) =>
      stmt.kind === "let" || stmt.kind === "set" || stmt.kind === "for"
        ? { ...stmt, name: names.get(stmt.name) ?? stmt.name }
        : stmt,
  );
}

export function arraysIn(body: readonly LoopStmt[]): string[] {
  const names = new Set<string>();
  visitExprs(body, (x) => x.kind === "load" && names.add(x.array));
  visitStmts(body, (stmt) => stmt.kind === "store" && names.add(stmt.array));
  return [...names];
}

export function readsLocal(body: readonly LoopStmt[], name: string): boolean {
  return body.some(
    (stmt) =>
      expressionsOf(stmt).some((x) =>
        someExpr(x, (inner) => inner.kind === "local" && inner.name === name),
      ) || blocksOf(stmt).some((inner) => readsLocal(inner, name)),
  );
}
