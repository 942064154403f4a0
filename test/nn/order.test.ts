import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { argSort, cumsum } from "../../templates/order.ts";
import { typeText } from "../../src/ir/type.ts";
import { buildGraph } from "../../src/nn/index.ts";
import { ownGraphs } from "../own-graphs.ts";
import { run } from "./run.ts";

const n = g.batch(4);
const evaluated = (make: (x: g.Value, v: g.Value) => g.Value, x = [3, 1, 2, 6, 6, 4]) => {
  const model = g.defineModel({
    name: "one",
    inputs: { x: g.f32(n, 3), v: g.f32(2, 3) },
    build: (of) => ({ outputs: { y: make(of.x, of.v) } }),
  });
  const { predict } = ownGraphs(buildGraph(model, { precision: "f64" }));
  const data = run(predict, { x, v: [1, 2, 3, 4, 5, 6] }, 2).get("y") ?? [];
  return { type: typeText(predict.outputs[0].value.type), data };
};
const value = (make: (x: g.Value, v: g.Value) => g.Value, x?: number[]): number[] => evaluated(make, x).data;

describe("order", () => {
  test("cumsum", () => {
    expect(value((_, v) => g.cumsum(v))).toEqual([1, 3, 6, 4, 9, 15]);
    expect(value((_, v) => g.cumsum(v, { axis: 0 }))).toEqual([1, 2, 3, 5, 7, 9]);
    expect(value((_, v) => g.cumsum(v, { reverse: true }))).toEqual([6, 5, 3, 15, 11, 6]);
    expect(value((_, v) => g.cumsum(v, { exclusive: true }))).toEqual([0, 1, 3, 0, 4, 9]);
    expect(value((_, v) => g.cumsum(v, { exclusive: true, reverse: true }))).toEqual([5, 3, 0, 11, 6, 0]);
    expect(value((x) => g.cumsum(x, { axis: 0 }))).toEqual([3, 1, 2, 9, 7, 6]);
  });

  test("tril and triu", () => {
    expect(value((_, v) => g.tril(v))).toEqual([1, 0, 0, 4, 5, 0]);
    expect(value((_, v) => g.tril(v, { k: 1 }))).toEqual([1, 2, 0, 4, 5, 6]);
    expect(value((_, v) => g.triu(v))).toEqual([1, 2, 3, 0, 5, 6]);
    expect(value((_, v) => g.triu(v, { k: 2 }))).toEqual([0, 0, 3, 0, 0, 0]);
  });

  test("sort, argSort and topK: equal elements keep their order, NaN is the largest", () => {
    expect(value((x) => g.sort(x))).toEqual([1, 2, 3, 4, 6, 6]);
    expect(value((x) => g.argSort(x))).toEqual([1, 2, 0, 2, 0, 1]);
    expect(value((x) => g.argSort(x, { descending: true }))).toEqual([0, 2, 1, 0, 1, 2]);
    expect(value((x) => g.sort(g.cast(x, "i32"), { descending: true }))).toEqual([3, 2, 1, 6, 6, 4]);
    expect(value((_, v) => g.sort(v, { axis: 0, descending: true }))).toEqual([4, 5, 6, 1, 2, 3]);
    const holes = [NaN, 1, -Infinity, 2, NaN, Infinity];
    expect(value((x) => g.argSort(x), holes)).toEqual([2, 1, 0, 0, 2, 1]);
    expect(value((x) => g.argSort(x, { descending: true }), holes)).toEqual([0, 1, 2, 1, 2, 0]);
    expect(value((x) => g.topK(x, { k: 2 }).values)).toEqual([3, 2, 6, 6]);
    expect(value((x) => g.topK(x, { k: 2 }).indices)).toEqual([0, 2, 0, 1]);
    expect(value((x) => g.grad(g.sum(g.mul(g.sort(x), g.tensor([1, 10, 100]))), x))).toEqual([100, 1, 10, 10, 100, 1]); // prettier-ignore
  });

  test("templates compute the formula they state", () => {
    const out = new Float32Array(4);
    cumsum(Float32Array.of(1, 2, 3, 4), out, 1, 2, 2, 2, 2, 1);
    expect([...out]).toEqual([4, 6, 3, 4]);
    const order = new Int32Array(4);
    argSort(Float32Array.of(3, NaN, 1, 3), order, 1, 4, 1, 1, 0);
    expect([...order]).toEqual([2, 0, 3, 1]);
  });
});

