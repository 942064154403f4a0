import { fail, invariant } from "../base/errors.ts";
import type { Lanes, LoopExpr, LoopFunction, LoopOp, LoopStmt } from "../ir/loop.ts";
import { scalarOp, wrap } from "./scalar-ops.ts";

export type LoopArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;
export type Helpers = ReadonlyMap<string, LoopFunction>;

/** Locals live in numbered slots of one frame; a vector of lanes takes four of them. */
type Frame = Float64Array;
type Run = (frame: Frame) => number;
type Act = (frame: Frame) => void;

interface Scope {
  readonly arrays: ReadonlyMap<string, LoopArray>;
  readonly slots: Map<string, number>;
  readonly frame: { size: number };
  readonly helper: (name: string) => Prepared;
}
type Prepared = (scalars: readonly number[]) => number;

/**
 * Runs a function of the loop level over typed arrays with the semantics of the JS target: float64 is plain
 * arithmetic, float32 rounds after each operation, i32 and u32 wrap, stores convert through the array, `choose`
 * evaluates one branch. Bools are 0 and 1. A load or store outside its array is an error (code "loop-range").
 * Returns the value of a scalar function, otherwise undefined.
 */
export function interpret(
  fn: LoopFunction,
  args: readonly (LoopArray | number)[],
  helpers: Helpers = new Map(),
): number | undefined {
  invariant(
    args.length === fn.params.length,
    `${fn.name} takes ${fn.params.length} arguments, found ${args.length}`,
  );
  const arrays: LoopArray[] = [];
  const scalars: number[] = [];
  for (const [k, param] of fn.params.entries()) {
    const arg = args[k];
    const isArray = typeof arg !== "number";
    invariant(
      isArray === (param.kind === "array"),
      `${fn.name}: argument "${param.name}" is not a ${param.kind}`,
    );
    if (isArray) arrays.push(arg);
    else scalars.push(arg);
  }
  const value = prepare(fn, arrays, helpers)(scalars);
  return fn.returns ? value : undefined;
}

/** Compiles a function into closures over its arrays; the result takes the scalar arguments in order. */
export function prepare(
  fn: LoopFunction,
  arrays: readonly LoopArray[],
  helpers: Helpers = new Map(),
): Prepared {
  const prepared = new Map<string, Prepared>();
  const helper = (name: string): Prepared => {
    const found = prepared.get(name);
    if (found) return found;
    const callee = helpers.get(name);
    if (!callee) return fail("loop-call", `no function "${name}" to call`);
    const made = build(callee, [], helper);
    prepared.set(name, made);
    return made;
  };
  return build(fn, arrays, helper);
}

function build(fn: LoopFunction, arrays: readonly LoopArray[], helper: (name: string) => Prepared): Prepared {
  const scope: Scope = { arrays: new Map(), slots: new Map(), frame: { size: 1 }, helper };
  const named = scope.arrays as Map<string, LoopArray>;
  const entries: { readonly slot: number; readonly wrap: (x: number) => number }[] = [];
  for (const param of fn.params) {
    if (param.kind === "array") named.set(param.name, arrays[named.size]);
    else entries.push({ slot: declare(scope, param.name, 1), wrap: wrap[param.type] });
  }
  const run = block(fn.body, scope);
  const { size } = scope.frame;
  return (scalars) => {
    const frame = new Float64Array(size);
    for (const [k, entry] of entries.entries()) frame[entry.slot] = entry.wrap(scalars[k]);
    run(frame);
    // Slot 0 holds the returned value.
    return frame[0];
  };
}

function declare(scope: Scope, name: string, lanes: Lanes): number {
  const slot = scope.frame.size;
  scope.slots.set(name, slot);
  scope.frame.size += lanes;
  return slot;
}

function block(body: readonly LoopStmt[], outer: Scope): Act {
  const scope: Scope = { ...outer, slots: new Map(outer.slots) };
  const acts = body.filter((stmt) => stmt.kind !== "note").map((stmt) => statement(stmt, scope));
  const [first, second, third] = acts;
  if (acts.length === 0) return () => {};
  if (acts.length === 1) return first;
  if (acts.length === 2) return (f) => (first(f), second(f));
  if (acts.length === 3) return (f) => (first(f), second(f), third(f));
  return (f) => {
    for (let k = 0; k < acts.length; k++) acts[k](f);
  };
}

