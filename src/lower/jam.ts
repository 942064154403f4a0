import { invariant } from "../base/errors.ts";
import { l, type Lanes, type LoopExpr, type ForLoop, type LoopStmt } from "../ir/loop.ts";
import { blocksOf, mapExpr, mapOwnExprs } from "../ir/loop-walk.ts";
import { reads } from "./reduction.ts";

type Rewrite = (body: readonly LoopStmt[]) => readonly LoopStmt[];
interface JamOptions {
  /** Where the last tile may reach beyond n: how many iterations whole tiles leave of the largest n, to a smaller one. */
  readonly rest?: number;
  readonly lanes?: Lanes;
  /** What becomes of the body of single iterations. */
  readonly single?: Rewrite;
}

/**
 * Unroll-and-jam: `factor` neighbouring iterations of the loop over `axis` run as one, with their inner loops
 * merged, so that their accumulators stay in registers and what they load alike is loaded once. What does not
 * fill a tile is done by the same code with smaller tiles: static extents leave one smaller tile, extents that
 * depend on n leave single iterations, or tiles of `rest` iterations of which the last may reach beyond n. Of a loop that
 * runs in lanes, `factor` counts vectors, and a part of one after it joins its last tile; what it leaves to single
 * iterations is not tiled, nor may a tile reach into it, since what is written in place must not be computed twice.
 */
export function jamAxis(
  body: readonly LoopStmt[],
  axis: string,
  factor: number,
  fresh: (hint: string) => string,
  { rest, lanes = 1, single = (body) => body }: JamOptions = {},
): LoopStmt[] {
  // Where the whole tiles of n end is named before every loop, so that jamming an outer axis leaves it alone; after
  // what is named there already, which it may read.
  const ends: LoopStmt[] = [];
  const inside = (stmts: readonly LoopStmt[]): LoopStmt[] =>
    stmts.flatMap((stmt, k) => {
      if (stmt.kind !== "for") return [stmt];
      if (stmt.name !== axis) return [{ ...stmt, body: inside(stmt.body) }];
      if (stmt.step !== lanes) return [stmt];
      if (k > 0 && withPart(stmts[k - 1], stmt, factor)) return [];
      const joined = withPart(stmt, stmts.at(k + 1), factor);
      if (joined) return joined;
      if (rest === 0) return [tile(stmt, stmt.from, stmt.to, factor)];
      // The end of whole vectors is itself named right before their loop.
      const own: LoopStmt[] = [];
      const loops = tiledLoops(stmt, factor, fresh, own, rest, single);
      if (lanes > 1) return [...own, ...loops];
      ends.push(...own);
      return loops;
    });
  const tiled = inside(body);
  const start = tiled.findIndex((stmt) => stmt.kind === "for" || stmt.kind === "if");
  return start < 0 ? tiled : [...tiled.slice(0, start), ...ends, ...tiled.slice(start)];
}

/**
 * Takes what fills no tile of the rows out of the loop around them, into a loop of its own of which `factor` iterations
 * run as one: they fill a tile together. The iterations write places of their own, so their order is free.
 */
export function joinRests(
  body: readonly LoopStmt[],
  around: string,
  row: string,
  size: number,
  factor: number,
  fresh: (hint: string) => string,
): LoopStmt[] {
  return body.flatMap((stmt): LoopStmt[] => {
    if (stmt.kind !== "for") return [stmt];
    if (stmt.name !== around)
      return [{ ...stmt, body: joinRests(stmt.body, around, row, size, factor, fresh) }];
    const [rows, ...others] = stmt.body;
    invariant(
      rows?.kind === "for" &&
        rows.name === row &&
        others.length === 0 &&
        isNumber(rows.from, 0) &&
        rows.to.kind === "number",
      `the loop over ${around} does more than the rows ${row}, whose rests it should join`,
    );
    const end = l.number(rows.to.value - (rows.to.value % size));
    const rests = { ...stmt, body: [{ ...rows, from: end }] };
    return [{ ...stmt, body: [{ ...rows, to: end }] }, ...jamAxis([rests], around, factor, fresh)];
  });
}

const isNumber = (x: LoopExpr, value: number): boolean => x.kind === "number" && x.value === value;