describe("einsum", () => {
  test("follows NumPy's rules", () => {
    expect(evaluated((x, v) => g.einsum("ni,ji->nj", x, v))).toEqual({ type: "f64[n,2]", data: [11, 29, 30, 78] });
    expect(evaluated((x, v) => g.einsum("ni, ji", x, v))).toEqual({ type: "f64[2,n]", data: [11, 30, 29, 78] });
    expect(evaluated((_, v) => g.einsum("ij->", v))).toEqual({ type: "f64[]", data: [21] });
    expect(evaluated((_, v) => g.einsum("ba", v))).toEqual({ type: "f64[3,2]", data: [1, 4, 2, 5, 3, 6] });
    expect(evaluated((_, v) => g.einsum("...i->i...", v)).type).toBe("f64[3,2]");
    expect(evaluated((x, v) => g.einsum("n...,j...->jn", x, v))).toEqual({ type: "f64[2,n]", data: [11, 30, 29, 78] });
    expect(value((x, v) => g.einsum("ni,ji,jk->k", x, v, v))).toEqual([41 + 4 * 107, 2 * 41 + 5 * 107, 3 * 41 + 6 * 107]);
  }); // prettier-ignore

  test.each([
    [(x: g.Value) => g.einsum("ij,jk->ik", x), 'einsum "ij,jk->ik": 2 operands are named, 1 given'],
    [(x: g.Value) => g.einsum("ijk->i", x), 'einsum "ijk->i": "ijk" names 3 axes, but the operand is f64[n,3]'],
    [(x: g.Value) => g.einsum("ii->i", x), 'einsum "ii->i": "ii" names axis i twice, and diagonals are not taken'],
    [(x: g.Value) => g.einsum("ij->ik", x), 'einsum "ij->ik": the result names axis k, which no operand has'],
    [(x: g.Value) => g.einsum("ij->ii", x), 'einsum "ij->ii": the result names an axis twice'],
    [(x: g.Value) => g.einsum("i1->i", x), 'einsum "i1->i": "i1" must be letters with at most one "..."'],
    [(x: g.Value) => g.einsum("i->j->k", x), 'einsum "i->j->k": there is more than one "->"'],
    [(x: g.Value, v: g.Value) => g.einsum("ij,ij->ij", x, v), 'einsum "ij,ij->ij": axis i is n and 2'],
    [(x: g.Value, v: g.Value) => g.einsum("ij,kj", x, g.cast(v, "i32")), "einsum takes floats of one type, found f64[n,3], i32[2,3]"],
    [(x: g.Value) => g.cumsum(x, { axis: 0, exclusive: true }), "cumsum: exclusive sums cannot run along the batch dimension of [n,3]"],
    [(x: g.Value) => g.cumsum(x, { reverse: 1 as never }), "reverse of cumsum must be true or false, found 1"],
    [(x: g.Value) => g.sort(x, { axis: 0 }), "sort: axis 0 is the batch dimension, which cannot be sorted"],
    [(x: g.Value) => g.argSort(g.less(x, 1)), "argSort takes numbers, found bool[n,3]"],
    [(x: g.Value) => g.topK(x, { k: 4 }).values, "topK: there are no 4 elements along axis 1 of f64[n,3]"],
    [(x: g.Value) => g.tril(g.sum(x, { axis: 1 })), "tril takes matrices, found f64[n]"],
    [(x: g.Value) => g.triu(x, { k: 0.5 }), "the diagonal of triu must be a whole number, found 0.5"],
  ] as const)("%s is refused", (make, sentence) => {
    expect(() => value(make)).toThrow(sentence);
  }); // prettier-ignore
});
