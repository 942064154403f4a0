import { jsBackend } from "../../src/backends/js/backend.ts";
import { describe, expect, test } from "vitest";
import { jvp, vjp } from "../../src/autodiff/index.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import { ndarray, shapeAt } from "../../src/eval/ndarray.ts";
import { withBuilder } from "../../src/ir/builder.ts";
import type { Graph, Output, Value } from "../../src/ir/graph.ts";
import type { NDArray } from "../../src/ir/op.ts";
import { isFloat } from "../../src/ir/type.ts";
import { verifyGraph } from "../../src/ir/verify/graph.ts";
import { sum } from "../../src/ops/broadcast.ts";
import { add, mul } from "../../src/ops/elementwise.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { ops } from "../../src/ops/table.ts";
import { optimizeGraph } from "../../src/optimize/index.ts";
import { checkDirections, checkGradients, floatLeaves, pullBack, type Case } from "../autodiff/check.ts";
import { compileEverywhere, disagreements } from "../compile/agree.ts";
import { programOf } from "../compile/program.ts";
import { randomArray, randomFrom } from "../ops/sample.ts";
import { cases, unrolled } from "./cases.ts";
import { ready, type Ready } from "./run.ts";

const caseOf = (own: Ready, text: string, n: number): Case => ({
  build: own.build,
  outputs: own.outputs.filter(({ type }) => isFloat(type.dtype)),
  wrt: floatLeaves(own.leaves),
  feed: own.feed(n, 5).nodes,
  n,
  text,
  tolerance: 1e-6,
});

const all = (x: Value): Value => sum(x, { axes: x.type.shape.map((_, k) => k) });

describe.each(cases.map((subject) => [subject.name, subject] as const))("%s", (name, subject) => {
  test("gradients agree with central differences", () => {
    for (const n of [1, 3]) checkGradients(caseOf(ready(subject, "f64"), name, n), 3);
  });

  test("second order agrees with central differences", () => {
    const first = caseOf(ready(subject, "f64"), `second order of ${name}`, 2);
    const { gradients } = pullBack(first, 3);
    checkDirections({ ...first, outputs: gradients, tolerance: 1e-5 }, 50);
  });

  test("gradients are those of the unrolled graph", () => {
    const [own, plain] = [ready(subject, "f64"), ready(subject, "f64", unrolled)];
    const [found, expected] = [own, plain].map((one) => {
      const subjectOf = caseOf(one, name, 3);
      return evaluate(pullBack(subjectOf, 9).gradients, subjectOf.feed, { n: 3 });
    });
    for (const [k, { data }] of expected.entries())
      for (const [i, value] of data.entries())
        expect(Math.abs(value - found[k].data[i])).toBeLessThan(1e-12 * Math.max(1, Math.abs(value)));
  });

  test("forward and reverse derivatives agree", () => {
    const one = caseOf(ready(subject, "f64"), name, 3);
    const [y] = one.outputs;
    const { weights, gradients } = pullBack({ ...one, outputs: [y] }, 4);
    const random = randomFrom(8);
    for (const [k, x] of one.wrt.entries()) {
      const v = withBuilder(one.build, () => leaf("state", `v${k}`, x.type));
      one.feed.set(v.node, randomArray({ type: x.type, range: [-1, 1] }, 3, random));
      const forward = withBuilder(one.build, () => jvp(y, x, v));
      const [u, jv, uj, direction] = evaluate([weights[0], forward, gradients[k], v], one.feed, { n: 3 });
      const [left, right] = [dot(u, jv), dot(uj, direction)];
      expect(Math.abs(left - right) / Math.max(1, Math.abs(left))).toBeLessThan(1e-11);
    }
  });

  test.each(["f32", "f64"] as const)(
    "evaluator, loops and module agree on a training step in %s",
    (precision) => {
      const own = ready(subject, precision);
      const floats = own.outputs.filter(({ type }) => isFloat(type.dtype));
      const trained = own.leaves.filter(({ node }) => node.op === "parameter");
      const outputs = withBuilder(own.build, (): Output[] => {
        const loss = floats.map((y) => all(mul(y, y))).reduce((a, b) => add(a, b));
        const one = vjp([loss], [all(leaf("input", "one", { dtype: precision, shape: [] }))], trained);
        return [
          { role: "loss", name: "loss", value: loss },
          ...one.map((value, k): Output => ({
            role: "gradient",
            name: String(trained[k].node.attrs["name"]),
            value,
          })),
        ];
      });
      const named = (name: string, list: readonly Output[]): Graph =>
        optimizeGraph(
          { name: `sample.${name}`, batch: 5, outputs: list, origins: own.build.origins },
          ops,
          jsBackend("f32"),
        );
      const training = named("training", outputs);
      const predict = named("predict", [{ role: "output", name: "y", value: own.outputs[0] }]);
      expect(verifyGraph(training, ops)).toEqual([]);
      const compiled = compileEverywhere(programOf({ predict, training, precision }));
      for (const n of [1, 3, 5]) {
        const { cells } = own.feed(n, 11);
        cells.set("input:one", ndarray(precision, shapeAt([], n), [0.75]));
        const tolerance = precision === "f64" ? 1e-11 : 1e-5;
        expect(disagreements(compiled, cells, n, { js: tolerance, wasm: tolerance })).toEqual([]);
      }
    },
  );
});

const dot = (a: NDArray, b: NDArray): number =>
  a.data.reduce((total, value, k) => total + value * b.data[k], 0);
