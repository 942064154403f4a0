import type { LocalType, LoopExpr, LoopOp } from "../../ir/loop.ts";
import { hasLoad, visitExpr } from "../../ir/loop-walk.ts";
import type { Context } from "./context.ts";
import { w, type Code } from "./encode/code.ts";
import { anything, atomForm, combine, constantForm, keyOf, rangeOf, scaled, type Linear, type Range, type Source } from "./linear.ts"; // prettier-ignore

/** How what is no sum is written: any expression, or an operation on indices that are known as sums. */
export interface Writing {
  readonly value: (expr: LoopExpr) => Code;
  readonly operation: (op: LoopOp, type: LocalType, args: readonly Code[]) => Code;
}

/** An index expression as a sum. */
export function formOf(expr: LoopExpr, context: Context, writing: Writing): Linear {
  const form = (x: LoopExpr): Linear => formOf(x, context, writing);
  if (expr.kind === "number") return constantForm(expr.value);
  if (expr.kind === "local" && expr.type === "index") {
    const variable = context.variable(expr.name);
    if (variable.form) return variable.form;
  }
  if (expr.kind === "op" && expr.type === "index") {
    const [x, y] = expr.args;
    switch (expr.op) {
      case "add":
        return combine(form(x), form(y), 1);
      case "sub":
        return wholeForm(form(x), y, context, writing) ?? combine(form(x), form(y), -1);
      case "neg":
        return scaled(form(x), -1);
      case "cast":
        if (x.type === "index") return form(x);
        break;
      case "mul": {
        const [a, b] = [form(x), form(y)];
        if (b.terms.size === 0) return scaled(a, b.constant);
        if (a.terms.size === 0) return scaled(b, a.constant);
        break;
      }
      default:
    }
  }
  const range = rangeOfExpr(expr, form);
  if (expr.kind === "op" && expr.args.every(({ type }) => type === "index")) {
    // Equal operations on equal sums are one atom, and what it is made of is known without the names in reach here.
    const forms = expr.args.map(form);
    // Numbers that are never negative divide faster as unsigned ones.
    const type = forms.every((part) => rangeOf(part)[0] >= 0) ? "u32" : expr.type;
    const atoms = forms.flatMap(({ terms }) => [...terms.keys()]);
    const made = {
      range,
      reads: atoms.flatMap(({ reads }) => reads),
      named: false,
      pinned: atoms.some(({ pinned }) => pinned),
      code: () => writing.operation(expr.op, type, forms.map(context.sum)),
    };
    return atomForm(context.atom(`${expr.op} ${forms.map(keyOf).join(" ")}`, made));
  }
  const reads = variablesIn(expr, context);
  const code = (): Code => writing.value(expr);
  return atomForm(context.atom(null, { range, reads, named: false, pinned: hasLoad(expr), code }));
}

/** `x - x % size`, where that is known to be no less than 0 and one instruction gives it. */
function wholeForm(x: Linear, rest: LoopExpr, context: Context, writing: Writing): Linear | undefined {
  if (rest.kind !== "op" || rest.op !== "rem" || rest.args[1].kind !== "number") return undefined;
  const size = rest.args[1].value;
  const [low, high] = rangeOf(x);
  const same = keyOf(formOf(rest.args[0], context, writing)) === keyOf(x);
  if (!same || low < 0 || !Number.isInteger(Math.log2(size))) return undefined;
  const atoms = [...x.terms.keys()];
  const made = {
    range: [low - (low % size), high === Infinity ? high : high - (high % size)] as const,
    reads: atoms.flatMap(({ reads }) => reads),
    named: false,
    pinned: atoms.some(({ pinned }) => pinned),
    code: () => w.op("i32.and", context.sum(x), w.i32(-size)),
  };
  return atomForm(context.atom(`whole ${size} ${keyOf(x)}`, made));
}

function variablesIn(expr: LoopExpr, context: Context): Source[] {
  const found = new Set<Source>();
  visitExpr(expr, (x) => {
    if (x.kind !== "local") return;
    const variable = context.variable(x.name);
    found.add(variable);
    for (const atom of variable.form?.terms.keys() ?? []) for (const read of atom.reads) found.add(read);
  });
  return [...found];
}

const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(x, high));

/** What is known of a whole number that is no sum. */
function rangeOfExpr(expr: LoopExpr, form: (x: LoopExpr) => Linear): Range {
  const range = (x: LoopExpr): Range => (x.type === "index" ? rangeOf(form(x)) : anything);
  if (expr.kind === "choose") return union(range(expr.yes), range(expr.no));
  if (expr.kind !== "op") return anything;
  const { op, args } = expr;
  const [x, y] = args;
  switch (op) {
    case "rem": {
      const [low, high] = range(x);
      if (y.kind !== "number") return anything;
      const most = Math.abs(y.value) - 1;
      return [clamp(low, -most, 0), clamp(high, 0, most)];
    }
    case "div": {
      const [low, high] = range(x);
      return y.kind === "number" && y.value > 0
        ? [Math.trunc(low / y.value), Math.trunc(high / y.value)]
        : anything;
    }
    case "maximum": {
      const [a, b] = [range(x), range(y)];
      return [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
    }
    case "minimum": {
      const [a, b] = [range(x), range(y)];
      return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
    }
    case "select":
      return union(range(y), range(args[2]));
    case "cast":
      return x.type === "bool" ? [0, 1] : anything;
    default:
      return anything;
  }
}

const union = (a: Range, b: Range): Range => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
