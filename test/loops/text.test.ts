import { expect, test } from "vitest";
import { l, type LoopExpr, type LoopFunction, type LoopStmt } from "../../src/ir/loop.ts";
import { parseLoop, parseLoops } from "../../src/ir/text/loop-parse.ts";
import { printExpr, printLoop, printLoops } from "../../src/ir/text/loop-print.ts";
import { verifyLoop } from "../../src/ir/verify/loop.ts";
import { templateTable } from "./template-table.ts";
import { randomLoop } from "./random-loops.ts";

test("random programs are sound and parse back to themselves", () => {
  for (let seed = 0; seed < 500; seed++) {
    const fn = randomLoop(seed);
    expect(verifyLoop(fn)).toEqual([]);
    const text = printLoop(fn);
    expect(parseLoop(text), text).toEqual(fn);
    expect(printLoop(parseLoop(text))).toBe(text);
  }
});

test("templates print and parse back", () => {
  const all = [...templateTable().values()];
  expect(parseLoops(printLoops(all))).toEqual(all);
});

const names = {
  arrays: new Map([["a", "f32"]] as const),
  locals: new Map((["x", "y", "z"] as const).map((name) => [name, { type: "f64", lanes: 1 }] as const)),
};
const [x, y, z] = ["x", "y", "z"].map((name) => l.local(name, "f64"));

test("parentheses stand only where they are needed", () => {
  const cases = [
    [l.op("add", [x, l.op("mul", [y, z])]), "x + y * z"],
    [l.op("mul", [l.op("add", [x, y]), z]), "(x + y) * z"],
    [l.op("sub", [x, l.op("sub", [y, z])]), "x - (y - z)"],
    [l.op("sub", [l.op("sub", [x, y]), z]), "x - y - z"],
    [l.op("neg", [l.op("neg", [x])]), "-(-x)"],
    [l.op("neg", [l.number(1, "f64")]), "-(1)"],
    [l.op("sub", [x, l.number(-1, "f64")]), "x - -1"],
    [l.op("maximum", [x, l.number(0, "f64")]), "Math.max(x, 0)"],
    [l.choose(l.op("less", [x, y], "bool"), x, l.choose(l.op("not", [l.number(1, "bool")]), y, z)), "x < y ? x : !true ? y : z"],
    [l.op("less", [l.load("a", l.number(2), "f32"), l.load("a", l.number(3), "f32")], "bool"), "(a[2] as f32) < a[3]"],
    [l.op("cast", [l.number(1, "i32")], "f64"), "f64((1 as i32))"],
  ] as const; // prettier-ignore
  for (const [expr, text] of cases) expect(printExpr(expr, names, "f64")).toBe(text);
});

test("precision is spelt where the context does not say it", () => {
  const fn = parseLoop(`function f(a: f32s, b: f64s, x: f32): bool {
    const y: f32 = a[0] + x * a[1];
    const z: f64 = a[0] + b[1];
    b[0] = a[1] < y ? f64(a[1] as f32) : z;
    return 1 < a[2] && x !== 0.5;
  }`);
  expect(verifyLoop(fn)).toEqual([]);
  expect(printLoop(fn)).toContain("b[0] = a[1] < y ? f64((a[1] as f32)) : z;");
});

