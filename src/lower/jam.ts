import { l, type Lanes, type LoopExpr, type ForLoop, type LoopStmt } from "../ir/loop.ts";
import { mapExpr, mapOwnExprs } from "../ir/loop-walk.ts";

type Rewrite = (body: readonly LoopStmt[]) => readonly LoopStmt[];
interface JamOptions {
  readonly whole?: boolean;
  readonly lanes?: Lanes;
  /** What becomes of the body of single iterations. */
  readonly single?: Rewrite;
}

/**
 * Unroll-and-jam: `factor` neighbouring iterations of the loop over `axis` run as one, with their inner loops
 * merged, so that their accumulators stay in registers and what they load alike is loaded once. What does not
 * fill a tile is done by the same code with smaller tiles: static extents leave one smaller tile, extents that
 * depend on n leave single iterations. With `whole`, the last tile may reach beyond the extent. Of a loop that runs in
 * lanes, `factor` counts vectors; what it leaves to single iterations is not tiled, nor may a tile reach into it, since
 * what is written in place must not be computed twice.
 */
export function jamAxis(
  body: readonly LoopStmt[],
  axis: string,
  factor: number,
  fresh: (hint: string) => string,
  { whole = false, lanes = 1, single = (rest) => rest }: JamOptions = {},
): LoopStmt[] {
  // Where the whole tiles of n end is named before every loop, so that jamming an outer axis leaves it alone; after
  // what is named there already, which it may read.
  const ends: LoopStmt[] = [];
  const inside = (stmts: readonly LoopStmt[]): LoopStmt[] =>
    stmts.flatMap((stmt) => {
      if (stmt.kind !== "for") return [stmt];
      if (stmt.name !== axis) return [{ ...stmt, body: inside(stmt.body) }];
      if (stmt.step !== lanes) return [stmt];
      if (whole) return [tile(stmt, stmt.from, stmt.to, factor)];
      // The end of whole vectors is itself named right before their loop.
      const own: LoopStmt[] = [];
      const loops = tiledLoops(stmt, factor, fresh, own, single);
      if (lanes > 1) return [...own, ...loops];
      ends.push(...own);
      return loops;
    });
  const tiled = inside(body);
  const start = tiled.findIndex((stmt) => stmt.kind === "for" || stmt.kind === "if");
  return start < 0 ? tiled : [...tiled.slice(0, start), ...ends, ...tiled.slice(start)];
}

function tiledLoops(
  loop: ForLoop,
  factor: number,
  fresh: (hint: string) => string,
  ends: LoopStmt[],
  single: Rewrite,
): LoopStmt[] {
  const { from, to, step } = loop;
  if (to.kind === "number" && from.kind === "number") {
    const trips = Math.ceil((to.value - from.value) / step);
    const rest = trips % factor;
    const whole = l.number(from.value + (trips - rest) * step);
    const tiles = trips > rest ? [tile(loop, from, whole, factor)] : [];
    return rest > 0 ? [...tiles, tile(loop, whole, to, rest)] : tiles;
  }
  // Loops that end at run time start at 0.
  const name = fresh("whole");
  const whole = l.local(name);
  ends.push(l.const(name, l.op("sub", [to, l.op("rem", [to, l.number(factor * step)])])));
  return [tile(loop, from, whole, factor), l.for(loop.name, whole, to, step, single(loop.body))];
}

const tile = (loop: ForLoop, from: LoopExpr, to: LoopExpr, factor: number): LoopStmt =>
  l.for(
    loop.name,
    from,
    to,
    factor * loop.step,
    factor === 1 ? loop.body : jam(loop.body, loop.name, factor, loop.step),
  );

/** Copies statements for each iteration of the tile; loops are shared, locals get the iteration's number. */
function jam(body: readonly LoopStmt[], axis: string, factor: number, step: number): LoopStmt[] {
  const renamed = new Set<string>();
  declaredIn(body, renamed);
  const copy = (x: LoopExpr, u: number): LoopExpr =>
    mapExpr(x, (inner) => {
      if (inner.kind !== "local") return inner;
      if (inner.name === axis) return u === 0 ? inner : l.op("add", [inner, l.number(u * step)]);
      return renamed.has(inner.name) ? { ...inner, name: `${inner.name}${u}` } : inner;
    });
  const copies = (stmts: readonly LoopStmt[]): LoopStmt[] =>
    stmts.flatMap((stmt) => {
      if (stmt.kind === "for") return [{ ...stmt, body: copies(stmt.body) }];
      return Array.from({ length: factor }, (_, u) => copyOf(stmt, u));
    });
  const copyOf = (stmt: LoopStmt, u: number): LoopStmt => {
    const own = mapOwnExprs(stmt, (x) => copy(x, u));
    if (own.kind === "let" || own.kind === "set")
      return renamed.has(own.name) ? { ...own, name: `${own.name}${u}` } : own;
    if (own.kind === "if")
      return {
        ...own,
        then: own.then.map((s) => copyOf(s, u)),
        otherwise: own.otherwise.map((s) => copyOf(s, u)),
      };
    return own;
  };
  return copies(body);
}

/** Locals declared in a body, not the counters of its loops, which the copies share. */
export function declaredIn(body: readonly LoopStmt[], into: Set<string>): void {
  for (const stmt of body) {
    if (stmt.kind === "let") into.add(stmt.name);
    if (stmt.kind === "for") declaredIn(stmt.body, into);
    if (stmt.kind === "if") {
      declaredIn(stmt.then, into);
      declaredIn(stmt.otherwise, into);
    }
  }
}
