import type { Token } from "../../base/tokenizer.ts";
import type { Lanes, LocalType, LoopExpr, LoopOp, Part } from "../loop.ts";
import type { DType } from "../type.ts";
import { comparisons, scalarsOfLanes } from "./loop-spelling.ts";

/**
 * An expression as it stands in the text: types only where they are spelt. The parser gives a tree its types
 * (`elaborate`), the printer takes them away and leaves an `as` where they could not be found again (`erase`).
 */
export interface Tree {
  readonly kind: "number" | "name" | "load" | "op" | "choose" | "call" | "as";
  readonly args: readonly Tree[];
  /** A local, an array, or a called function. */
  readonly name?: string;
  readonly op?: LoopOp;
  readonly value?: number;
  /** A type that the spelling says: `true`, `f64(x)`, `f32x4_add(a, b)`, `x as f32`. */
  readonly type?: LocalType;
  readonly lanes: Lanes;
  /** 2 in `f32x4_load2(a, i)`. */
  readonly part?: Part;
  /** `>>>` rather than `>>`. */
  readonly unsigned?: boolean;
  readonly token?: Token;
}

/** What the names in reach stand for. */
export interface Names {
  readonly arrays: ReadonlyMap<string, DType>;
  readonly locals: ReadonlyMap<string, { readonly type: LocalType; readonly lanes: Lanes }>;
}

/** The type that a tree's own words fix, whatever stands around it. */
function known(tree: Tree, names: Names): LocalType | undefined {
  if (tree.type) return tree.type;
  if (tree.kind === "name") return names.locals.get(tree.name ?? "")?.type;
  if (tree.kind === "load") {
    // A float32 array may be read into either precision; the context decides.
    const dtype = names.arrays.get(tree.name ?? "");
    return dtype === "f32" ? undefined : dtype;
  }
  if (tree.kind === "call" || tree.kind === "number") return undefined;
  if (tree.op && comparisons.has(tree.op)) return "bool";
  if (tree.op === "random") return "u32";
  const from = tree.kind === "choose" || tree.op === "select" ? tree.args.slice(1) : tree.args;
  return knownAmong(from, names);
}

function knownAmong(trees: readonly Tree[], names: Names): LocalType | undefined {
  for (const tree of trees) {
    const type = known(tree, names);
    if (type) return type;
  }
  return undefined;
}

/** What a tree without any fixed type is taken for: whole numbers count, everything else is a double. */
const fallback = (tree: Tree): LocalType =>
  tree.kind === "number"
    ? Number.isInteger(tree.value)
      ? "index"
      : "f64"
    : tree.args.length > 0 && tree.kind !== "load" && tree.kind !== "call"
      ? tree.args.map(fallback).includes("f64")
        ? "f64"
        : "index"
      : "f64";

const typeOf = (tree: Tree, hint: LocalType | undefined, names: Names): LocalType =>
  known(tree, names) ?? hint ?? fallback(tree);

/** The types that the operands of a tree of type `type` are expected to have. */
function expected(tree: Tree, type: LocalType, names: Names): readonly (LocalType | undefined)[] {
  if (tree.kind === "load") return ["index"];
  if (tree.kind === "choose" || tree.op === "select") return ["bool", type, type];
  if (tree.op === "cast") return [undefined];
  if (tree.op === "ramp") return ["index"];
  if (tree.op === "lane") return [type, "index"];
  if (tree.op && comparisons.has(tree.op)) {
    const operand =
      knownAmong(tree.args, names) ?? (tree.args.map(fallback).includes("f64") ? "f64" : "index");
    return tree.args.map(() => operand);
  }
  return tree.args.map(() => type);
}

/** Gives a tree its types. `refuse` is told of names that stand for nothing. */
export function elaborate(
  tree: Tree,
  hint: LocalType | undefined,
  names: Names,
  refuse: (sentence: string, tree: Tree) => never,
): LoopExpr {
  const build = (node: Tree, wanted: LocalType | undefined, force?: LocalType): LoopExpr => {
    if (node.kind === "as") return build(node.args[0], node.type, node.type);
    const type = force ?? typeOf(node, wanted, names);
    const hints = expected(node, type, names);
    const args = node.args.map((arg, k) => build(arg, hints[k]));
    const { lanes } = node;
    const name = node.name ?? "";
    switch (node.kind) {
      case "number":
        return { kind: "number", value: node.value ?? 0, type, lanes };
      case "name": {
        const local = names.locals.get(name);
        if (!local) return refuse(`"${name}" is not a local or a scalar parameter here`, node);
        return { kind: "local", name, type, lanes: local.lanes };
      }
      case "load":
        if (!names.arrays.has(name)) return refuse(`"${name}" is not an array parameter`, node);
        return {
          kind: "load",
          array: name,
          index: args[0],
          type,
          lanes,
          ...(node.part && { part: node.part }),
        };
      case "choose":
        return { kind: "choose", test: args[0], yes: args[1], no: args[2], type, lanes: args[1].lanes };
      case "call":
        return { kind: "call", name, args, type, lanes };
      case "op":
        return { kind: "op", op: node.op as LoopOp, args, type, lanes };
    }
  };
  return build(tree, hint);
}

const operandsOf = (expr: LoopExpr): readonly LoopExpr[] => {
  if (expr.kind === "op" || expr.kind === "call") return expr.args;
  if (expr.kind === "load") return [expr.index];
  return expr.kind === "choose" ? [expr.test, expr.yes, expr.no] : [];
};

/** An expression without its types, except those that its spelling says anyway. */
function bare(expr: LoopExpr): Tree {
  const args = operandsOf(expr).map(bare);
  const { lanes } = expr;
  const spelt = lanes === 4 ? { type: expr.type, lanes } : { lanes };
  switch (expr.kind) {
    case "number":
      return {
        kind: "number",
        args,
        value: expr.value,
        ...spelt,
        ...(expr.type === "bool" && { type: "bool" }),
      };
    case "local":
      return { kind: "name", args, name: expr.name, lanes: 1 };
    case "load":
      return { kind: "load", args, name: expr.array, ...spelt, ...(expr.part && { part: expr.part }) };
    case "choose":
      return { kind: "choose", args, lanes: 1 };
    case "call":
      return { kind: "call", args, name: expr.name, ...spelt };
    case "op": {
      const logical = expr.type === "bool" && ["and", "or", "not"].includes(expr.op);
      const says = logical || expr.op === "cast" || scalarsOfLanes.has(expr.op);
      return {
        kind: "op",
        args,
        op: expr.op,
        ...spelt,
        ...(says && { type: expr.type }),
        ...(expr.type === "u32" && { unsigned: true }),
      };
    }
  }
}

/** Takes an expression's types away, leaving `as` where `elaborate` would not find them again. */
export function erase(expr: LoopExpr, hint: LocalType | undefined, names: Names): Tree {
  const strip = (node: LoopExpr, tree: Tree, wanted: LocalType | undefined): Tree => {
    const found = typeOf(tree, wanted, names);
    const hints = expected(tree, node.type, names);
    const args: Tree[] = [];
    for (const [k, arg] of operandsOf(node).entries()) {
      // A comparison's first operand, once its type is spelt, gives the second one's.
      const spelt = tree.op && comparisons.has(tree.op) && args[0]?.kind === "as" ? args[0].type : undefined;
      args.push(strip(arg, tree.args[k], spelt ?? hints[k]));
    }
    const plain = { ...tree, args };
    return found === node.type ? plain : { kind: "as", args: [plain], type: node.type, lanes: 1 };
  };
  return strip(expr, bare(expr), hint);
}
