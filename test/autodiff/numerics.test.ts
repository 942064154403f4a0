import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import { ndarray } from "../../src/eval/ndarray.ts";
import { Builder, withBuilder } from "../../src/ir/builder.ts";
import type { Node, Value } from "../../src/ir/graph.ts";
import type { NDArray } from "../../src/ir/op.ts";
import { tensorType } from "../../src/ir/type.ts";
import { fullLike } from "../../src/ops/broadcast.ts";
import * as el from "../../src/ops/elementwise.ts";
import { leaf } from "../../src/ops/leaves.ts";
import * as fused from "../../src/ops/fused.ts";
import { argMax, argMin, max, min, prod, sum } from "../../src/ops/reduce.ts";
import { compute, type Make } from "./tools.ts";

const total = (y: Value): Value => sum(y, { axes: y.type.shape.map((_, k) => k) });
/** The gradient of Σ f(x) at some points. */
const slope = (f: (x: Value) => Value, at: readonly number[]): number[] =>
  compute((make) => {
    const x = make(at);
    return grad(total(f(x)), [x]);
  })[0].map((value) => value + 0); // −0 is as good as 0.
const curvature = (f: (x: Value) => Value, at: readonly number[]): number[] =>
  compute((make) => {
    const x = make(at);
    return grad(total(grad(total(f(x)), [x])[0]), [x]);
  })[0].map((value) => value + 0);
const value = (f: (x: Value) => Value, at: readonly number[]): number[] => compute((m) => [f(m(at))])[0];
const power = (exponent: number) => (x: Value) => el.pow(x, fullLike(exponent, x));

describe("gradients where a function has a corner or an edge", () => {
  test("relu, abs and sign have gradient 0 at 0", () => {
    expect(slope(el.relu, [-1, 0, 2])).toEqual([0, 0, 1]);
    expect(slope(el.abs, [-3, 0, 2])).toEqual([-1, 0, 1]);
    expect(slope(el.sign, [-3, 0, 2])).toEqual([0, 0, 0]);
  });

  test("sqrt at 0 has gradient ∞, not NaN", () => {
    expect(slope(el.sqrt, [0, 4])).toEqual([Infinity, 0.25]);
  });

  test("maximum and minimum share a tie by halves; max and min over an axis evenly", () => {
    for (const f of [el.maximum, el.minimum]) {
      const [a, b] = compute((make) => {
        const [x, y] = [make([1, 2, 3]), make([1, 5, 0])];
        return grad(total(f(x, y)), [x, y]);
      });
      expect(a[0]).toBe(0.5);
      expect(a.map((share, k) => share + b[k])).toEqual([1, 1, 1]);
    }
    expect(slope((x) => max(x, { axes: [0] }), [3, 1, 3, 3])).toEqual([1 / 3, 0, 1 / 3, 1 / 3]);
    expect(slope((x) => min(x, { axes: [0] }), [3, 1, 1, 3])).toEqual([0, 0.5, 0.5, 0]);
  });

  test("pow: 0⁰ = 1, x² and x⁰ have finite gradients of every order at 0", () => {
    expect(value(power(0), [0, 2])).toEqual([1, 1]);
    expect(slope(power(2), [0, 3])).toEqual([0, 6]);
    expect(curvature(power(2), [0, 3])).toEqual([2, 2]);
    expect(slope(power(0), [0, 3])).toEqual([0, 0]);
    expect(slope(power(1), [0, 3])).toEqual([1, 1]);
    expect(curvature(power(1), [0, 3])).toEqual([0, 0]);
    expect(slope(power(3), [-2])).toEqual([12]);
    // By the exponent: 0 where the base is not positive.
    expect(slope((b) => el.pow(fullLike(0, b), b), [2, 1])).toEqual([0, 0]);
    for (const base of [0, -2]) {
      const f = (b: Value): Value => el.pow(fullLike(base, b), b);
      expect(slope(f, [2])).toEqual([0]);
      expect(curvature(f, [2])).toEqual([0]);
      const mixed = compute((make) => {
        const [a, b] = [make([base]), make([3])];
        return grad(total(grad(total(el.pow(a, b)), [b])[0]), [a]);
      });
      expect(mixed.flat()).toEqual([0]);
    }
  });

  test("prod: with one zero the gradient is the product of the others, with two it is 0", () => {
    const f = (x: Value): Value => prod(x, { axes: [0] });
    expect(slope(f, [2, 0, 5])).toEqual([0, 10, 0]);
    expect(slope(f, [0, 0, 5])).toEqual([0, 0, 0]);
    expect(slope(f, [2, 3, 5])).toEqual([15, 10, 6]);
    // Σ of all mixed second derivatives by each element: also exact at zeros.
    expect(curvature(f, [0, 0, 5])).toEqual([5, 5, 0]);
  });
});

