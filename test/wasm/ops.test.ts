import { describe, expect, test } from "vitest";
import { prepare, type LoopArray } from "../../src/eval/interpret.ts";
import type { Buffer } from "../../src/ir/kernel.ts";
import {
  l,
  type Lanes,
  type LocalType,
  type LoopExpr,
  type LoopFunction,
  type LoopOp,
} from "../../src/ir/loop.ts";
import type { DType } from "../../src/ir/type.ts";
import { buffer, callOf, firstDifference, planOf, programOf, running, view } from "./run.ts";
import { allowRelaxed } from "./relaxed.ts";
import { randomFrom } from "../ops/sample.ts";

allowRelaxed();

const size = 400;
const specials: Readonly<Record<LocalType, readonly number[]>> = {
  f64: [
    0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 7, -7, Infinity, -Infinity, NaN, 5e-324, -5e-324, 2.2250738585072014e-308,
    1.7976931348623157e308, 2 ** 31, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 + 2, -(2 ** 63),
    2 ** 64, 2 ** 84 + 2 ** 32, 1e300, 4294967295.5, 0.1, -1e-200,
  ],
  f32: [
    0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 7, -7, Infinity, -Infinity, NaN, 1e-45, -1e-45, 1.1754943508222875e-38,
    3.4028234663852886e38, 2 ** 31, 2 ** 31 - 128, -(2 ** 31), -(2 ** 31) - 256, 2 ** 32, 2 ** 33 + 2 ** 12, 2 ** 40 + 2 ** 20, -(2 ** 63), 0.1,
  ],
  i32: [0, 1, -1, 2, -2, 3, 7, -7, 31, 32, 33, 100, 65536, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1],
  u32: [0, 1, 2, 3, 7, 31, 32, 33, 100, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1],
  bool: [0, 1],
  index: [0, 1, 2, 3, 5, 100, 4000, -1, -7],
}; // prettier-ignore

/** Every pair of the first values meets; the others are random, over all sizes that the type has. */
function valuesOf(type: LocalType, operand: number, fixed?: readonly number[]): number[] {
  const list = fixed ?? specials[type];
  const random = randomFrom(operand + 17);
  const any = (): number => {
    if (type === "bool") return random() < 0.5 ? 1 : 0;
    if (type === "index") return Math.floor(random() * 5000) - 1000;
    if (type === "i32" || type === "u32") return Math.floor((random() - (type === "i32" ? 0.5 : 0)) * 2 ** (1 + Math.floor(random() * 32))); // prettier-ignore
    const power = random() < 0.5 ? 6 : type === "f32" ? 250 : 2000;
    return (random() * 2 - 1) * 2 ** ((random() - 0.5) * power);
  };
  return Array.from({ length: size }, (_, k) => {
    if (operand === 0 && k < 360) return list[k % list.length];
    if (operand === 1 && k < 360) return list[Math.floor((k * 7) / list.length + k / 3) % list.length];
    return fixed ? list[Math.floor(random() * list.length)] : any();
  });
}

/** The array that a local of a type is read from and written to; an index is cast. */
const dtypeOf = (type: LocalType): DType => (type === "index" ? "i32" : type);
const cast = (x: LoopExpr, type: LocalType): LoopExpr =>
  x.type === type ? x : l.op("cast", [x], type, x.lanes);

interface Case {
  readonly op: LoopOp;
  readonly types: readonly LocalType[];
  readonly result: LocalType;
  readonly values?: readonly number[];
  /** Numbers in the place of operands. */
  readonly constants?: readonly (number | undefined)[];
  /** Where lanes may differ from scalars in the sign of a zero. */
  readonly zerosAlike?: boolean;
}

