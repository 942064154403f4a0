import { invariant } from "../../base/errors.ts";
import { alike } from "../../base/alike.ts";
import type { LoopExpr, LoopFunction, LoopStmt } from "../../ir/loop.ts";
import { blocksOf, effectsOf, expressionsOf, mapExpr, visitExpr, visitStmts } from "../../ir/loop-walk.ts";
import { withChains } from "./chains.ts";
import { Context, type ArrayPlace } from "./context.ts";
import { mapCode, w, type Code, type Local } from "./encode/code.ts";
import type { WasmFunction } from "./encode/module.ts";
import type { ValueType } from "./encode/opcodes.ts";
import { formIn, lanesCode, testCode, valueCode } from "./expr.ts";
import { atomForm, combine, rangeOf, type Linear, type Range } from "./linear.ts";
import type { Frame } from "./loops.ts";
import { store } from "./memory.ts";
import { productFirst } from "./relax.ts";
import { slotsOf } from "./scope.ts";
import { usesOf, type Uses } from "./uses.ts";
import { withoutIdleZeros } from "./zeros.ts";
import { valueTypeOf, type Variable } from "./variable.ts";

type Stmt<Kind extends LoopStmt["kind"]> = LoopStmt & { readonly kind: Kind };

/** What a function is told by those who call it. */
export interface Binding {
  /** Where each array is, in bytes; null where calls differ, which then pass it. */
  readonly bases: readonly (number | null)[];
  /** The values that scalar parameters may have. */
  readonly ranges: ReadonlyMap<string, Range>;
  /** The end of memory. */
  readonly bytes: number;
}

export interface Written {
  readonly fn: WasmFunction;
  /** The names of the functions that it calls. */
  readonly called: ReadonlySet<string>;
}

/** A function of the loop level; its parameters are the addresses of arrays that have no place of their own, then scalars. */
export function wasmFunction(fn: LoopFunction, binding: Binding): Written {
  invariant(!fn.returns, `${fn.name} returns a value, which only templates do`);
  const context = new Context();
  const params = declareParams(fn, binding, context);
  return written(fn, params, [], context);
}

/** A scalar function without branches, for four lanes at once: everything in it has four. */
export function lanesFunction(fn: LoopFunction): Written {
  const wide = (x: LoopExpr): LoopExpr =>
    // As an operand a number stands for four; how far a shift goes must even be a scalar.
    mapExpr(x, (inner) => (inner.kind === "number" ? inner : { ...inner, lanes: 4 }));
  const whole = (x: LoopExpr): LoopExpr => ({ ...wide(x), lanes: 4 });
  const body = fn.body.map((stmt): LoopStmt => {
    if (stmt.kind === "let") return { ...stmt, lanes: 4, value: whole(stmt.value) };
    if (stmt.kind === "set" || stmt.kind === "return") return { ...stmt, value: whole(stmt.value) };
    invariant(stmt.kind === "note", `${fn.name} has no lanes`);
    return stmt;
  });
  const context = new Context();
  const params = fn.params.map(({ name }) => {
    const local: Local = { name, type: "v128" };
    context.define({
      name,
      type: "f32",
      lanes: 4,
      mutable: false,
      level: 0,
      local,
      copies: null,
      form: null,
    });
    return local;
  });
  return written({ ...fn, body }, params, ["v128"], context);
}

function written(
  fn: LoopFunction,
  params: readonly Local[],
  results: readonly ValueType[],
  context: Context,
): Written {
  const body = new Writer(context, usesOf(fn.body)).block(fn.body);
  const { slots, slotOf } = slotsOf(context.root, params.length);
  const placed = [...context.start, ...body].map((code) =>
    mapCode(code, (x) => ("local" in x ? { ...x, local: slotOf.get(x.local) ?? x.local } : productFirst(x))),
  );
  return {
    fn: {
      name: fn.name,
      doc: fn.doc,
      params,
      locals: slots,
      results,
      body: withChains(withoutIdleZeros(placed, params)),
      exported: null,
    },
    called: context.called,
  };
}

