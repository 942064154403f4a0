import { laneOps, l, type LocalType, type LoopExpr, type LoopFunction, type LoopOp, type LoopStmt, type Part } from "../../src/ir/loop.ts"; // prettier-ignore
import { arraySize } from "./random-loops.ts";
import { randomFrom } from "../ops/sample.ts";

type Vector = "f32" | "i32" | "u32" | "bool";
const vectors: readonly Vector[] = ["f32", "i32", "u32", "bool"];
const dtypes = ["f32", "f64", "i32", "u32", "bool"] as const;

const oneOperand: Readonly<Record<Vector, readonly LoopOp[]>> = {
  f32: ["neg", "abs", "sign", "sqrt", "floor", "trunc", "exp", "log", "expm1", "log1p", "tanh", "sin", "cos"],
  i32: ["neg", "abs", "sign", "not"],
  u32: ["not"],
  bool: ["not"],
};
const whole: readonly LoopOp[] = ["add", "sub", "mul", "maximum", "minimum", "and", "or", "xor", "shiftLeft", "shiftRight", "rotateLeft"]; // prettier-ignore
const twoOperands: Readonly<Record<Vector, readonly LoopOp[]>> = {
  f32: ["add", "sub", "mul", "div", "rem", "maximum", "minimum", "pow"],
  i32: whole,
  u32: whole,
  bool: ["equal", "notEqual", "less", "lessEqual", "and", "or"],
};
const folds = laneOps.filter((op) => op.endsWith("Lanes"));

/**
 * A well-typed program over lanes that stays inside its arrays, which are those of `randomArguments`. Its scalars are
 * numbers, locals, elements, lanes and folds without arithmetic between them, so that its text rounds like the lanes
 * when it runs as TypeScript.
 */
