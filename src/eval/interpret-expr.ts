import { fault } from "../base/errors.ts";
import type { Lanes, LocalType, LoopExpr, LoopOp } from "../ir/loop.ts";
import { laneOp, scalarOp, type Scalar, wrap } from "./scalar-ops.ts";

export type LoopArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Locals live in numbered slots of one frame; a vector takes four of them, one a lane. */
export type Frame = Float64Array;
export type Run = (frame: Frame) => number;
export type Act = (frame: Frame) => void;
/** A scalar function, ready to run: its arguments in order to its value. */
export type Prepared = (scalars: readonly number[]) => number;

export interface Scope {
  readonly arrays: ReadonlyMap<string, LoopArray>;
  readonly slots: Map<string, number>;
  /** How many slots there are, and those that hold a constant from the start. */
  readonly frame: { size: number; readonly constants: { readonly slot: number; readonly value: number }[] };
  readonly helper: (name: string) => Prepared;
}

type Op = LoopExpr & { readonly kind: "op" };

/** Slots for a value of its own. */
export function reserve({ frame }: Scope, lanes: Lanes): number {
  const slot = frame.size;
  frame.size += lanes;
  return slot;
}

export function slotOf(name: string, scope: Scope): number {
  return scope.slots.get(name) ?? fault(`"${name}" is not defined here`);
}

export function arrayOf(name: string, scope: Scope): LoopArray {
  return scope.arrays.get(name) ?? fault(`"${name}" is not an array parameter`);
}

/** Refuses an access of `count` elements from `at` on, naming the first that is not there. */
export function outside(what: string, name: string, at: number, count: number, array: LoopArray): never {
  const first = at >= 0 && at + count > array.length ? Math.max(at, array.length) : at;
  return fault(`${what} ${name}[${first}] is outside its ${array.length} elements`);
}

/** Compiles a scalar expression. */
export function expression(expr: LoopExpr, scope: Scope): Run {
  switch (expr.kind) {
    case "number": {
      const value = wrap[expr.type](expr.value);
      return () => value;
    }
    case "local": {
      const slot = slotOf(expr.name, scope);
      return (f) => f[slot];
    }
    case "load": {
      const array = arrayOf(expr.array, scope);
      const index = expression(expr.index, scope);
      const { length } = array;
      const { array: name } = expr;
      return (f) => {
        const k = index(f);
        return k >= 0 && k < length ? array[k] : outside("load", name, k, 1, array);
      };
    }
    case "choose": {
      const [test, yes, no] = [expr.test, expr.yes, expr.no].map((arg) => expression(arg, scope));
      return (f) => (test(f) !== 0 ? yes(f) : no(f));
    }
    case "call": {
      const call = scope.helper(expr.name);
      const args = expr.args.map((arg) => expression(arg, scope));
      const toType = wrap[expr.type];
      return (f) => toType(call(args.map((arg) => arg(f))));
    }
    case "op":
      return expr.args[0].lanes === 4 ? ofLanes(expr, scope) : operation(expr, scope);
  }
}

function operation(expr: Op, scope: Scope): Run {
  const args = expr.args.map((arg) => expression(arg, scope));
  const [a, b, c, d] = args;
  if (expr.type === "f64" || expr.type === "index") {
    const [x, y] = expr.args.map((arg) => (arg.kind === "local" ? slotOf(arg.name, scope) : -1));
    const short = x < 0 ? undefined : y < 0 ? slotFirst(expr.op, x, b) : bothSlots(expr.op, x, y);
    const fast = short ?? (y < 0 ? undefined : slotSecond(expr.op, a, y)) ?? spelt(expr.op, a, b);
    if (fast) return fast;
  }
  const single = expr.type === "f32" ? speltSingle(expr.op, a, b) : undefined;
  if (single) return single;
  if (expr.op === "select") return (f) => (a(f) !== 0 ? b(f) : c(f));
  const compute = scalarOp(expr.op, expr.type, expr.args[0].type);
  if (args.length === 1) return (f) => compute(a(f));
  if (args.length === 2) return (f) => compute(a(f), b(f));
  return (f) => compute(a(f), b(f), c(f), d(f));
}