function functionOf(
  { op, types, result, constants = [] }: Case,
  lanes: Lanes,
  scalars: readonly number[] = [],
): LoopFunction {
  const i = l.local("i");
  const operand = (type: LocalType, k: number): LoopExpr => {
    const constant = constants[k];
    if (constant !== undefined) return l.number(constant, type);
    if (scalars.includes(k)) return l.local(`s${k}`, type);
    return cast(l.load(`in${k}`, i, dtypeOf(type), lanes), type);
  };
  const value = l.op(op, types.map(operand), result, lanes);
  return {
    name: `${op}x${lanes}`,
    doc: [],
    params: [
      ...types.map((type, k) => ({ kind: "array", name: `in${k}`, dtype: dtypeOf(type) }) as const),
      { kind: "array", name: "out", dtype: dtypeOf(result) },
    ],
    body: [
      ...scalars.map((k) => l.const(`s${k}`, l.load(`in${k}`, l.number(size - 1), types[k]))),
      l.for("i", l.number(0), l.number(size), lanes, [l.store("out", i, cast(value, dtypeOf(result)))]),
    ],
  };
}

interface Arranged {
  readonly buffers: readonly Buffer[];
  readonly inputs: readonly (readonly number[])[];
}
const arranged = ({ types, result, values }: Case): Arranged => ({
  buffers: [
    ...types.map((type, k) => buffer(`in${k}`, dtypeOf(type), size)),
    buffer("out", dtypeOf(result), size),
  ],
  inputs: types.map((type, k) => valuesOf(type, k, type === "bool" && values ? undefined : values)),
});

/** What the interpreter makes of a function. */
function expectedOf(fn: LoopFunction, { buffers, inputs }: Arranged): ArrayBuffer {
  const memory = new ArrayBuffer(65536);
  const plan = planOf(buffers);
  const views: LoopArray[] = buffers.map((each) => view(memory, each, plan));
  for (const [k, values] of inputs.entries()) views[k].set(values);
  prepare(fn, views)([]);
  return memory;
}

/** The same of the scalar function; operands that are scalars repeat their last element. */
function expectedOfScalars(
  one: Case,
  { buffers, inputs }: Arranged,
  scalars: readonly number[],
): ArrayBuffer {
  const repeated = inputs.map((values, k) =>
    scalars.includes(k) ? values.map(() => values[size - 1]) : values,
  );
  const memory = expectedOf(functionOf(one, 1), { buffers, inputs: repeated });
  const plan = planOf(buffers);
  for (const [k, values] of inputs.entries()) view(memory, buffers[k], plan).set(values);
  return memory;
}

function check(one: Case, lanes: Lanes, relaxed: boolean, scalars: readonly number[] = []): void {
  const { buffers, inputs } = arranged(one);
  const plan = planOf(buffers);
  const fn = functionOf(one, lanes, scalars);
  const entry = { name: "run", calls: [{ kind: "calls", calls: [callOf(fn, buffers)] }] } as const;
  const wasm = running(programOf(fn), plan, [entry], relaxed);
  for (const [k, values] of inputs.entries()) view(wasm.memory, buffers[k], plan).set(values);
  wasm.call("run");
  const ofLanes = expectedOf(fn, { buffers, inputs });
  const ofScalars = expectedOfScalars(one, { buffers, inputs }, scalars);
  const difference =
    firstDifference(wasm.memory, ofLanes, plan, buffers) ??
    firstDifference(wasm.memory, ofScalars, plan, buffers, one.zerosAlike && lanes > 1);
  const at = Number(/\[(\d+)\]/.exec(difference ?? "")?.[1]);
  const operands = inputs.map(
    (values, k) => one.constants?.[k] ?? (scalars.includes(k) ? values[size - 1] : values[at]),
  );
  expect(difference, `of ${operands.join(", ")} in ${lanes} lanes`).toBeNull();
}

const numbers: readonly LocalType[] = ["f64", "f32", "i32", "u32"];
const all: readonly LocalType[] = [...numbers, "bool"];
const uniform = (op: LoopOp, arity: number, types: readonly LocalType[], more: Partial<Case> = {}): Case[] =>
  types.map((type) => ({ op, types: Array.from({ length: arity }, () => type), result: type, ...more }));
const extremes = { zerosAlike: true };

/** Of every size, with ties between quarter turns, and beyond what has any digit of an angle. */
const angles = [
  0,
  -0,
  0.1,
  -0.1,
  Math.PI / 4,
  -Math.PI / 4,
  0.75,
  1.5,
  -7,
  100,
  -1e5,
  123456.789,
  -8388607.5,
  16777216,
  2 ** 31,
  -(2 ** 31),
  1e12,
  1e30,
  -3e38,
  NaN,
  Infinity,
  -Infinity,
];

