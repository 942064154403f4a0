import { invariant } from "../../base/errors.ts";
import { laneOps, type LaneOp, type LaneWiseOp, type LocalType, type LoopExpr } from "../../ir/loop.ts";
import { hasLoad, operands } from "../../ir/loop-walk.ts";
import type { Context } from "./context.ts";
import { w, type Code } from "./encode/code.ts";
import { formOf } from "./index-form.ts";
import { copiesOf, laneRows } from "./lane-rows.ts";
import type { Linear } from "./linear.ts";
import { load, loadCopies } from "./memory.ts";
import { rowOf, scalarRows, type Site } from "./scalar-rows.ts";
import { valueTypeOf } from "./variable.ts";

type Op = LoopExpr & { readonly kind: "op" };

/** An index as a sum, for addresses. */
export const formIn = (expr: LoopExpr, context: Context): Linear =>
  formOf(expr, context, {
    value: (x) => direct(x, context),
    operation: (op, type, args) => {
      const site: Site = { context, type, from: "index" };
      return row(scalarRows, op as LaneWiseOp, site, 1)(args, site);
    },
  });

/** The code of a value: a scalar, or four lanes where the expression has them. */
export const valueCode = (expr: LoopExpr, context: Context): Code =>
  expr.type === "index" ? context.sum(formIn(expr, context)) : direct(expr, context);

/** The code of a test; any number but 0 holds there, so what only asks for one is left out. */
export function testCode(expr: LoopExpr, context: Context): Code {
  const code = valueCode(expr, context);
  if (code.kind !== "plain" || code.op !== "i32.ne") return code;
  const [value, zero] = code.args;
  return zero.kind === "number" && zero.value === 0 ? value : code;
}

/** A value as four lanes: a scalar stands for four copies of itself. */
export function lanesCode(expr: LoopExpr, context: Context): Code {
  if (expr.lanes === 4) return valueCode(expr, context);
  if (expr.kind === "number") return copiesOf(expr.value, expr.type, context);
  if (expr.kind === "local") {
    const { copies } = context.variable(expr.name);
    if (copies) return w.get(copies);
  }
  const loaded =
    expr.kind === "load" ? loadCopies(expr.array, formIn(expr.index, context), expr.type, context) : null;
  return loaded ?? copied(valueCode(expr, context), expr.type);
}

/** Four copies of a scalar. */
function copied(value: Code, type: LocalType): Code {
  if (type === "f32") return w.op("f32x4.splat", value);
  return w.op("i32x4.splat", type === "bool" ? w.op("i32.sub", w.i32(0), value) : value);
}

/** The code of an expression as it stands, of an index too. */
function direct(expr: LoopExpr, context: Context): Code {
  switch (expr.kind) {
    case "number":
      if (expr.lanes === 4) return copiesOf(expr.value, expr.type, context);
      if (expr.type === "f32") return w.f32(expr.value);
      return expr.type === "f64" ? w.f64(expr.value) : w.i32(expr.value);
    case "local": {
      const { local, copies, form, type } = context.variable(expr.name);
      if (local) return w.get(local);
      if (form) return context.sum(form);
      invariant(copies, `"${expr.name}" is kept nowhere`);
      return w.lane(type === "f32" ? "f32x4.extract_lane" : "i32x4.extract_lane", 0, w.get(copies));
    }
    case "load":
      return load(expr.array, formIn(expr.index, context), expr.type, expr.lanes, expr.part, context);
    case "choose":
      return choice(expr, context);
    case "op":
      return (laneOps as readonly string[]).includes(expr.op)
        ? laneOperation(expr, expr.op as LaneOp, context)
        : operation(expr, expr.op as LaneWiseOp, context);
    case "call": {
      // Functions take and give four lanes; a scalar is four copies of itself on its way in, and one of them after.
      context.called.add(expr.name);
      const code = w.call(expr.name, ...expr.args.map((arg) => lanesCode(arg, context)));
      return expr.lanes === 4 ? code : laneOf(code, 0, expr.type);
    }
  }
}

/** Both branches are computed where they are cheap and read no memory; that needs no jump. */
function choice(expr: LoopExpr & { readonly kind: "choose" }, context: Context): Code {
  const test = testCode(expr.test, context);
  const [yes, no] = [expr.yes, expr.no];
  const isCheap = (x: LoopExpr): boolean => !hasLoad(x) && size(x) <= 6;
  if (isCheap(yes) && isCheap(no)) {
    return w.op("select", valueCode(yes, context), valueCode(no, context), test);
  }
  return w.if(test, [valueCode(yes, context)], [valueCode(no, context)], valueTypeOf(expr.type, expr.lanes));
}
const size = (expr: LoopExpr): number => operands(expr).reduce((sum, x) => sum + size(x), 1);