/** The commonest operations are spelt out, since a call through a table costs as much again. */
function spelt(op: LoopOp, a: Run, b: Run): Run | undefined {
  if (op === "add") return (f) => a(f) + b(f);
  if (op === "sub") return (f) => a(f) - b(f);
  if (op === "mul") return (f) => a(f) * b(f);
  return op === "div" ? (f) => a(f) / b(f) : undefined;
}

function speltSingle(op: LoopOp, a: Run, b: Run): Run | undefined {
  const { fround } = Math;
  if (op === "add") return (f) => fround(a(f) + b(f));
  if (op === "sub") return (f) => fround(a(f) - b(f));
  if (op === "mul") return (f) => fround(a(f) * b(f));
  return op === "div" ? (f) => fround(a(f) / b(f)) : undefined;
}

/** Addresses are sums and products of locals: reading those without a call halves the time of a loop. */
function bothSlots(op: LoopOp, x: number, y: number): Run | undefined {
  if (op === "add") return (f) => f[x] + f[y];
  return op === "mul" ? (f) => f[x] * f[y] : undefined;
}

function slotFirst(op: LoopOp, x: number, b: Run): Run | undefined {
  if (op === "add") return (f) => f[x] + b(f);
  return op === "mul" ? (f) => f[x] * b(f) : undefined;
}

function slotSecond(op: LoopOp, a: Run, y: number): Run | undefined {
  if (op === "add") return (f) => a(f) + f[y];
  return op === "mul" ? (f) => a(f) * f[y] : undefined;
}

const folds: ReadonlyMap<LoopOp, LoopOp> = new Map<LoopOp, LoopOp>([
  ["sumLanes", "add"],
  ["prodLanes", "mul"],
  ["maximumLanes", "maximum"],
  ["minimumLanes", "minimum"],
]);

/** A scalar made from a vector: one of its lanes, or all of them folded as (0 ∘ 2) ∘ (1 ∘ 3). */
function ofLanes(expr: Op, scope: Scope): Run {
  const { slot: v, act } = vector(expr.args[0], scope);
  if (expr.op === "lane") {
    const lane = v + valueOf(expr.args[1]);
    return (f) => (act(f), f[lane]);
  }
  const op = folds.get(expr.op) ?? fault(`${expr.op} makes no scalar from lanes`);
  const fold = laneOp(op, expr.type, expr.type);
  return (f) => (act(f), fold(fold(f[v], f[v + 2]), fold(f[v + 1], f[v + 3])));
}

const valueOf = (expr: LoopExpr): number =>
  expr.kind === "number" ? expr.value : fault("the number of a lane is a literal number");

const nothing: Act = () => {};

/** Compiles an expression to four lanes in slots: a local's own, or some that `act` fills. A scalar fills all four. */
function vector(expr: LoopExpr, scope: Scope): { readonly slot: number; readonly act: Act } {
  if (expr.kind === "local" && expr.lanes === 4) return { slot: slotOf(expr.name, scope), act: nothing };
  const slot = reserve(scope, 4);
  if (expr.kind !== "number") return { slot, act: lanesInto(expr, slot, scope) };
  const value = wrap[expr.type](expr.value);
  for (let k = 0; k < 4; k++) scope.frame.constants.push({ slot: slot + k, value });
  return { slot, act: nothing };
}

const spread =
  (value: Run, to: number): Act =>
  (f) => {
    f[to] = f[to + 1] = f[to + 2] = f[to + 3] = value(f);
  };

/**
 * Compiles an expression that writes its four lanes to the slots from `to` on. It may read those slots itself, as in
 * `v = v + 1`: each lane is read before it is written, and no other lane's value depends on it afterwards.
 */
