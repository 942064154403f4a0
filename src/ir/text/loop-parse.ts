import { unreadable } from "../../base/errors.ts";
import { Cursor, tokenize } from "../../base/tokenizer.ts";
import type { Lanes, LocalType, LoopExpr, LoopFunction, LoopParam, LoopStmt, Part } from "../loop.ts";
import { dtypes, type DType } from "../type.ts";
import { isType, partOf, readExpr, readType } from "./loop-expr.ts";
import { infix, mirrored } from "./loop-spelling.ts";
import { elaborate, type Names, type Tree } from "./loop-tree.ts";

const symbols = [
  ...infix.keys(),
  ...mirrored.keys(),
  ..."( ) { } [ ] , ; : ? . = ! ~ += -= *= /= ++".split(" "),
];

/** A position in the text together with the names in reach. */
interface Scope {
  readonly cursor: Cursor;
  readonly arrays: ReadonlyMap<string, DType>;
  readonly locals: Map<string, { readonly type: LocalType; readonly lanes: Lanes }>;
}

/**
 * Reads every function of a text in the loop level's TypeScript subset; imports are passed over.
 * Errors (code "syntax") carry `source:line:column`.
 */
export function parseLoops(text: string, source = "loops"): readonly LoopFunction[] {
  const cursor = new Cursor(tokenize(text, symbols, source), source);
  const functions: LoopFunction[] = [];
  let doc: string[] = [];
  for (;;) {
    const token = cursor.peek();
    if (token.kind === "end") return functions;
    if (token.kind === "comment") doc.push(...cursor.take().text.split("\n"));
    else if (cursor.is("import")) {
      while (!cursor.is(";") && cursor.peek().kind !== "end") cursor.take();
      cursor.expect(";");
      doc = [];
    } else {
      functions.push(readFunction(cursor, doc));
      doc = [];
    }
  }
}

/** Reads a text that holds exactly one function. */
export function parseLoop(text: string, source = "loop"): LoopFunction {
  const functions = parseLoops(text, source);
  if (functions.length === 1) return functions[0];
  return unreadable(`expected one function, found ${functions.length}`, { place: { source } });
}

function readFunction(cursor: Cursor, doc: readonly string[]): LoopFunction {
  cursor.accept("export");
  cursor.expect("function");
  const name = cursor.name("a function name");
  const params = readParams(cursor);
  cursor.expect(":");
  const returns = cursor.accept("void") ? undefined : readType(cursor).type;
  const arrays = new Map(params.flatMap((p) => (p.kind === "array" ? [[p.name, p.dtype] as const] : [])));
  const locals = new Map<string, { readonly type: LocalType; readonly lanes: Lanes }>();
  for (const p of params) if (p.kind === "scalar") locals.set(p.name, { type: p.type, lanes: 1 });
  const body = readBlock({ cursor, arrays, locals }, returns);
  return { name, doc, params, ...(returns && { returns }), body };
}

function readParams(cursor: Cursor): LoopParam[] {
  const params: LoopParam[] = [];
  cursor.expect("(");
  while (!cursor.is(")")) {
    const name = cursor.name("a parameter");
    cursor.expect(":");
    const token = cursor.peek();
    const type = cursor.name("a parameter's type");
    const dtype = dtypes.find((candidate) => `${candidate}s` === type);
    if (dtype) params.push({ kind: "array", name, dtype });
    else if (type === "numbers") params.push({ kind: "array", name, dtype: "f64", numbers: true });
    else if (isType(type)) params.push({ kind: "scalar", name, type });
    else
      cursor.refuse(
        `"${type}" is not a type of the loop level`,
        token,
        "arrays are f32s, f64s, i32s, u32s, bools, numbers",
      );
    if (!cursor.accept(",")) break;
  }
  cursor.expect(")");
  return params;
}

function readBlock(outer: Scope, returns: LocalType | undefined): LoopStmt[] {
  const scope: Scope = { ...outer, locals: new Map(outer.locals) };
  const { cursor } = scope;
  const body: LoopStmt[] = [];
  cursor.expect("{");
  while (!cursor.accept("}")) body.push(...readStatement(scope, returns));
  return body;
}

function expression(scope: Scope, hint: LocalType | undefined): LoopExpr {
  return typed(scope, readExpr(scope.cursor), hint);
}

function typed(scope: Scope, tree: Tree, hint: LocalType | undefined): LoopExpr {
  const names: Names = { arrays: scope.arrays, locals: scope.locals };
  return elaborate(tree, hint, names, (sentence, at) => scope.cursor.refuse(sentence, at.token));
}

