import { expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { prepare } from "../../src/eval/interpret.ts";
import { l, scalarFunctions, type Lanes, type LoopFunction } from "../../src/ir/loop.ts";
import { inlineCalls } from "../../src/lower/inline.ts";
import { templateLookup } from "../../src/lower/templates.ts";
import { buffer, callOf, firstDifference, planOf, programOf, running, view } from "./run.ts";
import { allowRelaxed } from "./relaxed.ts";
import { randomFrom } from "../ops/sample.ts";

allowRelaxed();

const size = 8192;
const specials = [
  0, -0, 1, -1, NaN, Infinity, -Infinity, 2 ** -149, -(2 ** -149), 2 ** -126, 3e38, -3e38, 88.7, 88.8, -86.9, -87, -88,
  -104, 1e9, -1e9,
]; // prettier-ignore
const next = randomFrom(21);
const points = Float32Array.from({ length: size }, (_, k) => {
  if (k < specials.length) return specials[k];
  const power = k % 2 === 0 ? next() * 8 - 5 : next() * 277 - 149;
  return (next() < 0.5 ? -1 : 1) * 2 ** power;
});
const unary = scalarFunctions.filter((op) => op !== "pow" && op !== "random");
const [x, y] = [buffer("x", "f32", size), buffer("y", "f32", size)];
const plan = planOf([x, y]);

function functionOf(
  op: (typeof unary)[number],
  lanes: Lanes,
  called: Map<string, LoopFunction> | null = null,
): LoopFunction {
  const value = l.op(op, [l.load("x", l.local("i"), "f32", lanes)]);
  const body = [l.for("i", l.number(0), l.number(size), lanes, [l.store("y", l.local("i"), value)])];
  const params = [x, y].map(({ name, dtype }) => ({ kind: "array", name, dtype }) as const);
  return inlineCalls({ name: op, doc: [], params, body }, templateLookup(), wasmBackend, called);
}

function run(op: (typeof unary)[number], lanes: Lanes, relaxed: boolean, calls = false): ArrayBuffer {
  const called = new Map<string, LoopFunction>();
  const fn = functionOf(op, lanes, calls ? called : null);
  expect([...called.keys()]).toEqual(calls ? [`${op}F32`] : []);
  const entry = { name: "run", calls: [{ kind: "calls", calls: [callOf(fn, [x, y])] }] } as const;
  const wasm = running(programOf(...called.values(), fn), plan, [entry], relaxed);
  view(wasm.memory, x, plan).set(points);
  wasm.call("run");
  return wasm.memory;
}

test.each(unary)("%s has the bits of the interpreter, one by one and four at once", (op) => {
  const expected = new ArrayBuffer(65536);
  const views = [view(expected, x, plan), view(expected, y, plan)];
  views[0].set(points);
  prepare(functionOf(op, 1), views)([]);
  expect(firstDifference(run(op, 1, false), expected, plan, [x, y])).toBeNull();
  expect(firstDifference(run(op, 4, false), expected, plan, [x, y])).toBeNull();
  // Called, they are one function on four lanes.
  expect(firstDifference(run(op, 1, false, true), expected, plan, [x, y])).toBeNull();
  expect(firstDifference(run(op, 4, false, true), expected, plan, [x, y])).toBeNull();
  const called = new Map<string, LoopFunction>();
  views[1].fill(0);
  prepare(functionOf(op, 4, called), views, called)([]);
  expect(firstDifference(run(op, 4, false), expected, plan, [x, y])).toBeNull();
});

test.each(unary)("%s stays as close where products and sums fuse", (op) => {
  const [plain, fused] = [false, true].map((relaxed) => view(run(op, 4, relaxed), y, plan));
  let worst = 0;
  for (const [k, a] of plain.entries()) {
    if (Object.is(a, fused[k])) continue;
    const least = op === "sin" || op === "cos" ? 2 ** -24 : 2 ** -149;
    const unit = Math.max(2 ** (Math.floor(Math.log2(Math.abs(a))) - 23), least);
    worst = Math.max(worst, Math.abs(a - fused[k]) / unit);
  }
  // Each is less than two units from the true value.
  expect(worst).toBeLessThanOrEqual(3);
});
