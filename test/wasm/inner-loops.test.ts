import { describe, expect, test } from "vitest";
import { wasmModules, type WasmModule } from "../../src/backends/wasm/index.ts";
import { w, type Code } from "../../src/backends/wasm/encode/code.ts";
import { l, type LoopExpr, type LoopFunction, type LoopStmt } from "../../src/ir/loop.ts";
import type { Buffer } from "../../src/ir/kernel.ts";
import { callOf, planOf, programOf } from "./run.ts";

const add = (...parts: readonly LoopExpr[]): LoopExpr => parts.reduce((a, b) => l.op("add", [a, b]));
const times = (a: LoopExpr, b: number): LoopExpr => l.op("mul", [a, l.number(b)]);
const local = (name: string): LoopExpr => l.local(name);

const [depth, width] = [64, 32];
/** c = a·b for n rows, in tiles of 4 rows and 8 columns, as lowering writes it. */
function product(): LoopFunction {
  const rows = [0, 1, 2, 3];
  const vectors = [0, 1];
  const tile = rows.flatMap((row) => vectors.map((vector) => ({ row, vector, sum: `sum${row}${vector}` })));
  const vector4 = (name: string): LoopExpr => l.local(name, "f32", 4);
  const step: LoopStmt[] = [
    l.const("p1", add(local("p0"), local("k"))),
    l.const("p2", add(local("j"), times(local("k"), width))),
    ...vectors.map((v) => l.const(`b${v}`, l.load("b", add(local("p2"), l.number(4 * v)), "f32", 4))),
    ...rows.map((row) => l.const(`a${row}`, l.load("a", add(local("p1"), l.number(row * depth)), "f32"))),
    ...tile.map(({ row, vector, sum }) =>
      l.set(sum, l.op("add", [vector4(sum), l.op("mul", [l.local(`a${row}`, "f32"), vector4(`b${vector}`)], "f32", 4)])),
    ),
  ];
  const columns: LoopStmt[] = [
    l.const("p4", add(local("p3"), local("j"))),
    ...tile.map(({ sum }) => l.let(sum, l.number(0, "f32", 4))),
    l.for("k", l.number(0), l.number(depth), 1, step),
    ...tile.map(({ row, vector, sum }) => l.store("c", add(local("p4"), l.number(row * width + 4 * vector)), vector4(sum))),
  ];
  const all: LoopStmt[] = [
    l.const("p0", times(local("i"), depth)),
    l.const("p3", times(local("i"), width)),
    l.for("j", l.number(0), l.number(width), 8, columns),
  ];
  return {
    name: "product",
    doc: [],
    params: [
      ...["a", "b", "c"].map((name) => ({ kind: "array", name, dtype: "f32" }) as const),
      { kind: "scalar", name: "n", type: "index" },
    ],
    body: [l.for("i", l.number(0), local("n"), 4, all)],
  };
} // prettier-ignore

function moduleOf(fn: LoopFunction, relaxed: boolean): WasmModule {
  const rows = { times: 1, max: 64 };
  const list = [[rows, depth], [depth, width], [rows, width]].map((shape, k): Buffer => ({ name: "abc"[k], kind: "temporary", dtype: "f32", shape })); // prettier-ignore
  const calls = [callOf(fn, list, true)];
  const modules = wasmModules(programOf(fn), planOf(list), [
    { name: "run", calls: [{ kind: "calls", calls }] },
  ]);
  return relaxed ? modules.relaxed() : modules.plain;
}

const written = (fn: LoopFunction) => moduleOf(fn, false).functions.find(({ name }) => name === fn.name)!;

const partsOf = (code: Code): readonly Code[] => [
  ...("args" in code ? code.args : []),
  ...("body" in code ? code.body : []),
  ...(code.kind === "branch" && code.test ? [code.test] : []),
  ...(code.kind === "if" ? [code.test, ...code.then, ...code.otherwise] : []),
];
const everyCode = (code: Code): readonly Code[] => [code, ...partsOf(code).flatMap(everyCode)];
const innermost = (code: Code): Code | undefined =>
  everyCode(code).findLast(
    (x) =>
      x.kind === "loop" &&
      !partsOf(x)
        .flatMap(everyCode)
        .some((y) => y.kind === "loop"),
  );

/** How often each instruction stands in the innermost loop, moves between locals left out. */
function counts({ functions }: WasmModule, name: string): Record<string, number> {
  const found: Record<string, number> = {};
  const [loop] = functions.find((fn) => fn.name === name)!.body.flatMap((code) => innermost(code) ?? []);
  for (const code of partsOf(loop).flatMap(everyCode)) {
    const op = "op" in code ? code.op : code.kind;
    if (["get", "set", "tee", "number"].includes(op)) continue;
    found[op] = (found[op] ?? 0) + 1;
  }
  return found;
}

