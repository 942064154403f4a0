import type { LoopExpr } from "../../ir/loop.ts";
import { hasLoad, visitExpr } from "../../ir/loop-walk.ts";
import type { Context } from "./context.ts";
import type { Code } from "./encode/code.ts";
import { anything, atomForm, combine, constantForm, keyOf, rangeOf, scaled, type Linear, type Range, type Source } from "./linear.ts"; // prettier-ignore

/** An index expression as a sum; `value` writes the code of what cannot be taken apart. */
export function formOf(expr: LoopExpr, context: Context, value: (expr: LoopExpr) => Code): Linear {
  const form = (x: LoopExpr): Linear => formOf(x, context, value);
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
        return combine(form(x), form(y), -1);
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
  return atomForm(
    context.atom(textOf(expr, form), {
      range: rangeOfExpr(expr, form),
      reads: variablesIn(expr, context),
      named: false,
      pinned: hasLoad(expr),
      code: () => value(expr),
    }),
  );
}

/** Equal texts mean equal values at one place; null for what is made of more than indices. */
const textOf = (expr: LoopExpr, form: (x: LoopExpr) => Linear): string | null =>
  expr.kind === "op" && expr.args.every(({ type }) => type === "index")
    ? `${expr.op} ${expr.args.map((arg) => keyOf(form(arg))).join(" ")}`
    : null;

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
