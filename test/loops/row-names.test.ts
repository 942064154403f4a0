// What is written out is read beside the comments above it: its locals go by the names that these speak of.
import { describe, expect, test } from "vitest";
import W1 from "../../bench/workloads/W1.model.ts";
import W2 from "../../bench/workloads/W2.model.ts";
import { compile } from "../../src/compile.ts";
import type { Buffer } from "../../src/ir/kernel.ts";
import { l, type LoopExpr, type LoopFunction } from "../../src/ir/loop.ts";
import { visitStmts } from "../../src/ir/loop-walk.ts";
import { homeOf } from "../../src/lower/home.ts";
import { nameParts } from "../../src/lower/row-names.ts";

const f64 = (name: string): LoopExpr => l.local(name, "f64");
const load = (array: string, k: number): LoopExpr => l.load(array, l.number(k), "f64");
const add = (a: LoopExpr, b: LoopExpr): LoopExpr => l.op("add", [a, b], "f64");
const mul = (a: LoopExpr, b: LoopExpr): LoopExpr => l.op("mul", [a, b], "f64");
const array = (name: string): [string, Buffer] => [name, { name, kind: "numbers", dtype: "f64", shape: [8] }];
const arrays = new Map([array("x"), array("hidden"), array("out")]);
const unnamed: Buffer = { name: "", kind: "numbers", dtype: "f64", shape: [8] };

const declared = ({ body }: LoopFunction): string[] => {
  const names: string[] = [];
  visitStmts(body, (stmt) => stmt.kind === "let" && names.push(stmt.name));
  return names;
};
const functionOf = (model: typeof W2, name: string): LoopFunction =>
  compile(model, { target: "js" }).loops.functions.find((fn) => fn.name === name)!;

describe("in W2", () => {
  test("the backward pass has elements and addresses, and nothing else", () => {
    const elements = /^(p\d+|(x|hidden_relu|d_logits|d_hidden)_\d+)$/;
    expect(declared(functionOf(W2, "backward_rows")).filter((name) => !elements.test(name))).toEqual([]);
  });

  test("what is added up, a row's elements and the functions in a formula keep their words", () => {
    const names = declared(functionOf(W2, "forward_rows"));
    for (const name of ["sum", "x_0", "hidden_relu_15", "logits_add_2", "max", "exp0", "exp2", "sum_2"])
      expect(names).toContain(name);
    expect(names.filter((name) => /^x\d|^relu|^sum_\d+_|^max_/.test(name))).toEqual([]);
  });

  test("copies of parameters are called alike in all passes, in their comments too", () => {
    for (const name of ["forward_rows", "backward_rows"]) {
      const { params, doc } = functionOf(W2, name);
      expect(params.map((param) => param.name)).toContain("weights");
      expect(doc.filter((line) => line.startsWith("weights: "))).toHaveLength(1);
    }
  });
});

test("straight lines have no number that tells a local from one that is gone", () => {
  const names = declared(functionOf(W1, "backward_pass"));
  expect(names).toContain("d_output_bias_0");
  expect(names.filter((name) => /_\d+_\d+$/.test(name))).toEqual([]);
});