export function randomLanes(seed: number): LoopFunction {
  const random = randomFrom(seed + 5e5);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  let count = 0;
  type Local = LoopExpr & { readonly kind: "local" };
  interface Reach {
    readonly all: readonly Local[];
    readonly settable: readonly Local[];
  }

  const number = (type: LocalType): number => {
    if (type === "bool") return random() < 0.5 ? 1 : 0;
    if (type === "u32") return Math.floor(random() * 2 ** 32);
    if (type === "i32") return Math.floor((random() - 0.5) * 100);
    return Math.fround(pick([0, -0, 1, -1, 0.5, 2, -3.25, 1e-3, Infinity, NaN, 3e38, random()]));
  };
  /** An address with `room` elements from it on. */
  const address = (room: number, reach: Reach): LoopExpr => {
    const counters = reach.all.filter(({ type }) => type === "index");
    const places = arraySize - room + 1;
    if (counters.length === 0 || random() < 0.5) return l.number(Math.floor(random() * places));
    return l.op("rem", [l.op("add", [pick(counters), l.number(7)]), l.number(places)]);
  };
  const load = (type: LocalType, lanes: 1 | 4, reach: Reach): LoopExpr => {
    const part = lanes === 4 && random() < 0.4 ? pick([2, 3] as const) : undefined;
    const at = address(part ?? lanes, reach);
    return { ...l.load(`${type}A`, at, type, lanes), ...(part && { part }) } as LoopExpr;
  };
  const scalar = (type: Vector, depth: number, reach: Reach): LoopExpr => {
    const names = reach.all.filter((local) => local.type === type && local.lanes === 1);
    const roll = random();
    if (roll < 0.3 && names.length > 0) return pick(names);
    if (roll < 0.5 && depth > 0)
      return l.op("lane", [vector(type, depth - 1, reach), l.number(Math.floor(random() * 4))], type, 1);
    if (roll < 0.7 && depth > 0 && type !== "bool")
      return l.op(pick(folds), [vector(type, depth - 1, reach)], type, 1);
    return roll < 0.8 ? l.number(number(type), type) : load(type, 1, reach);
  };
  const operand = (type: Vector, depth: number, reach: Reach): LoopExpr =>
    random() < 0.25 ? scalar(type, depth, reach) : vector(type, depth, reach);
  const vector = (type: Vector, depth: number, reach: Reach): LoopExpr => {
    const names = reach.all.filter((local) => local.type === type && local.lanes === 4);
    const roll = random();
    if (depth <= 0 || roll < 0.1) {
      if (names.length > 0 && random() < 0.5) return pick(names);
      return random() < 0.4 ? l.number(number(type), type, 4) : load(type, 4, reach);
    }
    const inner = (of: Vector): LoopExpr => operand(of, depth - 1, reach);
    if (roll < 0.18) return l.op("splat", [scalar(type, depth - 1, reach)], type, 4);
    if (roll < 0.26) {
      const lanes = [0, 1, 2, 3].map(() => scalar(type, depth - 1, reach));
      return l.op("lanes", lanes, type, 4);
    }
    if (roll < 0.32 && type === "i32") return l.op("ramp", [address(1, reach)], "i32", 4);
    if (roll < 0.4) {
      const [yes, no] = [vector(type, depth - 1, reach), vector(type, depth - 1, reach)];
      return l.choose(scalar("bool", depth - 1, reach), yes, no);
    }
    if (roll < 0.5) return l.op("select", [inner("bool"), inner(type), inner(type)], type, 4);
    if (roll < 0.6) return l.op("cast", [inner(pick(vectors))], type, 4);
    if (roll < 0.7) return l.op(pick(oneOperand[type]), [inner(type)], type, 4);
    const op = pick(twoOperands[type]);
    const from = type === "bool" && op !== "and" && op !== "or" ? pick(["f32", "i32", "u32"] as const) : type;
    return l.op(op, [inner(from), inner(from)], type, 4);
  };
  const statement = (depth: number, reach: Reach): { stmt: LoopStmt; reach: Reach } => {
    const roll = random();
    const lanes = random() < 0.75 ? 4 : 1;
    const value = (type: Vector): LoopExpr => (lanes === 4 ? vector(type, 3, reach) : scalar(type, 2, reach));
    if (roll < 0.35) {
      const made = value(pick(vectors));
      const local = l.local(`v${count++}`, made.type, lanes) as Local;
      const mutable = random() < 0.6;
      const settable = mutable ? [...reach.settable, local] : reach.settable;
      const stmt = mutable ? l.let(local.name, made) : l.const(local.name, made);
      return { stmt, reach: { all: [...reach.all, local], settable } };
    }
    if (roll < 0.55 && reach.settable.length > 0) {
      const target = pick(reach.settable);
      const type = target.type as Vector;
      const set = target.lanes === 4 ? vector(type, 3, reach) : scalar(type, 2, reach);
      return { stmt: l.set(target.name, set), reach };
    }
    if (roll < 0.65 && depth > 0) {
      const counter = l.local(`i${count++}`) as Local;
      const body = block(depth - 1, { ...reach, all: [...reach.all, counter] });
      return { stmt: l.for(counter.name, l.number(0), l.local("n"), pick([1, 4]), body), reach };
    }
    if (roll < 0.72 && depth > 0) {
      const test = scalar("bool", 2, reach);
      return { stmt: { kind: "if", test, then: block(depth - 1, reach), otherwise: [] }, reach };
    }
    const type = pick(vectors);
    const stored = value(type);
    const part: Part | undefined = lanes === 4 && random() < 0.4 ? pick([2, 3] as const) : undefined;
    const store = l.store(`${type}A`, address(part ?? lanes, reach), stored);
    return { stmt: { ...store, ...(part && { part }) } as LoopStmt, reach };
  };
  const block = (depth: number, outer: Reach): LoopStmt[] => {
    let reach = outer;
    return Array.from({ length: 2 + Math.floor(random() * 4) }, () => {
      const made = statement(depth, reach);
      ({ reach } = made);
      return made.stmt;
    });
  };
  return {
    name: `lanes${seed}`,
    doc: [],
    params: [
      ...dtypes.map((dtype) => ({ kind: "array", name: `${dtype}A`, dtype }) as const),
      { kind: "scalar", name: "n", type: "index" },
    ],
    body: block(3, { all: [l.local("n") as Local], settable: [] }),
  };
}
