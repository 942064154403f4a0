import { jsBackend } from "../../../src/backends/js/backend.ts";
import { grad } from "../../../src/autodiff/index.ts";
import { withBuilder } from "../../../src/ir/builder.ts";
import { isLeaf, leafName, nodesOf, type Graph, type Output, type Value } from "../../../src/ir/graph.ts";
import type { NDArray } from "../../../src/ir/op.ts";
import { isFloat, tensorType } from "../../../src/ir/type.ts";
import { sum } from "../../../src/ops/broadcast.ts";
import { cast } from "../../../src/ops/compare.ts";
import { add, mul } from "../../../src/ops/elementwise.ts";
import { constant, leaf } from "../../../src/ops/leaves.ts";
import { ops } from "../../../src/ops/table.ts";
import { optimizeGraph } from "../../../src/optimize/index.ts";
import { randomArray, randomFrom, type SampleInput } from "../../ops/sample.ts";
import { compileEverywhere, disagreements } from "../../compile/agree.ts";
import { programOf } from "../../compile/program.ts";
import { batchesOf, buildSample, feedOf, type Built, type LayerSample } from "./sample.ts";

/** A program that computes everything of a sample: its inference, a projection of its training, all gradients. */
function programFor(built: Built, precision: "f32" | "f64") {
  const { builder, training, inference } = built;
  const types = new Map<string, SampleInput>();
  return withBuilder(builder, () => {
    const graphOf = (name: string, outputs: readonly Output[]): Graph =>
      optimizeGraph(
        { name: `sample.${name}`, batch: 5, outputs, origins: builder.origins },
        ops,
        jsBackend("f32"),
      );
    const floats = [...training.values()].filter(({ type }) => isFloat(type.dtype));
    const parts = floats.map((y, k): Value => {
      const u = leaf("input", `u${k}`, tensorType(precision, y.type.shape));
      types.set(`input:u${k}`, { type: u.type, range: [-1, 1] });
      const same = y.type.dtype === precision ? y : cast(y, { dtype: precision });
      return sum(mul(same, u), { axes: y.type.shape.map((_, axis) => axis) });
    });
    const zero = constant({ value: 0, dtype: precision, shape: [] });
    const loss = parts.reduce((total, part) => add(total, part), zero);
    const wrt = nodesOf([loss])
      .filter((node) => isLeaf(node) && !leafName(node).startsWith("u"))
      .map((node) => node.outputs[0])
      .filter(({ type, node }) => isFloat(type.dtype) && (node.op === "parameter" || node.op === "input"));
    const slopes = grad(loss, wrt).map((value, k) => ({ value, of: wrt[k].node }));
    const predict = [
      ...[...inference].map(([name, value]): Output => ({ role: "output", name, value })),
      ...[...training].map(([name, value]): Output => ({
        role: "output",
        name: `${name} in training`,
        value,
      })),
      ...slopes
        .filter(({ of }) => of.op === "input")
        .map(({ value, of }): Output => ({ role: "output", name: `d ${leafName(of)}`, value })),
    ];
    const gradients = slopes
      .filter(({ of }) => of.op === "parameter")
      .map(({ value, of }): Output => ({ role: "gradient", name: leafName(of), value }));
    const trained = [{ role: "loss", name: "loss", value: loss } as Output, ...gradients];
    const program = programOf({
      predict: graphOf("predict", predict),
      ...(gradients.length > 0 ? { training: graphOf("training", trained) } : {}),
      precision,
    });
    // Products of every form are compared with what they read written out where ops are.
    return { compiled: compileEverywhere(program, Boolean(process.env["GRADC_LONG"])), types };
  });
}

/** Where the evaluator, the loop interpreter and the emitted module differ on a sample, scratch memory poisoned. */
export function differences(sample: LayerSample, precision: "f32" | "f64"): string[] {
  const built = buildSample(sample, precision);
  const { compiled, types } = programFor(built, precision);
  const tolerance = precision === "f32" ? (sample.tolerance32 ?? 1e-5) : 1e-10;
  return batchesOf(built).flatMap((n) => {
    const random = randomFrom(500 + n);
    const feed = new Map<string, NDArray>(
      [...feedOf(sample, built, n, 600 + n)].map(([node, value]) => [`${node.op}:${leafName(node)}`, value]),
    );
    for (const [name, type] of types) feed.set(name, randomArray(type, n, random));
    // The evaluator starts from what the module's arrays hold.
    for (const { dtype, data } of feed.values())
      if (dtype === "f32") for (const [at, value] of data.entries()) data[at] = Math.fround(value);
    return disagreements(compiled, feed, n, { js: tolerance, wasm: tolerance }).map(
      (difference) => `n = ${n}: ${difference}`,
    );
  });
}
