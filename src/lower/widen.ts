import { fail } from "../base/errors.ts";
import { hasLanes, type Backend } from "../ir/backend.ts";
import {
  l,
  type LocalType,
  type LoopExpr,
  type LoopOp,
  type ForLoop,
  type LoopStmt,
  type Part,
} from "../ir/loop.ts";
import { hasLoad, mapExpr, visitStmts } from "../ir/loop-walk.ts";
import { foldsOf, joinedIn, mayOverrun, varyingIn, whyScalar, type Fold } from "./lane-check.ts";
import { dependsOn, strideOf } from "./stride.ts";
import { castTo } from "./values.ts";

/**
 * Runs the loops over axes four iterations at a time: neighbours in memory become vectors, what is the same for all
 * four stays a scalar, and folds over the axis go on in four lanes that are joined after the loop. What does not fill a
 * vector is done by vectors of two or three lanes, or where something is folded by single iterations; where a loop over
 * one of the axes `open` ends at n, the last vector reaches beyond it if it may, and what it has there joins no fold. A
 * loop that lanes cannot run stays as it is, and so does one around another in lanes. Of the arrays `rows` each lane has a part of
 * its own, four numbers side by side where a single iteration has the first of them.
 */
export function widenAxes(
  body: readonly LoopStmt[],
  axes: readonly string[],
  backend: Backend,
  fresh: (hint: string) => string,
  dtypes: ReadonlyMap<string, string>,
  rows: ReadonlySet<string>,
  open: ReadonlySet<string> = new Set(),
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
      return widened(stmt, backend, fresh, ends, rows, open.has(stmt.name) && mayOverrun(stmt, rows));
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
  const { to } = loop;
  const folds = foldsOf(loop);
  const lanes = new Map([...folds].map(([name]) => [name, fresh(`${name}Lanes`)]));
  const vectors = (from: LoopExpr, end: LoopExpr, live: Part | 4): LoopStmt =>
    l.for(loop.name, from, end, 4, wideBlock(loop, folds, lanes, backend, fresh, live, rows, inside));
  const isEven =
    to.kind === "op" && to.op === "mul" && to.args[1].kind === "number" && to.args[1].value % 4 === 0;
  const inside = overruns && !isEven && folds.size > 0 ? fresh("inside") : null;
  const starts = [...folds].map(([name, { op, type }]) =>
    l.let(lanes.get(name)!, identity(op, laneType(type))),
  );
  const joins = [...folds].map(([name, { op, type }]) => {
    const vector = l.local(lanes.get(name)!, laneType(type), 4);
    const folded = l.op(foldOps[op], [vector], laneType(type), 1);
    return l.set(name, l.op(op, [l.local(name, type), castTo(folded, type)], type));
  });
  if (to.kind !== "number") {
    // A run-time extent that is a multiple of four leaves nothing over.
    if (isEven || overruns) return [...starts, vectors(l.number(0), to, 4), ...joins];
    const name = fresh("whole");
    const whole = l.local(name);
    ends.push(l.const(name, l.op("sub", [to, l.op("rem", [to, l.number(4)])])));
    return [...starts, vectors(l.number(0), whole, 4), ...joins, l.for(loop.name, whole, to, 1, loop.body)];
  }
  const trips = to.value - (loop.from as LoopExpr & { kind: "number" }).value;
  const rest = trips % 4;
  const whole = l.number(to.value - rest);
  const most = trips >= 4 ? [...starts, vectors(loop.from, whole, 4), ...joins] : [];
  if (rest === 0) return most;
  if (rest === 1 || folds.size > 0) return [...most, l.for(loop.name, whole, to, 1, loop.body)];
  return [...most, vectors(whole, to, rest as Part)];
}

const foldOps = {
  add: "sumLanes",
  mul: "prodLanes",
  maximum: "maximumLanes",
  minimum: "minimumLanes",
} as const;

