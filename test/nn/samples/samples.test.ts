import { describe, expect, test } from "vitest";
import { withBuilder } from "../../../src/ir/builder.ts";
import { isLeaf, leafName, nodesOf, type Value } from "../../../src/ir/graph.ts";
import { isFloat } from "../../../src/ir/type.ts";
import { checkDirections, checkGradients, type Case } from "../../autodiff/check.ts";
import { families } from "./families.ts";
import { batchesOf, buildSample, feedOf, type Built, type LayerSample } from "./sample.ts";

const long = process.env["GRADC_LONG"] !== undefined;

/** What is differentiated: float results by every parameter and every float input. */
function caseOf(sample: LayerSample, built: Built, n: number, seed: number): Case | undefined {
  const outputs = [...built.training.values()].filter(({ type }) => isFloat(type.dtype));
  const wrt = nodesOf(outputs)
    .filter((node) => isLeaf(node) && (node.op === "parameter" || node.op === "input"))
    .map((node) => node.outputs[0])
    .filter(({ type }) => isFloat(type.dtype));
  if (wrt.length === 0) return undefined;
  const text = `${sample.name} by ${wrt.map(({ node }) => leafName(node)).join(", ")}, n = ${n}`;
  const feed = feedOf(sample, built, n, seed);
  const { builder: build } = built;
  return { build, outputs, wrt, feed, n, text, tolerance: 1e-6 };
}

describe.each(families)("%s", (_, rows) => {
  test("has names that tell its rows apart", () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  test.each(rows.map((row) => [row.name, row] as const))("%s: gradients in float64", (_name, sample) => {
    const built = buildSample(sample, "f64");
    for (const n of batchesOf(built)) {
      const subject = caseOf(sample, built, n, 100 + n);
      if (!subject) return;
      // Element by element once; along random directions, which see all elements at once, for the rest.
      const gradients: readonly Value[] =
        n === 3 ? checkGradients(subject, 200) : checkDirections(subject, 200 + n);
      for (const seed of n === 3 && long ? [11, 12] : []) {
        const other = caseOf(sample, built, n, seed);
        if (other) checkDirections(other, 300 + seed);
      }
      if (!sample.smooth || n === 1) continue;
      const outputs = withBuilder(subject.build, () => gradients.filter((g) => nodesOf([g]).length > 1));
      const text = `second order of ${subject.text}`;
      checkDirections({ ...subject, outputs, text, tolerance: 1e-5 }, 400 + n);
    }
  });
});