function operation(expr: Op, op: LaneWiseOp, context: Context): Code {
  const { args, type, lanes } = expr;
  const site: Site = { context, type, from: args[0].type };
  if (lanes === 1) return row(scalarRows, op, site, 1)(codesOf(expr, context), site);
  if (op === "select" && args[0].lanes === 1) {
    return w.op(
      "select",
      lanesCode(args[1], context),
      lanesCode(args[2], context),
      testCode(args[0], context),
    );
  }
  const shifts = op === "shiftLeft" || op === "shiftRight" || op === "rotateLeft";
  const found = rowOf(laneRows, op, site);
  if (!found || (shifts && args[1].lanes === 4)) return laneByLane(expr, op, site);
  const second = shifts ? valueCode(args[1], context) : undefined;
  return found(
    args.map((arg, k) => (k === 1 && second ? second : lanesCode(arg, context))),
    site,
  );
}

const codesOf = ({ op, args }: Op, context: Context): Code[] =>
  args.map((arg, k) => (op === "select" && k === 0 ? testCode(arg, context) : valueCode(arg, context)));

function row(
  rows: Parameters<typeof rowOf>[0],
  op: LaneWiseOp,
  site: Site,
  lanes: number,
): NonNullable<ReturnType<typeof rowOf>> {
  const found = rowOf(rows, op, site);
  invariant(found, `the wasm target has no ${op} of ${site.from} giving ${site.type} in ${lanes} lanes`);
  return found;
}

/** Takes the lanes out, one after the other, and puts the results together again. */
function laneByLane(expr: Op, op: LaneWiseOp, site: Site): Code {
  const { context } = site;
  const each = row(scalarRows, op, site, 4);
  const parts = expr.args.map((arg) => {
    const type = valueTypeOf(arg.type, arg.lanes);
    const [first, again] = context.twice(valueCode(arg, context), type);
    return { first, again, arg };
  });
  const results = [0, 1, 2, 3].map((lane) =>
    each(
      parts.map(({ first, again, arg }) => {
        const whole = lane === 0 ? first : again;
        return arg.lanes === 4 ? laneOf(whole, lane, arg.type) : whole;
      }),
      site,
    ),
  );
  return assembled(results, expr.type);
}

/** One lane of a vector as a scalar. */
function laneOf(x: Code, lane: number, type: LocalType): Code {
  if (type === "f32") return w.lane("f32x4.extract_lane", lane, x);
  const value = w.lane("i32x4.extract_lane", lane, x);
  return type === "bool" ? w.op("i32.and", value, w.i32(1)) : value;
}

/** Four scalars side by side. */
function assembled(values: readonly Code[], type: LocalType): Code {
  const words = type === "bool" ? values.map((x) => w.op("i32.sub", w.i32(0), x)) : values;
  const start = w.op(type === "f32" ? "f32x4.splat" : "i32x4.splat", words[0]);
  return words
    .slice(1)
    .reduce(
      (x, word, k) => w.lane(type === "f32" ? "f32x4.replace_lane" : "i32x4.replace_lane", k + 1, x, word),
      start,
    );
}

const folds: Readonly<Partial<Record<LaneOp, LaneWiseOp>>> = {
  sumLanes: "add",
  prodLanes: "mul",
  maximumLanes: "maximum",
  minimumLanes: "minimum",
};
const swapHalves = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const swapPairs = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];

function laneOperation(expr: Op, op: LaneOp, context: Context): Code {
  const { args, type } = expr;
  switch (op) {
    case "splat":
      return lanesCode(args[0], context);
    case "lanes":
      return (
        loadedLanes(args, type, context) ??
        assembled(
          args.map((arg) => valueCode(arg, context)),
          type,
        )
      );
    case "ramp":
      return w.op(
        "i32x4.add",
        w.op("i32x4.splat", valueCode(args[0], context)),
        context.vector({ shape: "i32x4", values: [0, 1, 2, 3] }),
      );
    case "lane":
      invariant(args[1].kind === "number", "the number of a lane is not known");
      return laneOf(valueCode(args[0], context), args[1].value, type);
    default: {
      const join = row(laneRows, folds[op]!, { context, type, from: type }, 4);
      const site = { context, type, from: type };
      const fold = (x: Code, order: readonly number[]): Code => {
        const [first, again] = context.twice(x, "v128");
        return join([first, w.shuffle(again, again, order)], site);
      };
      return laneOf(fold(fold(valueCode(args[0], context), swapHalves), swapPairs), 0, type);
    }
  }
}

/** Four elements from four places, which are loaded into their lanes. */
function loadedLanes(args: readonly LoopExpr[], type: LocalType, context: Context): Code | null {
  const [first, ...others] = args;
  if (first.kind !== "load") return null;
  let vector = loadCopies(first.array, formIn(first.index, context), type, context);
  for (const [k, x] of others.entries()) {
    const code =
      vector && x.kind === "load" ? loadCopies(x.array, formIn(x.index, context), type, context) : null;
    if (!vector || code?.kind !== "memory") return null;
    vector = {
      kind: "memoryLane",
      op: "v128.load32_lane",
      args: [...code.args, vector],
      offset: code.offset,
      align: code.align,
      lane: k + 1,
    };
  }
  return vector;
}
