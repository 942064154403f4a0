import { exactText } from "../base/exact.ts";
import type { LoopExpr, ForLoop, LoopStmt } from "../ir/loop.ts";
import { expressionsOf, visitExpr, visitStmts } from "../ir/loop-walk.ts";
import { declaredIn } from "./jam.ts";
import { isWhole } from "./short-rows.ts";
import { reads, reductionOf, type Reduction } from "./reduction.ts";
import { dependsOn, isApart, strideOf } from "./stride.ts";

/**
 * Locals declared in a loop's body whose values differ between its iterations, and the arrays of which each lane has a
 * part of its own (`rows`).
 */
export function varyingIn(loop: ForLoop, rows: ReadonlySet<string>): ReadonlySet<string> {
  const inside = new Set<string>();
  declaredIn(loop.body, inside);
  const varying = new Set<string>(rows);
  for (let before = -1; before < varying.size;) {
    before = varying.size;
    visitStmts(loop.body, (stmt) => {
      if ((stmt.kind === "let" || stmt.kind === "set") && inside.has(stmt.name))
        if (dependsOn(stmt.value, loop.name, varying)) varying.add(stmt.name);
    });
  }
  return varying;
}

/** Locals from outside that the loop sets, with what they reduce; null for one that does anything else. */
function outsideSets(loop: ForLoop): Map<string, Reduction | null> {
  const inside = new Set<string>();
  declaredIn(loop.body, inside);
  const found = new Map<string, Reduction | null>();
  visitStmts(loop.body, (stmt) => {
    if (stmt.kind !== "set" || inside.has(stmt.name)) return;
    found.set(stmt.name, found.has(stmt.name) ? null : (reductionOf(stmt) ?? null));
  });
  return found;
}

/** Locals outside a loop that each of its iterations joins one term to. */
export const reductionsOf = (loop: ForLoop): ReadonlyMap<string, Reduction> =>
  new Map([...outsideSets(loop)].flatMap(([name, fold]) => (fold ? [[name, fold] as const] : [])));

/** Why a loop must run one iteration at a time; undefined where four may run at once. */
export function whyScalar(
  loop: ForLoop,
  dtypes: ReadonlyMap<string, string>,
  rows: ReadonlySet<string>,
): string | undefined {
  const varying = varyingIn(loop, rows);
  const sets = outsideSets(loop);
  const why: string[] = [];
  const { from, to } = loop;
  const isKnown = from.kind === "number" && (from.value === 0 || to.kind === "number");
  if (loop.step !== 1 || !(isKnown || (isWhole(from) && isWhole(to))))
    why.push("does not count by one from a known start");
  const trips = to.kind === "number" && from.kind === "number" ? to.value - from.value : Infinity;
  if (trips < 2 || (trips < 4 && sets.size > 0)) why.push("is too short");
  const varies = (x: LoopExpr): boolean => dependsOn(x, loop.name, varying);
  for (const [name, fold] of sets) if (!fold) why.push(`carries ${name} from one iteration to the next`);
  const written = storesIn(loop.body);
  for (const [array, places] of written) {
    const indices = [...places.values()];
    if (indices.some((a, k) => indices.slice(0, k).some((b) => !isApart(a, b, trips))))
      why.push(`writes ${array} in two places`);
  }
  const uses = new Map<string, number>();
  visitStmts(loop.body, (stmt) => {
    if (stmt.kind === "let" && varying.has(stmt.name) && stmt.type === "index")
      why.push("computes an address");
    if (stmt.kind === "store" && !varies(stmt.index) && !rows.has(stmt.array))
      why.push(`overwrites ${stmt.array}`);
    if (stmt.kind === "for" && (varies(stmt.from) || varies(stmt.to)))
      why.push("holds a loop of varying length");
    if (stmt.kind === "if" && varies(stmt.test)) why.push("decides for each iteration");
    for (const expr of expressionsOf(stmt))
      visitExpr(expr, (x) => {
        if (x.kind === "local" && sets.has(x.name)) uses.set(x.name, (uses.get(x.name) ?? 0) + 1);
        const places = x.kind === "load" ? written.get(x.array) : undefined;
        if (
          x.kind === "load" &&
          places &&
          ![...places.values()].every((place) => isApart(x.index, place, trips))
        )
          why.push(`reads ${x.array} elsewhere than it writes`);
        if (x.kind === "call") why.push("calls a function");
        if (x.kind === "load" && dtypes.get(x.array) === "f64" && varies(x.index)) why.push("reads float64");
      });
  });
  // A fold reads itself once, where it is set.
  for (const [name, count] of uses) if (count > 1) why.push(`reads ${name} while folding it`);
  return why[0];
}