function tiledLoops(
  loop: ForLoop,
  factor: number,
  fresh: (hint: string) => string,
  ends: LoopStmt[],
  rest: number | undefined,
  single: Rewrite,
): LoopStmt[] {
  const { from, to, step } = loop;
  if (to.kind === "number" && from.kind === "number") {
    const trips = Math.ceil((to.value - from.value) / step);
    const left = trips % factor;
    const whole = l.number(from.value + (trips - left) * step);
    const tiles = trips > left ? [tile(loop, from, whole, factor)] : [];
    return left > 0 ? [...tiles, tile(loop, whole, to, left)] : tiles;
  }
  // Loops that end at run time start at 0.
  const name = fresh("whole");
  const whole = l.local(name);
  ends.push(l.const(name, l.op("sub", [to, l.op("rem", [to, l.number(factor * step)])])));
  const last =
    rest === undefined ? l.for(loop.name, whole, to, step, single(loop.body)) : tile(loop, whole, to, rest);
  return [tile(loop, from, whole, factor), last];
}

/**
 * A loop over whole vectors and one that does a part of a vector right after it, as tiles of which the last holds both;
 * undefined where they are no such loops, or the part would be a tile of its own.
 */
function withPart(loop: LoopStmt, part: LoopStmt | undefined, factor: number): LoopStmt[] | undefined {
  if (loop.kind !== "for" || part?.kind !== "for" || part.name !== loop.name || loop.step === 1)
    return undefined;
  const { from, to, step } = loop;
  if (
    from.kind !== "number" ||
    to.kind !== "number" ||
    part.from.kind !== "number" ||
    part.to.kind !== "number"
  )
    return undefined;
  const ends = part.step === step && part.from.value === to.value && part.to.value - to.value < step;
  if (!ends || !isAlike(loop.body, part.body)) return undefined;
  const vectors = (to.value - from.value) / step + 1;
  const last = vectors % factor || factor;
  if (last === 1) return undefined;
  const whole = l.number(from.value + (vectors - last) * step);
  const bodies = [...Array.from({ length: last - 1 }, () => loop.body), part.body];
  return [
    ...(vectors > last ? [tile(loop, from, whole, factor)] : []),
    l.for(loop.name, whole, part.to, last * step, jam(bodies, loop.name, step)),
  ];
}

/** Whether two bodies have the same statements, whatever they read and write. */
const isAlike = (a: readonly LoopStmt[], b: readonly LoopStmt[]): boolean =>
  a.length === b.length &&
  a.every((stmt, k) => {
    const other = b[k];
    if (stmt.kind === "let" || stmt.kind === "set")
      return other.kind === stmt.kind && other.name === stmt.name;
    const [mine, its] = [blocksOf(stmt), blocksOf(other)];
    return stmt.kind === other.kind && mine.every((inner, at) => isAlike(inner, its[at]));
  });

const tile = (loop: ForLoop, from: LoopExpr, to: LoopExpr, factor: number): LoopStmt =>
  l.for(
    loop.name,
    from,
    to,
    factor * loop.step,
    factor === 1
      ? loop.body
      : jam(
          Array.from({ length: factor }, () => loop.body),
          loop.name,
          loop.step,
        ),
  );

/** The statements of each iteration of the tile; loops are shared, locals get the iteration's number. */
function jam(iterations: readonly (readonly LoopStmt[])[], axis: string, step: number): LoopStmt[] {
  const renamed = new Set<string>();
  declaredIn(iterations[0], renamed);
  const copy = (x: LoopExpr, u: number): LoopExpr =>
    mapExpr(x, (inner) => {
      if (inner.kind !== "local") return inner;
      if (inner.name === axis) return u === 0 ? inner : l.op("add", [inner, l.number(u * step)]);
      return renamed.has(inner.name) ? { ...inner, name: `${inner.name}${u}` } : inner;
    });
  const copies = (bodies: readonly (readonly LoopStmt[])[]): LoopStmt[] =>
    bodies[0].flatMap((stmt, k) => {
      if (stmt.kind === "for") return [merged(bodies.map((body) => body[k] as ForLoop))];
      return bodies.map((body, u) => copyOf(body[k], u));
    });
  // A loop that ends with its iteration ends with the last one: what the others then add is 0.
  const merged = (loops: readonly ForLoop[]): LoopStmt => {
    const [loop] = loops;
    const later = reads(loop.to, axis) ? (loops.length - 1) * step : 0;
    return { ...loop, to: plus(loop.to, later), body: copies(loops.map(({ body }) => body)) };
  };
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
  return copies(iterations);
}

/** A sum with a constant more at its end. */
function plus(x: LoopExpr, more: number): LoopExpr {
  if (more === 0) return x;
  const [sum, last] = x.kind === "op" && x.op === "add" ? x.args : [x, undefined];
  return last?.kind === "number"
    ? l.op("add", [sum, l.number(last.value + more)])
    : l.op("add", [x, l.number(more)]);
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