const cases: readonly Case[] = [
  ...["add", "sub", "mul"].flatMap((op) => uniform(op as LoopOp, 2, [...numbers, "index"])),
  ...["div", "rem"].flatMap((op) => uniform(op as LoopOp, 2, numbers)),
  ...[7, -1, 2, 0].flatMap((by) =>
    ["div", "rem"].flatMap((op) => uniform(op as LoopOp, 2, ["i32", "f32"], { constants: [undefined, by] })),
  ),
  ...[7, 16, 3].flatMap((by) => uniform("rem", 2, ["index", "u32"], { constants: [undefined, by] })),
  ...["maximum", "minimum"].flatMap((op) => [
    ...uniform(op as LoopOp, 2, [...all, "index"], extremes),
    ...[0, -1.5, Infinity, NaN].flatMap((x) => [
      ...uniform(op as LoopOp, 2, ["f32", "f64"], { ...extremes, constants: [undefined, x] }),
      ...uniform(op as LoopOp, 2, ["f32", "f64"], { ...extremes, constants: [x, undefined] }),
    ]),
  ]),
  ...["neg", "abs", "sign", "floor", "trunc"].flatMap((op) => uniform(op as LoopOp, 1, numbers)),
  ...uniform("sqrt", 1, ["f64", "f32"]),
  ...["equal", "notEqual", "less", "lessEqual"].flatMap((op) =>
    [...all, "index" as const].map((type): Case => ({ op: op as LoopOp, types: [type, type], result: "bool" })),
  ),
  ...["and", "or", "xor"].flatMap((op) => uniform(op as LoopOp, 2, ["i32", "u32", "bool"])),
  ...uniform("not", 1, ["i32", "u32", "bool"]),
  ...["shiftLeft", "shiftRight", "rotateLeft"].flatMap((op) => [
    ...uniform(op as LoopOp, 2, ["i32", "u32"]),
    ...[0, 1, 13, 31].flatMap((by) => uniform(op as LoopOp, 2, ["i32", "u32"], { constants: [undefined, by] })),
  ]),
  ...[...all, "index" as const].map((type): Case => ({ op: "select", types: ["bool", type, type], result: type })),
  ...(["f32", "i32", "bool"] as const).flatMap((type) =>
    [0, 1].flatMap((x) => [
      { op: "select", types: ["bool", type, type], result: type, constants: [undefined, x, undefined] } as const,
      { op: "select", types: ["bool", type, type], result: type, constants: [undefined, undefined, x] } as const,
    ]),
  ),
  ...[...all, "index" as const].flatMap((from) =>
    all.map((to): Case => ({ op: "cast", types: [from], result: to })),
  ),
  ...(["i32", "bool"] as const).map((from): Case => ({ op: "cast", types: [from], result: "index" })),
  { op: "cast", types: ["f64"], result: "index", values: [0, -0, 1.5, -1.5, 1e6, -0.9, 0.9, 7] },
  { op: "pow2", types: ["f64"], result: "f64", values: Array.from({ length: 360 }, (_, k) => Math.round((k - 180) * (1100 / 180))) },
  { op: "pow2", types: ["f64"], result: "f64", values: [-1100, 1100, 1023, 1024, -1022, -1023, -1073, -1074, -1075, -1076, 0, -0, 1, -1] },
  { op: "pow2", types: ["f32"], result: "f32", values: Array.from({ length: 360 }, (_, k) => Math.round((k - 180) * 1.4)) },
  { op: "pow2", types: ["f32"], result: "f32", values: [-252, 252, 127, 128, -126, -127, -148, -149, -150, -151, 0, -0, 1, -1] },
  { op: "pow2n", types: ["f32"], result: "f32", values: Array.from({ length: 256 }, (_, k) => k - 127) },
  { op: "exponent", types: ["f64"], result: "f64", values: [1, 1.5, 2, 0.1, 2.2250738585072014e-308, 1.7976931348623157e308, 3, 1e-300, 0.9999999999999999] },
  { op: "exponent", types: ["f32"], result: "f32", values: [1, 1.5, 2, 0.1, 1.1754943508222875e-38, 3.4028234663852886e38, 3, 1e-30, 0.99999994] },
  ...(["turned", "quarter"] as const).flatMap((op) => (["f32", "f64"] as const).map((type): Case => ({ op, types: [type], result: type, values: angles }))),
]; // prettier-ignore

