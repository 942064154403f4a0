import { fault } from "../base/errors.ts";
import { hasLanes, type Backend } from "../ir/backend.ts";
import { hasLoad, mapExpr } from "../ir/loop-walk.ts";
import {
  l,
  type ForLoop,
  type LocalType,
  type LoopExpr,
  type LoopOp,
  type LoopStmt,
  type Part,
} from "../ir/loop.ts";
import { varyingIn } from "./lane-check.ts";
import { identityOf, reductionOf, type Reduction } from "./reduction.ts";
import { dependsOn, strideOf } from "./stride.ts";
import { castTo } from "./values.ts";

/** Floats have lanes of f32 only; a sum that a scalar would hold in f64 is held in four parts. */
export const laneType = (type: LocalType): LocalType => (type === "f64" ? "f32" : type);

/** Four lanes of a scalar; lanes stay as they are. */
export const spread = (x: LoopExpr): LoopExpr =>
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

/** What is the same for a whole loop in lanes. */
export interface Lanewise {
  readonly loop: ForLoop;
  readonly reductions: ReadonlyMap<string, Reduction>;
  /** The vectors that reductions are held in, by the locals that they end in. */
  readonly vectors: ReadonlyMap<string, string>;
  /** Arrays of which each lane has a part of its own. */
  readonly rows: ReadonlySet<string>;
  /** The mask of the lanes that count, where the last vector may reach beyond the end of the loop and something is reduced. */
  readonly inside: string | null;
  readonly backend: Backend;
  readonly fresh: (hint: string) => string;
}

/** The body of a loop for four neighbouring iterations, of which the first `live` are run. */
export class LaneBody {
  private readonly of: Lanewise;
  private readonly live: Part | 4;
  private readonly part: { readonly part?: Part };
  private readonly varying: ReadonlySet<string>;

  constructor(of: Lanewise, live: Part | 4) {
    this.of = of;
    this.live = live;
    this.part = live === 4 ? {} : { part: live };
    this.varying = varyingIn(of.loop, of.rows);
  }

  statements(): LoopStmt[] {
    const { loop, inside } = this.of;
    const body = this.block(loop.body);
    if (!inside) return body;
    const counted = l.op("ramp", [l.local(loop.name)], "i32", 4);
    return [l.const(inside, l.op("less", [counted, castTo(loop.to, "i32")], "bool", 4)), ...body];
  }

  private block(stmts: readonly LoopStmt[]): LoopStmt[] {
    return stmts.flatMap((stmt): LoopStmt[] => {
      switch (stmt.kind) {
        case "let": {
          if (!this.varying.has(stmt.name)) return [stmt];
          const value = spread(this.wide(stmt.value));
          return [{ ...stmt, type: value.type, lanes: 4, value }];
        }
        case "set": {
          const reduction = this.of.reductions.has(stmt.name) ? reductionOf(stmt) : undefined;
          if (reduction) return [this.joined(stmt.name, reduction)];
          return [this.varying.has(stmt.name) ? { ...stmt, value: spread(this.wide(stmt.value)) } : stmt];
        }
        case "store":
          return this.stored(stmt);
        case "for":
          return [{ ...stmt, body: this.block(stmt.body) }];
        case "if":
          return [{ ...stmt, then: this.block(stmt.then), otherwise: this.block(stmt.otherwise) }];
        default:
          return [stmt];
      }
    });
  }

  /** What a fold takes from one iteration, in lanes; lanes that do not count bring what changes nothing. */
  private joined(name: string, { op, type, term }: Reduction): LoopStmt {
    const { vectors, inside } = this.of;
    const [vector, lane] = [vectors.get(name)!, laneType(type)];
    const own = this.wide(term);
    const taken = inside
      ? l.op("select", [l.local(inside, "bool", 4), own, identityOf(op, lane, 4)], lane, 4)
      : own;
    return l.set(vector, l.op(op, [l.local(vector, lane, 4), taken], lane, 4));
  }

  private stored(stmt: LoopStmt & { readonly kind: "store" }): LoopStmt[] {
    const value = spread(this.wide(stmt.value));
    if (this.of.rows.has(stmt.array)) return [{ ...stmt, value, lanes: 4 }];
    if (this.strideOf(stmt.index) === 1 && value.type === stmt.value.type)
      return [{ ...stmt, value, lanes: 4, ...this.part }];
    const name = this.of.fresh("v");
    const scalar = (k: number): LoopExpr =>
      castTo(l.op("lane", [l.local(name, value.type, 4), l.number(k)], value.type, 1), stmt.value.type);
    return [
      l.const(name, value),
      ...Array.from({ length: this.live }, (_, k) =>
        l.store(stmt.array, this.inLane(stmt.index, k), scalar(k)),
      ),
    ];
  }

