import { describe, expect, test } from "vitest";
import {
  activation,
  celu,
  glu,
  hardShrink,
  softShrink,
  batch,
  defineModel,
  elu,
  f32,
  gelu,
  i32,
  leakyRelu,
  prelu,
  slice,
  transpose,
  type Activation,
} from "gradc";
import { buildGraph } from "../../src/nn/index.ts";
import { erfOf } from "../../src/ops/erf.ts";
import { emitted } from "./emitted.ts";
import { run } from "./run.ts";

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const soft = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
const bell = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const [scale, alpha] = [1.0507009873554805, 1.6732632423543772];
const root = Math.sqrt(2 / Math.PI);

interface Reference {
  readonly kind: Activation;
  readonly value: (x: number) => number;
  readonly slope: (x: number) => number;
}
/** Values and slopes by hand, the slope at a corner as the reference says. */
const references: Readonly<Record<string, Reference>> = {
  linear: { kind: "linear", value: (x) => x, slope: () => 1 },
  relu: { kind: "relu", value: (x) => (x > 0 ? x : 0), slope: (x) => Number(x > 0) },
  relu6: { kind: "relu6", value: (x) => Math.min(Math.max(x, 0), 6), slope: (x) => Number(x > 0 && x <= 6) },
  leakyRelu: { kind: "leakyRelu", value: (x) => (x > 0 ? x : 0.2 * x), slope: (x) => (x > 0 ? 1 : 0.2) },
  "leakyRelu 0.01": {
    kind: (x) => leakyRelu(x, { negativeSlope: 0.01 }),
    value: (x) => (x > 0 ? x : 0.01 * x),
    slope: (x) => (x > 0 ? 1 : 0.01),
  },
  elu: {
    kind: "elu",
    value: (x) => (x > 0 ? x : Math.expm1(x)),
    slope: (x) => (x > 0 ? 1 : Math.exp(x)),
  },
  "elu 0.5": {
    kind: (x) => elu(x, { alpha: 0.5 }),
    value: (x) => (x > 0 ? x : 0.5 * Math.expm1(x)),
    slope: (x) => (x > 0 ? 1 : 0.5 * Math.exp(x)),
  },
  celu: {
    kind: (x) => celu(x, { alpha: 2 }),
    value: (x) => (x > 0 ? x : 2 * Math.expm1(x / 2)),
    slope: (x) => (x > 0 ? 1 : Math.exp(x / 2)),
  },
  hardShrink: {
    kind: "hardShrink",
    value: (x) => (Math.abs(x) > 0.5 ? x : 0),
    slope: (x) => Number(Math.abs(x) > 0.5),
  },
  "hardShrink 1": {
    kind: (x) => hardShrink(x, { threshold: 1 }),
    value: (x) => (Math.abs(x) > 1 ? x : 0),
    slope: (x) => Number(Math.abs(x) > 1),
  },
  softShrink: {
    kind: "softShrink",
    value: (x) => Math.sign(x) * Math.max(Math.abs(x) - 0.5, 0),
    slope: (x) => Number(Math.abs(x) > 0.5),
  },
  tanhShrink: { kind: "tanhShrink", value: (x) => x - Math.tanh(x), slope: (x) => Math.tanh(x) ** 2 },
  selu: {
    kind: "selu",
    value: (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
    slope: (x) => scale * (x > 0 ? 1 : alpha * Math.exp(x)),
  },
  gelu: {
    kind: "gelu",
    value: (x) => 0.5 * x * (1 + erfOf(x / Math.SQRT2)),
    slope: (x) => 0.5 * (1 + erfOf(x / Math.SQRT2)) + x * bell(x),
  },
  "gelu by tanh": {
    kind: (x) => gelu(x, { approximate: true }),
    value: (x) => 0.5 * x * (1 + Math.tanh(root * (x + 0.044715 * x ** 3))),
    slope: (x) => {
      const t = Math.tanh(root * (x + 0.044715 * x ** 3));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 0.134145 * x * x);
    },
  },
  silu: {
    kind: "silu",
    value: (x) => x * logistic(x),
    slope: (x) => logistic(x) * (1 + x * (1 - logistic(x))),
  },
  mish: {
    kind: "mish",
    value: (x) => x * Math.tanh(soft(x)),
    slope: (x) => Math.tanh(soft(x)) + x * (1 - Math.tanh(soft(x)) ** 2) * logistic(x),
  },
  sigmoid: { kind: "sigmoid", value: logistic, slope: (x) => logistic(x) * (1 - logistic(x)) },
  logSigmoid: { kind: "logSigmoid", value: (x) => -soft(-x), slope: (x) => logistic(-x) },
  hardSigmoid: {
    kind: "hardSigmoid",
    value: (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1),
    slope: (x) => (Math.abs(x) <= 3 ? 1 / 6 : 0),
  },
  hardSwish: {
    kind: "hardSwish",
    value: (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
    slope: (x) => (x > 3 ? 1 : x < -3 ? 0 : x / 3 + 0.5),
  },
  tanh: { kind: "tanh", value: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  hardTanh: {
    kind: "hardTanh",
    value: (x) => Math.min(Math.max(x, -1), 1),
    slope: (x) => Number(Math.abs(x) <= 1),
  },
  softsign: {
    kind: "softsign",
    value: (x) => x / (1 + Math.abs(x)),
    slope: (x) => 1 / (1 + Math.abs(x)) ** 2,
  },
  softplus: { kind: "softplus", value: soft, slope: logistic },
};

const points = [-1000, -100, -6, -3, -1.5, -1, -0.25, -0, 0, 1e-3, 0.25, 1, 1.5, 3, 6, 20, 100, 1000];

describe.each(["f32", "f64"] as const)("in %s the emitted module has", (precision) => {
  const tolerance = precision === "f32" ? 1e-6 : 1e-14;
  test.each(Object.entries(references))(
    "the value and slope of %s, also at corners and at ±1000",
    (_, { kind, value, slope }) => {
      const given = { x: { shape: [points.length], values: points } };
      const [values, slopes] = emitted(given, ({ x }) => activation(x, kind), precision);
      for (const [k, x] of points.entries()) {
        for (const [found, wanted] of [
          [values[k], value(x)],
          [slopes[k], slope(x)],
        ]) {
          expect(Number.isFinite(found), `at ${x}: ${found}`).toBe(true);
          const error = Math.abs(found - wanted) / Math.max(1, Math.abs(wanted));
          expect(error, `at ${x}: ${found}, expected ${wanted}`).toBeLessThan(tolerance);
        }
      }
    },
  );

  test("no NaN made from NaN: every activation passes it on", () => {
    const given = { x: { shape: [2], values: [NaN, 1] } };
    for (const [name, { kind }] of Object.entries(references)) {
      const [[first, second]] = emitted(given, ({ x }) => activation(x, kind), precision);
      expect([name, first]).toEqual([name, NaN]);
      expect(second).not.toBeNaN();
    }
  });
});

test("glu gates the first half of the last axis by the second", () => {
  const given = { x: { shape: [1, 4], values: [2, -3, 0, 1000] } };
  const [values, slopes] = emitted(given, ({ x }) => glu(x), "f64");
  expect(values).toEqual([1, -3]);
  // −0 is as good as 0.
  expect(slopes.map((slope) => slope + 0)).toEqual([0.5, 1, 0.5, 0]);
});

const n = batch(4);
test("prelu has a slope for each position that is not shared", () => {
  const shapes = (sharedAxes?: number | number[]) =>
    buildGraph(
      defineModel({
        name: "p",
        inputs: { x: f32(n, 2, 3) },
        build: ({ x }) => ({ outputs: { y: prelu(x, { sharedAxes }) } }),
      }),
    ).parameters.map(({ node, type }) => [node.attrs["name"], type.shape]);
  expect(shapes()).toEqual([["prelu/alpha", [2, 3]]]);
  expect(shapes(1)).toEqual([["prelu/alpha", [1, 3]]]);
  expect(shapes([1, -1])).toEqual([["prelu/alpha", [1, 1]]]);
  const model = defineModel({
    name: "p",
    inputs: { x: f32(n, 2) },
    build: ({ x }) => ({ outputs: { y: prelu(x, { alphaInitializer: [0.5, 0] }) } }),
  });
  const { functions, init } = buildGraph(model).graphs;
  const { "prelu/alpha": alphas } = Object.fromEntries(run(init, { seed: [1] }));
  expect(alphas).toEqual([0.5, 0]);
  expect(run(functions[0].graph, { x: [-2, -2, 2, 2], "prelu/alpha": alphas }, 2).get("y")).toEqual([
    -1, -0, 2, 2,
  ]);
});

describe("refuses", () => {
  const built = (body: (x: ReturnType<typeof activation>) => ReturnType<typeof activation>) => () =>
    buildGraph(
      defineModel({ name: "m", inputs: { x: f32(n, 2), k: i32(n) }, build: ({ x }) => ({ outputs: { y: body(x) } }) }),
    ); // prettier-ignore
  test.each([
    ["an unknown name", built((x) => activation(x, "gelo" as "gelu")), /there is no activation "gelo".*did you mean "?gelu/s],
    ["a name of Keras", built((x) => activation(x, "swish" as "silu")), /there is no activation "swish".*it is called "silu" here/s],
    ["an unknown option", built((x) => gelu(x, { approx: true } as object)), /gelu has no option "approx".*known here: approximate/s],
    ["an option that is no truth value", built((x) => gelu(x, { approximate: "tanh" } as object)), /approximate of gelu must be true or false, found "tanh"/],
    ["an odd axis", built((x) => glu(slice(x, { start: [0, 0], limit: [null, 1] }))), /glu needs a last axis of even length, found f32\[n,1\]/],
    ["an alpha of 0", built((x) => celu(x, { alpha: 0 })), /alpha of celu must be above 0, found 0/],
    ["a negative threshold", built((x) => softShrink(x, { threshold: -1 })), /threshold of softShrink must be at least 0, found -1/],
    ["a slope that is no number", built((x) => leakyRelu(x, { negativeSlope: NaN })), /negativeSlope of leakyRelu must be a finite number, found NaN/],
    ["shared axes that are none", built((x) => prelu(x, { sharedAxes: "all" } as object)), /sharedAxes of prelu must be axes of x, found "all"/],
    ["shared axes out of range", built((x) => prelu(x, { sharedAxes: 2 })), /prelu.*axis 2/],
  ])("%s", (_, body, message) => {
    expect(body).toThrow(message);
  }); // prettier-ignore
  test("a slope for every row", () => {
    const model = defineModel({ name: "m", inputs: { x: f32(n, 3) }, build: ({ x }) => ({ outputs: { y: prelu(transpose(x)) } }) }); // prettier-ignore
    expect(() => buildGraph(model)).toThrow(
      /prelu of f32\[3,n\] would need a slope for every row.*sharedAxes: \[1\]/s,
    );
  });
});
