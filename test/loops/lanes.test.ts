import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";
import { interpret } from "../../src/eval/interpret.ts";
import { type LoopFunction, laneOps, loopOps } from "../../src/ir/loop.ts";
import { visitExprs } from "../../src/ir/loop-walk.ts";
import { parseLoop, parseLoops } from "../../src/ir/text/loop-parse.ts";
import { printLoop, printLoops } from "../../src/ir/text/loop-print.ts";
import { verifyLoop } from "../../src/ir/verify/loop.ts";
import * as library from "../../templates/lanes.ts";
import * as types from "../../templates/types.ts";
import { centerRows, weightRows } from "./lanes-kernels.ts";
import { randomLanes } from "./random-lanes.ts";
import { randomArguments } from "./random-loops.ts";

const repeats = process.env["GRADC_LONG"] ? 5000 : 60;

test("random programs over lanes are sound and parse back to themselves", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < repeats; seed++) {
    const fn = randomLanes(seed);
    expect(verifyLoop(fn)).toEqual([]);
    const text = printLoop(fn);
    expect(parseLoop(text), text).toEqual(fn);
    visitExprs(fn.body, (expr) => {
      if (expr.kind === "op") seen.add(expr.op);
      if (expr.kind === "load" && expr.part) seen.add(`load${expr.part}`);
    });
  }
  for (const op of [...laneOps, "load2", "load3", "select", "cast", "rotateLeft"]) expect(seen).toContain(op);
});

/** The text of functions run as TypeScript, with the types of templates and the library of lanes in reach. */
function run(functions: readonly LoopFunction[]): readonly ((...args: readonly unknown[]) => void)[] {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(printLoops(functions), { compilerOptions });
  const reach = { ...library, ...types };
  const body = `${outputText.replaceAll("export ", "")}; return [${functions.map(({ name }) => name).join()}];`;
  return new Function(...Object.keys(reach), body)(...Object.values(reach)) as ReturnType<typeof run>;
}

test("the text of programs over lanes runs as TypeScript, and gives the interpreter's bits", () => {
  const functions = Array.from({ length: repeats }, (_, seed) => randomLanes(seed));
  const texts = run(functions);
  for (const [seed, fn] of functions.entries()) {
    const [want, found] = [randomArguments(seed), randomArguments(seed)];
    interpret(fn, want);
    texts[seed](...found);
    expect(found, printLoop(fn)).toEqual(want);
  }
});

test("kernels with lanes type-check, run as they stand and parse to what the interpreter runs", () => {
  const text = readFileSync(new URL("lanes-kernels.ts", import.meta.url), "utf8");
  const [center, weight] = parseLoops(text);
  for (const fn of [center, weight]) expect(verifyLoop(fn)).toEqual([]);
  const x = Float32Array.from({ length: 30 }, (_, k) => Math.sin(k * k) * 3);
  const arrays = (): Float32Array[] => [x.slice(), new Float32Array(30), new Float32Array(3)];
  const [want, found] = [arrays(), arrays()];
  centerRows(want[0], want[1], want[2], 3);
  interpret(center, [...found, 3]);
  expect(found).toEqual(want);
  for (let i = 0; i < 3; i++) {
    const row = [...x.subarray(i * 10, i * 10 + 10)];
    const mean = row.reduce((sum, value) => sum + value, 0) / 10;
    for (const [k, value] of row.entries()) expect(want[1][i * 10 + k]).toBeCloseTo(value - mean, 5);
    expect(want[2][i]).toBe(Math.max(...row.slice(0, 8)));
  }
  const [plain, interpreted] = [new Float32Array(16), new Float32Array(16)];
  weightRows(plain, 3, 2);
  interpret(weight, [interpreted, 3, 2]);
  expect(interpreted).toEqual(plain);
  const row = [1, 0.5, Math.fround(1 / 3), 0, 0, 0, 0, 0];
  expect([...plain]).toEqual([...row, ...row]);
});

/** What a body makes of these four numbers. */
function made(body: string, from: readonly number[]): number[] {
  const fn = parseLoop(`function f(a: f32s, i: i32s, u: u32s, b: bools, n: index): void { ${body} }`);
  expect(verifyLoop(fn)).toEqual([]);
  const a = new Float32Array(from);
  interpret(fn, [a, new Int32Array(8), new Uint32Array(8), new Uint8Array([1, 0, 1, 1, 0, 0, 0, 0]), 5]);
  return [...a];
}

