import {
  l,
  type LocalType,
  type LoopExpr,
  type LoopFunction,
  type LoopOp,
  type LoopStmt,
} from "../../src/ir/loop.ts";
import type { DType } from "../../src/ir/type.ts";
import { randomFrom } from "../ops/sample.ts";

export const arraySize = 16;
const dtypes: readonly DType[] = ["f32", "f64", "i32", "u32", "bool"];
const types: readonly LocalType[] = ["f64", "f32", "i32", "u32", "bool", "index"];
const floats: readonly LoopOp[] = [
  "add", "sub", "mul", "div", "maximum", "minimum", "neg", "abs", "sign", "sqrt", "floor", "trunc", "exp", "log",
  "expm1", "log1p", "tanh", "pow", "select",
]; // prettier-ignore
const integers: readonly LoopOp[] = ["add", "sub", "mul", "maximum", "minimum", "xor", "and", "or", "shiftLeft", "shiftRight", "select"]; // prettier-ignore
const tests: readonly LoopOp[] = ["equal", "notEqual", "less", "lessEqual", "and", "or", "not", "select"];
const unary = new Set<LoopOp>(
  "neg abs sign sqrt floor trunc exp log expm1 log1p tanh not".split(" ") as LoopOp[],
);

/** A well-typed program that stays inside its arrays: one array of each dtype (names like `f32A`) and a count n. */
export function randomLoop(seed: number): LoopFunction {
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  let count = 0;
  type Locals = readonly (LoopExpr & { readonly kind: "local"; readonly mutable: boolean })[];

  const number = (type: LocalType): LoopExpr => {
    if (type === "bool") return l.number(random() < 0.5 ? 1 : 0, type);
    if (type === "index") return l.number(Math.floor(random() * 9), type);
    if (type === "u32") return l.number(Math.floor(random() * 2 ** 32), type);
    if (type === "i32") return l.number(Math.floor((random() - 0.5) * 100), type);
    return l.number(
      pick([0, -0, 1, -1, 0.5, 2, -3.25, 1e-3, Infinity, -Infinity, NaN, 1e300, random()]),
      type,
    );
  };
  /** An address inside the arrays, whatever the operand: its remainder, moved up in case it is negative. */
  const address = (depth: number, locals: Locals): LoopExpr => {
    const names = locals.filter((local) => local.type === "index");
    if (names.length === 0 || depth <= 0) return l.number(Math.floor(random() * arraySize));
    const sum = l.op("add", [
      l.op("mul", [plain(pick(names)), l.number(3)]),
      l.number(Math.floor(random() * 5)),
    ]);
    return l.op("rem", [sum, l.number(arraySize)]);
  };
  const plain = ({ name, type }: Locals[number]): LoopExpr => l.local(name, type);
  const leaf = (type: LocalType, locals: Locals, depth: number): LoopExpr => {
    const names = locals.filter((local) => local.type === type);
    const roll = random();
    if (roll < 0.4 && names.length > 0) return plain(pick(names));
    if (roll < 0.7 && type !== "index") {
      const dtype = type === "f64" ? pick(["f32", "f64"] as const) : type;
      return l.load(`${dtype}A`, address(depth, locals), type);
    }
    return number(type);
  };
  const expression = (type: LocalType, depth: number, locals: Locals): LoopExpr => {
    const inner = (of: LocalType): LoopExpr => expression(of, depth - 1, locals);
    if (depth <= 0 || random() < 0.15) return leaf(type, locals, depth);
    if (random() < 0.12) return l.choose(inner("bool"), inner(type), inner(type));
    if (random() < 0.1 && type !== "index") return l.op("cast", [inner(pick(types))], type);
    if (type === "index") return l.op(pick(["add", "mul"] as const), [inner(type), inner(type)]);
    if (type === "u32" && random() < 0.1)
      return l.op("random", [inner("u32"), inner("u32"), inner("u32"), inner("u32")]);
    const op = type === "bool" ? pick(tests) : pick(type === "f64" || type === "f32" ? floats : integers);
    if (op === "select") return l.op(op, [inner("bool"), inner(type), inner(type)], type);
    if (unary.has(op)) return l.op(op, [inner(type)], type);
    const from =
      type === "bool" && op !== "and" && op !== "or"
        ? pick(["f64", "f32", "i32", "u32", "index"] as const)
        : type;
    return l.op(op, [inner(from), inner(from)], type);
  };
  const statement = (depth: number, locals: Locals): { stmts: LoopStmt[]; locals: Locals } => {
    const roll = random();
    const settable = locals.filter((local) => local.mutable);
    if (roll < 0.3) {
      const type = pick(types);
      const mutable = random() < 0.5;
      const name = `v${count++}`;
      const value = expression(type, 3, locals);
      const local = { kind: "local", name, type, lanes: 1, mutable } as const;
      return { stmts: [mutable ? l.let(name, value) : l.const(name, value)], locals: [...locals, local] };
    }
    if (roll < 0.5 && settable.length > 0) {
      const target = pick(settable);
      const value = expression(target.type, 2, locals);
      const sum = ["f64", "f32", "i32"].includes(target.type) && random() < 0.5;
      return { stmts: [l.set(target.name, sum ? l.op("add", [plain(target), value]) : value)], locals };
    }
    if (roll < 0.6 && depth > 0) {
      const name = `i${count++}`;
      const counter = { kind: "local", name, type: "index", lanes: 1, mutable: false } as const;
      const to = random() < 0.5 ? l.local("n") : l.number(Math.floor(random() * 5));
      const body = block(depth - 1, [...locals, counter]);
      return { stmts: [l.for(name, l.number(0), to, pick([1, 1, 2, 4]), body)], locals };
    }
    if (roll < 0.7 && depth > 0) {
      const test = expression("bool", 2, locals);
      const otherwise = random() < 0.5 ? [] : block(depth - 1, locals);
      return { stmts: [{ kind: "if", test, then: block(depth - 1, locals), otherwise }], locals };
    }
    if (roll < 0.74) return { stmts: [{ kind: "note", text: "∂loss/∂x = xᵀ · g" }], locals };
    const dtype = pick(dtypes);
    return { stmts: [l.store(`${dtype}A`, address(1, locals), expression(dtype, 4, locals))], locals };
  };
  const block = (depth: number, outer: Locals): LoopStmt[] => {
    const body: LoopStmt[] = [];
    let locals = outer;
    for (let k = Math.floor(random() * 5) + 1; k > 0; k--) {
      const made = statement(depth, locals);
      body.push(...made.stmts);
      locals = made.locals;
    }
    return body;
  };
  const n = { kind: "local", name: "n", type: "index", lanes: 1, mutable: false } as const;
  return {
    name: `program${seed}`,
    doc: random() < 0.5 ? [] : ["What it computes   (model.ts:3)", "", "and why"],
    params: [
      ...dtypes.map((dtype) => ({ kind: "array", name: `${dtype}A`, dtype }) as const),
      { kind: "scalar", name: "n", type: "index" },
    ],
    body: block(3, [n]),
  };
}

/** Arguments for `randomLoop`, the same for the same seed. */
export function randomArguments(
  seed: number,
): [Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array, number] {
  const random = randomFrom(seed + 1e6);
  const fill = <A extends { [k: number]: number; readonly length: number }>(
    array: A,
    make: () => number,
  ): A => {
    for (let k = 0; k < array.length; k++) array[k] = make();
    return array;
  };
  return [
    fill(new Float32Array(arraySize), () => random() * 8 - 4),
    fill(new Float64Array(arraySize), () => random() * 8 - 4),
    fill(new Int32Array(arraySize), () => random() * 100 - 50),
    fill(new Uint32Array(arraySize), () => random() * 2 ** 32),
    fill(new Uint8Array(arraySize), () => (random() < 0.5 ? 1 : 0)),
    3,
  ];
}