describe("an inner loop holds nothing that could stand outside", () => {
  test("of a product: loads, products, sums, a step for each of two pointers, one comparison", () => {
    const feeding = { "v128.load": 2, "v128.load32_splat": 4, "i32.add": 2, "i32.lt_s": 1, branch: 1 };
    expect(counts(moduleOf(product(), false), "product")).toEqual({
      ...feeding,
      "f32x4.mul": 8,
      "f32x4.add": 8,
    });
    expect(counts(moduleOf(product(), true), "product")).toEqual({ ...feeding, "f32x4.relaxed_madd": 8 });
  });

  test("of a pass over three arrays: one pointer, which also counts", () => {
    const at = local("i");
    const value = l.op("maximum", [l.op("mul", [l.load("a", at, "f32", 4), l.number(3, "f32")], "f32", 4), l.load("b", at, "f32", 4)]); // prettier-ignore
    const fn: LoopFunction = { ...product(), body: [l.for("i", l.number(0), times(local("n"), 32), 4, [l.store("c", at, value)])] }; // prettier-ignore
    expect(counts(moduleOf(fn, false), "product")).toEqual({
      "v128.load": 2,
      "v128.store": 1,
      "f32x4.mul": 1,
      "f32x4.pmax": 1,
      "f32x4.ne": 1,
      "v128.or": 1,
      "i32.add": 1,
      "i32.lt_s": 1,
      branch: 1,
    });
  });

  test("where a block takes several elements of an array, how far they are apart is all that instructions say", () => {
    const offsets = moduleOf(product(), false)
      .functions.flatMap(({ body }) => body.flatMap(everyCode))
      .flatMap((code) => (code.kind === "memory" ? [code.offset] : []));
    // Rows of a lie 256 bytes apart and those of c 128, of which two vectors are stored, as two of b are loaded.
    const expected = [0, 16, 128, 144, 256, 272, 384, 400, 512, 768];
    expect([...new Set(offsets)].sort((a, b) => a - b)).toEqual(expected);
  });

  test("tiles and what they leave over: where rows end is one instruction, and their pointers count them", () => {
    const row = (step: number) => [
      l.store("c", times(local("i"), width), l.op("mul", [l.load("a", times(local("i"), depth), "f32"), l.number(step, "f32")], "f32")),
    ]; // prettier-ignore
    const whole = l.op("sub", [local("n"), l.op("rem", [local("n"), l.number(4)])]);
    const body = [
      l.const("whole", whole),
      l.for("i", l.number(0), local("whole"), 4, row(2)),
      l.for("i", local("whole"), local("n"), 1, row(3)),
    ];
    const found: Record<string, number> = {};
    for (const code of written({ ...product(), body }).body.flatMap(everyCode))
      if ("op" in code && code.op.startsWith("i32.")) found[code.op] = (found[code.op] ?? 0) + 1;
    // Two pointers each, set and stepped; the first test, whether there is any whole tile, needs no comparison.
    expect(found).toEqual({ "i32.and": 1, "i32.shl": 4, "i32.add": 4, "i32.lt_s": 3 });
  });

  test("vector constants are made once, at the start of the function", () => {
    const number = l.op("add", [l.load("a", local("i"), "f32", 4), l.number(0.1, "f32")], "f32", 4);
    const fn: LoopFunction = { ...product(), body: [l.for("i", l.number(0), local("n"), 4, [l.store("c", local("i"), number)])] }; // prettier-ignore
    const last = l.op("add", [l.load("a", l.number(8), "f32", 4), l.number(0.1, "f32")], "f32", 4);
    const after = { ...fn, body: [...fn.body, l.store("c", l.number(8), last)] };
    const isFloat = (code: Code): boolean =>
      code.kind === "vector" || (code.kind === "number" && code.type === "f32");
    for (const each of [fn, after]) {
      const [first, ...rest] = written(each).body;
      expect(first).toEqual(w.set({ name: "0.1", type: "v128" }, w.op("f32x4.splat", w.f32(0.1))));
      expect(rest.flatMap(everyCode).filter(isFloat)).toEqual([]);
    }
  });

  test("another name of a number is no other local, unless one of the two changes", () => {
    const value = l.local("sum", "f32");
    const body = (set: LoopStmt[]): LoopStmt[] => [
      l.let("sum", l.load("a", l.number(1), "f32")),
      l.const("whole", l.op("cast", [value], "f32")),
      ...set,
      l.for("i", l.number(0), local("n"), 1, [
        l.store("c", local("i"), l.op("mul", [l.local("whole", "f32"), value], "f32")),
      ]),
    ];
    const locals = (set: LoopStmt[]): number => {
      return written({ ...product(), body: body(set) }).locals.filter(({ type }) => type === "f32").length;
    };
    expect(locals([])).toBe(1);
    expect(locals([l.set("sum", l.number(2, "f32"))])).toBe(2);
  });
});
