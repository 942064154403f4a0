import type { Cursor } from "../../base/tokenizer.ts";
import { laneOps, loopOps, type Lanes, type LocalType, type LoopOp, type Part } from "../loop.ts";
import {
  arity,
  infix,
  level,
  localTypes,
  mathNames,
  mirrored,
  plainCalls,
  scalarsOfLanes,
} from "./loop-spelling.ts";
import type { Tree } from "./loop-tree.ts";

/** Reads one expression: a choice (`test ? yes : no`) or anything that binds tighter. */
export function readExpr(cursor: Cursor): Tree {
  const token = cursor.peek();
  const test = readInfix(cursor, 2);
  if (!cursor.accept("?")) return test;
  const yes = readExpr(cursor);
  cursor.expect(":");
  const no = readExpr(cursor);
  return { kind: "choose", args: [test, yes, no], lanes: 1, token };
}

/** Precedence climbing: everything that binds at least as tightly as `least`. */
function readInfix(cursor: Cursor, least: number): Tree {
  let left = readUnary(cursor);
  for (;;) {
    const token = cursor.peek();
    if (cursor.is("as") && least <= level.ascription) {
      cursor.take();
      left = { kind: "as", args: [left], type: readType(cursor).type, lanes: 1, token };
      continue;
    }
    const mirror = token.kind === "symbol" ? mirrored.get(token.text) : undefined;
    const row = token.kind === "symbol" ? infix.get(mirror ?? token.text) : undefined;
    if (!row || row.level < least) return left;
    cursor.take();
    const right = readInfix(cursor, row.level + 1);
    const args = mirror ? [right, left] : [left, right];
    const logical = token.text === "&&" || token.text === "||";
    left = { kind: "op", op: row.op, args, lanes: 1, token, ...(logical && { type: "bool" }) };
  }
}

function readUnary(cursor: Cursor): Tree {
  const token = cursor.peek();
  if (cursor.accept("-")) {
    const literal = readNumber(cursor);
    if (literal !== undefined) return { kind: "number", args: [], value: -literal, lanes: 1, token };
    return { kind: "op", op: "neg", args: [readUnary(cursor)], lanes: 1, token };
  }
  if (cursor.accept("!")) {
    return { kind: "op", op: "not", args: [readUnary(cursor)], type: "bool", lanes: 1, token };
  }
  if (cursor.accept("~")) return { kind: "op", op: "not", args: [readUnary(cursor)], lanes: 1, token };
  return readPrimary(cursor);
}

/** A literal number, `NaN` or `Infinity`, if one comes next. */
function readNumber(cursor: Cursor): number | undefined {
  const named = cursor.is("NaN") || cursor.is("Infinity");
  return cursor.peek().kind === "number" || named ? Number(cursor.take().text) : undefined;
}

function readPrimary(cursor: Cursor): Tree {
  const token = cursor.peek();
  const literal = readNumber(cursor);
  if (literal !== undefined) return { kind: "number", args: [], value: literal, lanes: 1, token };
  if (cursor.accept("(")) {
    const inner = readExpr(cursor);
    cursor.expect(")");
    return inner;
  }
  if (token.kind !== "name") cursor.refuse(`expected an expression, found ${cursor.found()}`);
  const name = cursor.take().text;
  if (name === "true" || name === "false") {
    return { kind: "number", args: [], value: name === "true" ? 1 : 0, type: "bool", lanes: 1, token };
  }
  if (name === "Math") {
    cursor.expect(".");
    const member = cursor.name("a function of Math");
    const op = mathNames.get(member);
    if (!op) {
      cursor.refuse(
        `Math.${member} is not in the loop level's subset`,
        token,
        `there is: ${[...mathNames.keys()].join(", ")}`,
      );
    }
    return operation(cursor, op, { token });
  }
  if (cursor.accept("[")) {
    const index = readExpr(cursor);
    cursor.expect("]");
    return { kind: "load", args: [index], name, lanes: 1, token };
  }
  if (!cursor.is("(")) return { kind: "name", args: [], name, lanes: 1, token };
  const vector = /^(\w+)x4_(\w+)$/.exec(name);
  if (vector && isType(vector[1])) return readLanes(cursor, vector[1], vector[2], token);
  if (isType(name)) return operation(cursor, "cast", { type: name, token });
  if (plainCalls.has(name)) return operation(cursor, name as LoopOp, { token });
  return { kind: "call", args: readArgs(cursor), name, lanes: 1, token };
}

/** `f32x4_add(a, b)`, `f32x4_const(1)`, `f32x4_load(a, i)`, `f32x4_load2(a, i)`, `f32x4_call(name, x)`. */
function readLanes(cursor: Cursor, type: LocalType, word: string, token: Tree["token"]): Tree {
  if (word === "const") {
    cursor.expect("(");
    const sign = cursor.accept("-") ? -1 : 1;
    const value = readNumber(cursor) ?? cursor.refuse(`expected a number, found ${cursor.found()}`);
    cursor.expect(")");
    return { kind: "number", args: [], value: sign * value, type, lanes: 4, token };
  }
  const { bare, part } = partOf(word);
  if (bare === "load" || word === "call") {
    cursor.expect("(");
    const name = cursor.name(bare === "load" ? "an array" : "a function");
    const args = cursor.accept(",") ? readRest(cursor) : (cursor.expect(")"), []);
    return {
      kind: word === "call" ? "call" : "load",
      args,
      name,
      type,
      lanes: 4,
      token,
      ...(part && { part }),
    };
  }
  if (![...loopOps, ...laneOps].includes(word as LoopOp)) {
    cursor.refuse(`"${word}" is not an operation on lanes`, token);
  }
  const op = word as LoopOp;
  return operation(cursor, op, { type, lanes: scalarsOfLanes.has(op) ? 1 : 4, token });
}

/** The word of a partial load or store: `load2` is a `load` of 2 lanes. */
export function partOf(word: string): { readonly bare: string; readonly part?: Part } {
  const found = /^(load|store)([23])$/.exec(word);
  return found ? { bare: found[1], part: Number(found[2]) as Part } : { bare: word };
}

function operation(
  cursor: Cursor,
  op: LoopOp,
  rest: { readonly type?: LocalType; readonly lanes?: Lanes; readonly token: Tree["token"] },
): Tree {
  const args = readArgs(cursor);
  if (args.length !== arity[op]) {
    cursor.refuse(`"${op}" takes ${arity[op]} arguments, found ${args.length}`, rest.token);
  }
  return { kind: "op", op, args, lanes: 1, ...rest };
}

function readArgs(cursor: Cursor): Tree[] {
  cursor.expect("(");
  return cursor.accept(")") ? [] : readRest(cursor);
}

/** The arguments up to the closing parenthesis. */
function readRest(cursor: Cursor): Tree[] {
  const args: Tree[] = [];
  do {
    if (args.length > 0 && cursor.is(")")) break;
    args.push(readExpr(cursor));
  } while (cursor.accept(","));
  cursor.expect(")");
  return args;
}

export const isType = (name: string): name is LocalType => (localTypes as readonly string[]).includes(name);

/** A local's type: `f64`, or `f32x4` for four lanes. */
export function readType(cursor: Cursor): { readonly type: LocalType; readonly lanes: Lanes } {
  const token = cursor.peek();
  const name = cursor.name("a type");
  const single = name.replace(/x4$/, "");
  if (!isType(single)) {
    cursor.refuse(`"${name}" is not a type of the loop level`, token, `there is: ${localTypes.join(", ")}`);
  }
  return { type: single, lanes: single === name ? 1 : 4 };
}