test("prod over the batch has the same gradients at zeros", () => {
  const slopes = (rows: readonly number[]): number[] => {
    const feed = new Map<Node, NDArray>();
    return withBuilder(new Builder(), () => {
      const x = leaf("input", "x", tensorType("f64", [{ times: 1, max: 8 }]));
      feed.set(x.node, ndarray("f64", [rows.length], rows));
      return [...evaluate(grad(prod(x, { axes: [0] }), [x]), feed, { n: rows.length })[0].data];
    });
  };
  expect(slopes([2, 0, 5])).toEqual([0, 10, 0]);
  expect(slopes([0, 0, 5])).toEqual([0, 0, 0]);
  expect(slopes([2, 3, 5, 1])).toEqual([15, 10, 6, 30]);
});

describe("large numbers", () => {
  test("sigmoid, tanh and their gradients are finite at ±1000", () => {
    expect(value(el.sigmoid, [-1000, 0, 1000])).toEqual([0, 0.5, 1]);
    for (const f of [el.sigmoid, el.tanh]) {
      expect(slope(f, [-1000, 1000])).toEqual([0, 0]);
      expect(curvature(f, [-1000, 1000])).toEqual([0, 0]);
    }
  });

  test("the softmax family is finite for logits of ±1e4", () => {
    const at = [1e4, -1e4, 0];
    expect(value((x) => fused.softmax(x, { axis: 0 }), at)).toEqual([1, 0, 0]);
    expect(value((x) => fused.logSoftmax(x, { axis: 0 }), at)).toEqual([0, -2e4, -1e4]);
    expect(value((x) => fused.logSumExp(x, { axes: [0] }), at)).toEqual([1e4]);
    expect(slope((x) => fused.logSumExp(x, { axes: [0] }), at)).toEqual([1, 0, 0]);
    for (const f of [fused.softmax, fused.logSoftmax])
      for (const number of slope((x) => f(x, { axis: 0 }), at)) expect(number).not.toBeNaN();
  });

  test("cross-entropy is finite there, and its gradient is softmax − one-hot", () => {
    const crossEntropy = (make: Make, logits: readonly number[], label: number) => {
      const x = make(logits, [1, logits.length]);
      const loss = total(fused.sparseSoftmaxCrossEntropy(x, make([label], [1], "i32")));
      return [loss, grad(loss, [x])[0], fused.softmax(x, { axis: 1 })];
    };
    expect(compute((make) => crossEntropy(make, [1e4, -1e4], 1)).slice(0, 2)).toEqual([[2e4], [1, -1]]);
    const [, gradient, softmax] = compute((make) => crossEntropy(make, [0.3, -1.2, 2], 2));
    expect(gradient).toEqual(softmax.map((p, k) => p - (k === 2 ? 1 : 0)));
  });

  test("binary cross-entropy is finite at ±1000", () => {
    const [loss, gradient, byTarget] = compute((make) => {
      const [x, z] = [make([-1000, 1000, 1000]), make([0, 0, 1])];
      const each = fused.sigmoidCrossEntropy(x, z, { positiveWeight: 1 });
      return [each, ...grad(total(each), [x, z])];
    });
    expect(loss.map((v) => v + 0)).toEqual([0, 1000, 0]);
    expect(gradient.map((v) => v + 0)).toEqual([0, 1, 0]);
    expect(byTarget).toEqual([1000, -1000, -1000]);
  });

  test("log1p and expm1 are accurate near 0", () => {
    expect(value(el.log1p, [1e-18])).toEqual([1e-18]);
    expect(value(el.expm1, [1e-18])).toEqual([1e-18]);
  });
});

test("NaN goes through relu, maximum, minimum, max and min", () => {
  expect(value(el.relu, [NaN])).toEqual([NaN]);
  for (const f of [el.maximum, el.minimum]) {
    expect(compute((m) => [f(m([NaN, 1]), m([1, NaN]))])[0]).toEqual([NaN, NaN]);
  }
  for (const f of [max, min]) expect(value((x) => f(x, { axes: [0] }), [1, NaN, 2])).toEqual([NaN]);
});

test("argMax and argMin give the first of equals and pass over NaN", () => {
  expect(value((x) => argMax(x, { axes: [0] }), [1, NaN, 3, 3])).toEqual([2]);
  expect(value((x) => argMin(x, { axes: [0] }), [NaN, 2, 1, 1])).toEqual([2]);
  expect(value((x) => argMax(x, { axes: [0] }), [NaN, NaN])).toEqual([0]);
});

test("integers wrap exactly", () => {
  const ints = (a: number, b: number, dtype: "i32" | "u32") =>
    compute((m) => {
      const [x, y] = [m([a], [1], dtype), m([b], [1], dtype)];
      return [el.add(x, y), el.sub(x, y), el.mul(x, y)];
    }).flat();
  expect(ints(2147483647, 2, "i32")).toEqual([-2147483647, 2147483645, -2]);
  expect(ints(4294967295, 4294967295, "u32")).toEqual([4294967294, 0, 1]);
  expect(value((x) => el.cast(x, { dtype: "i32" }), [-2.7, 2.7, NaN])).toEqual([-2, 2, 0]);
});
