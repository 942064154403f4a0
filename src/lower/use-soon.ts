import { exactText } from "../base/exact.ts";
import type { LoopExpr, LoopStmt } from "../ir/loop.ts";
import { expressionsOf, visitExpr } from "../ir/loop-walk.ts";

/** A value may begin so many sums at once: each has to be held until its next term is there. */
const mostBegun = 8;

/** A statement, those that must come before it, and those that read what it computes. */
interface Line {
  readonly stmt: LoopStmt;
  readonly needs: Set<Line>;
  readonly users: Line[];
  /** How many steps lead to it at most. */
  depth: number;
  state: "waiting" | "begun" | "written";
}

/**
 * Straight lines in an order in which values are used as soon as they are there: stored, or added to a sum that is under
 * way. Fewer values are then held at a time than where all elements of one tensor come before those of the next. What
 * takes the most steps leads, since the rest is met on its way; loads come where they are first needed.
 */
export function useSoon(body: readonly LoopStmt[]): LoopStmt[] {
  const lines = linesOf(body);
  const out: LoopStmt[] = [];
  const emit = (line: Line): void => {
    if (line.state !== "waiting") return;
    line.state = "begun";
    for (const needed of line.needs) emit(needed);
    out.push(line.stmt);
    line.state = "written";
    const begun = line.users.filter(beginsSum).length;
    for (const user of line.users)
      if (isReady(user) && (endsHere(user) || joins(user) || (beginsSum(user) && begun <= mostBegun)))
        emit(user);
  }; // prettier-ignore
  for (const line of lines.filter(endsHere).sort((a, b) => b.depth - a.depth)) emit(line);
  return out;
}

function linesOf(body: readonly LoopStmt[]): Line[] {
  const lines: Line[] = [];
  const byName = new Map<string, Line>();
  const touched = new Map<string, Line[]>();
  for (const stmt of body) {
    const line: Line = { stmt, needs: new Set(), users: [], depth: 0, state: "waiting" };
    const need = (other: Line | undefined): void => {
      if (!other || other === line) return;
      line.needs.add(other);
    };
    const read = (x: LoopExpr): void => {
      if (x.kind === "local") {
        const source = byName.get(x.name);
        need(source);
        if (source && !source.users.includes(line)) source.users.push(line);
      } else if (x.kind === "load") touch(placeOf(x.array, x.index), false);
    };
    // Loads of one element may change their order, a store and what else touches its element may not.
    const touch = (place: string, stores: boolean): void => {
      const others = touched.get(place) ?? [];
      for (const other of others) if (stores || other.stmt.kind === "store") need(other);
      touched.set(place, [...others, line]);
    };
    for (const expr of expressionsOf(stmt)) visitExpr(expr, read);
    if (stmt.kind === "store") touch(placeOf(stmt.array, stmt.index), true);
    if (stmt.kind === "set") need(byName.get(stmt.name));
    if (stmt.kind === "set" || stmt.kind === "let") byName.set(stmt.name, line);
    line.depth = 1 + Math.max(0, ...[...line.needs].map((needed) => needed.depth));
    lines.push(line);
  }
  return lines;
}

const placeOf = (array: string, index: LoopExpr): string => `${array} ${exactText(index)}`;
const isLoad = ({ stmt }: Line): boolean => stmt.kind === "let" && stmt.value.kind === "load";
/** Whether all is there that a line needs but for loads, which can come at any time. */
const isReady = ({ needs }: Line): boolean =>
  [...needs].every((line) => line.state === "written" || isLoad(line));
const endsHere = ({ stmt }: Line): boolean => stmt.kind === "store" || stmt.kind === "set";
/** Whether a line adds one more term to a sum that it then stands for. */
const joins = ({ stmt }: Line): boolean =>
  stmt.kind === "let" && isOp(stmt.value, "add") && stmt.value.args[0].kind === "local";
const beginsSum = ({ stmt }: Line): boolean => stmt.kind === "let" && isOp(stmt.value, "mul");
const isOp = (x: LoopExpr, op: string): x is LoopExpr & { readonly kind: "op" } =>
  x.kind === "op" && x.op === op;
