import { describe, expect, test } from "vitest";
import { compareAnswers, type Answers } from "../../src/cli/check/answers.ts";
import { differenceError } from "../../src/cli/check/difference.ts";
import { folder, gradc } from "./helpers.ts";
import { stepsModel, tinyModel } from "./models.ts";

describe("central differences", () => {
  const values = Float64Array.of(0.5, -1, 2);
  const loss = (): number => values.reduce((sum, x) => sum + x ** 3, 0);
  const gradient = values.map((x) => 3 * x ** 2);

  test("agree with a right gradient and leave the values as they were", () => {
    const before = values.slice();
    expect(differenceError(loss, values, gradient, [0, 1, 2], loss())).toBeLessThan(1e-9);
    expect(values).toEqual(before);
  });

  test.each([NaN, 0, -12])("find a wrong gradient %d", (wrong) => {
    expect(differenceError(loss, values, Float64Array.of(0.75, 3, wrong), [0, 1, 2], loss())).toBeGreaterThan(
      0.5,
    );
  });
});

describe("check", () => {
  test("finds the gradients of a model right", async () => {
    const { code, out, err } = await gradc(folder({ "tiny.model.ts": tinyModel() }), [
      "check",
      "tiny.model.ts",
    ]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^compared +tensor +elements +largest error +limit\n/);
    expect(out).toMatch(/gradient of parameter +logits\/kernel /);
    expect(out).toMatch(/gradient of input +x /);
    expect(out.endsWith("tiny: all agree\n")).toBe(true);
  });

  test("takes the gradient of a bias before batchNorm for what it is, nothing", async () => {
    const model = `
import { adam, batch, batchNorm, conv2d, defineModel, dense, f32, flatten, i32, relu, softmaxCrossEntropy } from "gradc";

const n = batch(16);
export default defineModel({
  name: "blocks",
  inputs: { x: f32(n, 12, 12, 1), y: i32(n) },
  build({ x, y }) {
    const block = (input, name) =>
      relu(batchNorm(conv2d(input, { filters: 8, kernelSize: 3, padding: "same", name })));
    const logits = dense(flatten(block(block(x, "a"), "b")), { units: 3, name: "logits" });
    return { outputs: { logits }, loss: softmaxCrossEntropy(logits, y), optimizer: adam() };
  },
});
`;
    const home = folder({ "blocks.model.mjs": model });
    const { code, out } = await gradc(home, ["check", "blocks.model.mjs"]);
    expect(out.split("\n").filter((line) => line.includes("WRONG"))).toEqual([]);
    expect(code).toBe(0);
  });

  test("and a small gradient for one, of which the size is a hundredth of the largest at least", () => {
    const answers = (small: number): Answers => new Map([["gradient: a", [1]], ["gradient: b", [small]]]); // prettier-ignore
    const errorOf = (expected: number, found: number): number =>
      compareAnswers("", answers(expected), answers(found), 0)[1].error;
    expect(errorOf(1e-3, 1.001e-3)).toBeCloseTo(1e-4, 9);
    expect(errorOf(1e-4, 1.01e-4)).toBeCloseTo(1e-4, 9);
    // Where nothing is left but rounding, terms as large as a tenth may have cancelled.
    expect(errorOf(1e-7, 2e-7)).toBeCloseTo(1e-6, 9);
  });

  // In float64 the op is right in all ways that the other comparisons know, and js and wasm agree in what is wrong.
  const rounded = (gradient: string, value = "e.mul(v, v)"): string => `
import { batch, defineModel, defineOp, dense, expr as e, f32, mean, mul, sgd } from "gradc";

const n = batch(8);
const bent = defineOp({
  name: "bent",
  inputs: ["x"],
  at: ({ x }, i, { out }) => {
    const v = x(...i);
    return ${value};
  },
  vjp: { x: ({ x, cotangent: g }) => (x.type.dtype === "f32" ? ${gradient} : mul(g, mul(x, 2))) },
  eval: ({ x }) => x.data.map((v) => v * v),
  samples: [{ inputs: ["f32[n,3]"] }],
});

export default defineModel({
  name: "bent",
  inputs: { x: f32(n, 2) },
  build({ x }) {
    const inner = bent(dense(x, { units: 3, name: "inner" }));
    const y = dense(inner, { units: 1, name: "outer" });
    return { outputs: { y }, loss: mean(y), optimizer: sgd({ learningRate: 0.1 }) };
  },
});
`;

  test.each([
    ["a gradient that is lost", "mul(g, 0)", undefined, "inner/kernel"],
    ["a gradient that is nearly right", "mul(g, mul(x, 2.0002))", undefined, "inner/kernel"],
    [
      "values that are rounded otherwise",
      "mul(g, mul(x, 2))",
      'e.mul(v, out.dtype === "f32" ? e.add(v, e.constant(1e-3, "f32")) : v)',
      "outer/kernel",
    ],
  ])("finds what float32 alone makes wrong: %s", async (_, gradient, value, worst) => {
    const path = folder({ "bent.model.ts": rounded(gradient, value) });
    const { code, out } = await gradc(path, ["check", "bent.model.ts"]);
    expect(code).toBe(1);
    for (const target of ["js", "wasm"])
      expect(out).toMatch(new RegExp(`${target} in float32 against float64 +gradient: ${worst} .* WRONG\\n`));
    // Everything else holds.
    expect(out.match(/WRONG/g)!.length).toBe(out.match(/float32 against float64 .* WRONG/g)!.length);
    expect(out).toMatch(
      /bent: \d+ of \d+ disagree, most of all (?:loss: loss|gradient: inner\/\w+) \(\w+ in float32 against float64\)\n$/,
    );
  });

  test("and finds nothing where float32 is right", async () => {
    const path = folder({ "bent.model.ts": rounded("mul(g, mul(x, 2))") });
    const { code, out } = await gradc(path, ["check", "bent.model.ts"]);
    expect(code).toBe(0);
    expect(out).toMatch(/\nwasm in float32 against float64 +gradient: inner\/kernel +6 +\S+ +3e-5 +ok\n/);
  });

  test("leaves differences out where the model stops gradients", async () => {
    const model = tinyModel()
      .replace("build({ x, y }) {", "build({ x: given, y }) {\n    const x = stopGradient(given);")
      .replace(/import \{/, "import { stopGradient,");
    const { code, out, err } = await gradc(folder({ "tiny.model.ts": model }), ["check", "tiny.model.ts"]);
    expect({ code, err }).toEqual({
      code: 0,
      err: "the model uses stopGradient, so differences are left out\n",
    });
    expect(out).not.toContain("gradient of");
  });

  test("compares outputs whose rows stand behind another axis, for fewer rows than the model's", async () => {
    const model = tinyModel()
      .replace("softmax(logits) }", "softmax(logits), turned: transpose(logits) }")
      .replace(/import \{/, "import { transpose,");
    const { code, out } = await gradc(folder({ "tiny.model.ts": model }), ["check", "tiny.model.ts"]);
    expect(code).toBe(0);
    expect(out).toMatch(/output against the graph +turned +15 .* ok\n/);
  });

  test("--json", async () => {
    const { out } = await gradc(folder({ "tiny.model.ts": tinyModel() }), [
      "check",
      "tiny.model.ts",
      "--json",
    ]);
    expect(JSON.parse(out).ok).toBe(true);
  });
});

test("check refuses more rows than a call may have, and takes all of a smaller batch unasked", async () => {
  const path = folder({ "tiny.model.ts": tinyModel(), "two.model.ts": tinyModel().replace("batch(8)", "batch(2)") });
  const check = async (...argv: string[]): Promise<[code: number, err: string]> => {
    const { code, err } = await gradc(path, ["check", ...argv]);
    return [code, err];
  };
  const refused = "error[batch-size]: 9 rows are more than the 8 declared\n  hint: give --rows 8 at most, or declare batch(9)\n";
  expect(await check("tiny.model.ts", "--rows", "9")).toEqual([1, refused]);
  expect(await check("tiny.model.ts", "--rows", "8")).toEqual([0, ""]);
  expect(await check("two.model.ts")).toEqual([0, ""]);
}); // prettier-ignore

test("bench times every function", async () => {
  const path = folder({ "tiny.model.ts": tinyModel() });
  const { code, out } = await gradc(path, ["bench", "tiny.model.ts", "--samples", "3"]);
  expect(code).toBe(0);
  const names = ["predict", "evaluate", "forward", "forward + backward", "update", "trainStep"];
  for (const name of names)
    expect(out).toMatch(new RegExp(`^${name.replace("+", "\\+")} +[\\d.]+ [nµm]?s`, "m"));
  const json = JSON.parse((await gradc(path, ["bench", "tiny.model.ts", "--samples", "1", "--json"])).out);
  expect(json.times.map(({ name }: { name: string }) => name)).toEqual(names);
  const { code: tooMany, err } = await gradc(path, ["bench", "tiny.model.ts", "--rows", "9"]);
  expect({ tooMany, err }).toEqual({
    tooMany: 1,
    err: "error[batch-size]: 9 rows are more than the 8 declared\n  hint: give --rows 8 at most, or declare batch(9)\n",
  });
});

describe("a model of several steps and functions", () => {
  const path = (): string => folder({ "pair.model.ts": stepsModel() });

  test("is checked step by step, with the draws of dropout held still", async () => {
    const { code, out, err } = await gradc(path(), ["check", "pair.model.ts"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const row of [
      /gradient of parameter +first: first\/dense\/kernel /,
      /gradient of input +second: code /,
      /gradient against the loops +second: second\/dense\/bias /,
      /update against the graph +first: random\/counter /,
      /output against the graph +decode: b /,
    ])
      expect(out).toMatch(row);
    expect(out.endsWith("pair: all agree\n")).toBe(true);
  });

  test("is timed function by function and step by step", async () => {
    const { out } = await gradc(path(), ["bench", "pair.model.ts", "--samples", "1", "--json"]);
    expect(JSON.parse(out).times.map(({ name }: { name: string }) => name)).toEqual([
      "encode",
      "decode",
      "evaluate",
      ...["first", "second"].flatMap((step) => [
        `${step} forward`,
        `${step} forward + backward`,
        `${step} update`,
        `${step} trainStep`,
      ]),
    ]);
  });

  test("is not trained by a command that has one loss in mind", async () => {
    const { code, err } = await gradc(path(), ["train", "pair.model.ts", "--data", "nowhere.csv"]);
    expect(code).toBe(1);
    expect(err).toBe(
      'error[several-steps]: model "pair" has steps of its own: first, second\n' +
        '  hint: train knows one loss; call net.steps["first"].trainStep from a script\n',
    );
  });
});
