import { invariant } from "../../base/errors.ts";
import {
  heldAs,
  type LaneOp,
  laneOps,
  type Lanes,
  type LocalType,
  type LoopExpr,
  type LoopFunction,
  type LoopProgram,
  type LoopStmt,
  type Part,
} from "../loop.ts";
import { arity, comparisons, localTypes, plainCalls } from "../text/loop-spelling.ts";
import type { DType } from "../type.ts";

interface Local {
  readonly type: LocalType;
  readonly lanes: Lanes;
  readonly mutable: boolean;
}
interface Scope {
  readonly arrays: ReadonlyMap<string, DType>;
  readonly locals: Map<string, Local>;
  readonly find: (sentence: string) => void;
}

/**
 * What always holds of a function of the loop level: names are defined before use and once in reach, the types
 * and lanes of operands agree, only types that have vectors stand in lanes, stores go to arrays, constants are not
 * set, loops go forward, and only a scalar function returns, at its end. Gives a sentence for everything that is
 * wrong; an empty list means sound.
 */
export function verifyLoop(fn: LoopFunction): readonly string[] {
  const findings: string[] = [];
  const arrays = new Map<string, DType>();
  const locals = new Map<string, Local>();
  const find = (sentence: string): void => void findings.push(`${fn.name}: ${sentence}`);
  for (const param of fn.params) {
    if (arrays.has(param.name) || locals.has(param.name)) find(`parameter "${param.name}" is named twice`);
    if (param.kind === "array") arrays.set(param.name, param.dtype);
    else locals.set(param.name, { type: param.type, lanes: 1, mutable: false });
  }
  const last = fn.body[fn.body.length - 1];
  if (fn.returns && last?.kind !== "return") find(`must end with a return of ${fn.returns}`);
  for (const line of fn.doc) if (line.includes("\n")) find("a line of its doc holds a line break");
  const scope: Scope = { arrays, locals, find };
  for (const stmt of fn.body) {
    if (stmt.kind !== "return") verifyStatement(stmt, scope);
    else if (!fn.returns || stmt !== last) find("returns where it must not");
    else need(stmt.value, fn.returns, 1, "returned value", scope);
  }
  return findings;
}

function verifyBlock(body: readonly LoopStmt[], outer: Scope): void {
  const scope: Scope = { ...outer, locals: new Map(outer.locals) };
  for (const stmt of body) verifyStatement(stmt, scope);
}

function define(name: string, local: Local, { arrays, locals, find }: Scope): void {
  if (arrays.has(name) || locals.has(name)) find(`"${name}" is already defined where it is defined again`);
  locals.set(name, local);
}

function verifyStatement(stmt: LoopStmt, scope: Scope): void {
  const { find } = scope;
  switch (stmt.kind) {
    case "note":
      if (stmt.text.includes("\n")) find("a note holds a line break");
      return;
    case "return":
      return find("returns from inside a block");
    case "let":
      need(stmt.value, stmt.type, stmt.lanes, `value of "${stmt.name}"`, scope);
      return define(stmt.name, stmt, scope);
    case "set": {
      const local = scope.locals.get(stmt.name);
      if (!local)
        find(`sets "${stmt.name}", which is ${scope.arrays.has(stmt.name) ? "an array" : "not defined"}`);
      else if (!local.mutable) find(`sets "${stmt.name}", which is constant`);
      if (local) need(stmt.value, local.type, local.lanes, `value of "${stmt.name}"`, scope);
      else verifyExpr(stmt.value, scope);
      return;
    }
    case "store": {
      const dtype = scope.arrays.get(stmt.array);
      need(stmt.index, "index", 1, `index into "${stmt.array}"`, scope);
      verifyExpr(stmt.value, scope);
      if (!dtype) return find(`stores into "${stmt.array}", which is not an array`);
      checkHeld(stmt.value.type, dtype, `stores into "${stmt.array}"`, scope);
      if (stmt.lanes !== stmt.value.lanes) find(`stores ${stmt.value.lanes} lanes as ${stmt.lanes}`);
      return checkPart(stmt, `store into "${stmt.array}"`, scope);
    }
    case "for": {
      need(stmt.from, "index", 1, `start of "${stmt.name}"`, scope);
      need(stmt.to, "index", 1, `end of "${stmt.name}"`, scope);
      if (!(Number.isInteger(stmt.step) && stmt.step > 0)) find(`"${stmt.name}" steps by ${stmt.step}`);
      const inner: Scope = { ...scope, locals: new Map(scope.locals) };
      define(stmt.name, { type: "index", lanes: 1, mutable: false }, inner);
      return verifyBlock(stmt.body, inner);
    }
    case "if":
      need(stmt.test, "bool", 1, "test of an if", scope);
      verifyBlock(stmt.then, scope);
      return verifyBlock(stmt.otherwise, scope);
  }
}

function checkHeld(type: LocalType, dtype: DType, what: string, { find }: Scope): void {
  if (type !== heldAs(dtype, "f64") && type !== heldAs(dtype, "f32")) find(`${what} of ${dtype} as ${type}`);
}

/** Verifies an expression and that it has this type. A scalar may stand where lanes are expected in operations. */
function need(expr: LoopExpr, type: LocalType, lanes: Lanes, what: string, scope: Scope): void {
  verifyExpr(expr, scope);
  if (expr.type !== type) scope.find(`${what} must be ${type}, found ${expr.type}`);
  if (expr.lanes !== lanes) scope.find(`${what} must have ${lanes} lanes, found ${expr.lanes}`);
}

