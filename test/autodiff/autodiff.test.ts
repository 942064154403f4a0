import { describe, expect, test } from "vitest";
import { grad, hvp, jacobian, jvp, vjp } from "../../src/autodiff/index.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import { Builder, withBuilder } from "../../src/ir/builder.ts";
import { nodesOf, type Value } from "../../src/ir/graph.ts";
import { tensorType } from "../../src/ir/type.ts";
import { matmul } from "../../src/ops/contract.ts";
import { add, cast, exp, mul, sigmoid, square, stopGradient, tanh } from "../../src/ops/elementwise.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { transpose } from "../../src/ops/movement.ts";
import { sum } from "../../src/ops/reduce.ts";
import { compute } from "./tools.ts";
import { scalarArray } from "../ops/sample.ts";

const inBuild = <T>(body: (build: Builder) => T): T => {
  const build = new Builder();
  return withBuilder(build, () => body(build));
};
const input = (name: string, shape: readonly number[] = [], dtype: "f32" | "f64" | "i32" = "f32"): Value =>
  leaf("input", name, tensorType(dtype, shape));
const total = (y: Value): Value => sum(y, { axes: y.type.shape.map((_, k) => k) });

describe("the reverse sweep", () => {
  test("adds up what several users contribute", () => {
    expect(
      compute((make) => {
        const x = make([3], []);
        return grad(add(mul(x, x), mul(x, square(x))), [x]);
      }),
    ).toEqual([[2 * 3 + 3 * 9]]);
  });

  test("gives zeros where nothing depends on a value, and stops at stopGradient and integers", () => {
    const zeros = compute((make) => {
      const [x, y] = [make([1, 2]), make([5])];
      const through = add(stopGradient(x), cast(cast(x, { dtype: "i32" }), { dtype: "f64" }));
      return grad(total(through), [x, y]);
    });
    expect(zeros).toEqual([[0, 0], [0]]);
  });

  test("differentiates by values in the middle of a graph", () => {
    expect(
      compute((make) => {
        const x = make([2], []);
        const y = square(x);
        return grad(mul(y, x), [y, x]);
      }),
    ).toEqual([[2], [12]]);
  });

  test("builds nothing for what is not asked", () => {
    inBuild((build) => {
      const [x, w, v] = [input("x", [2, 3]), input("w", [3, 4]), input("v", [4, 1])];
      const [gradient] = grad(total(matmul(tanh(matmul(x, w, plain)), v, plain)), [v]);
      expect(nodesOf([gradient]).filter(({ op }) => op === "matmul").length).toBe(2);
      // Not only unreachable: nothing for tanh or w was ever made.
      const made = [...build.origins.keys()].map(({ op }) => op);
      expect(made.filter((op) => op === "matmul").length).toBe(3);
      expect(made).not.toContain("sub");
    });
  });

  test("takes a very deep graph", () => {
    inBuild((build) => {
      const x = input("x");
      let y = x;
      build.within({ layer: "deep", source: "" }, () => {
        for (let k = 0; k < 5000; k++) y = add(y, x);
        const [gradient] = grad(y, [x]);
        const feed = new Map([[x.node, scalarArray("f32", 1)]]);
        expect(evaluate([gradient], feed)[0].data[0]).toBe(5001);
      });
    });
  });

  test("says of every node which node's gradient it belongs to", () => {
    inBuild((build) => {
      const x = input("x", [3]);
      const y = build.within({ layer: "dense1", source: "model.ts:7" }, () => sigmoid(x));
      const loss = build.within({ layer: "loss", source: "model.ts:9" }, () => total(y));
      const before = new Set(build.origins.keys());
      const [gradient] = grad(loss, [x]);
      const made = nodesOf([gradient]).filter((node) => !before.has(node) && node.op === "mul");
      expect(made.length).toBeGreaterThan(0);
      for (const node of made) {
        const origin = { layer: "dense1", source: "model.ts:7", gradientOf: "sigmoid" };
        expect(build.origins.get(node)).toEqual([origin]);
      }
    });
  });
});
const plain = { transposeA: false, transposeB: false };