function declareParams(fn: LoopFunction, { bases, ranges, bytes }: Binding, context: Context): Local[] {
  const params: Local[] = [];
  const param = (name: string, type: Variable["type"]): Omit<Variable, "form"> => {
    const local: Local = { name, type: valueTypeOf(type, 1) };
    params.push(local);
    return { name, type, lanes: 1, mutable: false, level: 0, local, copies: null };
  };
  const arrays = fn.params.filter((p) => p.kind === "array");
  const apart = apartIn(fn.body);
  for (const [k, { name, dtype }] of arrays.entries()) {
    const base = bases[k];
    const address = base === null ? context.atomOf(param(name, "index"), [0, bytes]) : null;
    context.arrays.set(name, {
      dtype,
      base: base ?? 0,
      address,
      apart: apart.has(name),
    } satisfies ArrayPlace);
  }
  for (const p of fn.params) {
    if (p.kind !== "scalar") continue;
    const variable = param(p.name, p.type);
    const form = p.type === "index" ? atomForm(context.atomOf(variable, ranges.get(p.name))) : null;
    context.define({ ...variable, form });
  }
  return params;
}

/** The arrays of which one block reads or writes several elements. */
function apartIn(body: readonly LoopStmt[], found = new Set<string>()): Set<string> {
  const places = new Map<string, LoopExpr>();
  const see = (name: string, index: LoopExpr): void => {
    if (found.has(name)) return;
    const known = places.get(name);
    if (!known) places.set(name, index);
    else if (!alike(known, index, () => undefined)) found.add(name);
  };
  for (const stmt of body) {
    for (const expr of expressionsOf(stmt))
      visitExpr(expr, (x) => x.kind === "load" && see(x.array, x.index));
    if (stmt.kind === "store") see(stmt.array, stmt.index);
    for (const block of blocksOf(stmt)) apartIn(block, found);
  }
  return found;
}

/** The name that an expression reads, if it does nothing else. */
const sourceOf = (x: LoopExpr): string | undefined => {
  if (x.kind === "op" && x.op === "cast") return sourceOf(x.args[0]);
  return x.kind === "local" ? x.name : undefined;
};

/** Whether a sum is made of names whose values stay. */
const isLasting = ({ terms }: Linear): boolean =>
  [...terms.keys()].every(({ named, reads }) => named && !reads.some(({ mutable }) => mutable));

/** Statements of one function as code. */
class Writer {
  private readonly context: Context;
  private readonly uses: ReadonlyMap<Stmt<"let">, Uses>;

  constructor(context: Context, uses: ReadonlyMap<Stmt<"let">, Uses>) {
    this.context = context;
    this.uses = uses;
  }

  block(body: readonly LoopStmt[]): Code[] {
    const { context } = this;
    const written = (from: number, to: number): Code[] =>
      body.slice(from, to).flatMap((stmt, k) => this.statement(stmt, body.slice(from + k + 1)));
    const loops = context.loops.frames.length > 0 ? body.findLastIndex(({ kind }) => kind === "for") + 1 : 0;
    if (loops === 0) return written(0, body.length);
    return [...written(0, loops), ...context.afterLoops(() => written(loops, body.length))];
  }
  private inner = (body: readonly LoopStmt[]): Code[] => this.context.within(() => this.block(body));
  private form = (expr: LoopExpr): Linear => formIn(expr, this.context);

  private statement(stmt: LoopStmt, rest: readonly LoopStmt[]): Code[] {
    switch (stmt.kind) {
      case "note":
        return [w.note(stmt.text)];
      case "let":
        return this.definition(stmt, rest);
      case "set": {
        const { local } = this.context.variable(stmt.name);
        invariant(local, `"${stmt.name}" cannot be set`);
        return [w.set(local, valueCode(stmt.value, this.context))];
      }
      case "store": {
        const { array, value, lanes, part } = stmt;
        const code = lanes === 4 ? lanesCode(value, this.context) : valueCode(value, this.context);
        return store(array, this.form(stmt.index), code, value.type, lanes, part, this.context);
      }
      case "if":
        return [w.if(testCode(stmt.test, this.context), this.inner(stmt.then), this.inner(stmt.otherwise))];
      case "for":
        return this.loop(stmt);
      case "return":
        return [valueCode(stmt.value, this.context)];
    }
  }

