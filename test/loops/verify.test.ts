import { expect, test } from "vitest";
import { l, type LoopFunction, type LoopStmt } from "../../src/ir/loop.ts";
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
])("%s", (finding, body) => {
  expect(verifyLoop(around(...body))).toEqual([finding]);
}); // prettier-ignore