describe("refusals", () => {
  const refused = (body: () => unknown): string => {
    try {
      inBuild(body);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  test.each([
    ["a loss must be one float, found f32[3]", () => grad(input("x", [3]), [])],
    ["a loss must be one float, found i32[]", () => grad(input("x", [], "i32"), [])],
    ["value 0 to differentiate by is i32[2]; only floats have gradients", () => grad(input("x"), [input("k", [2], "i32")])],
    ["output 0 is i32[]; only floats have gradients", () => vjp([input("k", [], "i32")], [input("g")], [])],
    ["the cotangent of output 0 must be f32[2], found f32[1]", () => vjp([input("x", [2])], [input("g", [1])], [])],
    ["the cotangent of output 0 must be f32[], found f64[]", () => vjp([input("x")], [input("g", [], "f64")], [])],
    ["expected a cotangent for each of 1 outputs, found 0", () => vjp([input("x")], [], [])],
    ["a direction must be f32[2], found f32[3]", () => jvp(input("x", [2]), input("x", [2]), input("v", [3]))],
    ["a direction must be f32[], found f64[]", () => hvp(input("x"), input("x"), input("v", [], "f64"))],
    ["a Jacobian has at most 1024 rows, found 1025 for f32[1025]", () => jacobian(input("x", [1025]), input("x", [1025]))],
    [
      "a Jacobian needs fixed shapes, found f32[n] by f32[]",
      () => jacobian(leaf("input", "b", tensorType("f32", [{ times: 1, max: 4 }])), input("x")),
    ],
  ] as [string, () => unknown][])("%s", (sentence, body) => {
    expect(refused(body).split("\n")[0]).toBe(sentence);
  }); // prettier-ignore
});

describe("forward and second derivatives", () => {
  test("jvp of products and jvp of jvp", () => {
    const [first, second] = compute((make) => {
      const [x, v] = [make([1, 2]), make([3, 0.5])];
      const along = jvp(mul(x, square(x)), x, v); // 3x²·v
      return [along, jvp(along, x, v)]; // 6x·v²
    });
    expect(first).toEqual([9, 6]);
    expect(second).toEqual([54, 3]);
  });

  test("jvp of what does not depend on x is zero", () => {
    expect(compute((make) => [jvp(exp(make([1, 2])), make([5]), make([1]))])).toEqual([[0, 0]]);
  });

  test("the Hessian by hvp, by jacobian of grad, and by hand agree", () => {
    // loss = xᵀ·A·x + Σ x³, Hessian A + Aᵀ + diag(6x).
    const a = [1, 2, -1, 0.5, 3, 2, 4, -2, 1];
    const [x0, v0] = [
      [1, -2, 0.5],
      [0.3, 1, -1],
    ];
    const [product, hessian] = compute((make) => {
      const x = make(x0, [3, 1]);
      const xt = transpose(x, { permutation: [1, 0] });
      const quadratic = matmul(xt, matmul(make(a, [3, 3]), x, plain), plain);
      const loss = add(total(quadratic), total(mul(x, square(x))));
      return [hvp(loss, x, make(v0, [3, 1])), jacobian(grad(loss, [x])[0], x)];
    });
    const expected = a.map((_, k) => {
      const [i, j] = [Math.floor(k / 3), k % 3];
      return a[3 * i + j] + a[3 * j + i] + (i === j ? 6 * x0[i] : 0);
    });
    expect(hessian).toEqual(expected);
    for (const i of [0, 1, 2]) {
      const row = v0.reduce((sum, v, j) => sum + expected[3 * i + j] * v, 0);
      expect(product[i]).toBeCloseTo(row, 12);
    }
  });

  test("a Jacobian has the shapes of y and x", () => {
    inBuild(() => {
      const x = input("x", [2, 2]);
      expect(jacobian(sum(exp(x), { axes: [1] }), x).type).toEqual(tensorType("f32", [2, 2, 2]));
      expect(jacobian(total(x), x).type).toEqual(tensorType("f32", [2, 2]));
    });
  });
});
