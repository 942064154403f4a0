import { expect, test } from "vitest";
import { prepare } from "../../src/eval/interpret.ts";
import { l, type Lanes, type LoopExpr, type LoopFunction, type LoopOp, type LoopStmt, type Part } from "../../src/ir/loop.ts"; // prettier-ignore
import { verifyLoop } from "../../src/ir/verify/loop.ts";
import { buffer, callOf, firstDifference, planOf, programOf, running, view } from "./run.ts";
import { randomFrom } from "../ops/sample.ts";

const types = ["f32", "i32", "u32", "bool"] as const;
type VectorType = (typeof types)[number];
const size = 32;
const reads = types.map((type) => buffer(`${type}In`, type, size));
const writes = types.map((type) => buffer(`${type}Out`, type, size));

const unary: Readonly<Record<VectorType, readonly LoopOp[]>> = {
  f32: ["neg", "abs", "sign", "sqrt", "floor", "trunc"],
  i32: ["neg", "abs", "sign", "not"],
  u32: ["neg", "sign", "not"],
  bool: ["not"],
};
const binary: Readonly<Record<VectorType, readonly LoopOp[]>> = {
  f32: ["add", "sub", "mul", "div", "maximum", "minimum", "rem"],
  i32: ["add", "sub", "mul", "div", "rem", "maximum", "minimum", "and", "or", "xor", "shiftLeft", "shiftRight", "rotateLeft"],
  u32: ["add", "sub", "mul", "div", "rem", "maximum", "minimum", "and", "or", "xor", "shiftLeft", "shiftRight", "rotateLeft"],
  bool: ["and", "or", "xor"],
}; // prettier-ignore

/** A loop over vectors of random operations on vectors and scalars of all types, in expressions and through locals. */
function randomVectors(seed: number): LoopFunction {
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const i = l.local("i");
  const locals: (LoopExpr & { readonly kind: "local" })[] = [];
  let count = 0;

  const number = (type: VectorType, lanes: Lanes): LoopExpr => {
    if (type === "bool") return l.number(random() < 0.5 ? 1 : 0, type, lanes);
    const value = pick([0, 1, 2, 3, 31, 7, ...(type === "f32" ? [-0, 0.5, NaN, Infinity, -3.25] : [])]);
    return l.number(type === "i32" && random() < 0.3 ? -value : value, type, lanes);
  };
  const load = (type: VectorType, lanes: Lanes): LoopExpr => {
    const at = lanes === 4 || random() < 0.5 ? i : l.number(Math.floor(random() * size));
    const made = l.load(`${type}In`, at, type, lanes);
    const part = lanes === 4 && random() < 0.2 ? pick<Part>([2, 3]) : undefined;
    return part && made.kind === "load" ? { ...made, part } : made;
  };
  const leaf = (type: VectorType, lanes: Lanes): LoopExpr => {
    const known = locals.filter((local) => local.type === type && local.lanes === lanes);
    if (known.length > 0 && random() < 0.5) {
      const { name } = pick(known);
      return l.local(name, type, lanes);
    }
    return random() < 0.7 ? load(type, lanes) : number(type, lanes);
  };
  const expression = (type: VectorType, lanes: Lanes, depth: number): LoopExpr => {
    // In an operation on four lanes a scalar stands for four copies.
    const operand = (of: VectorType): LoopExpr => expression(of, lanes === 4 && random() < 0.2 ? 1 : lanes, depth - 1);
    if (depth <= 0 || random() < 0.1) return leaf(type, lanes);
    const roll = random();
    if (roll < 0.1) return l.op("select", [operand("bool"), operand(type), operand(type)], type, lanes);
    if (roll < 0.15) return l.choose(expression("bool", 1, depth - 1), expression(type, lanes, depth - 1), expression(type, lanes, depth - 1)); // prettier-ignore
    if (roll < 0.25) return l.op("cast", [operand(pick(types))], type, lanes);
    if (lanes === 4 && roll < 0.3) return l.op("splat", [expression(type, 1, depth - 1)], type, 4);
    if (lanes === 4 && roll < 0.35) return l.op("lanes", [0, 1, 2, 3].map(() => expression(type, 1, depth - 2)), type, 4);
    if (lanes === 1 && roll < 0.35) return l.op("lane", [expression(type, 4, depth - 1), l.number(Math.floor(random() * 4))], type, 1); // prettier-ignore
    if (lanes === 1 && roll < 0.4 && type !== "bool") return l.op(pick(["sumLanes", "prodLanes", "maximumLanes", "minimumLanes"] as const), [expression(type, 4, depth - 1)], type, 1); // prettier-ignore
    if (lanes === 4 && type === "i32" && roll < 0.38) return l.op("ramp", [i], type, 4);
    if (type === "bool" && roll < 0.7) {
      const from = pick(types);
      return l.op(pick(["equal", "notEqual", "less", "lessEqual"] as const), [operand(from), operand(from)], type, lanes);
    }
    if (roll < 0.55) return l.op(pick(unary[type]), [operand(type)], type, lanes);
    return l.op(pick(binary[type]), [operand(type), operand(type)], type, lanes);
  };
  const statement = (): LoopStmt => {
    const type = pick(types);
    const lanes = pick<Lanes>([1, 4, 4]);
    const value = expression(type, lanes, 3);
    if (random() < 0.5) {
      const name = `v${count++}`;
      locals.push({ kind: "local", name, type, lanes });
      return l.const(name, value);
    }
    const part = lanes === 4 && random() < 0.2 ? pick<Part>([2, 3]) : undefined;
    const made = l.store(`${type}Out`, i, value);
    return part && made.kind === "store" ? { ...made, part } : made;
  };
  return {
    name: `vectors${seed}`,
    doc: [],
    params: [...reads, ...writes].map(({ name, dtype }) => ({ kind: "array", name, dtype }) as const),
    body: [l.for("i", l.number(0), l.number(size), 4, Array.from({ length: 8 }, statement))],
  };
} // prettier-ignore

test("random vectors", () => {
  const list = [...reads, ...writes];
  const plan = planOf(list);
  const failures: string[] = [];
  for (let seed = 0; seed < (process.env.GRADC_LONG ? 20_000 : 600); seed++) {
    const fn = randomVectors(seed);
    expect(verifyLoop(fn)).toEqual([]);
    const random = randomFrom(seed);
    const start = new ArrayBuffer(65536);
    for (const each of reads) {
      const values = view(start, each, plan);
      for (let k = 0; k < size; k++) {
        const any = random() < 0.3 ? 2 ** 32 * random() : 8 * random();
        values[k] =
          each.dtype === "bool" ? Number(any < 2) : each.dtype === "f32" ? any - 3 : Math.floor(any) - 2;
      }
    }
    const wasm = running(programOf(fn), plan, [
      { name: "run", calls: [{ kind: "calls", calls: [callOf(fn, list)] }] },
    ]);
    new Uint8Array(wasm.memory).set(new Uint8Array(start));
    prepare(fn, list.map((each) => view(start, each, plan)))([]); // prettier-ignore
    wasm.call("run");
    const difference = firstDifference(wasm.memory, start, plan, list);
    if (difference) failures.push(`seed ${seed}: ${difference}`);
  }
  expect(failures.slice(0, 8)).toEqual([]);
});
