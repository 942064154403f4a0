import { parse } from "acorn";
import { describe, expect, test } from "vitest";
import {
  accuracy,
  adam,
  batch,
  category,
  defineModel,
  dense,
  f32,
  features,
  label,
  labels,
  number,
  scope,
  softmax,
  softmaxCrossEntropy,
  table,
  type Model,
} from "gradc";
import { proveModule } from "../../src/backends/module/prove.ts";
import { compile } from "../../src/compile.ts";
import { names, plain } from "./hostile-names.ts";
import { loadText, typescriptOf } from "./program.ts";

const long = process.env["GRADC_LONG"] !== undefined;
const shown = (name: string): string => JSON.stringify(name.slice(0, 40));

/** Everything that a name may stand for at once. */
function named(name: string): Model {
  const n = batch(4);
  const columns = table({
    [`${name} `]: number({ missing: "mean", scale: "standard" }),
    [name]: category([name, `${name}2`, "plain"], { missing: "mode" }),
    label: label([name, "other"]),
  });
  return defineModel({
    name,
    inputs: { [name]: features(n, columns), [`${name}'`]: f32(n, 2), y: labels(n, columns) },
    build(inputs) {
      const hidden = scope(name, () => dense(inputs[name], { units: 3, name, activation: "tanh" }));
      const more = dense(inputs[`${name}'`], { units: 2, name: `${name}"` });
      const logits = dense(hidden, { units: 2, name: "logits" });
      return {
        outputs: { [name]: softmax(logits), [`${name}\n`]: more },
        loss: softmaxCrossEntropy(logits, inputs["y"]),
        metrics: { [name]: accuracy(logits, inputs["y"]) },
        optimizer: adam({
          ema: 0.9,
          groups: { [`.${name}`]: { parameters: "logits/**", learningRate: 0.1 } },
        }),
      };
    },
  });
}

const own = (object: object, name: string): boolean => Object.prototype.hasOwnProperty.call(object, name);
const attempts: readonly (readonly [string, (name: string) => Model])[] = [
  ["with a table", named],
  ["plain", plain],
];

test("there are enough names", () => {
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(80);
});

describe.each(attempts)("a model %s called", (_, make) => {
  // The larger model takes every sixth name beyond the punctuation and the attacks; the short run gives each name to
  // one of the two models.
  const larger = (k: number): boolean => (k < 48 || k % 6 === 0) && (long || k % 2 === 0);
  test.each(
    names
      .filter((_name, k) => (make === named ? larger(k) : long || !larger(k)))
      .map((name) => [shown(name), name] as const),
  )("%s", (_shown, name) => {
    const compilation = compile(make(name), { source: "hostile.model.ts" });
    const [js, dts] = compilation.files;
    const ts = make === plain ? typescriptOf(compilation) : "";
    expect(proveModule(js.text)).toEqual([]);
    parse(js.text, { ecmaVersion: 2022, sourceType: "module" });
    for (const text of [js.text, dts.text, ts]) {
      // What a reader or a page may take for something else never stands in the text as it is.
      for (const part of ["\u2028", "\u2029", "\u202e", "\ufeff", "\0", "</script", "<!--"])
        expect(text.toLowerCase().includes(part), JSON.stringify(part)).toBe(false);
    }
    const module = loadText(js.text);
    const net = module.create({ seed: 1 });
    const spec = module.spec as unknown as {
      name: string;
      inputs: { name: string; shape: (number | string)[] }[];
      outputs: { name: string }[];
      metrics: { name: string }[];
      parameters: { name: string }[];
    };
    expect(spec.name).toBe(name);
    expect(spec.inputs.map((input) => input.name)).toContain(name);
    expect(spec.outputs.map((output) => output.name)).toContain(name);
    expect(spec.metrics.map((metric) => metric.name)).toEqual(["loss", name]);
    expect(Object.keys(net.params).sort()).toEqual(spec.parameters.map((parameter) => parameter.name).sort());
    for (const { name: parameter } of spec.parameters) {
      expect(own(net.params, parameter)).toBe(true);
      expect(net.params[parameter]).toBeInstanceOf(Float32Array);
    }
    const size = (shape: (number | string)[]): number =>
      shape.reduce<number>((all, dim) => all * (dim === "n" ? 4 : Number(dim)), 1);
    const args = spec.inputs.map((input) =>
      input.name === "y" ? Int32Array.of(0, 1, 0, 1) : new Float32Array(size(input.shape)).fill(0.5),
    );
    const before = net.forward(...args);
    expect(before).toBeGreaterThan(0);
    net.backward();
    net.update();
    for (let k = 0; k < 3; k++) expect(net.trainStep(...args)).toBeGreaterThan(0);
    const metrics = net.evaluate(...args);
    expect(Object.keys(metrics).sort()).toEqual(["loss", name].sort());
    expect(own(metrics, name) && metrics[name]).toBeGreaterThanOrEqual(0);
    const outputs = net.predict(...args.slice(0, -1));
    expect(own(outputs, name)).toBe(true);
    expect([...outputs[name]].every(Number.isFinite)).toBe(true);
    const encodeRow = (
      module as unknown as { encodeRow?: (row: object, x: Float32Array, i?: number) => void }
    ).encodeRow;
    if (encodeRow) {
      const x = new Float32Array(4);
      // Whole numbers as names come first in any object.
      const isFirst = /^(0|[1-9]\d*)$/.test(name);
      encodeRow(Object.defineProperty({ [`${name} `]: 3 }, name, { value: `${name}2` }), x);
      expect([...x]).toEqual(isFirst ? [0, 1, 0, 3] : [3, 0, 1, 0]);
    }
    expect((globalThis as { hacked?: number }).hacked).toBeUndefined();
    expect(Object.prototype).not.toHaveProperty("hacked");
  });
});