  private varies(x: LoopExpr): boolean {
    return dependsOn(x, this.of.loop.name, this.varying);
  }
  private strideOf(index: LoopExpr): number | undefined {
    return strideOf(index, this.of.loop.name, this.varying);
  }

  /** An expression as lane `k` sees it, in scalars. */
  private inLane(x: LoopExpr, k: number): LoopExpr {
    const { loop, rows } = this.of;
    return mapExpr(x, (inner) => {
      if (inner.kind === "load" && rows.has(inner.array) && k > 0)
        return { ...inner, index: l.op("add", [inner.index, l.number(k)]) };
      if (inner.kind !== "local") return inner;
      if (inner.name === loop.name) return k === 0 ? inner : l.op("add", [inner, l.number(k)]);
      if (!this.varying.has(inner.name)) return inner;
      const type = laneType(inner.type);
      return castTo(l.op("lane", [l.local(inner.name, type, 4), l.number(k)], type, 1), inner.type);
    });
  }

  private laneByLane(x: LoopExpr): LoopExpr {
    const type = laneType(x.type);
    const lane = (k: number): LoopExpr =>
      k < this.live ? castTo(this.inLane(x, k), type) : l.number(0, type);
    return l.op("lanes", [0, 1, 2, 3].map(lane), type, 4);
  }

  /** Lanes of what varies; what does not stays a scalar, in the type that lanes have. */
  private wide(x: LoopExpr): LoopExpr {
    if (x.kind === "number" && x.type === "f64") return l.number(Math.fround(x.value), "f32");
    if (!this.varies(x)) return castTo(x, laneType(x.type));
    const type = laneType(x.type);
    switch (x.kind) {
      case "local":
        return { ...x, type, lanes: 4 };
      case "load":
        if (this.of.rows.has(x.array)) return { ...x, type, lanes: 4 };
        return this.strideOf(x.index) === 1 ? { ...x, type, lanes: 4, ...this.part } : this.laneByLane(x);
      case "choose":
        if (!this.varies(x.test)) return this.chosen(x.test, x.yes, x.no, type);
        if (hasLoad(x.yes) || hasLoad(x.no)) return this.laneByLane(x);
        return l.op("select", [this.wide(x.test), this.wide(x.yes), this.wide(x.no)], type, 4);
      case "op":
        return this.wideOp(x, type);
      default:
        return fault(`a ${x.kind} has no lanes`);
    }
  }

  /** A choice that is the same for all lanes. */
  private chosen(test: LoopExpr, yes: LoopExpr, no: LoopExpr, type: LocalType): LoopExpr {
    return { kind: "choose", test, yes: spread(this.wide(yes)), no: spread(this.wide(no)), type, lanes: 4 };
  }

  private wideOp(x: LoopExpr & { readonly kind: "op" }, type: LocalType): LoopExpr {
    if (x.args.some((arg) => arg.type === "index")) return this.ofIndices(x, type);
    if (x.op === "cast") return castTo(this.wide(x.args[0]), type);
    if (x.op === "select" && !this.varies(x.args[0]))
      return this.chosen(x.args[0], x.args[1], x.args[2], type);
    const args = x.args.map((arg) => this.wide(arg));
    if (!hasLanes(this.of.backend, x.op, type) || lanewiseOnly(x.op, type, args)) return this.laneByLane(x);
    return l.op(x.op, isExtreme(x.op) ? constantLast(args) : args, type, 4);
  }

  /** Indices have no lanes, so what is computed of them is so in i32, where their lanes are neighbours. */
  private ofIndices(x: LoopExpr & { readonly kind: "op" }, type: LocalType): LoopExpr {
    const args = x.args.map((arg) => {
      if (arg.type !== "index") return this.wide(arg);
      if (!this.varies(arg)) return castTo(arg, "i32");
      return this.strideOf(arg) === 1 ? l.op("ramp", [arg], "i32", 4) : undefined;
    });
    if (args.includes(undefined)) return this.laneByLane(x);
    if (x.op === "cast") return castTo(args[0]!, type);
    return l.op(x.op, args as LoopExpr[], type, 4);
  }
}