const nameOf = ({ op, types, result, constants }: Case): string =>
  `${op}(${types.map((type, k) => constants?.[k] ?? type).join(", ")}): ${result}`;
const hasLanes = ({ types, result }: Case): boolean =>
  ![...types, result].some((type) => type === "f64" || type === "index");

describe("operations are those of the interpreter, to the bit", () => {
  test.each(cases.map((one) => [nameOf(one), one] as const))("%s", (_, one) => {
    check(one, 1, false);
    if (!hasLanes(one)) return;
    check(one, 4, false);
    check(one, 4, true);
    // Scalars stand for four copies, tests choose between whole vectors.
    const { types } = one;
    for (let k = 0; k < types.length; k++) {
      if (types.length > 1 && one.constants?.[k] === undefined) check(one, 4, false, [k]);
    }
    if (types.length > 1 && !one.constants) {
      check(
        one,
        4,
        false,
        types.map((__, k) => k),
      );
    }
  });

  test("an operation that only templates compute is named", () => {
    for (const op of ["exp", "log", "expm1", "log1p", "tanh", "sigmoid", "sin", "cos", "erf"] as const) {
      expect(() => check({ op, types: ["f32"], result: "f32" }, 1, false)).toThrow(
        `the wasm target has no ${op} of f32`,
      );
    }
    expect(() => check({ op: "sqrt", types: ["i32"], result: "i32" }, 4, false)).toThrow(
      "the wasm target has no sqrt of i32 giving i32 in 4 lanes",
    );
  });
});

