import { describe, expect, test } from "vitest";
import { l, type LoopExpr, type LoopFunction, type LoopOp, type LoopStmt } from "../../src/ir/loop.ts";
import { verifyLoop } from "../../src/ir/verify/loop.ts";
import { peelReductions } from "../../src/lower/peel.ts";

const x = (k: number, type: "f64" | "i32" = "f64"): ReturnType<typeof l.load> =>
  l.load("x", l.number(k), type);
const joined = (op: LoopOp, k: number, type: "f64" | "i32" = "f64"): LoopStmt =>
  l.set("y", l.op(op, [l.local("y", type), x(k, type)], type));
const started = (value: number, type: "f64" | "i32" = "f64"): LoopStmt => l.let("y", l.number(value, type));
const stored = l.store("out", l.number(0), l.local("y", "f64"));

describe("a reduction that is written out", () => {
  test.each([
    ["maximum", -Infinity, "f64"],
    ["minimum", Infinity, "f64"],
    ["mul", 1, "f64"],
    ["maximum", -2147483648, "i32"],
    ["minimum", 2147483647, "i32"],
  ] as const)("starts with its first term: %s from %d", (op, start, type) => {
    const body = [started(start, type), joined(op, 0, type), joined(op, 1, type), stored];
    expect(peelReductions(body)).toEqual([l.let("y", x(0, type)), joined(op, 1, type), stored]);
    expect(peelReductions([l.for("i", l.number(0), l.number(9), 1, body)])).toEqual([
      l.for("i", l.number(0), l.number(9), 1, [l.let("y", x(0, type)), joined(op, 1, type), stored]),
    ]);
  });

  test("in lanes starts with four copies of a term that is the same for all", () => {
    const vector = l.local("y", "f32", 4);
    const joins = (term: LoopExpr): LoopStmt => l.set("y", l.op("maximum", [vector, term], "f32", 4));
    const start = l.let("y", l.number(-Infinity, "f32", 4));
    const term = l.load("x", l.number(0), "f32");
    const wide = l.load("x", l.number(4), "f32", 4);
    const fn = (body: readonly LoopStmt[]): LoopFunction => ({
      name: "f",
      doc: [],
      params: [
        { kind: "array", name: "x", dtype: "f32" },
        { kind: "array", name: "out", dtype: "f32" },
      ],
      body: [...body, l.store("out", l.number(0), vector)],
    });
    const peeled = peelReductions([start, joins(term), joins(wide)]);
    expect(peeled).toEqual([l.let("y", l.op("splat", [term], "f32", 4)), joins(wide)]);
    expect(verifyLoop(fn(peeled))).toEqual([]);
    expect(peelReductions([start, joins(wide), joins(term)])).toEqual([l.let("y", wide), joins(term)]);
    const [one] = peelReductions([start, joins(l.number(2, "f32"))]);
    expect(one).toEqual(l.let("y", l.number(2, "f32", 4)));
  });

  test("keeps a start that changes the term: a sum's 0, or another number", () => {
    for (const body of [
      [started(0), joined("add", 0), stored],
      [started(0), joined("maximum", 0), stored],
      [started(-Infinity), joined("minimum", 0), stored],
    ])
      expect(peelReductions(body)).toEqual(body);
  });

  test("keeps a start that is read, or joined in a loop", () => {
    const read = [started(-Infinity), stored, joined("maximum", 0), stored];
    const looped = [
      started(-Infinity),
      l.for("k", l.number(0), l.number(3), 1, [joined("maximum", 0)]),
      stored,
    ];
    for (const body of [read, looped]) expect(peelReductions(body)).toEqual(body);
  });
});
