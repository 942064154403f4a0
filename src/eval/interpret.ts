import { invariant } from "../base/errors.ts";
import type { Lanes, LoopExpr, LoopFunction, LoopStmt } from "../ir/loop.ts";
import {
  type Act,
  arrayOf,
  expression,
  type Frame,
  lanesInto,
  type LoopArray,
  outside,
  type Prepared,
  reserve,
  type Scope,
  slotOf,
} from "./interpret-expr.ts";
import { wrap } from "./scalar-ops.ts";

export type Helpers = ReadonlyMap<string, LoopFunction>;
export type { LoopArray };

/**
 * Runs a function of the loop level over typed arrays with the semantics of the JS target: float64 is plain
 * arithmetic, float32 rounds after each operation, i32 and u32 wrap, stores convert through the array, `choose`
 * evaluates one branch. Bools are 0 and 1, also in a mask of lanes. A load or store outside its array is an error
 * (code "loop-range"); a partial one touches only its part.
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
    invariant(callee, `no function "${name}" to call`);
    const made = build(callee, [], helper);
    prepared.set(name, made);
    return made;
  };
  return build(fn, arrays, helper);
}

function build(fn: LoopFunction, arrays: readonly LoopArray[], helper: (name: string) => Prepared): Prepared {
  const scope: Scope = { arrays: new Map(), slots: new Map(), frame: { size: 1, constants: [] }, helper };
  const named = scope.arrays as Map<string, LoopArray>;
  const entries: { readonly slot: number; readonly wrap: (x: number) => number }[] = [];
  for (const param of fn.params) {
    if (param.kind === "array") named.set(param.name, arrays[named.size]);
    else {
      const slot = reserve(scope, 1);
      scope.slots.set(param.name, slot);
      entries.push({ slot, wrap: wrap[param.type] });
    }
  }
  const run = block(fn.body, scope);
  const { size, constants } = scope.frame;
  return (scalars) => {
    const frame: Frame = new Float64Array(size);
    for (const { slot, value } of constants) frame[slot] = value;
    for (const [k, entry] of entries.entries()) frame[entry.slot] = entry.wrap(scalars[k]);
    run(frame);
    // Slot 0 holds the returned value.
    return frame[0];
  };
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
      return assign(stmt.value, 1, 0, scope);
    case "let": {
      const slot = reserve(scope, stmt.lanes);
      const act = assign(stmt.value, stmt.lanes, slot, scope);
      // Named only now: the value cannot see the name that it defines.
      scope.slots.set(stmt.name, slot);
      return act;
    }
    case "set":
      return assign(stmt.value, stmt.value.lanes, slotOf(stmt.name, scope), scope);
    case "store":
      return store(stmt, scope);
    case "if": {
      const test = expression(stmt.test, scope);
      const then = block(stmt.then, scope);
      const otherwise = block(stmt.otherwise, scope);
      return (f) => (test(f) !== 0 ? then(f) : otherwise(f));
    }
    case "for": {
      const from = expression(stmt.from, scope);
      const to = expression(stmt.to, scope);
      const inner: Scope = { ...scope, slots: new Map(scope.slots) };
      const slot = reserve(scope, 1);
      inner.slots.set(stmt.name, slot);
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

function assign(value: LoopExpr, lanes: Lanes, slot: number, scope: Scope): Act {
  if (lanes === 4) return lanesInto(value, slot, scope);
  const run = expression(value, scope);
  return (f) => {
    f[slot] = run(f);
  };
}

function store(stmt: LoopStmt & { readonly kind: "store" }, scope: Scope): Act {
  const array = arrayOf(stmt.array, scope);
  const index = expression(stmt.index, scope);
  const { array: name, part } = stmt;
  const { length } = array;
  if (stmt.lanes === 1) {
    const value = expression(stmt.value, scope);
    return (f) => {
      const at = index(f);
      if (!(at >= 0 && at < length)) return outside("store", name, at, 1, array);
      array[at] = value(f);
    };
  }
  const slot = reserve(scope, 4);
  const value = lanesInto(stmt.value, slot, scope);
  const count = part ?? 4;
  return (f) => {
    const at = index(f);
    if (!(at >= 0 && at + count <= length)) return outside("store", name, at, count, array);
    value(f);
    for (let k = 0; k < count; k++) array[at + k] = f[slot + k];
  };
}
