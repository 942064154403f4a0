import {
  paramType,
  type Lanes,
  type LocalType,
  type LoopExpr,
  type LoopFunction,
  type LoopStmt,
} from "../loop.ts";
import { infix, level, mathNameOf, scalarsOfLanes } from "./loop-spelling.ts";
import { erase, type Names, type Tree } from "./loop-tree.ts";

const width = 110;

interface Text {
  readonly text: string;
  /** How tightly the outermost operator binds. */
  readonly level: number;
}

const infixOf = new Map<string, readonly [symbol: string, level: number]>();
for (const [symbol, { op, level: binds }] of infix) infixOf.set(`${op} ${symbol}`, [symbol, binds]);

/** The infix symbol of an operation, or undefined when it is spelt otherwise. */
function symbolOf(tree: Tree): readonly [symbol: string, level: number] | undefined {
  if (tree.lanes === 4) return undefined;
  const logical = tree.type === "bool";
  const symbols: Readonly<Record<string, string>> = {
    add: "+", sub: "-", mul: "*", div: "/", rem: "%", xor: "^", shiftLeft: "<<",
    equal: "===", notEqual: "!==", less: "<", lessEqual: "<=",
    and: logical ? "&&" : "&", or: logical ? "||" : "|", shiftRight: tree.unsigned ? ">>>" : ">>",
  }; // prettier-ignore
  const symbol = Object.hasOwn(symbols, tree.op ?? "") ? symbols[tree.op ?? ""] : undefined;
  return symbol === undefined ? undefined : infixOf.get(`${tree.op} ${symbol}`);
}

const typeName = (type: LocalType, lanes: Lanes): string => (lanes === 4 ? `${type}x4` : type);

/** How tightly an operand must bind to stand without parentheses; comparisons of comparisons always have them. */
function least(binds: number, position: number): number {
  if (binds === level.equality || binds === level.ascription) return level.ascription + 1;
  return binds + position;
}

/** The shortest spelling that reads back as the same double. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return "-0";
  const plain = String(value);
  const short = Number.isFinite(value) ? value.toExponential().replace("e+", "e") : plain;
  return short.length < plain.length && !Number.isSafeInteger(value) ? short : plain;
}

function treeText(tree: Tree): Text {
  const at = (arg: Tree, loosest: number): string => {
    const inner = treeText(arg);
    return inner.level < loosest ? `(${inner.text})` : inner.text;
  };
  const call = (name: string, first: readonly string[] = []): Text => ({
    text: `${name}(${[...first, ...tree.args.map((arg) => treeText(arg).text)].join(", ")})`,
    level: level.primary,
  });
  const lanes = tree.lanes === 4 && tree.type ? `${typeName(tree.type, 4)}_` : "";
  const name = tree.name ?? "";
  switch (tree.kind) {
    case "number": {
      const value = tree.value ?? 0;
      if (lanes) return { text: `${lanes}const(${numberText(value)})`, level: level.primary };
      if (tree.type === "bool") return { text: value === 0 ? "false" : "true", level: level.primary };
      const text = numberText(value);
      return { text, level: text.startsWith("-") ? level.unary : level.primary };
    }
    case "name":
      return { text: name, level: level.primary };
    case "load":
      if (lanes) return call(`${lanes}load${tree.part ?? ""}`, [name]);
      return { text: `${name}[${treeText(tree.args[0]).text}]`, level: level.primary };
    case "call":
      return lanes ? call(`${lanes}call`, [name]) : call(name);
    case "as":
      // Parentheses always, since a reader does not know how tightly "as" binds.
      return { text: `(${at(tree.args[0], level.ascription + 1)} as ${tree.type})`, level: level.primary };
    case "choose":
      return {
        text: `${at(tree.args[0], level.choose + 1)} ? ${at(tree.args[1], level.choose)} : ${at(tree.args[2], level.choose)}`,
        level: level.choose,
      };
    case "op": {
      const op = tree.op ?? "cast";
      const symbol = symbolOf(tree);
      if (symbol) {
        const [mark, binds] = symbol;
        const [left, right] = tree.args.map((arg, k) => {
          // Nobody should have to remember that "and" binds tighter than "or".
          const mixed = mark === "||" && symbolOf(arg)?.[0] === "&&";
          return at(arg, mixed ? level.primary : least(binds, k));
        });
        return { text: `${left} ${mark} ${right}`, level: binds };
      }
      if (lanes) return call(`${lanes}${op}`);
      if (scalarsOfLanes.has(op) && tree.type) return call(`${typeName(tree.type, 4)}_${op}`);
      if (op === "neg" || op === "not") return unaryText(tree, op);
      if (op === "cast") return call(tree.type ?? "f64");
      const math = mathNameOf.get(op);
      return call(math ? `Math.${math}` : op);
    }
  }
}

/** `-x` and `!x`; a number or another minus goes into parentheses, so that -(1) is not the number -1. */
function unaryText(tree: Tree, op: "neg" | "not"): Text {
  const [arg] = tree.args;
  const inner = treeText(arg);
  const minus = op === "neg" && (arg.kind === "number" || inner.text.startsWith("-"));
  const apart = inner.level < level.unary || minus;
  const mark = op === "neg" ? "-" : tree.type === "bool" ? "!" : "~";
  return { text: mark + (apart ? `(${inner.text})` : inner.text), level: level.unary };
}

