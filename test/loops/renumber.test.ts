import { describe, expect, test } from "vitest";
import mnist from "../../examples/mnist/mnist.model.ts";
import wordsLstm from "../../examples/words-lstm/words-lstm.model.ts";
import { compile } from "../../src/compile.ts";
import { l, type LoopStmt } from "../../src/ir/loop.ts";
import { visitStmts } from "../../src/ir/loop-walk.ts";
import { renumber } from "../../src/lower/renumber.ts";

const declared = (body: readonly LoopStmt[]): string[] => {
  const names: string[] = [];
  visitStmts(body, (stmt) => (stmt.kind === "let" || stmt.kind === "for") && names.push(stmt.name));
  return names;
};

describe("names that passes give count upwards", () => {
  test("in the order of their declarations, each for itself, around what is called so already", () => {
    const read = (name: string) => l.local(name, "f64");
    const body = [
      l.const("t4", l.load("a", l.number(0), "f64")),
      l.const("sum00", read("t4")),
      l.for("p7", l.number(0), l.number(4), 1, [
        l.const("t2", l.op("add", [read("t4"), l.load("x1", l.local("p7"), "f64")])),
        l.store("x1", l.local("p7"), read("t2")),
      ]),
      l.const("x9", read("sum00")),
      l.const("x3", read("x9")),
      l.store("a", l.number(0), read("x3")),
    ];
    const after = renumber(body, ["a", "x1"]);
    expect(declared(after)).toEqual(["t0", "sum00", "p0", "t1", "x0", "x2"]);
    expect(after).toEqual([
      l.const("t0", l.load("a", l.number(0), "f64")),
      l.const("sum00", read("t0")),
      l.for("p0", l.number(0), l.number(4), 1, [
        l.const("t1", l.op("add", [read("t0"), l.load("x1", l.local("p0"), "f64")])),
        l.store("x1", l.local("p0"), read("t1")),
      ]),
      l.const("x0", read("sum00")),
      l.const("x2", read("x0")),
      l.store("a", l.number(0), read("x2")),
    ]);
    // What counts upwards already stays as it is.
    expect(renumber(after, ["a", "x1"])).toBe(after);
  });

  test("by another letter beside the elements of an array that is called so", () => {
    const read = (name: string) => l.local(name, "f64");
    const body = [
      l.const("x_0", l.load("x", l.number(0), "f64")),
      l.const("x4", l.op("add", [read("x_0"), read("x_0")])),
      l.const("t1", l.op("mul", [read("x4"), read("x_0")])),
      l.store("a", l.number(0), read("t1")),
    ];
    expect(declared(renumber(body, ["x", "a"]))).toEqual(["x_0", "t0", "t1"]);
    const both = [l.const("t_0", l.load("t", l.number(0), "f64")), ...body];
    expect(declared(renumber(both, ["x", "t", "a"]))).toEqual(["t_0", "x_0", "v0", "v1"]);
  });

  test.each([mnist, wordsLstm])("in every function", (model) => {
    for (const { body, params } of compile(model).loops.functions) {
      const taken = new Set(params.map(({ name }) => name));
      for (const letter of ["c", "p", "t", "v", "x"]) {
        const numbers = new Set(declared(body).filter((name) => new RegExp(`^${letter}\\d+$`).test(name)));
        const free = Array.from({ length: numbers.size + taken.size }, (_, k) => `${letter}${k}`).filter((name) => !taken.has(name));
        expect([...numbers]).toEqual(free.slice(0, numbers.size));
      }
    }
  }); // prettier-ignore
});
