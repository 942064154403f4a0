import type { LoopExpr, LoopStmt } from "./loop.ts";

/** The operands of an expression, in order. */
export function operands(expr: LoopExpr): readonly LoopExpr[] {
  switch (expr.kind) {
    case "number":
    case "local":
      return [];
    case "load":
      return [expr.index];
    case "op":
    case "call":
      return expr.args;
    case "choose":
      return [expr.test, expr.yes, expr.no];
  }
}

const sameIn = (before: readonly unknown[], after: readonly unknown[]): boolean => {
  for (let k = 0; k < before.length; k++) if (before[k] !== after[k]) return false;
  return true;
};

/** The same expression over other operands; itself when none changed. */
export function withOperands(expr: LoopExpr, args: readonly LoopExpr[]): LoopExpr {
  if (sameIn(operands(expr), args)) return expr;
  switch (expr.kind) {
    case "number":
    case "local":
      return expr;
    case "load":
      return { ...expr, index: args[0] };
    case "op":
    case "call":
      return { ...expr, args };
    case "choose":
      return { ...expr, test: args[0], yes: args[1], no: args[2] };
  }
}

/**
 * Rewrites an expression from its leaves up. Leaves, of which most expressions are made, cost no list, and neither does
 * what stays as it is. Here and below, plain loops: much of this runs before an engine has optimized anything.
 */
export function mapExpr(expr: LoopExpr, change: (expr: LoopExpr) => LoopExpr): LoopExpr {
  switch (expr.kind) {
    case "number":
    case "local":
      return change(expr);
    case "load": {
      const index = mapExpr(expr.index, change);
      return change(index === expr.index ? expr : { ...expr, index });
    }
    default: {
      const args = operands(expr);
      let mapped: LoopExpr[] | undefined;
      for (let k = 0; k < args.length; k++) {
        const arg = mapExpr(args[k], change);
        if (arg !== args[k]) (mapped ??= [...args])[k] = arg;
      }
      return change(mapped ? withOperands(expr, mapped) : expr);
    }
  }
}

/** Sees an expression and everything in it, the outermost first. */
export function visitExpr(expr: LoopExpr, see: (expr: LoopExpr) => void): void {
  see(expr);
  if (expr.kind === "load") visitExpr(expr.index, see);
  else if (expr.kind !== "number" && expr.kind !== "local") {
    const args = operands(expr);
    for (let k = 0; k < args.length; k++) visitExpr(args[k], see);
  }
}

/** Whether an expression, or anything in it, is as asked. */
export function someExpr(expr: LoopExpr, holds: (expr: LoopExpr) => boolean): boolean {
  if (holds(expr)) return true;
  if (expr.kind === "load") return someExpr(expr.index, holds);
  if (expr.kind === "number" || expr.kind === "local") return false;
  const args = operands(expr);
  for (let k = 0; k < args.length; k++) if (someExpr(args[k], holds)) return true;
  return false;
}

/** The expressions that stand directly in a statement, not those of its blocks. */
export function expressionsOf(stmt: LoopStmt): readonly LoopExpr[] {
  switch (stmt.kind) {
    case "for":
      return [stmt.from, stmt.to];
    case "let":
    case "set":
    case "return":
      return [stmt.value];
    case "store":
      return [stmt.index, stmt.value];
    case "if":
      return [stmt.test];
    case "note":
      return [];
  }
}

/** The same statement over other expressions, in the order of `expressionsOf`; itself when none changed. */
export function withExpressions(stmt: LoopStmt, exprs: readonly LoopExpr[]): LoopStmt {
  if (sameIn(expressionsOf(stmt), exprs)) return stmt;
  switch (stmt.kind) {
    case "for":
      return { ...stmt, from: exprs[0], to: exprs[1] };
    case "let":
    case "set":
    case "return":
      return { ...stmt, value: exprs[0] };
    case "store":
      return { ...stmt, index: exprs[0], value: exprs[1] };
    case "if":
      return { ...stmt, test: exprs[0] };
    case "note":
      return stmt;
  }
}

/** The blocks inside a statement. */
export function blocksOf(stmt: LoopStmt): readonly (readonly LoopStmt[])[] {
  if (stmt.kind === "for") return [stmt.body];
  return stmt.kind === "if" ? [stmt.then, stmt.otherwise] : [];
}

