import { expect, test } from "vitest";
import { interpret } from "../../src/eval/interpret.ts";
import type { Backend } from "../../src/ir/backend.ts";
import type { LoopExpr, LoopFunction } from "../../src/ir/loop.ts";
import { parseLoop } from "../../src/ir/text/loop-parse.ts";
import { printLoop } from "../../src/ir/text/loop-print.ts";
import { verifyLoop } from "../../src/ir/verify/loop.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { inlineCalls } from "../../src/lower/inline.ts";
import { templateLookup, type Templates } from "../../src/lower/templates.ts";
import { templateTable } from "./template-table.ts";
import { mapExprs, visitExprs } from "../../src/ir/loop-walk.ts";
import { randomArguments, randomLoop } from "./random-loops.ts";

const table = templateTable();
const all = templateLookup();
/** A target whose scalar functions are the templates of their names. */
const byName = (find: Templates): Pick<Backend, "scalar"> => ({
  scalar: (op) => (find(op) ? op : undefined),
});
const none = byName(() => undefined);
const short = new Map(
  [
    "function exp(x: f64): f64 { const r: f64 = x * x; return r + 1; }",
    "function log(x: f64): f64 { return exp(x) - x; }",
  ].map((text) => [parseLoop(text).name, parseLoop(text)]),
);
const inlined = (body: string): string => {
  const fn = parseLoop(`function f(a: f32s, x: f64, i: index): void { ${body} }`);
  const after = inlineCalls(
    fn,
    (name) => short.get(name),
    byName((name) => short.get(name)),
  );
  expect(verifyLoop(after)).toEqual([]);
  return printLoop(after)
    .split("\n")
    .slice(1, -2)
    .map((line) => line.slice(2))
    .join("\n");
};
const calls = (fn: LoopFunction): number => {
  let count = 0;
  visitExprs(fn.body, (expr) => {
    if (expr.kind === "call" || (expr.kind === "op" && table.has(expr.op))) count++;
  });
  return count;
};

test("a call's statements come before the statement that uses it", () => {
  expect(inlined("a[0] = Math.exp(x + 1) * 2;")).toBe(
    "const x1: f64 = x + 1;\nconst r: f64 = x1 * x1;\nconst exp: f64 = r + 1;\na[0] = exp * 2;",
  );
});

test("calls in helpers are inlined too, and the same call is computed once", () => {
  expect(inlined("a[0] = Math.log(x); a[1] = exp(x); a[2] = Math.log(x);")).toBe(
    `const r: f64 = x * x;
const exp: f64 = r + 1;
const log: f64 = exp - x;
a[0] = log;
const r1: f64 = x * x;
const exp1: f64 = r1 + 1;
a[1] = exp1;
a[2] = log;`,
  );
});

test("a store forgets the calls that read an array, a set those that read the local", () => {
  const twice = (text: string): number => text.split("const exp").length - 1;
  expect(twice(inlined("a[0] = Math.exp(x); a[1] = Math.exp(x);"))).toBe(1);
  expect(twice(inlined("const p: f64 = Math.exp(a[i]); const q: f64 = Math.exp(a[i]);"))).toBe(1);
  expect(twice(inlined("a[0] = Math.exp(a[i]); a[1] = Math.exp(a[i]);"))).toBe(2);
  expect(twice(inlined("let y: f64 = 1; a[0] = Math.exp(y); y = 2; a[1] = Math.exp(y);"))).toBe(2);
  expect(
    twice(
      inlined(
        "let y: f64 = 1; a[0] = Math.exp(y); for (let k = 0; k < 2; k++) { a[k] = Math.exp(y); y += 1; }",
      ),
    ),
  ).toBe(2);
});

test("a call in a branch moves out only when it reads no array", () => {
  expect(inlined("a[0] = i < 3 ? Math.exp(x) : a[i];")).toBe(
    "const r: f64 = x * x;\nconst exp: f64 = r + 1;\na[0] = i < 3 ? exp : a[i];",
  );
  expect(inlined("a[0] = i < 3 ? Math.exp(a[i]) : 0;")).toBe(`let chosen: f64 = 0;
if (i < 3) {
  const x1: f64 = a[i];
  const r: f64 = x1 * x1;
  const exp: f64 = r + 1;
  chosen = exp;
} else {
  chosen = 0;
}
a[0] = chosen;`);
  // What one branch computed is unknown after it.
  expect(
    inlined("a[0] = (i < 3 ? Math.exp(a[i]) : 0) + (i < 2 ? Math.exp(a[i]) : 1);").split("const exp").length,
  ).toBe(3);
});

