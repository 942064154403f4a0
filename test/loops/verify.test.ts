import { expect, test } from "vitest";
import { l, type LoopExpr, type LoopFunction, type LoopStmt } from "../../src/ir/loop.ts";
import { verifyLoop } from "../../src/ir/verify/loop.ts";
import { templateTable } from "./template-table.ts";

const around = (...body: LoopStmt[]): LoopFunction => ({
  name: "f",
  doc: [],
  params: [
    { kind: "array", name: "a", dtype: "f32" },
    { kind: "scalar", name: "n", type: "index" },
  ],
  body,
});
const one = l.number(1, "f64");
const v = l.load("a", l.number(0), "f32", 4);
const single = l.number(1, "f32");
const part = (width: number, lanes: 1 | 4 = 4): LoopExpr =>
  ({ ...l.load("a", l.number(0), "f32", lanes), part: width }) as LoopExpr;

test("a scalar stands in an operation on lanes, and a part in a load or a store", () => {
  const sum = l.op("add", [v, l.op("sumLanes", [part(3)], "f32", 1)], "f32", 4);
  const store = { ...l.store("a", l.number(0), sum), part: 2 } as LoopStmt;
  expect(verifyLoop(around(store))).toEqual([]);
});

test("templates are sound", () => {
  for (const fn of templateTable().values()) expect(verifyLoop(fn)).toEqual([]);
});

test.each<[string, LoopStmt[]]>([
  ['f: "x" is used before it is defined', [l.const("y", l.local("x", "f64"))]],
  ['f: sets "x", which is constant', [l.const("x", one), l.set("x", one)]],
  ['f: sets "a", which is an array', [l.set("a", one)]],
  ['f: stores into "n", which is not an array', [l.store("n", l.number(0), one)]],
  ['f: stores into "a" of f32 as i32', [l.store("a", l.number(0), l.number(1, "i32"))]],
  ['f: index into "a" must be index, found f64', [l.store("a", one, one)]],
  ["f: operand 2 of add must be f64, found i32", [l.const("x", l.op("add", [one, l.number(1, "i32")]))]],
  ["f: less gives bool, found f64", [l.const("x", l.op("less", [one, one]))]],
  ["f: maximum takes 2 operands, found 1", [l.const("x", l.op("maximum", [one]))]],
  ['f: "n" is already defined where it is defined again', [l.const("n", one)]],
  ['f: "i" steps by 0', [l.for("i", l.number(0), l.local("n"), 0, [])]],
  ["f: returns where it must not", [{ kind: "return", value: one }]],
  ["f: test of an if must be bool, found f64", [{ kind: "if", test: one, then: [], otherwise: [] }]],
  ['f: loads from "b", which is not an array', [l.const("x", l.load("b", l.number(0), "f64"))]],
  ['f: a function cannot be called "random", which is an operation', [l.const("x", { kind: "call", name: "random", args: [], type: "f64", lanes: 1 })]],
  ['f: value of "x" must be f64, found f32', [l.let("x", one), l.set("x", l.number(1, "f32"))]],
  ["f: f64 has no lanes", [l.const("x", l.number(1, "f64", 4))]],
  ["f: index has no lanes", [l.const("x", l.number(1, "index", 4))]],
  ["f: operand 1 of cast on lanes is f64, which has none", [l.const("x", l.op("cast", [one], "f32", 4))]],
  ["f: operand 2 of add must have 1 lanes, found 4", [l.const("x", l.op("add", [single, v]))]],
  ['f: value of "x" must have 4 lanes, found 1', [l.let("x", v), l.set("x", single)]],
  ["f: test of a choice must have 1 lanes, found 4", [l.const("x", l.choose(l.op("less", [v, v], "bool"), v, v))]],
  ["f: second branch of a choice must have 4 lanes, found 1", [l.const("x", l.choose(l.number(1, "bool"), v, single))]],
  ["f: test of an if must have 1 lanes, found 4", [{ kind: "if", test: l.op("less", [v, v], "bool"), then: [], otherwise: [] }]],
  ['f: store into "a" has a part of 1 lanes', [{ ...l.store("a", l.number(0), v), part: 1 } as unknown as LoopStmt]],
  ['f: load from "a" has a part of 4 lanes', [l.const("x", part(4))]],
  ['f: load from "a" is a part of 1 lanes', [l.const("x", part(2, 1))]],
  ["f: stores 4 lanes as 1", [{ ...l.store("a", l.number(0), v), lanes: 1 } as LoopStmt]],
  ["f: splat gives 4 lanes, found 1", [l.const("x", l.op("splat", [single]))]],
  ["f: operand 1 of splat must have 1 lanes, found 4", [l.const("x", l.op("splat", [v]))]],
  ["f: operand 3 of lanes must be f32, found i32", [l.const("x", l.op("lanes", [single, single, l.number(1, "i32"), single], "f32", 4))]],
  ["f: ramp gives i32, found f32", [l.const("x", l.op("ramp", [l.number(1)], "f32", 4))]],
  ["f: operand 1 of ramp must be index, found i32", [l.const("x", l.op("ramp", [l.number(1, "i32")], "i32", 4))]],
  ["f: operand 2 of lane must be the number 0, 1, 2 or 3", [l.const("x", l.op("lane", [v, l.local("n")], "f32", 1))]],
  ["f: operand 2 of lane must be the number 0, 1, 2 or 3", [l.const("x", l.op("lane", [v, l.number(4)], "f32", 1))]],
  ["f: operand 1 of lane must have 4 lanes, found 1", [l.const("x", l.op("lane", [single, l.number(0)]))]],
  ["f: sumLanes gives 1 lanes, found 4", [l.const("x", l.op("sumLanes", [v]))]],
  ["f: maximumLanes folds numbers, found bool", [l.const("x", l.op("maximumLanes", [l.op("less", [v, v], "bool")], "bool", 1))]],
  ["f: operand 1 of prodLanes must have 4 lanes, found 1", [l.const("x", l.op("prodLanes", [single]))]],
])("%s", (finding, body) => {
  expect(verifyLoop(around(...body))).toEqual([finding]);
}); // prettier-ignore