/**
 * Whether vectors may run beyond where a loop ends, within what its arrays hold for the largest batch: nothing there is
 * chosen by what was read there, and no address leads elsewhere or depends on n itself.
 */
export function mayOverrun(loop: ForLoop, rows: ReadonlySet<string>): boolean {
  const { to } = loop;
  const isEnd = (x: LoopExpr): boolean => x.kind === "local" && x.name === "n";
  if (
    !isEnd(to) &&
    !(to.kind === "op" && to.op === "mul" && isEnd(to.args[0]) && to.args[1].kind === "number")
  )
    return false;
  const varying = varyingIn(loop, rows);
  return isHarmless(loop, (index) => {
    const stride = strideOf(index, loop.name, varying);
    return stride === 0 || (stride !== undefined && stride > 0 && !reads(index, "n"));
  });
}

/**
 * Whether a loop passes over whole arrays, of which all have room for a vector at their end: `arrays` says how many
 * numbers each of these has. Nothing is folded, and all else that it reads stays as it is.
 */
export function fillsArrays(loop: ForLoop, arrays: ReadonlyMap<string, number>): boolean {
  const { from, to } = loop;
  if (from.kind !== "number" || from.value !== 0 || to.kind !== "number" || reductionsOf(loop).size > 0)
    return false;
  const varying = varyingIn(loop, new Set());
  return isHarmless(loop, (index, array) => {
    const whole = index.kind === "local" && index.name === loop.name && arrays.get(array) === to.value;
    return whole || !dependsOn(index, loop.name, varying);
  });
}

/** Whether one iteration more protects nothing by a choice, divides no whole numbers, and touches only what it may. */
function isHarmless(loop: ForLoop, mayTouch: (index: LoopExpr, array: string) => boolean): boolean {
  let may = true;
  visitStmts(loop.body, (stmt) => {
    if (stmt.kind === "if" || (stmt.kind === "store" && !mayTouch(stmt.index, stmt.array))) may = false;
    for (const expr of expressionsOf(stmt))
      visitExpr(expr, (x) => {
        // A choice protects what it does not choose, and a whole number must not be divided by just anything.
        if (x.kind === "choose" || (x.kind === "load" && !mayTouch(x.index, x.array))) may = false;
        if (x.kind === "op" && (x.op === "div" || x.op === "rem") && x.type !== "f32" && x.type !== "f64")
          may = false;
      });
  });
  return may;
}

/** The indices at which a block writes each array, by their text. */
function storesIn(body: readonly LoopStmt[]): ReadonlyMap<string, ReadonlyMap<string, LoopExpr>> {
  const found = new Map<string, Map<string, LoopExpr>>();
  visitStmts(body, (stmt) => {
    if (stmt.kind !== "store") return;
    const places = found.get(stmt.array) ?? new Map<string, LoopExpr>();
    found.set(stmt.array, places.set(exactText(stmt.index), stmt.index));
  });
  return found;
}

/** Innermost loops that touch only neighbours in memory, or the same element again and again. */
export function neighbourLoops(body: readonly LoopStmt[]): readonly string[] {
  const found = new Set<string>();
  visitStmts(body, (stmt) => {
    if (stmt.kind !== "for") return;
    const varying = varyingIn(stmt, new Set());
    const plain = (index: LoopExpr): boolean => [0, 1].includes(strideOf(index, stmt.name, varying) ?? -1);
    let fits = true;
    visitStmts(stmt.body, (inner) => {
      if (inner.kind === "for" || (inner.kind === "store" && !plain(inner.index))) fits = false;
      for (const expr of expressionsOf(inner))
        visitExpr(expr, (x) => {
          if (x.kind === "load" && !plain(x.index)) fits = false;
        });
    });
    if (fits) found.add(stmt.name);
  });
  return [...found];
}
