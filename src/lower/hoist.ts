import { l, type LoopExpr, type ForLoop, type LoopStmt } from "../ir/loop.ts";
import { mapOwnExprs, visitStmts } from "../ir/loop-walk.ts";
import { Keys } from "./key.ts";

/**
 * Loop-invariant code motion: a value that does not change while a loop runs is computed before it. Only whole
 * expressions that surely run are moved, never what a lazy `choose` may skip.
 * @param loads whether what is read from arrays is moved too
 */
export function hoistInvariants(
  body: readonly LoopStmt[],
  fresh: (hint: string) => string,
  loads = true,
): LoopStmt[] {
  return body.flatMap((stmt) => {
    if (stmt.kind === "if") {
      return [
        {
          ...stmt,
          then: hoistInvariants(stmt.then, fresh, loads),
          otherwise: hoistInvariants(stmt.otherwise, fresh, loads),
        },
      ];
    }
    if (stmt.kind !== "for") return [stmt];
    const { loop, moved } = hoistFrom(stmt, fresh, loads);
    return [...moved, { ...loop, body: hoistInvariants(loop.body, fresh, loads) }];
  });
}

function hoistFrom(
  loop: ForLoop,
  fresh: (hint: string) => string,
  loads: boolean,
): { loop: ForLoop; moved: LoopStmt[] } {
  const changing = new Set<string>([loop.name]);
  const stored = new Set<string>();
  visitStmts(loop.body, (stmt) => {
    if (stmt.kind === "let" || stmt.kind === "set" || stmt.kind === "for") changing.add(stmt.name);
    if (stmt.kind === "store") stored.add(stmt.array);
  });
  const moved: LoopStmt[] = [];
  const keys = new Keys();
  const names = new Map<number, LoopExpr>();
  const isInvariant = invariance(changing, (array) => !loads || stored.has(array));
  const move = (x: LoopExpr): LoopExpr => {
    if (x.kind === "number" || x.kind === "local") return x;
    if (x.type !== "index" && isInvariant(x)) {
      const key = keys.of(x);
      const known = names.get(key);
      if (known) return known;
      const name = fresh("c");
      moved.push(l.const(name, x));
      const local = l.local(name, x.type, x.lanes);
      names.set(key, local);
      return local;
    }
    if (x.kind === "load") return x;
    if (x.kind === "choose") return { ...x, test: move(x.test) };
    return { ...x, args: x.args.map(move) };
  };
  const inside = (stmts: readonly LoopStmt[]): LoopStmt[] =>
    stmts.map((stmt) => {
      if (stmt.kind === "if") return { ...stmt, test: move(stmt.test) };
      const own = stmt.kind === "for" || stmt.kind === "store" ? stmt : mapOwnExprs(stmt, move);
      if (own.kind === "store") return { ...own, value: move(own.value) };
      return own.kind === "for" ? { ...own, body: inside(own.body) } : own;
    });
  return { loop: { ...loop, body: inside(loop.body) }, moved };
}

/**
 * Whether an expression is the same in every round; what is said of its parts is remembered.
 * @param stays whether what is read from an array has to stay in the loop
 */
function invariance(
  changing: ReadonlySet<string>,
  stays: (array: string) => boolean,
): (x: LoopExpr) => boolean {
  const known = new Map<LoopExpr, boolean>();
  const isFixed = (x: LoopExpr): boolean => {
    const before = known.get(x);
    if (before !== undefined) return before;
    const found =
      x.kind === "number" ||
      (x.kind === "local" && !changing.has(x.name)) ||
      (x.kind === "load" && !stays(x.array) && isFixed(x.index)) ||
      ((x.kind === "op" || x.kind === "call") && x.args.every(isFixed));
    known.set(x, found);
    return found;
  };
  return isFixed;
}
