import { describe, expect, test } from "vitest";
import {
  GradcError,
  adam,
  adamW,
  add,
  batch,
  defineModel,
  dense,
  f32,
  mean,
  param,
  randomNormal,
  sgd,
  square,
  transpose as transposed,
  type Model,
} from "gradc";
import digits from "../../examples/digits/digits.model.ts";
import { compile } from "../../src/compile.ts";
import type { LoopArray } from "../../src/eval/interpret.ts";
import { randomFrom } from "../ops/sample.ts";
import { compiled } from "./compiled.ts";
import { all, five } from "./models.ts";
import { loadText, type EmittedModule, type Net } from "./program.ts";

const four = batch(4);
/** A step that draws its own rows, as that of a generator. */
const noInputs = defineModel({
  name: "draws",
  inputs: { x: f32(four, 2) },
  build({ x }) {
    const shift = param("shift", [2]);
    const drawn = add(randomNormal([four, 2]), shift);
    return {
      outputs: { y: add(x, shift) },
      steps: { draw: { loss: mean(square(drawn)), optimizer: sgd({ learningRate: 0.1 }) } },
    };
  },
});

interface InputSpec {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
  readonly limit: number | null;
}
const makers: Readonly<Record<string, new (size: number) => LoopArray>> = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
};
const sizeAt = ({ shape }: InputSpec, n: number): number =>
  shape.reduce<number>((size, dim) => size * (typeof dim === "number" ? dim : n), 1);

/** Random arguments for n rows of a module's inputs. */
function argumentsOf({ spec }: EmittedModule, n: number, seed: number): LoopArray[] {
  const random = randomFrom(seed);
  return (spec["inputs"] as InputSpec[]).map((input) => {
    const array = new makers[input.dtype](sizeAt(input, n));
    for (let k = 0; k < array.length; k++)
      array[k] = input.limit === null ? 2 * random() - 1 : Math.floor(random() * input.limit);
    return array;
  });
}
/** JavaScript in both precisions, and WebAssembly, which promises the same bits of different calls where it is strict. */
const builds = {
  f32: { precision: "f32" },
  f64: { precision: "f64" },
  wasm: { target: "wasm", strict: true },
} as const;
type Build = keyof typeof builds;
const emitted = (model: Model, build: Build): EmittedModule =>
  loadText(compile(model, builds[build]).files[0].text);
const load = (name: string, build: Build = "f32"): EmittedModule =>
  loadText(compiled(name, builds[build]).files[0].text);
const predictArguments = (
  module: EmittedModule,
  net: Pick<Net, "predict">,
  args: readonly LoopArray[],
): LoopArray[] =>
  // The trailing default argument does not count; inputs come first, and these models predict from theirs.
  args
    .slice(0, Math.min(args.length, Math.max(1, net.predict.length || 1)))
    .slice(0, (module.spec["inputs"] as InputSpec[]).length);
const bytes = (net: Net): string => Buffer.from(net.state).toString("hex");
const isNetwork = (name: string): boolean => name !== "inference";
const names = Object.keys(all).filter((name) => name !== "W3");
const trained = names.filter(isNetwork);
const max = ({ spec }: EmittedModule): number => (spec["batch"] as number | null) ?? 1;