test("another name for an unchanging value needs no statement, for a changing one it does", () => {
  const helper = new Map([
    [
      "g",
      parseLoop(
        "function g(x: f64): f64 { const y: f64 = x; let z: f64 = y; const w: f64 = z; z = w + 1; return w * z; }",
      ),
    ],
  ]);
  const fn = parseLoop("function f(a: f64s, x: f64): void { a[0] = g(x); }");
  expect(
    printLoop(inlineCalls(fn, (name) => helper.get(name), none))
      .split("\n")
      .slice(1, -2),
  ).toEqual([
    "  let z: f64 = x;",
    "  const w: f64 = z;",
    "  z = w + 1;",
    "  const g: f64 = w * z;",
    "  a[0] = g;",
  ]);
});

test("functions that are not known stay calls", () => {
  const fn = parseLoop("function f(a: f64s): void { a[0] = Math.tanh(a[1]); }");
  expect(inlineCalls(fn, () => undefined, none)).toBe(fn);
});

test("a function that calls itself is refused", () => {
  const loop = new Map([["g", parseLoop("function g(x: f64): f64 { return g(x); }")]]);
  const fn = parseLoop("function f(a: f64s): void { a[0] = g(1); }");
  expect(() => inlineCalls(fn, (name) => loop.get(name), none)).toThrow('template "g" calls itself: f → g');
});

test("a target that names a template which is none is told", () => {
  const fn = parseLoop("function f(a: f64s): void { a[0] = Math.tanh(a[1]); }");
  expect(() => inlineCalls(fn, () => undefined, { scalar: () => "tahn" })).toThrow(
    'there is no template "tahn"',
  );
});

test("a template of another type has the values cast, one of lanes is written in lanes", () => {
  const text = (fn: string): string => printLoop(inlineCalls(parseLoop(fn), all, wasmBackend));
  const power = text("function f(a: f32s, x: f32): void { a[0] = Math.pow(x, 2) as f32; }");
  expect(power).toContain("const x1: f64 = f64(x);");
  expect(power).toMatch(/: f32 = f32\(.*\);\n {2}a\[0\] = /);
  const lanes = text("function f(a: f32s): void { f32x4_store(a, 0, f32x4_sigmoid(f32x4_load(a, 4))); }");
  expect(lanes.match(/const \w+: f32x4 = /g)!.length).toBeGreaterThan(8);
  // Among lanes a number and a scalar stand for four.
  const g = parseLoop("function g(x: f32, y: f32): f32 { let z: f32 = y; z = z + 2 * x; return z; }");
  const fn = parseLoop(
    "function f(a: f32s, y: f32): void { f32x4_store(a, 0, f32x4_call(g, f32x4_load(a, 4), y)); }",
  );
  const after = inlineCalls(fn, (name) => (name === "g" ? g : undefined), none);
  expect(verifyLoop(after)).toEqual([]);
  const a = new Float32Array([0, 0, 0, 0, 1, 2, 3, 4]);
  interpret(after, [a, 10]);
  expect([...a.subarray(0, 4)]).toEqual([12, 14, 16, 18]);
});

test.each([
  ["of their names", byName(all)],
  ["of WebAssembly", wasmBackend],
] as const)("random programs compute the same with every template %s inlined", (_, target) => {
  for (let seed = 0; seed < 150; seed++) {
    const fn = randomLoop(seed);
    const after = inlineCalls(fn, all, target);
    expect(verifyLoop(after)).toEqual([]);
    expect(calls(after)).toBe(0);
    expect(parseLoop(printLoop(after))).toEqual(after);
    const [want, found] = [randomArguments(seed), randomArguments(seed)];
    interpret(callsOf(fn, target), want, table);
    interpret(after, found);
    expect(found, printLoop(fn)).toEqual(want);
  }
});

/** The same program with its operations as calls, so that the interpreter runs the templates for them. */
function callsOf(fn: LoopFunction, { scalar }: Pick<Backend, "scalar">): LoopFunction {
  const change = (x: LoopExpr): LoopExpr => {
    const name = x.kind === "op" ? scalar(x.op, x.type, x.lanes) : undefined;
    return name === undefined || x.kind !== "op" ? x : { ...x, kind: "call", name };
  };
  return { ...fn, body: mapExprs(fn.body, change) };
}

test("names of templates stay whole where several calls number them", () => {
  const calls = [4, 8, 12].map((at) => `f32x4_store(a, 0, f32x4_exp(f32x4_load(a, ${at})));`).join(" ");
  const fn = parseLoop(`function f(a: f32s): void { ${calls} }`);
  const names = printLoop(inlineCalls(fn, all, wasmBackend)).match(/\bexpF\w*/g);
  expect([...new Set(names)]).toEqual(["expF32", "expF32_1", "expF32_2"]);
});
