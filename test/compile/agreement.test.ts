import { jsBackend } from "../../src/backends/js/backend.ts";
import { describe, expect, test } from "vitest";
import { grad, vjp } from "../../src/autodiff/index.ts";
import { Builder, withBuilder } from "../../src/ir/builder.ts";
import type { Graph, Output, Value } from "../../src/ir/graph.ts";
import { applyRoom, type NDArray, type OpRoom, type Sample } from "../../src/ir/op.ts";
import { isBatch, isFloat } from "../../src/ir/type.ts";
import { mul } from "../../src/ops/elementwise.ts";
import { sum } from "../../src/ops/broadcast.ts";
import { cast } from "../../src/ops/compare.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { ops } from "../../src/ops/table.ts";
import { optimizeGraph, passes } from "../../src/optimize/index.ts";
import { parseInput, randomArray, randomFrom, sampleText } from "../ops/sample.ts";
import { allowRelaxed } from "../wasm/relaxed.ts";
import { compileEverywhere, disagreements } from "./agree.ts";
import { programOf, type Parts } from "./program.ts";

allowRelaxed();

/** A float64 build makes every f32 of a model an f64. */
const inPrecision = <T>(thing: T, precision: string): T =>
  precision === "f32" ? thing : (JSON.parse(JSON.stringify(thing).replaceAll("f32", "f64")) as T);

/**
 * A sample as a model: the op's inputs as arguments and its value and pullback as outputs; in training, float inputs
 * without a batch as parameters, and a loss that weighs the elements of the output. Everything is both at once.
 */
function partsOf(room: OpRoom, given: Sample, precision: "f32" | "f64", kind: Kind) {
  const sample = inPrecision(given, precision);
  const types = new Map<string, ReturnType<typeof parseInput>>();
  const build = new Builder();
  const named = (name: string, outputs: readonly Output[]): Graph => ({
    name: `sample.${name}`,
    batch: 5,
    outputs,
    origins: build.origins,
  });
  const parts = withBuilder(build, (): Parts => {
    const inputs: Value[] = [];
    for (const [k, text] of sample.inputs.entries()) {
      if (text.startsWith("@")) inputs.push(inputs[Number(text.slice(1))]);
      else {
        const input = parseInput(text);
        const trains =
          (kind === "training" || kind === "everything") &&
          input.type.dtype === precision &&
          !input.type.shape.some(isBatch);
        const cell = trains ? "parameter" : "input";
        types.set(`${cell}:x${k}`, input);
        inputs.push(leaf(cell, `x${k}`, input.type));
      }
    }
    const y = applyRoom(room, inputs, sample.attrs ?? {}).outputs[0];
    const predict: Output[] = [{ role: "output", name: "y", value: y }];
    if (kind === "value" || !isFloat(y.type.dtype)) return { predict: named("predict", predict), precision };
    const u = leaf("input", "u", y.type);
    types.set("input:u", { type: y.type, range: [-1, 1] });
    const wrt = [...new Set(inputs)].filter(({ type }) => isFloat(type.dtype));
    if (kind === "vjp" || kind === "everything") {
      const gradients = vjp([y], [u], wrt);
      for (const [k, value] of gradients.entries()) predict.push({ role: "output", name: `dx${k}`, value });
      if (kind === "vjp") return { predict: named("predict", predict), precision };
    }
    const total = sum(mul(y, u), { axes: y.type.shape.map((_, k) => k) });
    const loss = total.type.dtype === precision ? total : cast(total, { dtype: precision });
    const trained = wrt.filter(({ node }) => node.op === "parameter");
    const training: Output[] = [{ role: "loss", name: "loss", value: loss }];
    for (const [k, value] of grad(loss, trained).entries())
      training.push({ role: "gradient", name: String(trained[k].node.attrs["name"]), value });
    return { predict: named("predict", predict), training: named("training", training), precision };
  });
  return { parts, types, build };
}

