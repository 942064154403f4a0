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
  const touched = new Map<string, { readonly by: Line; readonly writes: boolean }[]>();
  for (const stmt of body) {
    const line: Line = { stmt, needs: new Set(), users: [], depth: 0, state: "waiting" };
    const need = (other: Line): unknown => other !== line && line.needs.add(other);
    // Of what reads an element or a local the order may change, not of what writes it and whatever else touches it.
    const touch = (place: string, writes: boolean): void => {
      const others = touched.get(place) ?? [];
      for (const other of others) if (writes || other.writes) need(other.by);
      touched.set(place, [...others, { by: line, writes }]);
    };
    const read = (x: LoopExpr): void => {
      if (x.kind === "load") touch(placeOf(x.array, x.index), false);
      if (x.kind !== "local") return;
      const source = byName.get(x.name);
      if (source) need(source);
      if (source && !source.users.includes(line)) source.users.push(line);
      touch(x.name, false);
    };
    for (const expr of expressionsOf(stmt)) visitExpr(expr, read);
    if (stmt.kind === "store") touch(placeOf(stmt.array, stmt.index), true);
    if (stmt.kind === "set") touch(stmt.name, true);
    if (stmt.kind === "set" || stmt.kind === "let") byName.set(stmt.name, line);
    line.depth = 1 + Math.max(0, ...[...line.needs].map((needed) => needed.depth));
    lines.push(line);
  }
  return lines;
}

const placeOf = (array: string, index: LoopExpr): string => `${array} ${exactText(index)}`;
const isLoad = ({ stmt }: Line): boolean => stmt.kind === "let" && stmt.value.kind === "load";
const isWritten = ({ state }: Line): boolean => state === "written";
/** Whether all is there that a line needs but for loads, which can come once their element has been stored. */
const isReady = ({ needs }: Line): boolean =>
  [...needs].every((line) => isWritten(line) || (isLoad(line) && [...line.needs].every(isWritten)));
const endsHere = ({ stmt }: Line): boolean => stmt.kind === "store" || stmt.kind === "set";
/** Whether a line adds one more term to a sum that it then stands for. */
const joins = ({ stmt }: Line): boolean =>
  stmt.kind === "let" && isOp(stmt.value, "add") && stmt.value.args[0].kind === "local";
const beginsSum = ({ stmt }: Line): boolean => stmt.kind === "let" && isOp(stmt.value, "mul");
const isOp = (x: LoopExpr, op: string): x is LoopExpr & { readonly kind: "op" } =>
  x.kind === "op" && x.op === op;
