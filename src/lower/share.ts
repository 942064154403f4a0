import { l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { Keys } from "./key.ts";
import {
  mapBlocks,
  mapExpr,
  mapOwnExprs,
  mapStmts,
  expressionsOf,
  someExpr,
  visitExpr,
  visitExprs,
  visitStmts,
} from "../ir/loop-walk.ts";

/**
 * Common subexpressions of straight-line code: what a block computes or loads twice, with no store to that array
 * in between, is named once.
 * @param ahead whether in a block without stores the names come first, which lets V8 start all loads of an unrolled step
 * before its arithmetic; in lanes each would hold a register until then
 */
export function shareValues(
  body: readonly LoopStmt[],
  fresh: (hint: string) => string,
  ahead: boolean,
): LoopStmt[] {
  // Both walks meet the same states in the same order, so equal numbers mean equal values in both.
  const counts = new Map<number, number>();
  let versions = new Versions();
  const keys = new Keys((name) => versions.of(name));
  const changes = walkBlock(body, versions, keys, (key) => counts.set(key, (counts.get(key) ?? 0) + 1));
  const repeated = (key: number): boolean => (counts.get(key) ?? 0) > 1;

  const names = new Map<number, LoopExpr>();
  versions = new Versions();
  const changedBy = (stmt: LoopStmt): void => {
    if (versions.changedBy([stmt])) keys.changed();
  };
  if (changes) keys.changed();
  const out: LoopStmt[] = [];
  const early: LoopStmt[] = [];
  // New names that stay where they are first needed; what reads them cannot move to the front either.
  const late = new Set<string>();
  const pure =
    ahead && !body.some((stmt) => stmt.kind === "store" || stmt.kind === "if" || stmt.kind === "for");
  const rewrite = (x: LoopExpr): LoopExpr => {
    if (x.kind === "number" || x.kind === "local") return x;
    if (x.type !== "index" && x.kind !== "choose") {
      const key = keys.of(x);
      const known = names.get(key);
      if (known) return known;
      if (repeated(key) && !isRenaming(x)) {
        const name = fresh(x.kind === "load" ? "x" : "t");
        const value = rewriteInside(x);
        const first = pure && !readsMutable(value, body, late);
        (first ? early : out).push(l.const(name, value));
        if (!first) late.add(name);
        const local = l.local(name, x.type, x.lanes);
        names.set(key, local);
        return local;
      }
    }
    return rewriteInside(x);
  };
  const rewriteInside = (x: LoopExpr): LoopExpr => {
    if (x.kind === "op" || x.kind === "call") return { ...x, args: x.args.map(rewrite) };
    return x.kind === "choose" ? { ...x, test: rewrite(x.test) } : x;
  };

  for (const stmt of body) {
    if (
      stmt.kind === "let" &&
      !stmt.mutable &&
      stmt.value.kind !== "number" &&
      stmt.value.kind !== "local" &&
      stmt.value.type !== "index"
    ) {
      const key = keys.of(stmt.value);
      const known = names.get(key);
      const value = known ?? rewriteInside(stmt.value);
      out.push({ ...stmt, value });
      if (!known && stmt.value.kind !== "choose") names.set(key, l.local(stmt.name, stmt.type, stmt.lanes));
      continue;
    }
    if (stmt.kind === "for") {
      changedBy(stmt);
      out.push({ ...stmt, body: shareValues(stmt.body, fresh, ahead) });
      continue;
    }
    if (stmt.kind === "if") {
      const test = rewrite(stmt.test);
      changedBy(stmt);
      out.push({
        ...stmt,
        test,
        then: shareValues(stmt.then, fresh, ahead),
        otherwise: shareValues(stmt.otherwise, fresh, ahead),
      });
      continue;
    }
    const own = stmt.kind === "store" ? { ...stmt, value: rewrite(stmt.value) } : mapOwnExprs(stmt, rewrite);
    out.push(own);
    changedBy(stmt);
  }
  // Addresses are named at the start of a block, before anything that reads through them.
  const start = out.findIndex((stmt) => stmt.kind !== "let" || stmt.mutable || stmt.type !== "index");
  const addresses = start < 0 ? out.length : start;
  return [...out.slice(0, addresses), ...early, ...out.slice(addresses)];
}

const readsMutable = (x: LoopExpr, body: readonly LoopStmt[], late: ReadonlySet<string>): boolean => {
  const declared = new Set([
    ...body.flatMap((stmt) => (stmt.kind === "let" || stmt.kind === "set" ? [stmt.name] : [])),
    ...late,
  ]);
  return someExpr(x, (inner) => inner.kind === "local" && inner.type !== "index" && declared.has(inner.name));
};

/** A cast of a counter or a local is no work, so naming it saves nothing. */
const isRenaming = (x: LoopExpr): boolean => x.kind === "op" && x.op === "cast" && x.args[0].kind === "local";

/** Counts the states of arrays and locals while walking down a block. */
class Versions {
  private readonly counts = new Map<string, number>();
  readonly of = (name: string): number => this.counts.get(name) ?? 0;
  /** Whether any changed. */
  changedBy(stmts: readonly LoopStmt[]): boolean {
    let changes = false;
    visitStmts(stmts, (stmt) => {
      const name =
        stmt.kind === "store"
          ? stmt.array
          : stmt.kind === "set" || (stmt.kind === "let" && stmt.mutable)
            ? stmt.name
            : undefined;
      if (name === undefined) return;
      this.counts.set(name, this.of(name) + 1);
      changes = true;
    });
    return changes;
  }
}

/** Visits every shareable expression of a block (not of its nested blocks) with its key. Tells whether states change. */
function walkBlock(
  body: readonly LoopStmt[],
  versions: Versions,
  keys: Keys,
  visit: (key: number) => void,
): boolean {
  let changes = false;
  const walk = (x: LoopExpr): void => {
    if (x.kind === "number" || x.kind === "local") return;
    if (x.type !== "index" && x.kind !== "choose") visit(keys.of(x));
    if (x.kind === "op" || x.kind === "call") x.args.forEach(walk);
    else if (x.kind === "choose") walk(x.test);
  };
  for (const stmt of body) {
    if (stmt.kind !== "for") {
      const exprs = stmt.kind === "store" ? [stmt.value] : expressionsOf(stmt);
      exprs.forEach(walk);
    }
    if (versions.changedBy([stmt])) {
      changes = true;
      keys.changed();
    }
  }
  return changes;
}

/** Writes a value that is used once, and in its own block with nothing stored in between, where it is used. */
export function inlineSingleUses(body: readonly LoopStmt[]): LoopStmt[] {
  const uses = new Map<string, number>();
  visitStmts(body, (stmt) => {
    for (const x of expressionsOf(stmt))
      visitExpr(
        x,
        (inner) => inner.kind === "local" && uses.set(inner.name, (uses.get(inner.name) ?? 0) + 1),
      );
  });
  const block = (stmts: readonly LoopStmt[]): LoopStmt[] => {
    const waiting = new Map<string, LoopExpr>();
    const out: LoopStmt[] = [];
    const fill = (x: LoopExpr): LoopExpr =>
      mapExpr(x, (inner) => {
        if (inner.kind !== "local") return inner;
        const value = waiting.get(inner.name);
        waiting.delete(inner.name);
        return value ?? inner;
      });
    const flush = (): void => {
      for (const [name, value] of waiting) out.push(l.const(name, value));
      waiting.clear();
    };
    for (const stmt of stmts) {
      if (stmt.kind === "for" || stmt.kind === "if") {
        flush();
        out.push(
          stmt.kind === "for"
            ? { ...stmt, body: block(stmt.body) }
            : { ...stmt, then: block(stmt.then), otherwise: block(stmt.otherwise) },
        );
        continue;
      }
      // What a comment is about stays below it, and above the next.
      if (holdsChoose(stmt) || stmt.kind === "note") flush();
      const own = mapOwnExprs(stmt, fill);
      if (own.kind === "let" && !own.mutable && own.type !== "index" && uses.get(own.name) === 1)
        waiting.set(own.name, own.value);
      else {
        if (own.kind === "store" || own.kind === "set") {
          // Anything still waiting was computed before this change and must stay before it.
          const changed = own;
          flush();
          out.push(changed);
        } else out.push(own);
      }
    }
    flush();
    return out;
  };
  return block(body);
}

/** Drops constants that nothing reads and replaces constants that only rename another one. */
export function dropIdle(body: readonly LoopStmt[]): LoopStmt[] {
  const renamed = withoutRenames(body, new Set(), new Map());
  const read = new Set<string>();
  visitExprs(renamed, (x) => x.kind === "local" && read.add(x.name));
  const kept = mapStmts(renamed, (stmt) =>
    stmt.kind === "let" && !stmt.mutable && !read.has(stmt.name) ? [] : stmt,
  );
  return [...kept];
}

/** Blocks side by side may call different constants by one name, so a name holds to the end of its block. */
function withoutRenames(
  body: readonly LoopStmt[],
  outer: ReadonlySet<string>,
  known: ReadonlyMap<string, LoopExpr>,
): LoopStmt[] {
  const constants = new Set(outer);
  const renames = new Map(known);
  const change = (x: LoopExpr): LoopExpr => (x.kind === "local" ? (renames.get(x.name) ?? x) : x);
  return body.map((stmt) => {
    const own = renames.size === 0 ? stmt : mapOwnExprs(stmt, (x) => mapExpr(x, change));
    if (own.kind === "let") {
      const again = !own.mutable && own.value.kind === "local" && constants.has(own.value.name);
      if (again) renames.set(own.name, own.value);
      else renames.delete(own.name);
      if (own.mutable) constants.delete(own.name);
      else constants.add(own.name);
    }
    return mapBlocks(own, (inner) => withoutRenames(inner, constants, renames));
  });
}

const holdsChoose = (stmt: LoopStmt): boolean =>
  expressionsOf(stmt).some((x) => someExpr(x, ({ kind }) => kind === "choose"));