  /** A local of its own, unless it is another name of one that keeps its value for the `rest` of the block. */
  private definition(stmt: Stmt<"let">, rest: readonly LoopStmt[]): Code[] {
    const { context } = this;
    const { name, type, lanes, mutable, value } = stmt;
    const level = context.loops.frames.length;
    const fixed = { name, type, lanes, mutable, level };
    if (type === "index" && lanes === 1) {
      const form = this.form(value);
      // A sum of counters, parameters and other such names is written where it is used.
      if (!mutable && isLasting(form)) {
        context.define({ ...fixed, local: null, copies: null, form });
        return [];
      }
      const code = context.sum(form);
      const variable = { ...fixed, local: context.local(name, "i32"), copies: null };
      const atom = context.atomOf(variable, mutable ? undefined : rangeOf(form));
      context.define({ ...variable, form: atomForm(atom) });
      return [w.set(variable.local, code)];
    }
    const { alone, copied } = this.uses.get(stmt) ?? { alone: 1, copied: 0 };
    const copies = copied > 0 ? context.local(alone > 0 ? `${name}x4` : name, "v128") : null;
    if (copies && alone === 0) {
      const code = lanesCode(value, context);
      context.define({ ...fixed, local: null, copies, form: null });
      return [w.set(copies, code)];
    }
    const code = lanes === 4 ? lanesCode(value, context) : valueCode(value, context);
    const source = sourceOf(value);
    if (
      code.kind === "get" &&
      !mutable &&
      !copies &&
      source !== undefined &&
      !effectsOf(rest).sets.has(source)
    ) {
      context.define({ ...fixed, local: code.local, copies: null, form: null });
      return [];
    }
    const local = context.local(name, valueTypeOf(type, lanes));
    context.define({ ...fixed, local, copies: null, form: null });
    if (!copies) return [w.set(local, code)];
    const copy = lanesCode({ kind: "local", name, type, lanes }, context);
    context.define({ ...fixed, local, copies, form: null });
    return [w.set(local, code), w.set(copies, copy)];
  }

  private loop(stmt: Stmt<"for">): Code[] {
    const { context } = this;
    const { name, step } = stmt;
    const from = this.form(stmt.from);
    const { to, limit } = this.end(stmt);
    const [least, most] = rangeOf(combine(to, from, -1));
    if (most <= 0) return [];
    const counter = { name, type: "index", lanes: 1, mutable: false, local: null, copies: null } as const;
    const outside = context.loops.frames.length;
    if (least > 0 && most <= step && isLasting(from)) {
      // Exactly one round: the counter is where it starts.
      return context.within(() => {
        context.define({ ...counter, level: outside, form: from });
        return [...limit, ...this.block(stmt.body)];
      });
    }
    return context.within((scope) => {
      const variable = { ...counter, level: outside + 1 };
      const atom = context.atom(null, {
        range: [rangeOf(from)[0], rangeOf(to)[1] - 1],
        reads: [variable],
        named: true,
        pinned: false,
        code: () => context.sum(atomForm(atom)),
      });
      const frame: Frame = { atom, name, step, sets: effectsOf(stmt.body).sets, scope, pointers: new Map() };
      context.define({ ...variable, form: atomForm(atom) });
      context.loops.frames.push(frame);
      invariant(
        context.loops.levelOfForm(to) <= outside,
        `the end of the loop over ${name} changes inside it`,
      );
      const body = this.inner(stmt.body);
      context.loops.frames.pop();
      const { before, test: again } = context.loops.again(frame, from, to);
      const start = context.loops.before(frame, from);
      const loop = w.loop(name, [...body, ...context.loops.step(frame), w.branch(name, again)]);
      const code = [...start, ...before, loop];
      const starts = from.terms.size === 0 && from.constant === 0 && rangeOf(to)[0] >= 0;
      const test = starts ? context.sum(to) : w.op("i32.lt_s", context.sum(from), context.sum(to));
      return [...limit, ...(least > 0 ? code : [w.if(test, code)])];
    });
  }

  /** Where a loop ends; what memory says of that is read once, before the loop. */
  private end({ name, to, body }: Stmt<"for">): { to: Linear; limit: Code[] } {
    const { context } = this;
    const form = this.form(to);
    if (![...form.terms.keys()].some(({ pinned }) => pinned)) return { to: form, limit: [] };
    const stored = new Set<string>();
    visitStmts(body, (stmt) => stmt.kind === "store" && stored.add(stmt.array));
    visitExpr(to, (x) => {
      const changes = x.kind === "load" && stored.has(x.array);
      invariant(!changes, `the end of the loop over ${name} is read from what it writes`);
    });
    const local = context.local(`${name}_to`, "i32");
    const level = context.loops.frames.length;
    const variable = {
      name: local.name,
      type: "index",
      lanes: 1,
      mutable: false,
      level,
      local,
      copies: null,
    } as const;
    return {
      to: atomForm(context.atomOf(variable, rangeOf(form))),
      limit: [w.set(local, context.sum(form))],
    };
  }
}