function readStatement(scope: Scope, returns: LocalType | undefined): LoopStmt[] {
  const { cursor } = scope;
  const token = cursor.peek();
  if (token.kind === "comment") {
    return cursor
      .take()
      .text.split("\n")
      .map((text) => ({ kind: "note", text }));
  }
  if (cursor.is("for")) return [readFor(scope, returns)];
  if (cursor.is("if")) return [readIf(scope, returns)];
  if (cursor.is("const") || cursor.is("let")) return [readLet(scope)];
  if (cursor.accept("return")) {
    const value = expression(scope, returns);
    cursor.expect(";");
    return [{ kind: "return", value }];
  }
  const vector = token.kind === "name" ? /^(\w+)x4_(store[23]?)$/.exec(token.text) : null;
  return [
    vector && isType(vector[1])
      ? readVectorStore(scope, vector[1], partOf(vector[2]).part)
      : readAssignment(scope),
  ];
}

function readVectorStore(scope: Scope, type: LocalType, part: Part | undefined): LoopStmt {
  const { cursor } = scope;
  cursor.take();
  cursor.expect("(");
  const array = readArray(scope);
  cursor.expect(",");
  const index = expression(scope, "index");
  cursor.expect(",");
  const value = expression(scope, type);
  cursor.expect(")");
  cursor.expect(";");
  return { kind: "store", array, index, value, lanes: 4, ...(part && { part }) };
}

function readArray(scope: Scope): string {
  const token = scope.cursor.peek();
  const array = scope.cursor.name("an array");
  if (!scope.arrays.has(array)) scope.cursor.refuse(`"${array}" is not an array parameter`, token);
  return array;
}

const compound = new Map([
  ["+=", "add"],
  ["-=", "sub"],
  ["*=", "mul"],
  ["/=", "div"],
] as const);

/** `x = e;`, `x += e;`, `a[i] = e;`, `a[i] += e;`. */
function readAssignment(scope: Scope): LoopStmt {
  const { cursor } = scope;
  const token = cursor.peek();
  const name = cursor.name("a statement");
  let index: Tree | undefined;
  if (cursor.accept("[")) {
    index = readExpr(cursor);
    cursor.expect("]");
  }
  const local = scope.locals.get(name);
  const dtype = scope.arrays.get(name);
  if (index ? !dtype : !local)
    cursor.refuse(`"${name}" is not ${index ? "an array" : "a local"} here`, token);
  const sign = cursor.take();
  const op = compound.get(sign.text as "+=");
  if (sign.text !== "=" && !op) cursor.refuse(`expected "=", found "${sign.text}"`, sign);
  let value = readExpr(cursor);
  if (op) {
    const before: Tree = index
      ? { kind: "load", args: [index], name, lanes: 1, token }
      : { kind: "name", args: [], name, lanes: 1, token };
    value = { kind: "op", op, args: [before, value], lanes: 1, token: sign };
  }
  cursor.expect(";");
  if (!index) return { kind: "set", name, value: typed(scope, value, local?.type) };
  const stored = dtype === "f32" ? "f64" : dtype;
  return {
    kind: "store",
    array: name,
    index: typed(scope, index, "index"),
    value: typed(scope, value, stored),
    lanes: 1,
  };
}

function readLet(scope: Scope): LoopStmt {
  const { cursor, locals } = scope;
  const mutable = cursor.take().text === "let";
  const name = cursor.name("a local's name");
  const declared = cursor.accept(":") ? readType(cursor) : undefined;
  cursor.expect("=");
  const value = expression(scope, declared?.type);
  cursor.expect(";");
  const { type, lanes } = declared ?? value;
  locals.set(name, { type, lanes });
  return { kind: "let", name, type, lanes, mutable, value };
}

/** `for (let i = from; i < to; i++)` or `i += step`: the only form of loop there is. */
function readFor(scope: Scope, returns: LocalType | undefined): LoopStmt {
  const { cursor } = scope;
  cursor.take();
  cursor.expect("(");
  cursor.expect("let");
  const name = cursor.name("a counter");
  if (cursor.accept(":")) readType(cursor);
  cursor.expect("=");
  const from = expression(scope, "index");
  cursor.expect(";");
  cursor.expect(name);
  cursor.expect("<");
  const to = expression(scope, "index");
  cursor.expect(";");
  cursor.expect(name);
  let step = 1;
  if (!cursor.accept("++")) {
    cursor.expect("+=");
    if (cursor.peek().kind !== "number") cursor.refuse(`expected a constant step, found ${cursor.found()}`);
    step = Number(cursor.take().text);
  }
  cursor.expect(")");
  const inner: Scope = { ...scope, locals: new Map(scope.locals).set(name, { type: "index", lanes: 1 }) };
  return { kind: "for", name, from, to, step, body: readBlock(inner, returns) };
}

function readIf(scope: Scope, returns: LocalType | undefined): LoopStmt {
  const { cursor } = scope;
  cursor.take();
  cursor.expect("(");
  const test = expression(scope, "bool");
  cursor.expect(")");
  const then = readBlock(scope, returns);
  if (!cursor.accept("else")) return { kind: "if", test, then, otherwise: [] };
  const otherwise = cursor.is("if") ? [readIf(scope, returns)] : readBlock(scope, returns);
  return { kind: "if", test, then, otherwise };
}