const compound: Readonly<Record<string, string>> = { add: "+=", sub: "-=", mul: "*=", div: "/=" };

/** Prints a function of the loop level so that `parseLoop` gives the same value back. */
export function printLoop(fn: LoopFunction): string {
  const arrays = new Map(fn.params.flatMap((p) => (p.kind === "array" ? [[p.name, p.dtype] as const] : [])));
  const scalars = fn.params.flatMap((p) =>
    p.kind === "scalar" ? [[p.name, { type: p.type, lanes: 1 as Lanes }] as const] : [],
  );
  const params = fn.params.map((param) => `${param.name}: ${paramType(param)}`);
  const head = `export function ${fn.name}(`;
  const tail = `): ${fn.returns ?? "void"} {`;
  const oneLine = head + params.join(", ") + tail;
  const opening = oneLine.length <= width ? [oneLine] : [head, ...params.map((param) => `  ${param},`), tail];
  const lines = [
    ...fn.doc.map((line) => `// ${line}`.trimEnd()),
    ...opening,
    ...block(fn.body, { arrays, locals: new Map(scalars) }, "  "),
    "}",
  ];
  return lines.join("\n") + "\n";
}

/** Prints several functions with an empty line between them. */
export const printLoops = (functions: readonly LoopFunction[]): string => functions.map(printLoop).join("\n");

/** Prints one expression, given what its names stand for. */
export function printExpr(expr: LoopExpr, names: Names, hint?: LocalType): string {
  return treeText(erase(expr, hint, names)).text;
}

function block(body: readonly LoopStmt[], outer: Names, indent: string): string[] {
  const locals = new Map(outer.locals);
  const names: Names = { arrays: outer.arrays, locals };
  return body.flatMap((stmt) => {
    const lines = statement(stmt, names, indent);
    if (stmt.kind === "let") locals.set(stmt.name, { type: stmt.type, lanes: stmt.lanes });
    return lines;
  });
}

function statement(stmt: LoopStmt, names: Names, indent: string): string[] {
  const text = (expr: LoopExpr, hint?: LocalType): string => printExpr(expr, names, hint);
  switch (stmt.kind) {
    case "note":
      return [`${indent}// ${stmt.text}`.trimEnd()];
    case "return":
      return [`${indent}return ${text(stmt.value, "f64")};`];
    case "let": {
      const word = stmt.mutable ? "let" : "const";
      return [
        `${indent}${word} ${stmt.name}: ${typeName(stmt.type, stmt.lanes)} = ${text(stmt.value, stmt.type)};`,
      ];
    }
    case "set": {
      const type = names.locals.get(stmt.name)?.type;
      const { value } = stmt;
      if (
        value.kind === "op" &&
        value.lanes === 1 &&
        value.type === type &&
        Object.hasOwn(compound, value.op)
      ) {
        const [first, second] = value.args;
        const same = first.kind === "local" && first.name === stmt.name && first.type === type;
        if (same) return [`${indent}${stmt.name} ${compound[value.op]} ${text(second, type)};`];
      }
      return [`${indent}${stmt.name} = ${text(value, type)};`];
    }
    case "store": {
      const at = text(stmt.index, "index");
      if (stmt.lanes === 4) {
        const { type } = stmt.value;
        const store = `${typeName(type, 4)}_store${stmt.part ?? ""}`;
        return [`${indent}${store}(${stmt.array}, ${at}, ${text(stmt.value, type)});`];
      }
      return [`${indent}${stmt.array}[${at}] = ${text(stmt.value, storedAs(stmt.array, names))};`];
    }
    case "for": {
      const { name, step } = stmt;
      const limit = treeText(erase(stmt.to, "index", names));
      const to = limit.level <= level.ascription ? `(${limit.text})` : limit.text;
      const increment = step === 1 ? `${name}++` : `${name} += ${step}`;
      const inner: Names = { ...names, locals: new Map(names.locals).set(name, { type: "index", lanes: 1 }) };
      return [
        `${indent}for (let ${name} = ${text(stmt.from, "index")}; ${name} < ${to}; ${increment}) {`,
        ...block(stmt.body, inner, indent + "  "),
        `${indent}}`,
      ];
    }
    case "if":
      return ifLines(stmt, names, indent);
  }
}

function ifLines(stmt: LoopStmt & { readonly kind: "if" }, names: Names, indent: string): string[] {
  const lines = [
    `${indent}if (${printExpr(stmt.test, names, "bool")}) {`,
    ...block(stmt.then, names, indent + "  "),
  ];
  const [only] = stmt.otherwise;
  if (stmt.otherwise.length === 0) return [...lines, `${indent}}`];
  if (stmt.otherwise.length === 1 && only.kind === "if") {
    const [first, ...rest] = ifLines(only, names, indent);
    return [...lines, `${indent}} else ${first.trimStart()}`, ...rest];
  }
  return [...lines, `${indent}} else {`, ...block(stmt.otherwise, names, indent + "  "), `${indent}}`];
}

/** What a number without a type of its own means when it is stored. */
function storedAs(array: string, names: Names): LocalType {
  const dtype = names.arrays.get(array) ?? "f64";
  return dtype === "f32" ? "f64" : dtype;
}