function statement(stmt: LoopStmt, scope: Scope): Act {
  switch (stmt.kind) {
    case "note":
      return () => {};
    case "return":
      return assign(0, [expression(stmt.value, 0, scope)]);
    case "let": {
      // The value is compiled first: it cannot see the name that it defines.
      const values = lanesOf(stmt.value, stmt.lanes, scope);
      return assign(declare(scope, stmt.name, stmt.lanes), values);
    }
    case "set": {
      const slot = slotOf(stmt.name, scope);
      return assign(slot, lanesOf(stmt.value, stmt.value.lanes, scope));
    }
    case "store":
      return store(stmt, scope);
    case "if": {
      const test = expression(stmt.test, 0, scope);
      const then = block(stmt.then, scope);
      const otherwise = block(stmt.otherwise, scope);
      return (f) => (test(f) !== 0 ? then(f) : otherwise(f));
    }
    case "for": {
      const from = expression(stmt.from, 0, scope);
      const to = expression(stmt.to, 0, scope);
      const inner: Scope = { ...scope, slots: new Map(scope.slots) };
      const slot = declare(inner, stmt.name, 1);
      const body = block(stmt.body, inner);
      const { step } = stmt;
      return (f) => {
        for (let i = from(f); i < to(f); i += step) {
          f[slot] = i;
          body(f);
        }
      };
    }
  }
}

function assign(slot: number, values: readonly Run[]): Act {
  if (values.length === 1) {
    const [value] = values;
    return (f) => {
      f[slot] = value(f);
    };
  }
  return (f) => {
    const found = values.map((value) => value(f));
    f.set(found, slot);
  };
}

function store(stmt: LoopStmt & { readonly kind: "store" }, scope: Scope): Act {
  const array = arrayOf(stmt.array, scope);
  const index = expression(stmt.index, 0, scope);
  const values = lanesOf(stmt.value, stmt.lanes, scope);
  const { length } = array;
  if (values.length === 1) {
    const [value] = values;
    return (f) => {
      const at = index(f);
      if (!(at >= 0 && at < length)) return outside("store", stmt.array, at, length);
      array[at] = value(f);
    };
  }
  return (f) => {
    const at = index(f);
    if (!(at >= 0 && at + 3 < length)) return outside("store", stmt.array, at, length);
    array.set(
      values.map((value) => value(f)),
      at,
    );
  };
}

const lanesOf = (expr: LoopExpr, lanes: Lanes, scope: Scope): Run[] =>
  Array.from({ length: lanes }, (_, lane) => expression(expr, lane, scope));

function slotOf(name: string, scope: Scope): number {
  return scope.slots.get(name) ?? fail("loop-name", `"${name}" is not defined here`);
}

function arrayOf(name: string, scope: Scope): LoopArray {
  return scope.arrays.get(name) ?? fail("loop-name", `"${name}" is not an array parameter`);
}

const outside = (what: string, array: string, at: number, length: number): never =>
  fail("loop-range", `${what} ${array}[${at}] is outside its ${length} elements`);

/** One lane of an expression; of a scalar operand every lane is the same. */
function expression(expr: LoopExpr, lane: number, scope: Scope): Run {
  const at = expr.lanes === 1 ? 0 : lane;
  const inner = (arg: LoopExpr): Run => expression(arg, at, scope);
  switch (expr.kind) {
    case "number": {
      const value = wrap[expr.type](expr.value);
      return () => value;
    }
    case "local": {
      const slot = slotOf(expr.name, scope) + at;
      return (f) => f[slot];
    }
    case "load": {
      const array = arrayOf(expr.array, scope);
      const index = expression(expr.index, 0, scope);
      const { length } = array;
      const { array: name } = expr;
      return (f) => {
        const k = index(f) + at;
        return k >= 0 && k < length ? array[k] : outside("load", name, k, length);
      };
    }
    case "choose": {
      const [test, yes, no] = [inner(expr.test), inner(expr.yes), inner(expr.no)];
      return (f) => (test(f) !== 0 ? yes(f) : no(f));
    }
    case "call": {
      const call = scope.helper(expr.name);
      const args = expr.args.map(inner);
      const toType = wrap[expr.type];
      return (f) => toType(call(args.map((arg) => arg(f))));
    }
    case "op":
      return operation(expr, expr.args.map(inner), at, scope);
  }
}

function operation(
  expr: LoopExpr & { readonly kind: "op" },
  args: readonly Run[],
  lane: number,
  scope: Scope,
): Run {
  const [a, b, c, d] = args;
  if (expr.type === "f64" || expr.type === "index") {
    const [x, y] = expr.args.map((arg) =>
      arg.kind === "local" ? slotOf(arg.name, scope) + (arg.lanes === 1 ? 0 : lane) : -1,
    );
    const short = x < 0 ? undefined : y < 0 ? slotFirst(expr.op, x, b) : bothSlots(expr.op, x, y);
    const fast = short ?? (y < 0 ? undefined : slotSecond(expr.op, a, y)) ?? spelt(expr.op, a, b);
    if (fast) return fast;
  }
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
