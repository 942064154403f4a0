import { describe, expect, test } from "vitest";
import * as g from "gradc";
import type { Model, Value } from "gradc";
import { compile } from "../../src/compile.ts";
import { hasRelaxed } from "../../src/backends/wasm/host.ts";
import { allowRelaxed } from "../wasm/relaxed.ts";
import { buildsOf, strictOf } from "./builds.ts";
import { doubleOf, wrongOver } from "./course.ts";

allowRelaxed();

const repeat = (x: Value, times: number, layer: (x: Value) => Value): Value =>
  Array.from({ length: times }).reduce<Value>((h) => layer(h), x);

function classifier(
  name: string,
  rows: number,
  x: (n: g.BatchDim) => ReturnType<typeof g.f32>,
  body: (x: Value) => Value,
  units = 10,
): Model {
  const n = g.batch(rows);
  return g.defineModel({
    name,
    inputs: { x: x(n), y: g.i32(n) },
    build(inputs) {
      const logits = g.dense(body(inputs["x"]), { units, name: "logits" });
      return { outputs: { logits }, loss: g.softmaxCrossEntropy(logits, inputs["y"]), optimizer: g.adam() };
    },
  });
}

const deep = (layers: number): Model =>
  classifier("deep", 8, (n) => g.f32(n, 16), (x) => repeat(x, layers, (h) => g.add(h, g.dense(g.layerNorm(h), { units: 16, activation: "tanh" })))); // prettier-ignore
const models = {
  "layers of 2048": classifier("wide", 16, (n) => g.f32(n, 2048), (x) => repeat(x, 2, (h) => g.dense(h, { units: 2048, activation: "relu" }))),
  "512 channels": classifier("channels", 2, (n) => g.f32(n, 6, 6, 512), (x) => g.globalAvgPool2d(g.conv2d(x, { filters: 512, kernelSize: 3, padding: "same", activation: "relu" }))),
  "1024 rows": classifier("rows", 1024, (n) => g.f32(n, 12, 12, 1), (x) => g.flatten(g.maxPool2d(g.conv2d(x, { filters: 8, kernelSize: 3, activation: "relu" })))),
  "200 layers": deep(200),
  "10,000 classes": classifier("classes", 8, (n) => g.i32(n), (x) => g.embedding(x, { inputDim: 10_000, outputDim: 24 }), 10_000),
} satisfies Record<string, Model>; // prettier-ignore

describe.runIf(process.env["GRADC_LONG"])("models of unusual sizes", () => {
  test.each(Object.entries(models))("%s are computed alike on every target", (_, model) => {
    const { double, js, relaxed } = buildsOf(model, false);
    const builds = [js, strictOf(relaxed), ...(hasRelaxed() ? [relaxed] : [])];
    const ns = [double.module.spec.batch!, 1];
    expect(builds.flatMap((build) => wrongOver(build, ns, 1, doubleOf(build, double)))).toEqual([]);
  });
});

test.each(["js", "wasm"] as const)("ten times the layers are ten times the code, in functions as large, for %s", (target) => {
  const [few, many] = [5, 50].map((layers) => compile(deep(layers), { target }));
  expect(many.sizes.code / few.sizes.code).toBeLessThan(10);
  const longest = ({ loops }: typeof few): number =>
    Math.max(...loops.functions.map(({ body }) => JSON.stringify(body).length));
  expect(longest(many)).toBeLessThan(1.5 * longest(few));
}); // prettier-ignore