export function lanesInto(expr: LoopExpr, to: number, scope: Scope): Act {
  if (expr.lanes === 1) return spread(expression(expr, scope), to);
  switch (expr.kind) {
    case "number":
    case "local": {
      const { slot, act } = vector(expr, scope);
      return (f) => {
        act(f);
        f.copyWithin(to, slot, slot + 4);
      };
    }
    case "load":
      return loadInto(expr, to, scope);
    case "choose": {
      const test = expression(expr.test, scope);
      const [yes, no] = [expr.yes, expr.no].map((branch) => lanesInto(branch, to, scope));
      return (f) => (test(f) !== 0 ? yes(f) : no(f));
    }
    case "call": {
      const call = scope.helper(expr.name);
      const toType = wrap[expr.type];
      return laneWise(expr.args, (...args) => toType(call(args)), to, scope);
    }
    case "op":
      return lanesOfOp(expr, to, scope);
  }
}

function loadInto(expr: LoopExpr & { readonly kind: "load" }, to: number, scope: Scope): Act {
  const array = arrayOf(expr.array, scope);
  const index = expression(expr.index, scope);
  const { array: name, part: count = 4 } = expr;
  const last = array.length - count;
  return (f) => {
    const at = index(f);
    if (!(at >= 0 && at <= last)) outside("load", name, at, count, array);
    f[to] = array[at];
    f[to + 1] = array[at + 1];
    f[to + 2] = count > 2 ? array[at + 2] : 0;
    f[to + 3] = count > 3 ? array[at + 3] : 0;
  };
}

function lanesOfOp(expr: Op, to: number, scope: Scope): Act {
  switch (expr.op) {
    case "splat":
      return spread(expression(expr.args[0], scope), to);
    case "ramp": {
      const first = expression(expr.args[0], scope);
      return (f) => {
        const start = first(f);
        for (let k = 0; k < 4; k++) f[to + k] = (start + k) | 0;
      };
    }
    case "lanes": {
      const [a, b, c, d] = expr.args.map((arg) => expression(arg, scope));
      return (f) => {
        // All four are read before one is written, since they may be lanes of the very vector that is set.
        const [x, y, z, w] = [a(f), b(f), c(f), d(f)];
        f[to] = x;
        f[to + 1] = y;
        f[to + 2] = z;
        f[to + 3] = w;
      };
    }
    default:
      return laneWise(expr.args, laneOp(expr.op, expr.type, expr.args[0].type), to, scope, speltLanes(expr));
  }
}

type Spelt = (a: number, b: number, to: number) => Act;

/** The commonest operations on four floats, spelt out for the same reason as those on scalars. */
function speltLanes({ op, type }: { readonly op: LoopOp; readonly type: LocalType }): Spelt | undefined {
  const { fround } = Math;
  if (type !== "f32") return undefined;
  if (op === "add") {
    return (a, b, to) => (f) => {
      for (let k = 0; k < 4; k++) f[to + k] = fround(f[a + k] + f[b + k]);
    };
  }
  if (op === "mul") {
    return (a, b, to) => (f) => {
      for (let k = 0; k < 4; k++) f[to + k] = fround(f[a + k] * f[b + k]);
    };
  }
  return undefined;
}

/** An operation on each lane by itself: the operands first, each once, then lane by lane. */
function laneWise(args: readonly LoopExpr[], compute: Scalar, to: number, scope: Scope, short?: Spelt): Act {
  const operands = args.map((arg) => vector(arg, scope));
  const acts = operands.map(({ act }) => act).filter((act) => act !== nothing);
  const [a, b, c, d] = operands.map(({ slot }) => slot);
  const each = short?.(a, b, to) ?? eachLane(operands.length, compute, [a, b, c, d], to);
  if (acts.length === 0) return each;
  const [first, second] = acts;
  if (acts.length === 1) return (f) => (first(f), each(f));
  if (acts.length === 2) return (f) => (first(f), second(f), each(f));
  return (f) => {
    for (const act of acts) act(f);
    each(f);
  };
}

function eachLane(count: number, compute: Scalar, [a, b, c, d]: readonly number[], to: number): Act {
  return (f) => {
    for (let k = 0; k < 4; k++) {
      f[to + k] =
        count === 1
          ? compute(f[a + k])
          : count === 2
            ? compute(f[a + k], f[b + k])
            : compute(f[a + k], f[b + k], f[c + k], f[d + k]);
    }
  };
}