test("folds take lanes 0 with 2 and 1 with 3, and round at each step", () => {
  // Of 2^24 + 1 + 1 + 1 in float32 the order decides what is left.
  const big = 2 ** 24;
  expect(made("a[0] = f32x4_sumLanes(f32x4_load(a, 0));", [big, 1, 1, 1])[0]).toBe(big + 2);
  expect(made("a[0] = f32x4_sumLanes(f32x4_load(a, 0));", [big, 1, -big, 2])[0]).toBe(3);
  expect(made("a[0] = f32x4_sumLanes(f32x4_load(a, 0));", [1, big, 2, -big])[0]).toBe(3);
  expect(made("a[0] = f32x4_sumLanes(f32x4_load(a, 0));", [1, 2, big, -big])[0]).toBe(2);
  expect(made("a[0] = f32x4_prodLanes(f32x4_load(a, 0));", [1e30, 3, 1e30, 0])[0]).toBeNaN();
  expect(made("a[0] = f32x4_maximumLanes(f32x4_load(a, 0));", [1, 4, 3, 2])[0]).toBe(4);
  expect(made("a[0] = f32x4_minimumLanes(f32x4_load(a, 0));", [NaN, 4, 3, 2])[0]).toBeNaN();
});

test("of two zeros the first comes out, here as there, and no number from either side", () => {
  const [v, w] = [[0, -0, 0, NaN] as const, [-0, 0, NaN, 0] as const];
  for (const name of ["maximum", "minimum"] as const) {
    const body = `f32x4_store(a, 0, f32x4_${name}(f32x4_load(a, 0), f32x4_load(a, 4)));`;
    expect(made(body, [...v, ...w]).slice(0, 4)).toEqual([0, -0, NaN, NaN]);
    expect(library[`f32x4_${name}`](v, w)).toEqual([0, -0, NaN, NaN]);
    const fold = `a[0] = f32x4_${name}Lanes(f32x4_load(a, 0));`;
    expect(made(fold, [-0, 0, 0, -0])[0]).toBe(-0);
    expect(library[`f32x4_${name}Lanes`]([-0, 0, 0, -0])).toBe(-0);
  }
});

test("ramps, lanes of scalars and single lanes", () => {
  expect(made("f32x4_store(a, 0, f32x4_cast(i32x4_ramp(n)));", [0, 0, 0, 0])).toEqual([5, 6, 7, 8]);
  const reversed = `let v: f32x4 = f32x4_load(a, 0);
    v = f32x4_lanes(f32x4_lane(v, 3), f32x4_lane(v, 2), f32x4_lane(v, 1), f32x4_lane(v, 0));
    f32x4_store(a, 0, v);`;
  expect(made(reversed, [1, 2, 3, 4])).toEqual([4, 3, 2, 1]);
  expect(made("f32x4_store(a, 0, f32x4_splat(a[2]));", [1, 2, 3, 4])).toEqual([3, 3, 3, 3]);
});

test("a mask chooses by lane, a scalar test for all of them", () => {
  const load = "const v: f32x4 = f32x4_load(a, 0);";
  const masked = `${load} f32x4_store(a, 0, f32x4_select(boolx4_less(v, 3), v, f32x4_neg(v)));`;
  expect(made(masked, [1, 3, 2, 4])).toEqual([1, -3, 2, -4]);
  expect(made(`${load} f32x4_store(a, 0, n < 5 ? v : f32x4_neg(v));`, [1, 3, 2, 4])).toEqual([
    -1, -3, -2, -4,
  ]);
  const bools = `${load} f32x4_store(a, 0, f32x4_select(boolx4_not(boolx4_load(b, 0)), v, f32x4_const(0)));`;
  expect(made(bools, [1, 3, 2, 4])).toEqual([0, 3, 0, 0]);
});

test("a part touches its elements only: the other lanes are 0, the elements behind stay", () => {
  const twice = "f32x4_store3(a, 0, f32x4_add(f32x4_load2(a, 0), 1));";
  expect(made(twice, [5, 6, 7, 8])).toEqual([6, 7, 1, 8]);
  expect(made("f32x4_store2(a, 2, f32x4_load2(a, 0));", [5, 6, 7, 8])).toEqual([5, 6, 5, 6]);
  expect(made("f32x4_store3(a, 0, f32x4_load3(a, 1));", [5, 6, 7, 8])).toEqual([6, 7, 8, 8]);
  expect(() => made("f32x4_store3(a, 2, f32x4_load2(a, 0));", [5, 6, 7, 8])).toThrow("store a[4] is outside");
  expect(() => made("f32x4_store2(a, 0, f32x4_load3(a, 2));", [5, 6, 7, 8])).toThrow("load a[4] is outside");
});

test("the library of lanes has every operation that a vector of a type can be given", () => {
  const names = new Set(Object.keys(library));
  const missing = [...loopOps, ...laneOps].filter(
    (op) => ![...names].some((name) => name.endsWith(`x4_${op}`)),
  );
  expect(missing).toEqual([]);
});
