import { expect, test } from "vitest";
import { withChains } from "../../src/backends/wasm/chains.ts";
import { w, type Code, type Local } from "../../src/backends/wasm/encode/code.ts";
import type { WasmFunction } from "../../src/backends/wasm/encode/module.ts";
import { encodeModule, type WasmModule } from "../../src/backends/wasm/index.ts";
import { byLikeness } from "../../src/backends/wasm/neighbours.ts";
import { withCommonNumbers } from "../../src/backends/wasm/numbering.ts";
import { assembled } from "./run.ts";

const fn = (name: string, params: readonly Local[], locals: readonly Local[], body: readonly Code[]) =>
  ({ name, doc: [], params, locals, results: [], body, exported: null }) satisfies WasmFunction;
const scalar = (name: string): Local => ({ name, type: "i32" });
const vector = (name: string): Local => ({ name, type: "v128" });

test("locals that are set to one constant, one after the other, share it", () => {
  const [a, b, c] = ["a", "b", "c"].map(vector);
  const i = scalar("i");
  const splat = (x: number): Code => w.vector({ shape: "f32x4", values: [x, x, x, x] });
  const zeros = [w.set(a, splat(0)), w.set(b, splat(0)), w.set(c, splat(0))];
  const chain = w.set(c, w.tee(b, w.tee(a, splat(0))));
  expect(withChains(zeros)).toEqual([chain]);
  expect(withChains([w.loop("k", zeros), w.if(w.get(i), zeros, zeros)])).toEqual([
    w.loop("k", [chain]),
    w.if(w.get(i), [chain], [chain]),
  ]);
  // Neither other constants, nor what is computed, nor what stands apart.
  const apart = [w.set(a, splat(0)), w.set(b, splat(-0)), w.set(i, w.i32(0)), w.set(i, w.get(i))];
  expect(withChains([...apart, ...apart])).toEqual([...apart, ...apart]);
});

test("locals of one name and type have one number in all functions, and no number twice", () => {
  const n = scalar("n");
  const [k, sum, x] = [scalar("k"), vector("sum"), vector("x")];
  const [k2, sum2, again, big] = [scalar("k"), vector("sum"), vector("sum"), scalar("big")];
  const run = (...locals: readonly Local[]): Code[] =>
    locals.map((local) => w.set(local, local.type === "i32" ? w.i32(1) : w.op("i32x4.splat", w.i32(1))));
  const first = fn("first", [], [k, sum, x], run(k, sum, x));
  const second = fn("second", [n], [big, k2, sum2, again], run(big, again, k2, sum2));
  const functions = withCommonNumbers([first, second]);
  const numberOf = (f: number, local: Local): number =>
    [...functions[f].params, ...functions[f].locals].indexOf(local);
  expect(numberOf(0, k)).toBe(numberOf(1, k2));
  // The first of two of one name is what the other function has once.
  expect(numberOf(0, sum)).toBe(numberOf(1, again));
  expect(numberOf(1, n)).toBe(0);
  for (const [f, { params, locals }] of functions.entries()) {
    const named = [...params, ...locals].filter(({ name }) => name !== "");
    expect(new Set(named)).toEqual(new Set([...[first, second][f].params, ...[first, second][f].locals]));
    expect(named).toHaveLength(new Set(named).size);
  }
  // Those that stay idle have no name in the text, and a place in the bytes.
  expect(functions[0].locals.some(({ name }) => name === "")).toBe(true);
  const module: WasmModule = { functions, pages: 1, data: [] };
  expect(WebAssembly.validate(encodeModule(module, { names: true }))).toBe(true);
  expect(assembled(module)).toEqual(encodeModule(module));
});

test("functions stand beside those that do the same, the largest first", () => {
  const x = vector("x");
  const chain = (op: "f32x4.add" | "f32x4.sqrt" | "f32x4.neg", times: number): Code => {
    let code = w.get(x);
    for (let k = 0; k < times; k++) code = op === "f32x4.add" ? w.op(op, code, w.get(x)) : w.op(op, code);
    return w.set(x, code);
  };
  const of = (name: string, ...body: readonly Code[]): WasmFunction => fn(name, [], [x], body);
  const functions = [
    of("roots", chain("f32x4.sqrt", 20)),
    of("small", w.set(x, w.get(x))),
    of("sums", chain("f32x4.add", 20)),
    of("signs", chain("f32x4.neg", 19)),
    of("fewer sums", chain("f32x4.add", 10)),
    of("fewer roots", chain("f32x4.sqrt", 12)),
  ];
  const order = byLikeness(functions).map(({ name }) => name);
  expect(order.slice(0, 2)).toEqual(["sums", "fewer sums"]);
  expect(Math.abs(order.indexOf("roots") - order.indexOf("fewer roots"))).toBe(1);
  expect(order.toSorted()).toEqual(functions.map(({ name }) => name).toSorted());
});