test("lanes are spelt and parse back", () => {
  const v = l.local("v", "f32", 4);
  const fn: LoopFunction = {
    name: "lanes",
    doc: [],
    params: [{ kind: "array", name: "a", dtype: "f32" }],
    body: [
      l.const("v", l.load("a", l.number(0), "f32", 4)),
      l.let("w", l.op("add", [v, l.number(1.5, "f32", 4)])),
      l.set("w", l.op("cast", [l.load("a", l.number(4), "f32")], "f32", 4)),
      l.set("w", l.op("select", [l.op("less", [v, l.number(0, "f32", 4)], "bool", 4), v, v], "f32", 4)),
      l.set("w", { kind: "call", name: "swish", args: [v], type: "f32", lanes: 4 }),
      l.set("w", l.op("splat", [l.number(2, "f32")], "f32", 4)),
      l.set(
        "w",
        l.op(
          "lanes",
          [
            l.op("sumLanes", [v], "f32", 1),
            ...[0, 1, 2].map((k) => l.op("lane", [v, l.number(k)], "f32", 1)),
          ],
          "f32",
          4,
        ),
      ),
      l.set("w", l.op("cast", [l.op("ramp", [l.number(3)], "i32", 4)], "f32", 4)),
      l.set("w", { ...l.load("a", l.number(0), "f32", 4), part: 3 } as LoopExpr),
      { ...l.store("a", l.number(0), v), part: 2 } as LoopStmt,
      l.store("a", l.number(0), l.local("w", "f32", 4)),
    ],
  };
  expect(verifyLoop(fn)).toEqual([]);
  expect(parseLoop(printLoop(fn))).toEqual(fn);
  for (const line of [
    "let w: f32x4 = f32x4_add(v, f32x4_const(1.5));",
    "w = f32x4_splat(2);",
    "w = f32x4_lanes(f32x4_sumLanes(v), f32x4_lane(v, 0), f32x4_lane(v, 1), f32x4_lane(v, 2));",
    "w = f32x4_cast(i32x4_ramp(3));",
    "w = f32x4_load3(a, 0);",
    "f32x4_store2(a, 0, v);",
  ])
    expect(printLoop(fn)).toContain(`  ${line}\n`);
});

test("a long head is broken, and else-if chains stay flat", () => {
  const text = `export function f(a: f32s, i: index): void {
  if (i < 1) {
    a[0] = 1;
  } else if (i < 2) {
    a[0] += 2;
  } else {
    a[0] = 3;
  }
}
`;
  expect(printLoop(parseLoop(text))).toBe(text.replace("a[0] += 2", "a[0] = a[0] + 2"));
  const long = parseLoop(text.replace("i: index", `${"abcdefgh".repeat(12)}: index, i: index,`));
  expect(printLoop(long)).toMatch(/^export function f\(\n {2}a: f32s,\n/);
});

test("errors name the line and the column", () => {
  const at = (body: string): string => {
    try {
      parseLoop(`function f(a: f32s): void {\n  ${body}\n}`, "f.ts");
    } catch (error) {
      if (error instanceof SyntaxError) return error.message.replace(/(.*)\n {2}at (\S+).*/s, "$2 $1");
    }
    return "no error";
  };
  expect(at("a[i] = 1;")).toBe('f.ts:2:5 "i" is not a local or a scalar parameter here');
  expect(at("b[0] = 1;")).toBe('f.ts:2:3 "b" is not an array here');
  expect(at("a[0] = 1 +;")).toBe('f.ts:2:13 expected an expression, found ";"');
  expect(at("a[0] = Math.cbrt(1);")).toBe("f.ts:2:10 Math.cbrt is not in the loop level's subset");
  expect(at("const x: f16 = 1;")).toBe('f.ts:2:12 "f16" is not a type of the loop level');
  expect(at("a[0] = select(1, 2);")).toBe('f.ts:2:10 "select" takes 3 arguments, found 2');
  expect(at("a[0] = @;")).toBe('f.ts:2:10 unexpected character "@"');
  expect(at("f32x4_store(a, 0, f32x4_swap(1));")).toBe('f.ts:2:21 "swap" is not an operation on lanes');
  expect(at("f32x4_store(a, 0, f32x4_load4(a, 1));")).toBe('f.ts:2:21 "load4" is not an operation on lanes');
  expect(at("f32x4_store(a, 0, f32x4_const(x));")).toBe('f.ts:2:33 expected a number, found "x"');
  expect(at("f32x4_store(a, 0, f32x4_ramp(1, 2));")).toBe('f.ts:2:21 "ramp" takes 1 arguments, found 2');
  expect(at("while (true) {}")).toContain('f.ts:2:3 "while" is not a local here');
});
