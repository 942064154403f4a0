import { invariant } from "../base/errors.ts";
import { exactText } from "../base/exact.ts";
import type { Backend, NumbersFacts } from "../ir/backend.ts";
import { l, type LoopExpr, type LoopFunction, type LoopStmt } from "../ir/loop.ts";
import {
  effectsOf, expressionsOf, hasLoad, mapBlocks, namesIn, operands, visitExpr, visitExprs, withExpressions,
  withOperands,
} from "../ir/loop-walk.ts"; // prettier-ignore
import { Substitution } from "./substitute.ts";
import { templateNamed, type Templates } from "./templates.ts";

/** A call that has already been computed, and the local (or number) that holds its value. */
interface Known {
  readonly call: LoopExpr;
  readonly value: LoopExpr;
}
type Memo = Map<string, Known>;

interface Context {
  readonly fresh: (name: string) => string;
  readonly callee: Callee;
  /** Where a template is kept that is called, and not written out. */
  readonly called: Map<string, LoopFunction> | null;
}
/** Which templates compute operations, and those with a bound. */
type TemplateNames = Pick<Backend, "scalar"> & Partial<Pick<NumbersFacts, "bounded">>;
/** The whole template that a call or an operation stands for, if it stands for one. */
type Callee = (expr: LoopExpr) => LoopFunction | undefined;

/**
 * Puts the statements of scalar templates in the place of their calls: before the statement that uses the value,
 * under fresh names, the arguments bound once. "call" nodes are calls if there is a template of that name, operations
 * are if the target says which template computes them in their type and lanes; all others stay as they are. With a map
 * `called`, operations on float32 that have lanes become calls of whole templates, which are put into it.
 * The same call on the same arguments is computed once while nothing it reads has changed. A call in a branch of
 * `choose` moves out only if it reads no array; otherwise the choice becomes an `if`. Bounds of loops are left.
 */
export function inlineCalls(
  fn: LoopFunction,
  templates: Templates,
  { scalar, bounded }: TemplateNames,
  called: Map<string, LoopFunction> | null = null,
): LoopFunction {
  const ready = new Map<string, LoopFunction | undefined>();
  const open: string[] = [fn.name];
  const callee: Callee = (expr) => {
    const isCall = expr.kind === "call";
    const ofOp = ({ op, type, lanes, args }: LoopExpr & { readonly kind: "op" }): string | undefined =>
      bounded?.(op, args[1]) ?? scalar(op, type, lanes);
    const name = isCall ? expr.name : expr.kind === "op" ? ofOp(expr) : undefined;
    if (name === undefined) return undefined;
    if (ready.has(name)) return ready.get(name);
    const found = isCall ? templates(name) : templateNamed(templates, name);
    if (!found) return undefined;
    // A kernel may be called like a template, so only templates count.
    invariant(!open.includes(name, 1), `template "${name}" calls itself: ${open.join(" → ")}`);
    open.push(name);
    const whole = rewrite(found, callee, null);
    open.pop();
    ready.set(name, whole);
    return whole;
  };
  return rewrite(fn, callee, called);
}

function rewrite(fn: LoopFunction, callee: Callee, called: Context["called"]): LoopFunction {
  let wanted = false;
  visitExprs(fn.body, (expr) => {
    if (callee(expr)) wanted = true;
  });
  if (!wanted) return fn;
  const taken = new Set([...fn.params.map((param) => param.name), ...namesIn(fn.body), fn.name]);
  const fresh = (name: string): string => {
    // The digits of a number format belong to the name; others number it.
    const stem = name.endsWith("F32") ? `${name}_` : name.replace(/\d+$/, "");
    let candidate = taken.has(name) ? `${stem}1` : name;
    for (let k = 2; taken.has(candidate); k++) candidate = `${stem}${k}`;
    taken.add(candidate);
    return candidate;
  };
  return { ...fn, body: blockOf(fn.body, new Map(), { fresh, callee, called }) };
}

function blockOf(body: readonly LoopStmt[], memo: Memo, context: Context): readonly LoopStmt[] {
  return body.flatMap((stmt) => {
    if (stmt.kind === "for") {
      // What the body changes is unknown from its second round on, and after it.
      if (memo.size > 0) forget(memo, effectsOf(stmt.body));
      return [{ ...stmt, body: blockOf(stmt.body, new Map(memo), context) }];
    }
    const before: LoopStmt[] = [];
    const exprs = expressionsOf(stmt).map((expr) => expression(expr, before, memo, context));
    const after = mapBlocks(withExpressions(stmt, exprs), (inner) => blockOf(inner, new Map(memo), context));
    if (memo.size > 0) forget(memo, effectsOf([after]));
    return [...before, after];
  });
}