/** Floats have lanes of f32 only; a sum that a scalar would hold in f64 is held in four parts. */
const laneType = (type: LocalType): LocalType => (type === "f64" ? "f32" : type);

function identity(op: Fold["op"], type: LocalType): LoopExpr {
  const low = type === "i32" ? -2147483648 : type === "u32" ? 0 : -Infinity;
  const high = type === "i32" ? 2147483647 : type === "u32" ? 4294967295 : Infinity;
  return l.number({ add: 0, mul: 1, maximum: low, minimum: high }[op], type, 4);
}

/** Four lanes of a scalar; lanes stay as they are. */
const spread = (x: LoopExpr): LoopExpr =>
  x.lanes === 4
    ? x
    : x.kind === "number"
      ? { ...x, lanes: 4 }
      : { kind: "op", op: "splat", args: [x], type: x.type, lanes: 4 };

/** Operations that no vector instruction does; their lanes are computed one by one. */
const lanewiseOnly = (op: LoopOp, type: LocalType, args: readonly LoopExpr[]): boolean => {
  if (op === "shiftLeft" || op === "shiftRight" || op === "rotateLeft") return args[1].lanes === 4;
  return (op === "div" || op === "rem") && type !== "f32";
};

const isExtreme = (op: LoopOp): boolean => op === "maximum" || op === "minimum";
/** One instruction chooses between lanes and a constant where that is the second operand. */
const constantLast = ([a, b]: readonly LoopExpr[]): readonly LoopExpr[] =>
  a.kind === "number" ? [b, a] : [a, b];

