import type { LoopExpr, LoopStmt } from "../ir/loop.ts";
import { mapExpr, mapOwnExprs, mapStmts, namesIn, visitStmts } from "../ir/loop-walk.ts";

/** Names that passes have given: a letter and a number. */
const given = /^([cptvx])\d+$/;
const letters = ["t", "v", "c"];

/**
 * Names that passes have given count upwards in the order in which a function is read, whatever passes gave them, moved
 * them and found needless.
 * @param others names of parameters, which stay as they are
 */
export function renumber(body: readonly LoopStmt[], others: readonly string[]): readonly LoopStmt[] {
  const found = new Set<string>();
  visitStmts(body, (stmt) => {
    if ((stmt.kind === "let" || stmt.kind === "for") && given.test(stmt.name)) found.add(stmt.name);
  });
  if (found.size === 0) return body;
  const taken = new Set([...others, ...namesIn(body)].filter((name) => !found.has(name)));
  // Beside x_0, the first element of x, x0 would be taken for one.
  const elements = new Set([...taken].flatMap((name) => /^([a-z])_\d+$/.exec(name)?.[1] ?? []));
  const letterOf = ([letter]: string): string =>
    elements.has(letter) ? (letters.find((other) => !elements.has(other)) ?? letter) : letter;
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  let same = true;
  for (const name of found) {
    const letter = letterOf(name);
    let count = counts.get(letter) ?? 0;
    while (taken.has(`${letter}${count}`)) count++;
    counts.set(letter, count + 1);
    names.set(name, `${letter}${count}`);
    same &&= name === `${letter}${count}`;
  }
  if (same) return body;
  const renamed = (x: LoopExpr): LoopExpr => {
    const name = x.kind === "local" ? names.get(x.name) : undefined;
    return name === undefined ? x : { ...(x as LoopExpr & { readonly kind: "local" }), name };
  };
  return mapStmts(body, (stmt) => {
    const own = mapOwnExprs(stmt, (x) => mapExpr(x, renamed));
    if (own.kind !== "let" && own.kind !== "set" && own.kind !== "for") return own;
    const name = names.get(own.name);
    return name === undefined ? own : { ...own, name };
  });
}