describe("between scalars and lanes", () => {
  /** Runs a body over a, b (f32), k (i32), m (bool) of 16 elements and gives what it writes to out and whole. */
  function run(
    body: LoopFunction["body"],
    relaxed = false,
  ): { out: Float32Array; whole: Int32Array; flags: Uint8Array } {
    const buffers = [buffer("m", "bool", 16), buffer("flags", "bool", 16), buffer("a", "f32", 16), buffer("b", "f32", 16), buffer("out", "f32", 16), buffer("k", "i32", 16), buffer("whole", "i32", 16)]; // prettier-ignore
    const fn: LoopFunction = {
      name: "lanes",
      doc: [],
      params: buffers.map(({ name, dtype }) => ({ kind: "array", name, dtype }) as const),
      body,
    };
    const plan = planOf(buffers);
    const entry = { name: "run", calls: [{ kind: "calls", calls: [callOf(fn, buffers)] }] } as const;
    const wasm = running(programOf(fn), plan, [entry], relaxed);
    const [m, flags, a, b, out, k, whole] = buffers.map((each) => view(wasm.memory, each, plan));
    for (let at = 0; at < 16; at++) {
      a[at] = 1.1 + at * at;
      b[at] = 0.3 - at;
      k[at] = 10 * at - 30;
      m[at] = [1, 0, 2, 255][at % 4];
      out[at] = -99;
      whole[at] = -99;
      flags[at] = 77;
    }
    wasm.call("run");
    return { out: out as Float32Array, whole: whole as Int32Array, flags: flags as Uint8Array };
  }
  const at = (k: number): LoopExpr => l.number(k);
  const a4 = l.load("a", at(0), "f32", 4);
  const a = Array.from({ length: 16 }, (_, k) => Math.fround(1.1 + k * k));
  const b = Array.from({ length: 16 }, (_, k) => Math.fround(0.3 - k));
  const f = Math.fround;

  test("splat, lanes, ramp, lane", () => {
    const gather = [3, 0, 9, 5].map((k) => l.load("a", at(k), "f32"));
    const mixed = [
      l.load("b", at(1), "f32"),
      l.number(2.5, "f32"),
      l.op("neg", [l.load("a", at(1), "f32")]),
      l.number(-0, "f32"),
    ];
    const { out, whole } = run([
      l.store("out", at(0), l.op("splat", [l.load("a", at(2), "f32")], "f32", 4)),
      l.store("out", at(4), l.op("lanes", gather, "f32", 4)),
      l.store("out", at(8), l.op("lanes", mixed, "f32", 4)),
      l.store("out", at(12), l.op("lane", [a4, at(0)], "f32", 1)),
      l.store("out", at(13), l.op("lane", [a4, at(3)], "f32", 1)),
      l.for("i", at(3), at(6), 1, [l.store("whole", l.op("mul", [l.op("sub", [l.local("i"), at(3)]), at(4)]), l.op("ramp", [l.local("i")], "i32", 4))]),
      l.store("whole", at(12), l.op("lanes", [5, -6, 7, 8].map((x) => l.number(x, "i32")), "i32", 4)),
    ]); // prettier-ignore
    expect([...out.subarray(0, 4)]).toEqual([a[2], a[2], a[2], a[2]]);
    expect([...out.subarray(4, 8)]).toEqual([a[3], a[0], a[9], a[5]]);
    expect([...out.subarray(8, 12)]).toEqual([b[1], 2.5, -a[1], -0]);
    expect([...out.subarray(12, 14)]).toEqual([a[0], a[3]]);
    expect([...whole]).toEqual([3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8, 5, -6, 7, 8]);
  });

  test("what is shifted down converts as an unsigned number", () => {
    const word = l.op("cast", [l.load("k", at(0), "i32", 4)], "u32", 4);
    const shifted = (by: number): LoopExpr => l.op("shiftRight", [word, l.number(by, "u32")], "u32", 4);
    const { out } = run(
      [0, 1, 8, 32].map((by, k) => l.store("out", at(4 * k), l.op("cast", [shifted(by)], "f32", 4))),
    );
    const words = [-30, -20, -10, 0];
    expect([...out]).toEqual([0, 1, 8, 32].flatMap((by) => words.map((x) => f((x >>> by) >>> 0))));
  });

  test("folds in the order (0 ∘ 2) ∘ (1 ∘ 3)", () => {
    const fold = (op: LoopOp, x: LoopExpr): LoopExpr => l.op(op, [x], x.type, 1);
    const k4 = l.load("k", at(0), "i32", 4);
    const withNaN = l.op("lanes", [1, NaN, 3, 2].map((x) => l.number(x, "f32")), "f32", 4); // prettier-ignore
    const masks = l.load("m", at(0), "bool", 4);
    const { out, whole } = run([
      l.store("out", at(0), fold("sumLanes", a4)),
      l.store("out", at(1), fold("prodLanes", a4)),
      l.store("out", at(2), fold("maximumLanes", l.load("b", at(0), "f32", 4))),
      l.store("out", at(3), fold("minimumLanes", l.load("b", at(0), "f32", 4))),
      l.store("out", at(4), fold("maximumLanes", withNaN)),
      l.store("out", at(5), fold("minimumLanes", withNaN)),
      l.store("whole", at(0), fold("sumLanes", k4)),
      l.store("whole", at(1), fold("prodLanes", k4)),
      l.store("whole", at(2), fold("maximumLanes", k4)),
      l.store("whole", at(3), fold("minimumLanes", k4)),
      l.store("whole", at(4), cast(fold("maximumLanes", masks), "i32")),
      l.store("whole", at(5), cast(fold("minimumLanes", masks), "i32")),
    ]);
    expect([...out.subarray(0, 6)]).toEqual([
      f(f(a[0] + a[2]) + f(a[1] + a[3])),
      f(f(a[0] * a[2]) * f(a[1] * a[3])),
      b[0],
      b[3],
      NaN,
      NaN,
    ]);
    expect([...whole.subarray(0, 6)]).toEqual([-60, 0, 0, -30, 1, 0]);
  });

  test("parts of vectors: lanes beyond are 0 when loaded and left alone when stored", () => {
    const part = (array: string, index: number, type: LocalType, count: 2 | 3): LoopExpr => ({
      ...(l.load(array, at(index), type, 4) as LoopExpr & { kind: "load" }),
      part: count,
    });
    const store = (
      array: string,
      index: number,
      value: LoopExpr,
      count: 2 | 3,
    ): LoopFunction["body"][number] => ({
      ...(l.store(array, at(index), value) as LoopFunction["body"][number] & { kind: "store" }),
      part: count,
    });
    const { out, whole, flags } = run([
      l.store("out", at(0), part("a", 13, "f32", 3)),
      l.store("out", at(4), part("a", 14, "f32", 2)),
      store("out", 8, a4, 2),
      store("out", 11, a4, 3),
      l.store("whole", at(0), part("k", 13, "i32", 3)),
      store("whole", 4, l.load("k", at(4), "i32", 4), 3),
      l.store("flags", at(0), part("m", 13, "bool", 3)),
      l.store("flags", at(4), part("m", 14, "bool", 2)),
      store("flags", 8, l.load("m", at(0), "bool", 4), 2),
      store("flags", 13, l.load("m", at(0), "bool", 4), 3),
    ]);
    expect([...out]).toEqual([
      a[13],
      a[14],
      a[15],
      0,
      a[14],
      a[15],
      0,
      0,
      a[0],
      a[1],
      -99,
      a[0],
      a[1],
      a[2],
      -99,
      -99,
    ]);
    expect([...whole.subarray(0, 8)]).toEqual([100, 110, 120, 0, 10, 20, 30, -99]);
    expect([...flags]).toEqual([0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 77, 77, 77, 1, 0, 1]);
  });

  test("a part that ends with memory reads and writes nothing beyond", () => {
    const last = buffer("last", "f32", 65536 / 4);
    const load = {
      ...(l.load("last", at(65536 / 4 - 3), "f32", 4) as LoopExpr & { kind: "load" }),
      part: 3 as const,
    };
    const fn: LoopFunction = {
      name: "end",
      doc: [],
      params: [{ kind: "array", name: "last", dtype: "f32" }],
      body: [
        { ...(l.store("last", at(65536 / 4 - 3), l.op("neg", [load])) as LoopFunction["body"][number] & { kind: "store" }), part: 3 },
      ],
    }; // prettier-ignore
    const plan = planOf([last]);
    const wasm = running(programOf(fn), plan, [
      { name: "run", calls: [{ kind: "calls", calls: [callOf(fn, [last])] }] },
    ]);
    expect(wasm.memory.byteLength).toBe(65536);
    const values = view(wasm.memory, last, plan);
    values.set([1, 2, 3], 65536 / 4 - 3);
    wasm.call("run");
    expect([...values.subarray(65536 / 4 - 4)]).toEqual([0, -1, -2, -3]);
  });

  test("a product in a sum is rounded once in the relaxed variant at most, and twice in the plain one", () => {
    const [x, y, z] = [
      l.load("a", at(4), "f32", 4),
      l.load("b", at(4), "f32", 4),
      l.load("a", at(8), "f32", 4),
    ];
    const product = l.op("mul", [x, y]);
    const body = [
      l.store("out", at(0), l.op("add", [product, z])),
      l.store("out", at(4), l.op("add", [z, product])),
      l.store("out", at(8), l.op("sub", [z, product])),
      l.store("out", at(12), l.op("sub", [product, z])),
    ];
    const exact = [0, 1, 2, 3].map((k) => ({ p: a[4 + k] * b[4 + k], c: a[8 + k] }));
    const twice = [
      ...exact.map(({ p, c }) => f(f(p) + c)),
      ...exact.map(({ p, c }) => f(f(p) + c)),
      ...exact.map(({ p, c }) => f(c - f(p))),
      ...exact.map(({ p, c }) => f(f(p) - c)),
    ];
    // A product of two float32 is exact in float64, and here so is its sum with a third.
    const once = [
      ...exact.map(({ p, c }) => f(p + c)),
      ...exact.map(({ p, c }) => f(p + c)),
      ...exact.map(({ p, c }) => f(c - p)),
      ...exact.map(({ p, c }) => f(f(p) - c)),
    ];
    expect([...run(body).out]).toEqual(twice);
    const relaxed = [...run(body, true).out];
    for (const [k, found] of relaxed.entries()) expect([once[k], twice[k]]).toContain(found);
  });
});
