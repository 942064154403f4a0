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
  i32,
  label,
  labels,
  number,
  scope,
  softmax,
  softmaxCrossEntropy,
  table,
  type Model,
} from "gradc";
import { proveModule } from "../../src/backends/js/prove.ts";
import { compile } from "../../src/compile.ts";
import { loadText } from "./program.ts";

const attack = "globalThis.hacked = 1";
const names: readonly string[] = [
  ...['"', "'", "`", "\\", "\n", "\r", "\t", "\0", "\u2028", "\u2029", "\ufeff", "\u200b", "\u202e", "\u0085", "\ud800"],
  ...["*/", "/*", "//", "-->", "<!--", "</script>", "<script>", "]]>", "${", "${1}", "#{", "%>", "{{x}}", ";", "}", "{", ")", "("],
  `"; ${attack}; "`, `'; ${attack}; '`, `\`; ${attack}; \``, `\${${attack}}`, `\n${attack};\n`, `*/ ${attack}; /*`,
  `\u2028${attack}\u2028`, `\\"; ${attack}; //`, `"] = 1; ${attack}; x["`, `x) { ${attack} } function y(`, `//\r${attack}`,
  `</script><script>${attack}</script>`, `<!--\n${attack}`, `x\n*/\n${attack}\n/*`, `__proto__: (${attack})`,
  ...["__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "then", "toJSON", "length", "name"],
  ...["class", "function", "return", "await", "yield", "let", "static", "eval", "arguments", "new", "this", "null", "true", "import", "enum", "async", "of", "get", "set"],
  ...["undefined", "NaN", "Infinity", "Object", "Math", "Float32Array", "Float64Array", "RangeError", "ArrayBuffer", "Uint8Array", "String", "globalThis", "process"],
  ...["spec", "create", "createPredictor", "encodeRow", "Predictor", "Network", "Row", "checkRows", "checkIndices", "checkState", "powersOfTwo", "buffer", "scratch"],
  ...["state", "step", "params", "gradients", "hyper", "init", "forward", "backward", "update", "trainStep", "evaluate", "resetMetrics", "predict"],
  ...["load", "fresh", "outputs", "totals", "metrics", "powers", "bits", "words", "scalars", "runForward", "runBackward", "n", "i", "j", "k", "x0", "p0", "t0", "c0", "seed", "options", "accumulate", "exp", "random", "training_step", "sum", "max", "whole0"],
  ...["😀", "é", "𝒳", "名前", "ß", "İ", "ﬁ", " ", "  ", "a b", "a.b", "a-b", "1", "01", "-1", "1e3", "$", "_", "$x", "_0", "a/b", "/", ".", "..", "../../etc/passwd", "%00", "a".repeat(3000), "𝒳".repeat(500)],
]; // prettier-ignore

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
        optimizer: adam(),
      };
    },
  });
}

/** The same, with the plain name in the places where nothing can be told apart by a suffix. */
function plain(name: string): Model {
  const n = batch(4);
  return defineModel({
    name,
    inputs: { [name]: f32(n, 2), y: i32(n) },
    build(inputs) {
      const logits = dense(inputs[name], { units: 2, name });
      return {
        outputs: { [name]: softmax(logits) },
        loss: softmaxCrossEntropy(logits, inputs["y"]),
        metrics: { [name]: accuracy(logits, inputs["y"]) },
        optimizer: adam(),
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
  // The larger model takes every third name beyond the punctuation and the attacks.
  test.each(
    names
      .filter((_name, k) => make === plain || k < 48 || k % 3 === 0)
      .map((name) => [shown(name), name] as const),
  )("%s", (_shown, name) => {
    const [js, dts] = compile(make(name), { source: "hostile.model.ts" }).files;
    const [ts] = make === plain ? compile(plain(name), { target: "ts" }).files : [js];
    expect(proveModule(js.text)).toEqual([]);
    parse(js.text, { ecmaVersion: 2022, sourceType: "module" });
    for (const { text } of [js, dts, ts]) {
      // What a reader or a page may take for something else never stands in the text as it is.
      expect(text).not.toMatch(/[\u2028\u2029\u202e\ufeff\u0000]|<\/script|<!--/i);
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