function wideBlock(
  loop: ForLoop,
  folds: ReadonlyMap<string, Fold>,
  lanes: ReadonlyMap<string, string>,
  backend: Backend,
  fresh: (hint: string) => string,
  live: Part | 4,
  rows: ReadonlySet<string>,
  inside: string | null,
): LoopStmt[] {
  const axis = loop.name;
  const varying = varyingIn(loop, rows);
  const varies = (x: LoopExpr): boolean => dependsOn(x, axis, varying);
  const part = live === 4 ? {} : { part: live };

  /** An expression as lane `k` sees it, in scalars. */
  const inLane = (x: LoopExpr, k: number): LoopExpr =>
    mapExpr(x, (inner) => {
      if (inner.kind === "load" && rows.has(inner.array) && k > 0)
        return { ...inner, index: l.op("add", [inner.index, l.number(k)]) };
      if (inner.kind !== "local") return inner;
      if (inner.name === axis) return k === 0 ? inner : l.op("add", [inner, l.number(k)]);
      if (!varying.has(inner.name)) return inner;
      const type = laneType(inner.type);
      return castTo(l.op("lane", [l.local(inner.name, type, 4), l.number(k)], type, 1), inner.type);
    });
  const laneByLane = (x: LoopExpr): LoopExpr => {
    const type = laneType(x.type);
    const lane = (k: number): LoopExpr => (k < live ? castTo(inLane(x, k), type) : l.number(0, type));
    return l.op("lanes", [0, 1, 2, 3].map(lane), type, 4);
  };

  /** Lanes of what varies; what does not stays a scalar, in the type that lanes have. */
  const wide = (x: LoopExpr): LoopExpr => {
    if (x.kind === "number" && x.type === "f64") return l.number(Math.fround(x.value), "f32");
    if (!varies(x)) return castTo(x, laneType(x.type));
    const type = laneType(x.type);
    switch (x.kind) {
      case "local":
        return { ...x, type, lanes: 4 };
      case "load":
        if (rows.has(x.array)) return { ...x, type, lanes: 4 };
        return strideOf(x.index, axis, varying) === 1 ? { ...x, type, lanes: 4, ...part } : laneByLane(x);
      case "choose": {
        if (!varies(x.test))
          return { ...x, type, lanes: 4, yes: spread(wide(x.yes)), no: spread(wide(x.no)) };
        if (hasLoad(x.yes) || hasLoad(x.no)) return laneByLane(x);
        return l.op("select", [wide(x.test), wide(x.yes), wide(x.no)], type, 4);
      }
      case "op":
        return wideOp(x, type);
      default:
        return fail("lanes", `a ${x.kind} has no lanes`);
    }
  };
  /** The value of an index in i32 lanes; undefined where its lanes are not neighbours. */
  const ramp = (x: LoopExpr): LoopExpr | undefined =>
    strideOf(x, axis, varying) === 1 ? l.op("ramp", [x], "i32", 4) : undefined;
  const wideOp = (x: LoopExpr & { kind: "op" }, type: LocalType): LoopExpr => {
    const indices = x.args.some((arg) => arg.type === "index");
    if (indices) {
      const args = x.args.map((arg) =>
        arg.type !== "index" ? wide(arg) : varies(arg) ? ramp(arg) : castTo(arg, "i32"),
      );
      if (args.includes(undefined)) return laneByLane(x);
      if (x.op === "cast") return castTo(args[0]!, type);
      return l.op(x.op, args as LoopExpr[], type, 4);
    }
    if (x.op === "cast") return castTo(wide(x.args[0]), type);
    if (x.op === "select" && !varies(x.args[0]))
      return {
        kind: "choose", test: x.args[0], yes: spread(wide(x.args[1])), no: spread(wide(x.args[2])), type, lanes: 4,
      }; // prettier-ignore
    const args = x.args.map(wide);
    if (!hasLanes(backend, x.op, type) || lanewiseOnly(x.op, type, args)) return laneByLane(x);
    return l.op(x.op, isExtreme(x.op) ? constantLast(args) : args, type, 4);
  };

  const block = (stmts: readonly LoopStmt[]): LoopStmt[] =>
    stmts.flatMap((stmt): LoopStmt[] => {
      switch (stmt.kind) {
        case "let": {
          if (!varying.has(stmt.name)) return [stmt];
          const value = spread(wide(stmt.value));
          return [{ ...stmt, type: value.type, lanes: 4, value }];
        }
        case "set": {
          const fold = folds.get(stmt.name);
          if (fold) {
            const [name, type] = [lanes.get(stmt.name)!, laneType(fold.type)];
            const joined = wide(joinedIn(stmt.value));
            const value = inside
              ? l.op("select", [l.local(inside, "bool", 4), joined, identity(fold.op, type)], type, 4)
              : joined;
            return [l.set(name, l.op(fold.op, [l.local(name, type, 4), value], type, 4))];
          }
          return [varying.has(stmt.name) ? { ...stmt, value: spread(wide(stmt.value)) } : stmt];
        }
        case "store": {
          const value = spread(wide(stmt.value));
          if (rows.has(stmt.array)) return [{ ...stmt, value, lanes: 4 }];
          if (strideOf(stmt.index, axis, varying) === 1 && value.type === stmt.value.type)
            return [{ ...stmt, value, lanes: 4, ...part }];
          const name = fresh("v");
          const scalar = (k: number): LoopExpr =>
            castTo(l.op("lane", [l.local(name, value.type, 4), l.number(k)], value.type, 1), stmt.value.type);
          return [
            l.const(name, value),
            ...Array.from({ length: live }, (_, k) => l.store(stmt.array, inLane(stmt.index, k), scalar(k))),
          ];
        }
        case "for":
          return [{ ...stmt, body: block(stmt.body) }];
        case "if":
          return [{ ...stmt, then: block(stmt.then), otherwise: block(stmt.otherwise) }];
        default:
          return [stmt];
      }
    });
  if (!inside) return block(loop.body);
  const counted = l.op("ramp", [l.local(axis)], "i32", 4);
  return [l.const(inside, l.op("less", [counted, castTo(loop.to, "i32")], "bool", 4)), ...block(loop.body)];
}
