import { expect, test } from "vitest";
import { interpret } from "../../src/eval/interpret.ts";
import { l } from "../../src/ir/loop.ts";
import { parseLoop } from "../../src/ir/text/loop-parse.ts";

/** The value of an expression over scalars x and y of one type. */
function value(type: string, text: string, x: number, y: number, returns = type): number | undefined {
  return interpret(parseLoop(`function f(x: ${type}, y: ${type}): ${returns} { return ${text}; }`), [x, y]);
}

test("integers wrap and float32 rounds at every operation", () => {
  expect(value("i32", "x + y", 2 ** 31 - 1, 1)).toBe(-(2 ** 31));
  expect(value("i32", "x * y", 123456789, 987654321)).toBe(Math.imul(123456789, 987654321));
  expect(value("i32", "x / y", -7, 2)).toBe(-3);
  expect(value("i32", "x >> y", -8, 1)).toBe(-4);
  expect(value("u32", "x - y", 1, 2)).toBe(2 ** 32 - 1);
  expect(value("u32", "x * y", 0xffffffff, 0xffffffff)).toBe(1);
  expect(value("u32", "x >>> y", 0x80000000, 31)).toBe(1);
  expect(value("u32", "x << y", 3, 31)).toBe(0x80000000);
  expect(value("u32", "rotateLeft(x, y)", 0x80000001, 4)).toBe(0x18);
  expect(value("f32", "x + y - x", 1, 1e-9)).toBe(0);
  expect(value("f32", "x / y", 1, 3)).toBe(Math.fround(1 / 3));
  expect(value("index", "x * y", 2 ** 20, 2 ** 20)).toBe(2 ** 40);
});

test("comparisons, bools and casts", () => {
  expect(value("f64", "x < y", NaN, 1, "bool")).toBe(0);
  expect(value("f64", "x !== y", NaN, NaN, "bool")).toBe(1);
  expect(value("bool", "!x || y", 1, 0)).toBe(0);
  expect(value("f64", "i32(x)", -2.7, 0, "i32")).toBe(-2);
  expect(value("f64", "u32(x)", -1, 0, "u32")).toBe(2 ** 32 - 1);
  expect(value("f64", "index(x)", 2.9, 0, "index")).toBe(2);
  expect(value("f64", "bool(x)", 0.25, 0, "bool")).toBe(1);
  expect(value("f64", "Math.max(x, y)", NaN, 1)).toBeNaN();
});

test("pow2 and exponent are exact over the whole range", () => {
  for (let i = -1100; i <= 1100; i++) expect(value("f64", "pow2(x)", i, 0)).toBe(2 ** i);
  for (let i = -1022; i <= 1023; i++) expect(value("f64", "exponent(x)", 2 ** i * 1.75, 0)).toBe(i);
});

test("choose is lazy, and loads outside an array are errors", () => {
  const f = parseLoop(`function f(a: f32s, out: f64s, i: index): void { out[0] = i < 2 ? a[i] : -1; }`);
  const out = new Float64Array(1);
  interpret(f, [new Float32Array([3, 4]), out, 9]);
  expect(out[0]).toBe(-1);
  interpret(f, [new Float32Array([3, 4]), out, 1]);
  expect(out[0]).toBe(4);
  expect(() => interpret(f, [new Float32Array(0), out, 1])).toThrow("load a[1] is outside its 0 elements");
});

test("lanes run in step, a scalar operand in all of them", () => {
  const f = parseLoop(`function f(a: f32s, k: f32): void {
    let v: f32x4 = f32x4_load(a, 0);
    v = f32x4_mul(f32x4_add(v, f32x4_splat(1)), k);
    f32x4_store(a, 1, v);
  }`);
  const a = new Float32Array([1, 2, 3, 4, 0]);
  interpret(f, [a, 10]);
  expect([...a]).toEqual([1, 20, 30, 40, 50]);
});

test("calls run helpers", () => {
  const helper = parseLoop("function twice(x: f64): f64 { return x * 2; }");
  const f = parseLoop("function f(x: f64): f64 { return twice(twice(x)) + 1; }");
  expect(interpret(f, [5], new Map([["twice", helper]]))).toBe(21);
  expect(() => interpret(f, [5])).toThrow('no function "twice"');
  expect(interpret({ ...f, params: [], body: [{ kind: "return", value: l.number(7, "f64") }] }, [])).toBe(7);
});
