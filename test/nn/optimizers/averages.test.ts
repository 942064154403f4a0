import { describe, expect, test } from "vitest";
import {
  adam,
  add,
  concat,
  defineModel,
  f32,
  mul,
  param,
  sgd,
  sum,
  zeros,
  type OptimizerSpec,
  type Value,
} from "gradc";
import { compile } from "../../../src/compile.ts";
import { loadWeights, saveWeights, type StateSpec, type Trainable } from "../../../src/train/index.ts";
import { loadText, type Net } from "../../compile/program.ts";
import { five } from "../../compile/models.ts";
import {
  emit,
  gradientsAt,
  shapes,
  start,
  stepWith,
  weightsOf,
  type Precision,
  type Tensors,
} from "./tools.ts";

const decay = 0.8;
const ones: Tensors = Object.fromEntries(Object.keys(shapes).map((name) => [name, start[name].map(() => 1)]));

/** What the model says of inputs of 1: the sum of the weights that inference reads. */
function total(net: Net, precision: Precision): number {
  const array = precision === "f64" ? Float64Array : Float32Array;
  const { loss } = net.predict(...Object.keys(shapes).map((name) => array.from(ones[name])));
  return loss[0];
}
const sumOf = (weights: Tensors): number =>
  Object.values(weights)
    .flat()
    .reduce((sum, x) => sum + x, 0);
const optimizers: readonly (readonly [string, OptimizerSpec])[] = [
  ["one run", adam({ learningRate: 0.1, ema: decay })],
  [
    "groups",
    sgd({ learningRate: 0.1, momentum: 0.5, ema: decay, groups: { "**/bias": { learningRate: 0.5 } } }),
  ],
  ["a block a parameter", sgd({ learningRate: 0.1, clipNorm: 0.3, ema: decay })],
];

describe.each(["f32", "f64"] as Precision[])("in %s", (precision) => {
  test.each(optimizers)(
    "inference reads moving averages, which begin with the first update's weights: %s",
    (_, optimizer) => {
      const net = emit(optimizer, precision).create({ seed: 1 });
      const close = (a: number, b: number): void =>
        expect(Math.abs(a - b)).toBeLessThan(precision === "f64" ? 1e-12 : 1e-5);
      close(total(net, precision), sumOf(start));
      let expected = 0;
      for (let step = 1; step <= 14; step++) {
        stepWith(net, gradientsAt(step), precision);
        const weights = sumOf(weightsOf(net));
        expected = step === 1 ? weights : decay * expected + (1 - decay) * weights;
        close(total(net, precision), expected);
        expect(Math.abs(expected - weights)).toBeGreaterThan(step === 1 ? -1 : 1e-6);
      }
      net.hyper["ema"] = 0;
      stepWith(net, gradientsAt(15), precision);
      close(total(net, precision), sumOf(weightsOf(net)));
      net.init(1);
      close(total(net, precision), sumOf(start));
    },
  );
});

describe("averages are saved", () => {
  const trained = (): { net: Net; spec: StateSpec; create: () => Net } => {
    const module = emit(optimizers[1][1], "f32");
    const net = module.create({ seed: 1 });
    for (let step = 1; step <= 5; step++) stepWith(net, gradientsAt(step), "f32");
    return { net, spec: module.spec as unknown as StateSpec, create: () => module.create({ seed: 2 }) };
  };
  const asTrainable = (net: Net): Trainable => net as unknown as Trainable;

  test("by name and shape, with the weights and in the whole state", () => {
    const { net, spec, create } = trained();
    expect(
      spec.states.filter(({ name }) => name.startsWith("ema/")).map(({ name, shape }) => [name, shape]),
    ).toEqual([
      ["ema/encoder/kernel", [2, 3]],
      ["ema/head/kernel", [4]],
      ["ema/encoder/bias", [3]],
    ]);
    for (const state of [false, true]) {
      const other = create();
      loadWeights(asTrainable(other), spec, saveWeights(asTrainable(net), spec, { state }));
      expect(total(other, "f32")).toBe(total(net, "f32"));
    }
  });

  test("and begin as the weights where a file has none", () => {
    const { spec, create } = trained();
    const plain = emit(sgd({ learningRate: 0.1 }), "f32");
    const from = plain.create({ seed: 1 });
    stepWith(from, gradientsAt(1), "f32");
    const other = create();
    loadWeights(asTrainable(other), spec, saveWeights(asTrainable(from), plain.spec as unknown as StateSpec));
    expect(total(other, "f32")).toBe(total(from, "f32"));
  });

  test("a predictor of the saved state reads them", () => {
    const module = loadText(compile(five(sgd({ learningRate: 0.1, ema: 0.9 }))).files[0].text);
    const net = module.create({ seed: 1 });
    const [x, y] = [Float32Array.from({ length: 15 }, (_, k) => Math.sin(k)), new Float32Array(10).fill(1)];
    const before = net.predict(x).out.slice();
    for (let step = 0; step < 5; step++) net.trainStep(x, y);
    const predictor = module.createPredictor(net.state.slice());
    expect([...predictor.predict(x).out]).toEqual([...net.predict(x).out]);
    expect([...predictor.predict(x).out]).not.toEqual([...before]);
  });
});

test("ema is a decay", () => {
  expect(() => adam({ ema: 1 })).toThrow("ema of adam must be a finite number in [0, 1), found 1");
  expect(() => adam({ groups: { "a/**": { ema: 0.5 } } })).toThrow(
    /group "a\/\*\*" of adam has no option "ema"/,
  );
});

test("each of several steps has groups and averages of its own", () => {
  const model = defineModel({
    name: "pair",
    inputs: { x: f32(2) },
    build({ x }) {
      const [a, b, c] = ["a", "b", "c"].map((name) => param(name, [2], { initializer: zeros() }));
      const lossOf = (value: Value): Value => sum(mul(value, x));
      return {
        outputs: { all: concat([a, b, c]) },
        steps: {
          first: {
            loss: add(lossOf(a), lossOf(b)),
            parameters: ["a", "b"],
            optimizer: sgd({
              learningRate: 1,
              ema: 0.5,
              groups: { slow: { parameters: "b", learningRate: 0.1 } },
            }),
          },
          second: {
            loss: add(lossOf(b), lossOf(c)),
            parameters: ["b", "c"],
            optimizer: sgd({ learningRate: 10 }),
          },
        },
      };
    },
  });
  const net = loadText(compile(model, { precision: "f64", debug: true }).files[0].text).create({ seed: 1 });
  const steps = (net as unknown as { steps: Record<"first" | "second", Net> }).steps;
  const x = Float64Array.of(1, 2);
  const seen = (): number[] => [...net.predict(x).all];
  steps.first.trainStep(x);
  expect(seen()).toEqual([-1, -2, -0.1, -0.2, 0, 0]);
  steps.second.trainStep(x);
  // The first step's averages know nothing yet of what the second step did to b.
  expect(seen()).toEqual([-1, -2, -0.1, -0.2, -10, -20]);
  steps.first.trainStep(x);
  const b = 0.5 * -0.1 + 0.5 * (-0.1 - 10 - 0.1);
  expect(seen()[2]).toBeCloseTo(b, 12);
  expect(seen()[0]).toBe(-1.5);
  expect(net.params["b"][0]).toBeCloseTo(-10.2, 12);
});