const everything = (graph: Graph): Graph => optimizeGraph(graph, ops, jsBackend("f32"));
/** Only what the schedule cannot do without: composites written out. */
const least = (graph: Graph): Graph =>
  passes
    .filter(({ name }) => name === "expand" || name === "drop-marks")
    .reduce((g, pass) => pass.run(g, ops, jsBackend("f32")), graph);

const long = process.env["GRADC_LONG"] !== undefined;
type Kind = "value" | "vjp" | "training" | "everything";
/**
 * Graphs as the passes leave them, and as they are without passes. The short run compiles a sample's value, pullback and
 * training step as one program, and the value alone where nothing can be differentiated, or no pass has seen it.
 */
const forms = (
  precision: "f32" | "f64",
  differentiable: boolean,
): readonly (readonly [string, (graph: Graph) => Graph, readonly Kind[]])[] => {
  const every: readonly Kind[] = differentiable ? ["value", "vjp", "training"] : ["value"];
  if (long) return [["optimised", everything, every], ["plain", least, every]]; // prettier-ignore
  const one: Kind = differentiable ? "everything" : "value";
  return [["optimised", everything, [one]], ...(precision === "f32" ? [["plain", least, ["value"]] as const] : [])]; // prettier-ignore
};

const tolerance = { f32: { js: 1e-5, wasm: 1e-5 }, f64: { js: 1e-10, wasm: 0 } } as const;

const problems = (room: OpRoom, precision: "f32" | "f64"): string[] => {
  const found: string[] = [];
  for (const [k, sample] of room.samples.entries()) {
    const differentiable =
      room.vjp &&
      !room.mark &&
      Object.keys(room.vjp).length > 0 &&
      sample.inputs.some((text) => text.startsWith("f")) &&
      String(sample.attrs?.["dtype"] ?? "f").startsWith("f");
    for (const [optimized, simplify, kinds] of forms(precision, !!differentiable)) {
      for (const kind of kinds) {
        const { parts, types, build } = partsOf(room, sample, precision, kind);
        // A loss that trains nothing is no step.
        const training = parts.training && parts.training.outputs.length > 1 ? parts.training : undefined;
        if (kind === "training" && !training) continue;
        const text = `${sampleText(room, sample)} ${precision} ${kind} ${optimized}`;
        try {
          const compiled = withBuilder(build, () =>
            compileEverywhere(
              programOf({
                predict: simplify(parts.predict),
                ...(training ? { training: simplify(training) } : {}),
                precision,
              }),
            ),
          );
          const batched = [...types.values()].some(({ type }) => type.shape.some(isBatch));
          for (const n of batched && optimized !== "plain" ? [1, 3, 5] : [3]) {
            const random = randomFrom(1000 + 10 * k + n);
            const feed = new Map<string, NDArray>(
              [...types].map(([name, type]) => [name, randomArray(type, n, random)]),
            );
            // The evaluator starts from what the module's arrays hold.
            for (const { dtype, data } of feed.values())
              if (dtype === "f32") for (const [at, value] of data.entries()) data[at] = Math.fround(value);
            for (const difference of disagreements(compiled, feed, n, tolerance[precision]))
              found.push(`${text} n=${n}: ${difference}`);
          }
        } catch (error) {
          found.push(`${text}: ${(error as Error).stack?.split("\n").slice(0, 4).join(" | ")}`);
        }
      }
    }
  }
  return found;
};

const rooms = [...ops.values()].filter((room) => room.samples.length > 0 && room.name !== "placeholder");
describe.each(["f32", "f64"] as const)("evaluator, loops and module agree in %s on", (precision) => {
  test.each(rooms.map((room) => [room.name, room] as const))("%s", (_, room) => {
    const found = problems(room, precision);
    if (found.length > 0) expect.fail(`${found.length} differences:\n${found.slice(0, 20).join("\n")}`);
  });
});
