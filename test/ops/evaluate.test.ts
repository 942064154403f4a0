import { expect, test } from "vitest";
import { evaluate } from "../../src/eval/evaluate.ts";
import { ndarray } from "../../src/eval/ndarray.ts";
import { Builder, withBuilder } from "../../src/ir/builder.ts";
import { tensorType } from "../../src/ir/type.ts";
import { add, mul } from "../../src/ops/elementwise.ts";
import { oneHot } from "../../src/ops/gather.ts";
import { constantTensor, leaf } from "../../src/ops/leaves.ts";
import { mean } from "../../src/ops/reduce.ts";
import { ops } from "../../src/ops/table.ts";
import { scalarArray, zerosOf } from "./sample.ts";

const batch = { times: 1, max: 8 };
const scalar = tensorType("f32", []);

test("computes in float64, or rounds every f32 result where asked", () => {
  withBuilder(new Builder(), () => {
    const [x, y] = [leaf("input", "x", scalar), leaf("input", "y", scalar)];
    const feed = new Map([
      [x.node, scalarArray("f32", 0.1)],
      [y.node, scalarArray("f32", 3)],
    ]);
    const output = [add(mul(x, y), y)];
    expect(evaluate(output, feed)[0].data[0]).toBe(0.1 * 3 + 3);
    const rounded = Math.fround(Math.fround(Math.fround(0.1) * 3) + 3);
    expect(evaluate(output, feed, { round: true })[0].data[0]).toBe(rounded);
  });
});

test("a mean over the batch is a mean over the rows actually given", () => {
  withBuilder(new Builder(), () => {
    const x = leaf("input", "x", tensorType("f32", [batch]));
    const loss = mean(x, { axes: [0] });
    for (const n of [1, 2, 5]) {
      const feed = new Map([
        [
          x.node,
          ndarray(
            "f32",
            [n],
            Array.from({ length: n }, (_, k) => k + 1),
          ),
        ],
      ]);
      expect(evaluate([loss], feed, { n })[0].data[0]).toBe((n + 1) / 2);
    }
  });
});

test("refuses leaves without contents and contents of another shape", () => {
  withBuilder(new Builder(), () => {
    const x = leaf("parameter", "dense1/kernel", tensorType("f32", [batch, 2]));
    expect(() => evaluate([x], new Map())).toThrow('parameter "dense1/kernel" has no value');
    for (const wrong of [zerosOf("f32", [4, 2]), zerosOf("f64", [3, 2]), zerosOf("f32", [6])]) {
      expect(() => evaluate([x], new Map([[x.node, wrong]]), { n: 3 })).toThrow(
        /internal error: parameter "dense1\/kernel": expected f32\[3,2\], found f\d\d\[/,
      );
    }
    expect(() => ndarray("f32", [2], [1])).toThrow("an array [2] holds 2 values, found 1");
  });
});

test("the same leaf is the same value, and constants keep their order", () => {
  withBuilder(new Builder(), () => {
    expect(leaf("input", "x", scalar)).toBe(leaf("input", "x", scalar));
    expect(leaf("input", "x", scalar)).not.toBe(leaf("state", "x", scalar));
    const table = constantTensor({ values: [3, 1, 2], dtype: "i32", shape: [3] });
    const [hot] = evaluate([oneHot(table, { depth: 4, dtype: "f32" })], new Map());
    expect([...hot.data]).toEqual([0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0]);
  });
});

test("ops that index by an input say how large its values may be", () => {
  const limitsOf = (name: string, types: object, attrs: object) =>
    ops.get(name)?.limits?.(types as never, attrs as never);
  expect(limitsOf("oneHot", {}, { depth: 7 })).toEqual({ x: 7 });
  const logits = tensorType("f32", [batch, 10]);
  expect(limitsOf("sparseSoftmaxCrossEntropy", { logits }, {})).toEqual({ labels: 10 });
});
