import { l, type LoopExpr, type ForLoop, type LoopStmt } from "../ir/loop.ts";
import { mapOwnExprs, visitStmts } from "../ir/loop-walk.ts";
import { Keys } from "./key.ts";

type Fresh = (hint: string) => string;
/** Whether what is read from an array stays where it is, in a loop that stores into some. */
type Stays = (array: string, stored: ReadonlySet<string>) => boolean;

/**
 * Loop-invariant code motion: a value that does not change while a loop runs is computed before it. Only whole
 * expressions that surely run are moved, never what a lazy `choose` may skip.
 */
export const hoistInvariants = (body: readonly LoopStmt[], fresh: Fresh): LoopStmt[] =>
  hoisted(body, fresh, (array, stored) => stored.has(array));

/** The same for what reads no array. */
export const hoistComputed = (body: readonly LoopStmt[], fresh: Fresh): LoopStmt[] =>
  hoisted(body, fresh, () => true);

function hoisted(body: readonly LoopStmt[], fresh: Fresh, stays: Stays): LoopStmt[] {
  const inner = (block: readonly LoopStmt[]): LoopStmt[] => hoisted(block, fresh, stays);
  return body.flatMap((stmt) => {
    if (stmt.kind === "if") return [{ ...stmt, then: inner(stmt.then), otherwise: inner(stmt.otherwise) }];
    if (stmt.kind !== "for") return [stmt];
    const { loop, moved } = hoistFrom(stmt, fresh, stays);
    return [...moved, { ...loop, body: inner(loop.body) }];
  });
}

function hoistFrom(loop: ForLoop, fresh: Fresh, stays: Stays): { loop: ForLoop; moved: LoopStmt[] } {
  const changing = new Set<string>([loop.name]);
  const stored = new Set<string>();
  visitStmts(loop.body, (stmt) => {
    if (stmt.kind === "let" || stmt.kind === "set" || stmt.kind === "for") changing.add(stmt.name);
    if (stmt.kind === "store") stored.add(stmt.array);
  });
  const moved: LoopStmt[] = [];
  const keys = new Keys();
  const names = new Map<number, LoopExpr>();
  const isInvariant = invariance(changing, (array) => stays(array, stored));
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
