import type { Backend } from "../ir/backend.ts";
import { visitStmts } from "../ir/loop-walk.ts";
import { l, type ForLoop, type LoopExpr, type LoopStmt, type Part } from "../ir/loop.ts";
import { LaneBody, laneType, type Lanewise } from "./lane-body.ts";
import { fillsArrays, mayOverrun, reductionsOf, whyScalar } from "./lane-check.ts";
import { identityOf } from "./reduction.ts";
import { isWhole } from "./short-rows.ts";
import { castTo } from "./values.ts";

/** Beyond which ends vectors may reach: of axes, and of arrays, with how many numbers each array has. */
export interface OpenEnds {
  readonly axes: ReadonlySet<string>;
  readonly arrays: ReadonlyMap<string, number>;
}

/**
 * Runs the loops over axes four iterations at a time: neighbours in memory become vectors, what is the same for all
 * four stays a scalar, and folds over the axis go on in four lanes that are joined after the loop. What does not fill a
 * vector is done by vectors of two or three lanes, or where something is folded by single iterations; where a loop over
 * one of the axes `open` ends at n, the last vector reaches beyond it if it may, and what it has there joins no fold; so
 * does that of a loop over whole arrays, where all of them have room for it. A loop that lanes cannot run stays as it is,
 * and so does one around another in lanes. Of the arrays `rows` each lane has a part of its own, four numbers side by side
 * where a single iteration has the first of them.
 */
export function vectorizeAxes(
  body: readonly LoopStmt[],
  axes: readonly string[],
  backend: Backend,
  fresh: (hint: string) => string,
  dtypes: ReadonlyMap<string, string>,
  rows: ReadonlySet<string>,
  open: OpenEnds = { axes: new Set(), arrays: new Map() },
): LoopStmt[] {
  if (axes.length === 0) return [...body];
  // Where whole vectors end is named before every loop, so that jamming an outer axis leaves it alone.
  const ends: LoopStmt[] = [];
  const inside = (stmts: readonly LoopStmt[]): LoopStmt[] =>
    stmts.flatMap((stmt): LoopStmt[] => {
      if (stmt.kind === "if")
        return [{ ...stmt, then: inside(stmt.then), otherwise: inside(stmt.otherwise) }];
      if (stmt.kind !== "for") return [stmt];
      const fits = axes.includes(stmt.name) && !holdsLoop(stmt, axes);
      if (!fits) return [{ ...stmt, body: inside(stmt.body) }];
      if (whyScalar(stmt, dtypes, rows) !== undefined) return [stmt];
      const overruns = (open.axes.has(stmt.name) && mayOverrun(stmt, rows)) || fillsArrays(stmt, open.arrays);
      return widened(stmt, backend, fresh, ends, rows, overruns);
    });
  const wide = inside(body);
  return [...ends, ...wide];
}

function holdsLoop(loop: ForLoop, axes: readonly string[]): boolean {
  let found = false;
  visitStmts(loop.body, (stmt) => (found ||= stmt.kind === "for" && axes.includes(stmt.name)));
  return found;
}

function widened(
  loop: ForLoop,
  backend: Backend,
  fresh: (hint: string) => string,
  ends: LoopStmt[],
  rows: ReadonlySet<string>,
  overruns: boolean,
): LoopStmt[] {
  const { from, to } = loop;
  const reductions = reductionsOf(loop);
  const lanes = new Map([...reductions].map(([name]) => [name, fresh(`${name}Lanes`)]));
  const isEven = isWhole(to);
  const inside = overruns && !isEven && reductions.size > 0 ? fresh("inside") : null;
  const lanewise: Lanewise = { loop, reductions, vectors: lanes, rows, inside, backend, fresh };
  const vectors = (from: LoopExpr, end: LoopExpr, live: Part | 4): LoopStmt =>
    l.for(loop.name, from, end, 4, new LaneBody(lanewise, live).statements());
  const starts = [...reductions].map(([name, { op, type }]) =>
    l.let(lanes.get(name)!, identityOf(op, laneType(type), 4)),
  );
  const joins = [...reductions].map(([name, { op, type }]) => {
    const vector = l.local(lanes.get(name)!, laneType(type), 4);
    const folded = l.op(foldOps[op], [vector], laneType(type), 1);
    return l.set(name, l.op(op, [l.local(name, type), castTo(folded, type)], type));
  });
  if (from.kind !== "number" || to.kind !== "number") {
    // A run-time extent that is a multiple of four leaves nothing over.
    if (isEven || overruns) return [...starts, vectors(from, to, 4), ...joins];
    const name = fresh("whole");
    const whole = l.local(name);
    ends.push(l.const(name, l.op("sub", [to, l.op("rem", [to, l.number(4)])])));
    return [...starts, vectors(l.number(0), whole, 4), ...joins, l.for(loop.name, whole, to, 1, loop.body)];
  }
  const trips = to.value - from.value;
  const rest = trips % 4;
  const whole = l.number(to.value - rest);
  const most = trips >= 4 ? [...starts, vectors(from, whole, 4), ...joins] : [];
  if (rest === 0) return most;
  if (overruns) return [vectors(from, l.number(to.value + 4 - rest), 4)];
  if (rest === 1 || reductions.size > 0) return [...most, l.for(loop.name, whole, to, 1, loop.body)];
  return [...most, vectors(whole, to, rest as Part)];
}

const foldOps = {
  add: "sumLanes",
  mul: "prodLanes",
  maximum: "maximumLanes",
  minimum: "minimumLanes",
} as const;