/** Drops the calls whose arguments a change may reach. Arrays may overlap, so any store reaches every load. */
function forget(
  memo: Memo,
  { sets, stores }: { readonly sets: ReadonlySet<string>; readonly stores: boolean },
): void {
  for (const [key, { call }] of memo) {
    let stale = stores && hasLoad(call);
    visitExpr(call, (expr) => {
      if (expr.kind === "local" && sets.has(expr.name)) stale = true;
    });
    if (stale) memo.delete(key);
  }
}

/** Rewrites one expression; what must be computed before it is added to `before`. */
function expression(expr: LoopExpr, before: LoopStmt[], memo: Memo, context: Context): LoopExpr {
  if (expr.kind === "choose") return choice(expr, before, memo, context);
  const plain = withOperands(
    expr,
    operands(expr).map((arg) => expression(arg, before, memo, context)),
  );
  const template = context.callee(plain);
  if (!template) return plain;
  const key = exactText(plain);
  const known = memo.get(key);
  if (known) return known.value;
  const value = isCalled(template, plain, context)
    ? callOf(template, plain, before, context)
    : expand(template, plain, before, context);
  memo.set(key, { call: plain, value });
  return value;
}

const isCalled = ({ returns }: LoopFunction, expr: LoopExpr, { called }: Context): boolean =>
  called !== null && expr.kind === "op" && expr.type === "f32" && returns === "f32";

/** Calls a template and returns the local that holds the result. */
function callOf(template: LoopFunction, expr: LoopExpr, before: LoopStmt[], context: Context): LoopExpr {
  const { type, lanes } = expr;
  context.called!.set(template.name, template);
  const name = context.fresh(expr.kind === "op" ? expr.op : template.name);
  before.push(l.const(name, { kind: "call", name: template.name, args: operands(expr), type, lanes }));
  return l.local(name, type, lanes);
}

function choice(
  expr: LoopExpr & { readonly kind: "choose" },
  before: LoopStmt[],
  memo: Memo,
  context: Context,
): LoopExpr {
  const test = expression(expr.test, before, memo, context);
  const branch = (value: LoopExpr): { before: LoopStmt[]; value: LoopExpr; memo: Memo } => {
    const own: LoopStmt[] = [];
    const inner = new Map(memo);
    return { before: own, value: expression(value, own, inner, context), memo: inner };
  };
  const [yes, no] = [branch(expr.yes), branch(expr.no)];
  if (!readsArrays(yes.before) && !readsArrays(no.before)) {
    before.push(...yes.before, ...no.before);
    for (const { memo: inner } of [yes, no]) for (const [key, known] of inner) memo.set(key, known);
    return withOperands(expr, [test, yes.value, no.value]);
  }
  const name = context.fresh("chosen");
  const zero = l.number(0, expr.type, expr.lanes);
  before.push(l.let(name, zero), {
    kind: "if",
    test,
    then: [...yes.before, l.set(name, yes.value)],
    otherwise: [...no.before, l.set(name, no.value)],
  });
  return l.local(name, expr.type, expr.lanes);
}

function readsArrays(body: readonly LoopStmt[]): boolean {
  let reads = false;
  visitExprs(body, (expr) => {
    if (expr.kind === "load") reads = true;
  });
  return reads;
}

/** Adds a template's statements for one call and returns the expression that holds the result. */
function expand(template: LoopFunction, call: LoopExpr, before: LoopStmt[], context: Context): LoopExpr {
  const args = operands(call);
  invariant(
    args.length === template.params.length,
    `"${template.name}" is called with ${args.length} arguments`,
  );
  const values = new Map<string, LoopExpr>();
  for (const [k, param] of template.params.entries()) {
    invariant(
      param.kind === "scalar",
      `"${template.name}" takes arrays, so it cannot be part of an expression`,
    );
    const arg = args[k].type === param.type ? args[k] : l.op("cast", [args[k]], param.type);
    if (arg.kind === "number" || arg.kind === "local") {
      values.set(param.name, arg);
      continue;
    }
    const name = context.fresh(param.name);
    before.push(l.const(name, arg));
    values.set(param.name, l.local(name, arg.type, arg.lanes));
  }
  const result = new Substitution(call, before, context.fresh, values).block(template.body);
  invariant(result, `template "${template.name}" returns nothing`);
  const typed = result.type === call.type ? result : l.op("cast", [result], call.type, call.lanes);
  // A single expression needs no name.
  if (typed.kind === "local" || typed.kind === "number" || template.body.length === 1) return typed;
  const name = context.fresh(template.name);
  before.push(l.const(name, typed));
  return l.local(name, typed.type, typed.lanes);
}