/** The same statement over other blocks, in the order of `blocksOf`; itself when none changed. */
export function withBlocks(stmt: LoopStmt, blocks: readonly (readonly LoopStmt[])[]): LoopStmt {
  if (sameIn(blocksOf(stmt), blocks)) return stmt;
  if (stmt.kind === "for") return { ...stmt, body: blocks[0] };
  return stmt.kind === "if" ? { ...stmt, then: blocks[0], otherwise: blocks[1] } : stmt;
}

/** The same statement with its blocks changed; most have none. */
export function mapBlocks(
  stmt: LoopStmt,
  change: (block: readonly LoopStmt[]) => readonly LoopStmt[],
): LoopStmt {
  return stmt.kind === "for" || stmt.kind === "if" ? withBlocks(stmt, blocksOf(stmt).map(change)) : stmt;
}

/**
 * Rewrites every statement from the innermost blocks out; one statement may become several or none. A block in which
 * nothing changes is the same block.
 */
export function mapStmts(
  body: readonly LoopStmt[],
  change: (stmt: LoopStmt) => LoopStmt | readonly LoopStmt[],
): readonly LoopStmt[] {
  const mapped: LoopStmt[] = [];
  for (const stmt of body) {
    const changed = change(mapBlocks(stmt, (inner) => mapStmts(inner, change)));
    if (Array.isArray(changed)) mapped.push(...(changed as readonly LoopStmt[]));
    else mapped.push(changed as LoopStmt);
  }
  return mapped.length === body.length && sameIn(body, mapped) ? body : mapped;
}

/** Rewrites every expression of every statement with `change`, each expression from its leaves up. */
export function mapExprs(
  body: readonly LoopStmt[],
  change: (expr: LoopExpr) => LoopExpr,
): readonly LoopStmt[] {
  return mapStmts(body, (stmt) => mapOwnExprs(stmt, (expr) => mapExpr(expr, change)));
}

/** Sees every statement, an outer one before those in its blocks. */
export function visitStmts(body: readonly LoopStmt[], see: (stmt: LoopStmt) => void): void {
  for (let k = 0; k < body.length; k++) {
    const stmt = body[k];
    see(stmt);
    if (stmt.kind === "for") visitStmts(stmt.body, see);
    else if (stmt.kind === "if") {
      visitStmts(stmt.then, see);
      visitStmts(stmt.otherwise, see);
    }
  }
}

/** Sees every expression of every statement, parts included. */
export function visitExprs(body: readonly LoopStmt[], see: (expr: LoopExpr) => void): void {
  visitStmts(body, (stmt) => {
    const exprs = expressionsOf(stmt);
    for (let k = 0; k < exprs.length; k++) visitExpr(exprs[k], see);
  });
}

/** Whether evaluating an expression reads an array. */
export const hasLoad = (expr: LoopExpr): boolean => someExpr(expr, ({ kind }) => kind === "load");

/** Every name that a block defines or mentions: locals, counters, arrays. */
export function namesIn(body: readonly LoopStmt[]): ReadonlySet<string> {
  const names = new Set<string>();
  visitStmts(body, (stmt) => {
    if (stmt.kind === "let" || stmt.kind === "for" || stmt.kind === "set") names.add(stmt.name);
    if (stmt.kind === "store") names.add(stmt.array);
  });
  visitExprs(body, (expr) => {
    if (expr.kind === "local") names.add(expr.name);
    if (expr.kind === "load") names.add(expr.array);
  });
  return names;
}

/** What running a block may change: locals that are set, and whether anything is stored. */
export function effectsOf(body: readonly LoopStmt[]): {
  readonly sets: ReadonlySet<string>;
  readonly stores: boolean;
} {
  const sets = new Set<string>();
  let stores = false;
  visitStmts(body, (stmt) => {
    if (stmt.kind === "set") sets.add(stmt.name);
    if (stmt.kind === "store") stores = true;
  });
  return { sets, stores };
}

/** Rewrites the expressions that stand directly in a statement. */
export function mapOwnExprs(stmt: LoopStmt, change: (expr: LoopExpr) => LoopExpr): LoopStmt {
  const exprs = expressionsOf(stmt);
  let mapped: LoopExpr[] | undefined;
  for (let k = 0; k < exprs.length; k++) {
    const expr = change(exprs[k]);
    if (expr !== exprs[k]) (mapped ??= [...exprs])[k] = expr;
  }
  return mapped ? withExpressions(stmt, mapped) : stmt;
}