describe.each(["f32", "f64", "wasm"] as const)("in %s", (build) => {
  test.each(trained)("forward, backward and update are trainStep to the bit: %s", (name) => {
    const module = load(name, build);
    const [parts, whole] = [module.create({ seed: 3 }), module.create({ seed: 3 })];
    for (let k = 0; k < 12; k++) {
      const n = 1 + (k % max(module));
      const args = argumentsOf(module, n, k);
      const loss = parts.forward(...args);
      parts.backward();
      parts.update();
      expect(whole.trainStep(...args)).toBe(loss);
      expect(bytes(whole)).toBe(bytes(parts));
    }
    expect(whole.step).toBe(12);
    for (const values of Object.values(whole.params)) expect([...values].every(Number.isFinite)).toBe(true);
  });

  test.each(trained)("any n gives what n rows alone give, whatever the other rows hold: %s", (name) => {
    const module = load(name, build);
    if (module.spec["batch"] === null) return;
    const full = argumentsOf(module, max(module), 1);
    const inputs = module.spec["inputs"] as InputSpec[];
    for (let n = 1; n <= max(module); n++) {
      const [short, long] = [module.create({ seed: 5 }), module.create({ seed: 5 })];
      const rows = full.map((array, k) => array.slice(0, sizeAt(inputs[k], n)));
      long.trainStep(...argumentsOf(module, max(module), 2));
      long.init(5);
      const poisoned = full.map((array, k) => {
        const copy = array.slice();
        if (inputs[k].limit === null) copy.fill(NaN, sizeAt(inputs[k], n));
        return copy;
      });
      expect(long.trainStep(...poisoned, n)).toBe(short.trainStep(...rows));
      expect(bytes(long)).toBe(bytes(short));
    }
  });
});

describe("gradients", () => {
  test.each(trained)("backward(true) adds: %s", (name) => {
    const module = load(name, "f64");
    const net = module.create({ seed: 1 });
    const args = argumentsOf(module, max(module), 4);
    net.forward(...args);
    net.backward();
    const once = Object.values(net.gradients).map((values) => [...values]);
    net.forward(...args);
    net.backward(true);
    for (const [k, values] of Object.values(net.gradients).entries())
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(2 * once[k][i], 12);
    net.forward(...args);
    net.backward();
    expect(Object.values(net.gradients).map((values) => [...values])).toEqual(once);
  });
});