/** A part is 2 or 3 of four lanes. */
function checkPart(
  access: { readonly lanes: Lanes; readonly part?: Part },
  what: string,
  { find }: Scope,
): void {
  const { lanes, part } = access;
  if (part === undefined) return;
  if (lanes !== 4) find(`${what} is a part of ${lanes} lanes`);
  else if (![2, 3].includes(part)) find(`${what} has a part of ${String(part)} lanes`);
}

function verifyExpr(expr: LoopExpr, scope: Scope): void {
  const { find } = scope;
  if (expr.lanes === 4 && !vectors.has(expr.type)) find(`${expr.type} has no lanes`);
  switch (expr.kind) {
    case "number":
      if (expr.type === "bool" && expr.value !== 0 && expr.value !== 1) find(`${expr.value} is no bool`);
      return;
    case "local": {
      const local = scope.locals.get(expr.name);
      if (!local) return find(`"${expr.name}" is used before it is defined`);
      if (local.type !== expr.type || local.lanes !== expr.lanes) {
        find(`"${expr.name}" is ${spell(local)}, read as ${spell(expr)}`);
      }
      return;
    }
    case "load": {
      const dtype = scope.arrays.get(expr.array);
      need(expr.index, "index", 1, `index into "${expr.array}"`, scope);
      checkPart(expr, `load from "${expr.array}"`, scope);
      if (!dtype) return find(`loads from "${expr.array}", which is not an array`);
      return checkHeld(expr.type, dtype, `loads from "${expr.array}"`, scope);
    }
    case "choose":
      need(expr.test, "bool", 1, "test of a choice", scope);
      need(expr.yes, expr.type, expr.lanes, "first branch of a choice", scope);
      return need(expr.no, expr.type, expr.lanes, "second branch of a choice", scope);
    case "call":
      if (plainCalls.has(expr.name) || (localTypes as readonly string[]).includes(expr.name)) {
        find(`a function cannot be called "${expr.name}", which is an operation`);
      }
      for (const arg of expr.args) verifyExpr(arg, scope);
      return;
    case "op":
      return verifyOp(expr, scope);
  }
}

function verifyOp(expr: LoopExpr & { readonly kind: "op" }, scope: Scope): void {
  const { op, args, type } = expr;
  const { find } = scope;
  if (args.length !== arity[op]) find(`${op} takes ${arity[op]} operands, found ${args.length}`);
  if ((laneOps as readonly string[]).includes(op)) return verifyLaneOp(op as LaneOp, expr, scope);
  const compares = comparisons.has(op);
  if (compares && type !== "bool") find(`${op} gives bool, found ${type}`);
  if (op === "random" && type !== "u32") find(`random gives u32, found ${type}`);
  for (const [k, arg] of args.entries()) {
    const lanes = expr.lanes === 4 && arg.lanes === 1 ? 1 : expr.lanes;
    const wanted =
      op === "cast" ? arg.type : op === "select" && k === 0 ? "bool" : compares ? args[0].type : type;
    need(arg, wanted, lanes, `operand ${k + 1} of ${op}`, scope);
    // In an operation on lanes a scalar operand stands for four copies of itself, so its type must have vectors.
    if (expr.lanes === 4 && arg.lanes === 1 && !vectors.has(arg.type)) {
      find(`operand ${k + 1} of ${op} on lanes is ${arg.type}, which has none`);
    }
  }
}

/** The types of which there are vectors. */
const vectors: ReadonlySet<LocalType> = new Set<LocalType>(["f32", "i32", "u32", "bool"]);

/** The operations between scalars and lanes: one of the two sides is a scalar, of the vector's type. */
function verifyLaneOp(op: LaneOp, expr: LoopExpr & { readonly kind: "op" }, scope: Scope): void {
  const { args, type, lanes } = expr;
  const { find } = scope;
  const gathers = op === "splat" || op === "lanes" || op === "ramp";
  if (lanes !== (gathers ? 4 : 1)) find(`${op} gives ${gathers ? 4 : 1} lanes, found ${lanes}`);
  if (op === "ramp" && type !== "i32") find(`ramp gives i32, found ${type}`);
  if (op.endsWith("Lanes") && type === "bool") find(`${op} folds numbers, found bool`);
  if (op === "lane") {
    const [, which] = args;
    const isLane = which?.kind === "number" && [0, 1, 2, 3].includes(which.value);
    if (!isLane) find("operand 2 of lane must be the number 0, 1, 2 or 3");
  }
  for (const [k, arg] of args.entries()) {
    const wanted = op === "ramp" || (op === "lane" && k === 1) ? "index" : type;
    const isVector = !gathers && k === 0;
    need(arg, wanted, isVector ? 4 : 1, `operand ${k + 1} of ${op}`, scope);
  }
}

const spell = ({ type, lanes }: { readonly type: LocalType; readonly lanes: Lanes }): string =>
  lanes === 4 ? `${type}x4` : type;

/** Checks a function after a pass; a finding is a fault of that pass, and names it. */
export function assertLoop(pass: string, fn: LoopFunction): void {
  const [finding] = verifyLoop(fn);
  invariant(finding === undefined, `lowering (${pass}): ${finding}`);
}

/** Checks every function of a program. */
export function assertLoops({ functions, plain }: LoopProgram): void {
  for (const fn of [...functions, ...plain.values()]) assertLoop("whole program", fn);
}