describe("parts of values", () => {
  test("a template's result is called like what it is computed for, once", () => {
    const start = [l.const("exp0", f64("call")), l.const("again", f64("call"))];
    const body = [
      l.const("x1", load("x", 0)),
      l.const("expSingle", mul(f64("x1"), f64("x1"))),
      l.const("exp0", f64("expSingle")),
      l.const("again", f64("expSingle")),
      l.store("out", l.number(0), add(f64("exp0"), f64("again"))),
    ];
    expect(nameParts(start, arrays)(body)).toEqual([
      l.const("x1", load("x", 0)),
      l.const("exp0", mul(f64("x1"), f64("x1"))),
      l.store("out", l.number(0), add(f64("exp0"), f64("exp0"))),
    ]);
  });

  test("a sum under way is one local, called like the element that it is in the end", () => {
    const body = [
      l.const("sum_2", mul(load("x", 0), load("x", 1))),
      l.const("sum_3", add(f64("sum_2"), load("x", 2))),
      l.const("hidden_4", add(add(f64("sum_3"), load("x", 3)), load("x", 4))),
      l.store("hidden", l.number(4), f64("hidden_4")),
      l.store("out", l.number(0), f64("hidden_4")),
    ];
    expect(nameParts(body, arrays)(body)).toEqual([
      l.let("hidden_4", mul(load("x", 0), load("x", 1))),
      l.set("hidden_4", add(f64("hidden_4"), load("x", 2))),
      l.set("hidden_4", add(add(f64("hidden_4"), load("x", 3)), load("x", 4))),
      ...body.slice(3),
    ]);
  });

  test("but what is used twice, an element, and what is no first term stay what they are", () => {
    const twice = [
      l.const("a", mul(load("x", 0), load("x", 1))),
      l.const("b", add(f64("a"), load("x", 2))),
      l.store("out", l.number(0), mul(f64("b"), f64("a"))),
    ];
    expect(nameParts(twice, arrays)(twice)).toEqual(twice);
    const whole = [
      l.const("hidden_0", mul(load("x", 0), load("x", 1))),
      l.const("b", add(f64("hidden_0"), load("x", 2))),
      l.store("out", l.number(0), mul(f64("b"), f64("b"))),
    ];
    expect(nameParts(whole, arrays)(whole)).toEqual(whole);
    const second = [
      l.const("a", mul(load("x", 0), load("x", 1))),
      l.const("b", add(load("x", 2), f64("a"))),
      l.store("out", l.number(0), mul(f64("b"), f64("b"))),
    ];
    expect(nameParts(second, arrays)(second)).toEqual(second);
  });

  test("numbers go where what they told a local from is gone, but not those of elements", () => {
    const body = [
      l.const("max_3", load("x", 0)),
      l.const("max_4_2", load("x", 1)),
      l.const("hidden_2", load("x", 2)),
      l.const("hidden_3_2", load("x", 3)),
      l.store(
        "out",
        l.number(0),
        add(add(f64("max_3"), f64("max_4_2")), add(f64("hidden_2"), f64("hidden_3_2"))),
      ),
    ];
    const named = nameParts(body, arrays)(body);
    expect(named.flatMap((stmt) => (stmt.kind === "let" ? [stmt.name] : []))).toEqual([
      "max",
      "max_2",
      "hidden_2",
      "hidden_3",
    ]);
    expect(named.at(-1)).toEqual(
      l.store("out", l.number(0), add(add(f64("max"), f64("max_2")), add(f64("hidden_2"), f64("hidden_3")))),
    );
    const withArray = new Map([...arrays, ["max", unnamed] as const]);
    expect(nameParts(body, withArray)(body)[0]).toEqual(body[0]);
  });
});

describe("the element that a local ends in", () => {
  const store = l.store("hidden", l.number(3), f64("relu"));
  const relu = l.const("relu", l.op("maximum", [f64("sum"), l.number(0, "f64")], "f64"));
  const step = l.set("sum", add(f64("sum"), load("x", 0)));

  test("is found through what is made of it, and it is whole only as it is", () => {
    expect(homeOf("relu", [l.const("other", load("x", 1)), store])).toEqual({ store, whole: true });
    expect(homeOf("sum", [relu, store])).toEqual({ store, whole: false });
    expect(homeOf("sum", [step, relu, store])).toEqual({ store, whole: false });
    expect(homeOf("relu", [l.set("relu", f64("sum")), store])).toEqual({ store, whole: false });
    expect(homeOf("sum", [l.for("k", l.number(0), l.number(4), 1, [step]), relu, store])).toEqual({ store, whole: false });
  });

  test("is none where the name begins anew, or a loop over other elements needs it", () => {
    expect(homeOf("relu", [relu, store])).toBeUndefined();
    expect(homeOf("sum", [l.for("k", l.number(0), l.number(4), 1, [relu, store]), store])).toBeUndefined();
    expect(homeOf("sum", [store])).toBeUndefined();
  });
}); // prettier-ignore