describe.each(["f32", "wasm"] as const)("in %s", (build) => {
  test.each(trained)("backward without its forward pass is refused: %s", (name) => {
    const module = load(name, build);
    const net = module.create();
    const args = argumentsOf(module, max(module), 4);
    expect(() => net.backward()).toThrow(RangeError);
    net.forward(...args);
    net.predict(...predictArguments(module, net, args));
    expect(() => net.backward()).toThrow(RangeError);
    net.forward(...args);
    net.evaluate(...args);
    expect(() => net.backward()).toThrow(RangeError);
    net.forward(...args);
    net.backward();
    net.update();
    expect(() => net.backward()).toThrow(RangeError);
    net.trainStep(...args);
    const before = bytes(net);
    try {
      net.backward();
      net.update();
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      expect(bytes(net)).toBe(before);
    }
  });

  describe("bad arguments are refused before anything is touched", () => {
    test.each(names)("%s", (name) => {
      const module = load(name, build);
      const net = module.create({ seed: 2 });
      const m = max(module);
      const inputs = module.spec["inputs"] as InputSpec[];
      const good = argumentsOf(module, m, 1);
      const entries = (isNetwork(name) ? ["forward", "trainStep", "evaluate"] : ["predict"]) as "forward"[];
      const arena = (): string => Buffer.from(net.state.buffer as ArrayBuffer).toString("base64");
      const before = arena();
      const refused = (args: readonly unknown[], about: string): void => {
        for (const entry of entries) {
          let caught: unknown;
          try {
            net[entry](...args);
          } catch (error) {
            caught = error;
          }
          expect(caught, `${entry}: ${about}`).toBeInstanceOf(RangeError);
          if (about) expect((caught as Error).message).toContain(about);
        }
      };
      for (const [k, input] of inputs.entries()) {
        const longer = new makers[input.dtype](good[k].length + 1);
        refused(
          [...good.slice(0, k), longer, ...good.slice(k + 1), ...(module.spec["batch"] === null ? [] : [m])],
          input.name,
        );
        refused(
          [
            ...good.slice(0, k),
            good[k].slice(1),
            ...good.slice(k + 1),
            ...(module.spec["batch"] === null ? [] : [m]),
          ],
          input.name,
        );
        if (input.limit !== null) {
          for (const label of [-1, input.limit, 2 ** 31 - 1]) {
            const wrong = good[k].slice();
            wrong[wrong.length - 1] = label;
            refused([...good.slice(0, k), wrong, ...good.slice(k + 1)], input.name);
          }
        }
      }
      if (module.spec["batch"] !== null)
        for (const n of [
          0,
          -1,
          m + 1,
          1.5,
          NaN,
          Infinity,
          1n,
          BigInt(m),
          "1",
          "",
          null,
          true,
          {},
          Symbol("n"),
        ])
          refused([...good, n], "");
      refused(
        good.map((array) => array.slice(0, 0)),
        "",
      );
      for (const [k, { name: input }] of inputs.entries()) {
        refused(good.slice(0, k), `input ${input}: undefined values`);
        refused(good.with(k, null as unknown as LoopArray), `input ${input}: undefined values`);
      }
      expect(arena()).toBe(before);
    });

    const digits = load("digits", build);
    const [x, y] = argumentsOf(digits, 64, 1);
    test.each<readonly [string, readonly unknown[], string]>([
    ["no whole row", [x.slice(0, 100), y], "input x: 100 values are not n = 1.5625 rows of 64, n a whole number from 1 to 64"],
    ["fewer labels", [x.slice(0, 128), y.slice(0, 1)], "input y: 1 values are not n = 2 rows of 1, n a whole number from 1 to 64"],
    ["fewer rows than said", [x.slice(0, 128), y, 3], "input x: 128 values are not n = 3 rows of 64, n a whole number from 1 to 64"],
    ["nothing", [], "input x: undefined values are not n = NaN rows of 64, n a whole number from 1 to 64"],
    ["no labels", [x], "input y: undefined values are not n = 64 rows of 1, n a whole number from 1 to 64"],
    ["more rows than the batch", [x, y, 65], "input x: 4096 values are not n = 65 rows of 64, n a whole number from 1 to 64"],
    ["an array of more rows than the batch", [new Float32Array(65 * 64), y], "input x: 4160 values are not n = 65 rows of 64, n a whole number from 1 to 64"],
  ])("the message tells what does not fit: %s", (_, args, message) => {
    for (const entry of ["forward", "trainStep", "evaluate"] as const)
      expect(() => digits.create()[entry](...args)).toThrow(new RangeError(message));
  }); // prettier-ignore

    test.each([[1], [0], ["true"], [null], [{}], [x, y]])("backward(%s) is no way to add", (...args) => {
      const net = digits.create({ seed: 1 });
      net.forward(x, y);
      const before = bytes(net);
      expect(() => (net.backward as (...given: unknown[]) => void)(...args)).toThrow(
        new RangeError(`accumulate: ${String(args[0])} is not true or false`),
      );
      expect(bytes(net)).toBe(before);
      // The forward pass is still there.
      net.backward(false);
      const fresh = digits.create({ seed: 1 });
      fresh.forward(x, y);
      fresh.backward();
      expect(fresh.gradients).toEqual(net.gradients);
    });

    test.each<[unknown]>([
      [NaN],
      [Infinity],
      [-Infinity],
      ["0.1"],
      [1n],
      [null],
      [undefined],
      [{}],
      [Symbol("x")],
    ])("%s is no hyper-parameter", (value) => {
      const net = digits.create({ seed: 1 });
      const before = bytes(net);
      const message = new RangeError(`learningRate: ${typeof value} ${String(value)} is not a finite number`);
      expect(() => Object.assign(net.hyper, { learningRate: value })).toThrow(message);
      expect(bytes(net)).toBe(before);
      net.hyper["learningRate"] = 0.25;
      expect(net.hyper["learningRate"]).toBe(0.25);
    });

    test("a misspelt hyper-parameter or option is refused", () => {
      const net = digits.create({ seed: 1 });
      const before = bytes(net);
      const message = new TypeError("Cannot add property learningrate, object is not extensible");
      expect(() => (net.hyper["learningrate"] = 0.1)).toThrow(message);
      expect(() => Object.assign(net.hyper, { learningrate: 0.1 })).toThrow(message);
      expect(Object.keys(net.hyper)).toEqual(["learningRate", "beta1", "beta2", "epsilon"]);
      expect(net.hyper["learningrate"]).toBe(undefined);
      expect(String(net.hyper)).toBe("[object Object]");
      expect(bytes(net)).toBe(before);
      expect(() => digits.create({ sed: 1 } as never)).toThrow(
        new RangeError("option sed is none of seed, state"),
      );
      const { draw } = (emitted(noInputs, build).create() as Net & { steps: Record<string, Net> }).steps;
      expect(() => (draw.hyper["learningRat"] = 0.1)).toThrow(TypeError);
    });

    test("a misspelt column of a row is refused, and a text in the place of a number", () => {
      const { encodeRow } = load("tabular", build) as unknown as {
        encodeRow: (row: object, x: Float32Array) => void;
      };
      const x = new Float32Array(5);
      expect(() => encodeRow({ bil: 3, island: "Dream" }, x)).toThrow(
        new RangeError("there is no column bil; known: bill, island, age, species"),
      );
      expect(() => encodeRow({ bill: "47" }, x)).toThrow(
        new RangeError('column bill: expected a number, found "47"'),
      );
      expect(() => encodeRow({ bill: 47n }, x)).toThrow(
        new RangeError("column bill: expected a number, found 47"),
      );
      // Where nothing is left out, nothing can be misspelt, and a record may hold more.
      encodeRow({ id: 7, bill: 3, island: "Dream", age: null }, x);
      // What is to be predicted may stand there too, and what a page has added to all objects is no column.
      const all = Object.prototype as unknown as Record<string, unknown>;
      all["added"] = 1;
      try {
        encodeRow({ bill: 3, island: "Dream", species: "Adelie" }, x);
      } finally {
        delete all["added"];
      }
      expect([...x]).toEqual([3, 0, 1, 0, NaN]);
    });

    test("what a page has added to all objects is no option", () => {
      const all = Object.prototype as unknown as Record<string, unknown>;
      all["added"] = 1;
      try {
        expect(() => digits.create({ seed: 1 })).not.toThrow();
      } finally {
        delete all["added"];
      }
    });

    test("a step without inputs checks its rows too", () => {
      const { create } = emitted(noInputs, build) as unknown as {
        create: () => Net & {
          readonly steps: Readonly<Record<string, Record<string, (n?: unknown) => number>>>;
        };
      };
      const net = create();
      const { draw } = net.steps;
      draw["trainStep"](3);
      draw["trainStep"]();
      const before = Buffer.from(net.state.buffer as ArrayBuffer).toString("base64");
      for (const n of [0, -1, 5, 1000, 1.5, NaN, 2n, "2", null]) {
        const message = new RangeError(`n = ${String(n)} is not a whole number from 1 to the batch of 4`);
        for (const entry of ["forward", "trainStep"]) expect(() => draw[entry](n)).toThrow(message);
      }
      expect(Buffer.from(net.state.buffer as ArrayBuffer).toString("base64")).toBe(before);
    });

    test.each<[unknown]>([[NaN], [Infinity], ["x"], ["1"], [null], [{}]])("the seed %s", (seed) => {
      const message = new RangeError(`seed: ${typeof seed} ${String(seed)} is not a finite number`);
      expect(() => digits.create({ seed: seed as number })).toThrow(message);
      const net = digits.create({ seed: 1 });
      const before = bytes(net);
      expect(() => net.init(seed as number)).toThrow(message);
      expect(bytes(net)).toBe(before);
      expect(() => net.init(undefined as unknown as number)).toThrow("seed: undefined undefined is not");
      expect(bytes(digits.create({}))).toBe(bytes(digits.create({ seed: 0 })));
    });
  });

  describe("state", () => {
    const optimizers = {
      sgd: sgd({ learningRate: 0.1 }),
      "sgd with decay": sgd({ learningRate: 0.1, weightDecay: 0.01 }),
      momentum: sgd({ learningRate: 0.1, momentum: 0.9 }),
      nesterov: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
      adam: adam({ learningRate: 0.01 }),
      "adam with decay": adam({ weightDecay: 0.1 }),
      adamW: adamW({ learningRate: 0.01 }),
    };
    test.each(Object.entries(optimizers))("resumes to the bit with %s", (_, optimizer) => {
      const module = emitted(five(optimizer), build);
      const run = (net: Net, from: number, to: number): number[] =>
        Array.from({ length: to - from }, (_value, k) =>
          net.trainStep(...argumentsOf(module, 1 + ((from + k) % 5), from + k)),
        );
      const straight = module.create({ seed: 9 });
      const losses = run(straight, 0, 30);
      for (const cut of [0, 1, 2, 7, 13, 21, 29]) {
        const first = module.create({ seed: 9 });
        run(first, 0, cut);
        const second = module.create({ state: first.state.slice() });
        expect(second.step).toBe(cut);
        expect(run(second, cut, 30)).toEqual(losses.slice(cut));
        expect(bytes(second)).toBe(bytes(straight));
        // A live view may be written to as well, and a Buffer from a file is bytes like any other.
        const third = module.create({ seed: 1 });
        third.state.set(first.state);
        expect(bytes(module.create({ state: Buffer.from(third.state) }))).toBe(bytes(first));
      }
    });

    test("foreign and truncated states are refused", () => {
      const module = load("five", build);
      const good = module.create().state;
      const flipped = good.slice();
      flipped[flipped.length - 1] ^= 1;
      for (const bad of [
        load("digits", build).create().state,
        good.slice(1),
        good.slice(0, -1),
        good.slice(0, 0),
        new Uint8Array(good.length),
        flipped,
      ]) {
        const message = `${bad.length} bytes are no state of this layout (${good.length} bytes)`;
        expect(() => module.create({ state: bad })).toThrow(new RangeError(message));
        expect(() => module.createPredictor(bad)).toThrow(new RangeError(message));
      }
    });

    test("equal seeds give equal networks, other seeds others", () => {
      const module = load("five", build);
      expect(bytes(module.create({ seed: 4 }))).toBe(bytes(module.create({ seed: 4 })));
      expect(bytes(module.create({ seed: 4 }))).not.toBe(bytes(module.create({ seed: 5 })));
      expect(bytes(module.create())).toBe(bytes(module.create({ seed: 0 })));
      const net = module.create({ seed: 4 });
      net.trainStep(...argumentsOf(module, 5, 1));
      net.init(4);
      expect(bytes(net)).toBe(bytes(module.create({ seed: 4 })));
      expect(net.step).toBe(0);
    });

    test.each(trained)("instances share nothing: %s", (name) => {
      const module = load(name, build);
      const [a, b, alone] = [
        module.create({ seed: 1 }),
        module.create({ seed: 1 }),
        module.create({ seed: 1 }),
      ];
      for (let k = 0; k < 4; k++) {
        const args = argumentsOf(module, max(module), k);
        const loss = a.forward(...args);
        b.trainStep(...argumentsOf(module, 1, 100 + k));
        a.backward();
        b.evaluate(...argumentsOf(module, 1, 200 + k));
        a.update();
        expect(alone.trainStep(...args)).toBe(loss);
      }
      expect(bytes(a)).toBe(bytes(alone));
    });
  });

  test.each(names)("a predictor predicts what the network does: %s", (name) => {
    const module = load(name, build);
    const net = module.create({ seed: 6 });
    if (isNetwork(name)) for (let k = 0; k < 3; k++) net.trainStep(...argumentsOf(module, max(module), k));
    const predictor = module.createPredictor(net.state);
    for (let n = 1; n <= max(module); n += 3) {
      const args = predictArguments(module, net, argumentsOf(module, n, n));
      const [mine, theirs] = [net.predict(...args), predictor.predict(...args)];
      for (const key of Object.keys(mine)) {
        const rows = (mine[key].length / max(module)) * n;
        expect(theirs[key].slice(0, rows)).toEqual(mine[key].slice(0, rows));
        expect(mine[key].slice(0, rows).every((value: number) => Number.isFinite(value))).toBe(true);
      }
      expect(net.predict(...args)).toBe(mine);
    }
    const kept = predictor.params[Object.keys(net.params)[0]][0];
    net.state.fill(0);
    expect(predictor.params[Object.keys(net.params)[0]][0]).toBe(kept);
  });

  test("hyper-parameters may be assigned between steps and are saved", () => {
    const module = load("five", build);
    const net = module.create({ seed: 1 });
    expect({ ...net.hyper }).toEqual({ learningRate: 0.1, momentum: 0.9 });
    net.hyper["learningRate"] = 0;
    net.hyper["momentum"] = 0.5;
    const before = Object.values(net.params).map((values) => [...values]);
    net.trainStep(...argumentsOf(module, 5, 1));
    expect(Object.values(net.params).map((values) => [...values])).toEqual(before);
    expect(module.create({ state: net.state }).hyper["momentum"]).toBe(0.5);
  });

  test("metrics are weighted by rows, run on, and start again", () => {
    const module = load("measured", build);
    const net = module.create({ seed: 1 });
    const args = argumentsOf(module, 8, 3);
    const whole = structuredClone(net.evaluate(...args));
    net.resetMetrics();
    const first = net.evaluate(...args.map((array, k) => array.slice(0, k === 0 ? 12 : 3)));
    const second = net.evaluate(...args.map((array, k) => array.slice(k === 0 ? 12 : 3)));
    expect(second).toBe(first);
    expect(Object.keys(second)).toEqual(["loss", "accuracy", "confusion", "precision", "recall", "f1"]);
    for (const name of ["loss", "accuracy", "precision", "recall", "f1"])
      expect(second[name]).toBeCloseTo(whole[name] as number, 6);
    expect([...(second["confusion"] as LoopArray)]).toEqual([...(whole["confusion"] as LoopArray)]);
    expect([...(second["confusion"] as LoopArray)].reduce((a, b) => a + b)).toBe(8);
    const logits = net.predict(args[0])["logits"];
    const labels = args[1];
    const right = [...labels].filter((label, row) =>
      [0, 1, 2].every((c) => logits[row * 3 + c] <= logits[row * 3 + label]),
    ).length;
    expect(second["accuracy"]).toBe(right / 8);
    // The training pass and the state are untouched by what is measured.
    expect(bytes(net)).toBe(bytes(module.create({ seed: 1 })));
  });
});

test("an input whose batch is not its first axis is refused, since n rows would not lie together", () => {
  const n = batch(5);
  const sideways = (): unknown =>
    compile(
      defineModel({
        name: "sideways",
        inputs: { x: f32(3, n) },
        build: ({ x }) => ({ outputs: { out: dense(transposed(x), { units: 2 }) } }),
      }),
    );
  expect(sideways).toThrow(GradcError);
});

test.each(["js", "wasm"] as const)("in %s every view and every accessor of a user has a line", (target) => {
  const [{ text }] = compile(digits, { target }).files;
  const views = /this\.params = \{\n( {6}"[\w/]+": [^\n]+,\n){4} {4}\};/;
  expect(text).toMatch(views);
  expect(text).toMatch(/\n {6}get learningRate\(\) \{ return [^\n]*\},\n {6}set learningRate\(value\) \{[^\n]*\},\n/);
  expect(text).not.toMatch(/\}, set /);
}); // prettier-ignore
