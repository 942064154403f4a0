import { parse } from "acorn";
import { describe, expect, test } from "vitest";
import * as g from "gradc";
import autoencoder from "../../examples/autoencoder/autoencoder.model.ts";
import digitsGan from "../../examples/gan/gan.model.ts";
import { graphNodes } from "../../src/ir/graph.ts";
import { graphsOf } from "../../src/ir/program.ts";
import { stateful } from "../compile/models.ts";
import { checkModule } from "../../src/cli/check/check.ts";
import type { Generated } from "../../src/cli/train/module.ts";
import { proveModule } from "../../src/backends/module/prove.ts";
import { compile, type Compilation } from "../../src/compile.ts";
import { functionName, names as hostile, stepsAndFunctions } from "../compile/hostile-names.ts";
import { loadText } from "../compile/program.ts";
import { randomFrom } from "../ops/sample.ts";

type Arrays = readonly (ArrayLike<number> | number)[];
interface Step {
  readonly step: number;
  readonly gradients: Readonly<Record<string, Float32Array>>;
  readonly hyper: Record<string, number>;
  forward(...args: Arrays): number;
  backward(accumulate?: boolean): void;
  update(): void;
  trainStep(...args: Arrays): number;
}
interface Net {
  readonly state: Uint8Array;
  readonly params: Readonly<Record<string, Float32Array>>;
  readonly steps: Readonly<Record<string, Step>>;
  init(seed: number): void;
  evaluate(...args: Arrays): Record<string, number>;
  resetMetrics(): void;
  readonly [name: string]: unknown;
}
type Call = (...args: Arrays) => Readonly<Record<string, Float32Array>>;
interface Loaded {
  readonly spec: Readonly<Record<string, never>>;
  create(options?: { seed?: number; state?: Uint8Array }): Net;
  createPredictor(state: Uint8Array): Readonly<Record<string, Call>>;
}
const loaded = ({ files }: Compilation): Loaded => loadText(files[0].text) as unknown as Loaded;
const load = (model: g.Model, precision: "f32" | "f64" = "f32"): Loaded =>
  loaded(compile(model, { precision, debug: true }));
const call = (net: Readonly<Record<string, unknown>>, name: string, ...args: Arrays) =>
  (net[name] as Call)(...args);
const bytes = (net: Net): string => Buffer.from(net.state).toString("hex");

const n = g.batch(16);
/** Two networks that train against each other, with every kind of state that a step may assign. */
const gan = g.defineModel({
  name: "gan",
  inputs: { x: g.f32(n, 2), code: g.f32(n, 3) },
  build({ x, code }) {
    const generator = g.shared("generator", (z: g.Value) => {
      const hidden = g.relu(g.batchNorm(g.dense(z, { units: 12 })));
      return g.dense(hidden, { units: 2, name: "out" });
    });
    const critic = g.shared("critic", (v: g.Value) => {
      const hidden = g.dropout(g.dense(v, { units: 12, activation: "tanh" }), { rate: 0.1 });
      return g.reshape(g.dense(hidden, { units: 1, name: "out" }), [n]);
    });
    const fake = generator(g.randomNormal([n, 3]));
    const [real, faked] = [critic(x), critic(fake)];
    const is = (logits: g.Value, label: number): g.Value =>
      g.sigmoidBinaryCrossEntropy(logits, g.add(g.mul(g.stopGradient(logits), 0), label));
    return {
      functions: { generate: { point: generator(code) }, judge: { logit: real } },
      metrics: { real: g.mean(g.sigmoid(real)) },
      steps: {
        critic: {
          loss: g.add(is(real, 0.9), is(faked, 0)),
          optimizer: g.adam({ learningRate: 0.005, beta1: 0.5 }),
          parameters: "critic/**",
        },
        generator: {
          loss: is(faked, 1),
          optimizer: g.adam({ learningRate: 0.005, beta1: 0.5 }),
          parameters: ["generator/**"],
        },
      },
    };
  },
});
/** Points around (2, −1), further apart along the first axis. */
function points(random: () => number, count = 16): Float32Array {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Float32Array.from({ length: 2 * count }, (_, k) =>
    k % 2 === 0 ? 2 + normal() : -1 + 0.3 * normal(),
  );
}

describe("several steps", () => {
  const compilation = compile(gan, { debug: true });
  const module = loaded(compilation);

  test("take the inputs that their losses need, and are listed in the spec", () => {
    expect(module.spec["steps"]).toEqual([
      {
        name: "critic",
        inputs: ["x"],
        parameters: ["critic/dense/kernel", "critic/dense/bias", "critic/out/kernel", "critic/out/bias"],
      },
      {
        name: "generator",
        inputs: [],
        parameters: [
          "generator/dense/kernel",
          "generator/dense/bias",
          "generator/batchNorm/gamma",
          "generator/batchNorm/beta",
          "generator/out/kernel",
          "generator/out/bias",
        ],
      },
    ]);
    expect(module.spec["evaluates"]).toEqual(["x"]);
    expect(module.spec["functions"]).toEqual([
      { name: "generate", inputs: ["code"], outputs: [{ name: "point", dtype: "f32", shape: ["n", 2] }] },
      { name: "judge", inputs: ["x"], outputs: [{ name: "logit", dtype: "f32", shape: ["n"] }] },
    ]);
    expect(compilation.files[1].text).toContain("      trainStep(x: Float32Array, n?: number): number;");
    expect(compilation.files[1].text).toContain("      trainStep(n?: number): number;");
  });

  test("allocate nothing", () => {
    expect(proveModule(compilation.files[0].text)).toEqual([]);
  });

  test("train a small adversarial network", () => {
    const random = randomFrom(5);
    const net = module.create({ seed: 1 });
    const spread = (): number[] => {
      const values: number[][] = [[], []];
      for (let k = 0; k < 40; k++) {
        const code = points(random, 24);
        // Codes are standard normal in training; these are as good.
        const { point } = call(
          net,
          "generate",
          Float32Array.from(code, (v, i) => (i % 2 ? (v + 1) / 0.3 : v - 2)),
        );
        for (let i = 0; i < 32; i++) values[i % 2].push(point[i]);
      }
      return values.flatMap((list) => {
        const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
        return [mean, Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length)];
      });
    };
    const distance = (): number =>
      spread().reduce((sum, value, k) => sum + Math.abs(value - [2, 1, -1, 0.3][k]), 0);
    const before = distance();
    for (let step = 0; step < 1500; step++) {
      net.steps["critic"].trainStep(points(random));
      net.steps["generator"].trainStep();
    }
    expect(before).toBeGreaterThan(3);
    expect(distance()).toBeLessThan(1);
    expect([net.steps["critic"].step, net.steps["generator"].step]).toEqual([1500, 1500]);
  });

  test("are each forward, backward and update to the bit, and change their own parameters alone", () => {
    const random = randomFrom(6);
    const [parts, whole] = [module.create({ seed: 2 }), module.create({ seed: 2 })];
    for (let k = 0; k < 30; k++) {
      const name = random() < 0.5 ? "critic" : "generator";
      const args = name === "critic" ? [points(random, 1 + (k % 16))] : [1 + (k % 16)];
      const others = Object.entries(parts.params)
        .filter(([path]) => !path.startsWith(name))
        .map(([, values]) => [...values]);
      const loss = parts.steps[name].forward(...args);
      expect(parts.steps[name].forward(...args)).toBe(loss);
      parts.steps[name].backward();
      parts.steps[name].update();
      expect(whole.steps[name].trainStep(...args)).toBe(loss);
      expect(bytes(whole)).toBe(bytes(parts));
      const after = Object.entries(parts.params).filter(([path]) => !path.startsWith(name));
      expect(after.map(([, values]) => [...values])).toEqual(others);
    }
  });

  test("resume to the bit at 20 random points", () => {
    const random = randomFrom(7);
    const moves = Array.from({ length: 40 }, () =>
      random() < 0.5
        ? (["critic", points(random)] as const)
        : (["generator", 1 + Math.floor(random() * 16)] as const),
    );
    const cuts = new Set<number>();
    while (cuts.size < 20) cuts.add(Math.floor(random() * 40));
    const whole = module.create({ seed: 9 });
    const saved = new Map<number, Uint8Array>();
    const losses = moves.map(([name, arg], k) => {
      if (cuts.has(k)) saved.set(k, whole.state.slice());
      return whole.steps[name].trainStep(arg);
    });
    for (const [cut, state] of saved) {
      const net = module.create({ state });
      expect(moves.slice(cut).map(([name, arg]) => net.steps[name].trainStep(arg))).toEqual(
        losses.slice(cut),
      );
      expect(bytes(net)).toBe(bytes(whole));
    }
  });

  test("refuse backward after anything but their own forward", () => {
    const net = module.create();
    const { critic, generator } = net.steps;
    const x = points(randomFrom(1));
    expect(() => critic.backward()).toThrow(RangeError);
    critic.forward(x);
    expect(() => generator.backward()).toThrow(RangeError);
    critic.backward();
    generator.forward();
    expect(() => critic.backward()).toThrow(RangeError);
    generator.backward();
    generator.forward();
    net.evaluate(x);
    expect(() => generator.backward()).toThrow(RangeError);
    generator.forward();
    call(net, "judge", x);
    expect(() => generator.backward()).toThrow(RangeError);
  });

  test("keep their gradients and pending states apart", () => {
    const net = module.create({ seed: 4 });
    const { critic, generator } = net.steps;
    critic.forward(points(randomFrom(2)));
    critic.backward();
    const kept = Object.values(critic.gradients).map((values) => [...values]);
    generator.forward();
    generator.backward();
    expect(Object.values(critic.gradients).map((values) => [...values])).toEqual(kept);
    const before = bytes(net);
    generator.update();
    expect(critic.step).toBe(0);
    expect(bytes(net)).not.toBe(before);
    const once = bytes(net);
    // The generator's values have been taken over; nothing of them is new.
    net.steps["generator"].hyper["learningRate"] = 0;
    const counters = net.state.slice();
    generator.update();
    expect(generator.step).toBe(2);
    expect(once).not.toBe(Buffer.from(counters).toString("hex"));
    critic.update();
    expect(critic.step).toBe(1);
  });

  test("have hyper-parameters of their own", () => {
    const net = module.create({ seed: 4 });
    expect(Object.keys(net.steps["critic"].hyper)).toEqual(["learningRate", "beta1", "beta2", "epsilon"]);
    net.steps["critic"].hyper["learningRate"] = 0;
    expect(net.steps["generator"].hyper["learningRate"]).toBe(0.005);
    const before = Object.values(net.params).map((values) => [...values]);
    net.steps["critic"].trainStep(points(randomFrom(3)));
    expect(Object.values(net.params).map((values) => [...values])).toEqual(before);
  });

  test("evaluate reports each step's loss and the metrics, in inference mode", () => {
    const net = module.create({ seed: 4 });
    const x = points(randomFrom(3));
    const before = bytes(net);
    const first = { ...net.evaluate(x) };
    expect(Object.keys(first)).toEqual(["critic/loss", "generator/loss", "real"]);
    expect(Object.values(first).every(Number.isFinite)).toBe(true);
    net.resetMetrics();
    expect(net.evaluate(x)).toEqual(first);
    expect(bytes(net)).toBe(before);
  });

  test.each(["f32", "f64"] as const)("write everything that they read, in %s", (precision) => {
    const made = compile(gan, { precision });
    const [clean, poisoned] = [loaded(made), loaded(made)].map((own) => own.create({ seed: 3 }));
    const scratch = made.memory.regions.filter(({ region }) => region !== "saved" && region !== "constants");
    const poison = (): void => {
      // Gradients and totals are added to, so what is there counts; they start at zero.
      for (const { region, offset, bytes: size } of scratch)
        if (region !== "gradients" && region !== "totals")
          new Uint8Array(poisoned.state.buffer, offset, size).fill(255);
    };
    const x = precision === "f32" ? points(randomFrom(8), 5) : Float64Array.from(points(randomFrom(8), 5));
    poison();
    for (const name of ["critic", "generator", "critic"]) {
      const args = name === "critic" ? [x] : [5];
      const loss = clean.steps[name].forward(...args);
      expect(poisoned.steps[name].forward(...args)).toBe(loss);
      clean.steps[name].backward();
      poisoned.steps[name].backward();
      clean.steps[name].update();
      poisoned.steps[name].update();
      expect(bytes(poisoned)).toBe(bytes(clean));
      poison();
    }
    expect(poisoned.evaluate(x)).toEqual(clean.evaluate(x));
  });
});

/** Two steps that both train w: one towards x, one towards 0, each with parameters of its own too. */
const overlapping = (optimizer: () => g.OptimizerSpec, frozen: readonly string[] = []): g.Model =>
  g.defineModel({
    name: "overlapping",
    inputs: { x: g.f32(2) },
    frozen,
    build({ x }) {
      const [b, w, a, c] = ["b", "w", "a", "c"].map((name) => g.param(name, [2], { initializer: g.ones() }));
      return {
        outputs: { y: g.add(g.mul(a, x), g.add(g.mul(w, b), c)) },
        steps: {
          first: {
            loss: g.sum(g.square(g.sub(g.add(w, a), x))),
            optimizer: optimizer(),
            parameters: ["w", "a"],
          },
          second: { loss: g.sum(g.square(g.add(w, b))), optimizer: optimizer(), parameters: ["w", "b"] },
        },
      };
    },
  });

describe("overlapping steps", () => {
  test("lay what each trains side by side", () => {
    const { forward, memory } = compile(overlapping(() => g.sgd({ learningRate: 0.1 })));
    expect(forward.parameters.map(({ node }) => node.attrs["name"])).toEqual(["a", "w", "b", "c"]);
    const blocks = [...memory.placements.values()].filter(({ buffer }) => buffer.cell?.kind === "parameters");
    expect(blocks.map(({ buffer, offset, bytes: size }) => [buffer.name, offset, size])).toEqual([
      ["first_parameters", 0, 16],
      ["second_parameters", 8, 16],
    ]);
  });

  test("update by hand-written rules, with gradients that do not disturb each other", () => {
    const net = load(
      overlapping(() => g.sgd({ learningRate: 0.25 })),
      "f64",
    ).create();
    const x = Float64Array.of(3, 5);
    const { first, second } = net.steps;
    first.forward(x);
    first.backward();
    second.forward();
    second.backward();
    // ∂/∂w and ∂/∂a of (w + a − x)², ∂/∂w and ∂/∂b of (w + b)².
    expect(first.gradients).toEqual({ a: Float64Array.of(-2, -6), w: Float64Array.of(-2, -6) });
    expect(second.gradients).toEqual({ w: Float64Array.of(4, 4), b: Float64Array.of(4, 4) });
    first.update();
    second.update();
    expect(net.params).toEqual({
      a: Float64Array.of(1.5, 2.5),
      w: Float64Array.of(0.5, 1.5),
      b: Float64Array.of(0, 0),
      c: Float64Array.of(1, 1),
    });
  });

  test("keep a slot of their own for what they share", () => {
    const module = load(
      overlapping(() => g.sgd({ learningRate: 0.1, momentum: 0.5 })),
      "f64",
    );
    const names = (module.spec["states"] as { name: string; shape: number[] }[]).map(
      ({ name, shape }) => `${name} ${JSON.stringify(shape)}`,
    );
    expect(names).toEqual(
      expect.arrayContaining([
        "first/sgd/momentum [4]",
        "second/sgd/momentum [4]",
        "first/step []",
        "second/step []",
      ]),
    );
  });

  test("go round frozen parameters, and in three steps through several stretches", () => {
    const net = load(
      overlapping(() => g.adam({ learningRate: 0.1 }), ["w"]),
      "f64",
    ).create();
    net.steps["first"].trainStep(Float64Array.of(3, 5));
    net.steps["second"].trainStep();
    expect([...net.params["w"]]).toEqual([1, 1]);
    expect(Object.keys(net.steps["first"].gradients)).toEqual(["a"]);
    const pairs = ["ab", "bc", "cd", "da", "ac", "bd"];
    const ring = g.defineModel({
      name: "ring",
      inputs: { x: g.f32(3) },
      build({ x }) {
        const all = new Map([..."abcd"].map((name) => [name, g.param(name, [3], { initializer: g.ones() })]));
        const steps = pairs.map((pair) => {
          const sum = g.add(all.get(pair[0])!, all.get(pair[1])!);
          const loss = g.sum(g.square(g.sub(sum, x)));
          return [pair, { loss, optimizer: g.adam({ learningRate: 0.5 }), parameters: [...pair] }] as const;
        });
        return { outputs: { a: all.get("a")! }, steps: Object.fromEntries(steps) };
      },
    });
    const whole = load(ring, "f64").create();
    const x = Float64Array.of(5, 5, 5);
    for (const pair of pairs) {
      const before = Object.fromEntries(Object.entries(whole.params).map(([name, v]) => [name, v[0]]));
      whole.steps[pair].trainStep(x);
      // Adam's first step is the learning rate against the sign of the gradient, but for its epsilon.
      for (const name of "abcd") {
        const move = Math.sign(5 - before[pair[0]] - before[pair[1]]);
        const expected = before[name] + (pair.includes(name) ? 0.5 * move : 0);
        for (const value of whole.params[name]) expect(value).toBeCloseTo(expected, 6);
      }
    }
  });
});

describe("functions", () => {
  const auto = g.defineModel({
    name: "auto",
    inputs: { x: g.f32(n, 4), code: g.f32(n, 2) },
    build({ x, code }) {
      const encode = g.shared("encoder", (v: g.Value) => g.dense(g.batchNorm(v), { units: 2 }));
      const decode = g.shared("decoder", (v: g.Value) => g.dense(g.batchNorm(v), { units: 4 }));
      const hidden = encode(x);
      const y = decode(hidden);
      return {
        outputs: { y },
        functions: { encode: { code: hidden }, decode: { x: decode(code) } },
        loss: g.meanSquaredError(y, x),
        optimizer: g.adam({ learningRate: 0.01 }),
      };
    },
  });
  const module = load(auto);
  const random = randomFrom(3);
  const x = Float32Array.from({ length: 24 }, () => 2 * random() - 1);

  test("take only what their outputs need, and so do the loss and evaluate", () => {
    const net = module.create({ seed: 1 });
    const loss = (net as unknown as Step).trainStep(x);
    expect(Number.isFinite(loss)).toBe(true);
    for (let k = 0; k < 5; k++) (net as unknown as Step).trainStep(x);
    const { code } = call(net, "encode", x);
    const decoded = call(net, "decode", code.slice(0, 12))["x"];
    const whole = call(net, "predict", x)["y"];
    // The code is rounded to float32 on its way.
    for (let k = 0; k < 24; k++) expect(decoded[k]).toBeCloseTo(whole[k], 5);
    expect(Object.keys(net.evaluate(x))).toEqual(["loss"]);
    expect(module.spec["evaluates"]).toEqual(["x"]);
  });

  test("are all there in a predictor", () => {
    const net = module.create({ seed: 1 });
    (net as unknown as Step).trainStep(x);
    const predictor = module.createPredictor(net.state.slice());
    const same = (name: string, args: Float32Array, count: number): void => {
      const [[output, values]] = Object.entries(call(net, name, args));
      expect(call(predictor, name, args)[output].subarray(0, count)).toEqual(values.subarray(0, count));
    };
    same("predict", x, 24);
    same("encode", x, 12);
    same("decode", x.subarray(0, 8), 16);
  });

  test("may be all that a model has", () => {
    const model = g.defineModel({
      name: "m",
      inputs: { a: g.f32(2), b: g.f32(2) },
      build: ({ a, b }) => ({ functions: { twice: { y: g.mul(a, 2) }, sum: { y: g.add(a, b) } } }),
    });
    const net = load(model).create();
    expect([...call(net, "twice", Float32Array.of(1, 2))["y"]]).toEqual([2, 4]);
    expect([...call(net, "sum", Float32Array.of(1, 2), Float32Array.of(3, 4))["y"]]).toEqual([4, 6]);
    expect(net["predict"]).toBeUndefined();
  });
});

test.each(hostile)("steps and functions may be called %j", (name) => {
  const fn = functionName(name);
  if (fn !== name) expect(() => compile(stepsAndFunctions(name, name))).toThrow(/cannot be called/);
  const { files } = compile(stepsAndFunctions(name));
  expect(proveModule(files[0].text)).toEqual([]);
  const net = loadText(files[0].text).create() as unknown as Net;
  net.steps[name].trainStep(Float32Array.of(1, 2));
  net.steps[`${name}2`].trainStep(Float32Array.of(1, 2));
  expect([net.steps[name].step, net.steps[`${name}2`].step]).toEqual([1, 1]);
  const outputs = call(net, fn, Float32Array.of(1, 2));
  expect([...outputs[name]]).toEqual([-1, -6]);
  expect(outputs["count"][0]).toBe(2);
  expect("hacked" in globalThis).toBe(false);
});

const refused = (make: (x: g.Value, w: g.Value) => unknown, frozen: readonly string[] = []): string => {
  try {
    compile(
      g.defineModel({
        name: "m",
        inputs: { x: g.f32(n, 2) },
        frozen,
        build: ({ x }) =>
          make(
            x,
            g.scope("generator", () => g.param("w", [])),
          ) as g.Built,
      }),
    );
  } catch (error) {
    return (error as Error).message.replaceAll(/steps\.test\.ts:\d+/g, "here");
  }
  return "nothing was refused";
};
const sgd = (): g.OptimizerSpec => g.sgd({ learningRate: 1 });
const lossOf = (x: g.Value, w: g.Value): g.Value => g.mean(g.mul(x, w));

test.each<[(x: g.Value, w: g.Value) => unknown, string]>([
  [
    (x, w) => ({ outputs: { x }, steps: { one: { loss: lossOf(x, w), parameters: "genrator/**" } } }),
    'parameters of step "one" of model "m": "genrator/**" matches no parameter\n  at here\n  hint: did you mean "generator/**"?',
  ],
  [
    (x, w) => ({ outputs: { x }, steps: { one: { loss: lossOf(x, w), parameters: "nothing/like/it" } } }),
    'parameters of step "one" of model "m": "nothing/like/it" matches no parameter\n  at here\n  hint: known here: generator/w',
  ],
  [
    (x, w) => ({
      outputs: { x },
      optimizer: sgd(),
      loss: lossOf(x, w),
      steps: { one: { loss: lossOf(x, w) } },
    }),
    'build returned both an optimizer and steps (model "m")\n  at here\n  hint: each step has its own: steps: { first: { loss, optimizer } }',
  ],
  [
    (x) => ({ outputs: { x }, steps: {} }),
    'steps must be an object of steps, found none (model "m")\n  at here\n  hint: steps: { discriminator: { loss, optimizer, parameters } }',
  ],
  [
    (x) => ({ outputs: { x }, steps: [] }),
    'steps must be an object of steps, found an array (model "m")\n  at here\n  hint: steps: { discriminator: { loss, optimizer, parameters } }',
  ],
  [
    (x) => ({ outputs: { x }, steps: null }),
    'steps must be an object of steps, found null (model "m")\n  at here\n  hint: steps: { discriminator: { loss, optimizer, parameters } }',
  ],
  [
    (x) => ({ outputs: { x }, steps: { one: x } }),
    'step "one" is a graph value (model "m")\n  at here\n  hint: { loss, optimizer, parameters }',
  ],
  [
    (x) => ({ outputs: { x }, steps: { one: { optimizer: sgd() } } }),
    'step "one" needs a loss (model "m")\n  at here\n  hint: { loss, optimizer, parameters }',
  ],
  [
    (x, w) => ({ outputs: { x }, steps: { one: { loss: lossOf(x, w), optimiser: sgd() } } }),
    'step "one" has the unknown key "optimiser" (model "m")\n  at here\n  hint: did you mean "optimizer"?',
  ],
  [
    (x, w) => ({ outputs: { x }, steps: { one: { loss: lossOf(x, w), optimizer: "adam" } } }),
    'the optimizer of step "one" is "adam" (model "m")\n  at here\n  hint: give one such as adam({ learningRate: 1e-3 })',
  ],
  [
    (x, w) => ({ outputs: { x }, steps: { one: { loss: lossOf(x, w), parameters: 3 } } }),
    'parameters of step "one" must be a path or an array of paths, found 3 (model "m")\n  at here\n  hint: parameters: "one/**"',
  ],
  [
    (x) => ({ outputs: { x }, steps: { one: { loss: x } } }),
    'the loss of step "one" must be one number, f32[], found f32[n,2] (model "m")\n  at here\n  hint: reduce it with mean or sum',
  ],
  [
    (x, w) => ({
      outputs: { x },
      metrics: { "one/loss": lossOf(x, w) },
      steps: { one: { loss: lossOf(x, w) } },
    }),
    'a metric cannot be called "one/loss": evaluate() reports the loss itself under that name (model "m")\n  at here',
  ],
  [
    (x, w) => ({ outputs: { x }, steps: { "": { loss: lossOf(x, w) } } }),
    'a step needs a name that is not empty (model "m")\n  at here',
  ],
  [
    (x) => ({ functions: { forward: { x } } }),
    'a function cannot be called "forward": every network has a member of that name (model "m")\n  at here\n  hint: give it another name',
  ],
  [
    (x) => ({ functions: { predict: { x } } }),
    'a function cannot be called "predict": every network has a member of that name (model "m")\n  at here\n  hint: its outputs are the model\'s: return { outputs }',
  ],
  [
    () => ({ functions: {} }),
    'functions must be an object of functions\' outputs, found none (model "m")\n  at here\n  hint: functions: { encode: { code } }',
  ],
  [
    () => ({ functions: { encode: {} } }),
    'function "encode" must return at least one output (model "m")\n  at here\n  hint: functions: { encode: { code } }',
  ],
  [
    () => ({ functions: { encode: { code: 3 } } }),
    'output "code" of function "encode" is 3, not a graph value (model "m")\n  at here',
  ],
  [
    (x, w) => {
      const count = g.state("one/step", []);
      g.assign(count, g.add(count, 1));
      return { outputs: { x }, steps: { one: { loss: lossOf(x, w), optimizer: sgd() } } };
    },
    'state "one/step" of model "m" is also the name of what sgd saves\n  at here\n  hint: give the state another name',
  ],
])("refuses bad input %#", (make, message) => {
  expect(refused(make)).toBe(message);
});

test("a step whose parameters are all frozen is refused", () => {
  expect(
    refused(
      (x, w) => ({ outputs: { x }, steps: { one: { loss: lossOf(x, w), optimizer: sgd() } } }),
      ["generator/**"],
    ),
  ).toBe(
    'step "one" of model "m" has an optimizer but no parameters to train\n  at here\n  hint: leave the optimizer out, or freeze less',
  );
});

test.each<[(x: g.Value, w: g.Value) => unknown, string]>([
  [
    (x) => {
      const bias = g.param("critic/bias", [2]);
      const loss = g.mean(g.add(x, bias));
      return { outputs: { x }, steps: { one: { loss, optimizer: sgd(), parameters: "generator/**" } } };
    },
    'the loss of step "one" of model "m" depends on none of the parameters "generator/**" that it is to train: generator/w\n  at here\n  hint: it is computed from critic/bias; name those that it is computed from, or compute it from these',
  ],
  [
    (x, w) => ({ outputs: { x }, loss: g.mean(g.mul(x, g.stopGradient(w))), optimizer: sgd() }),
    'the loss of model "m" depends on none of the parameters "**" that it is to train: generator/w\n  at here\n  hint: no gradient passes stopGradient, comparisons, argMax or a cast to integers',
  ],
  [
    (x) => ({ outputs: { x }, loss: g.mean(x), optimizer: sgd() }),
    'the loss of model "m" depends on none of the parameters "**" that it is to train: generator/w\n  at here\n  hint: it is computed from no parameter; name those that it is computed from, or compute it from these',
  ],
])("a step that would train nothing is refused %#", (make, message) => {
  expect(refused(make)).toBe(message);
});

test("a step may have parameters that its loss does not read, and a loss none to train", () => {
  const some = (x: g.Value, w: g.Value): unknown => {
    g.param("generator/other", [2]);
    return { outputs: { x }, steps: { one: { loss: lossOf(x, w), optimizer: sgd() } } };
  };
  expect(refused(some)).toBe("nothing was refused");
  expect(refused((x) => ({ outputs: { x }, loss: g.mean(x) }))).toBe("nothing was refused");
});

test("build must declare the same steps and functions in both modes", () => {
  const make =
    (what: (x: g.Value, training: boolean) => object): g.Model["declaration"]["build"] =>
    ({ x }, { training }) =>
      what(x, training) as g.Built;
  const message = (what: (x: g.Value, training: boolean) => object): string => {
    try {
      compile(g.defineModel({ name: "m", inputs: { x: g.f32(n, 2) }, build: make(what) }));
    } catch (error) {
      return (error as Error).message.split("\n")[0];
    }
    return "nothing was refused";
  };
  expect(message((x, training) => ({ functions: { [training ? "a" : "b"]: { x } } }))).toBe(
    'build of model "m" declares other functions in training (a) than in inference (b)',
  );
  expect(message((x, training) => ({ functions: { a: { [training ? "y" : "z"]: x } } }))).toBe(
    'build of model "m" declares other outputs of function "a" in training (y) than in inference (z)',
  );
  expect(
    message((x, training) => ({ outputs: { x }, steps: { [training ? "a" : "b"]: { loss: g.mean(x) } } })),
  ).toBe('build of model "m" declares other steps in training (a) than in inference (b)');
});

test("gradc check holds for every step and function", () => {
  for (const model of [gan, overlapping(() => g.adam(), ["a"])]) {
    const compilation = compile(model, { precision: "f64" });
    const generated = loadText(compilation.files[0].text) as unknown as Generated;
    const findings = checkModule(generated, compilation, { rows: 5, elements: 12, seed: 3 });
    expect(findings.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
    const kinds = new Set(findings.map(({ kind, name }) => `${kind} ${name.split(":")[0]}`));
    expect(compilation.forward.steps.length).toBe(2);
    for (const { name } of compilation.forward.steps) {
      // The gan stops gradients, so no differences are taken there.
      if (model !== gan) expect([...kinds]).toContain(`gradient of parameter ${name}`);
      for (const kind of ["loss against the graph", "gradient against the loops", "update against the graph"])
        expect([...kinds]).toContain(`${kind} ${name}`);
    }
  }
});

test.each<[string, () => g.OptimizerSpec]>([
  ["groups", () => g.adam({ learningRate: 0.01, groups: { "**/bias": { learningRate: 1e-4 } } })],
  ["averages", () => g.adam({ learningRate: 0.01, ema: 0.9 })],
  ["accumulation", () => g.adam({ learningRate: 0.01, accumulate: 2 })],
  ["clipping", () => g.sgd({ learningRate: 0.01, momentum: 0.9, globalClipNorm: 0.1 })],
  ["a block for each parameter", () => g.lamb({ learningRate: 0.01 })],
])("overlapping steps with frozen parameters and %s agree with their graphs", (_, optimizer) => {
  const model = g.defineModel({
    name: "m",
    frozen: ["b/out/kernel"],
    inputs: { x: g.f32(n, 3) },
    build({ x }) {
      const trunk = g.scope("trunk", () => g.dropout(g.batchNorm(g.dense(x, { units: 4 })), { rate: 0.2 }));
      const [a, b] = ["a", "b"].map((name) => g.scope(name, () => g.dense(trunk, { units: 2, name: "out" })));
      return {
        outputs: { a, b },
        steps: {
          a: { loss: g.mean(g.square(a)), optimizer: optimizer(), parameters: ["trunk/**", "a/**"] },
          b: {
            loss: g.mean(g.square(g.sub(b, 1))),
            optimizer: optimizer(),
            parameters: ["trunk/**", "b/**"],
          },
        },
      };
    },
  });
  const compilation = compile(model, { precision: "f64", debug: true });
  const { text } = compilation.files[0];
  expect(proveModule(text)).toEqual([]);
  const generated = loadText(text) as unknown as Generated;
  const findings = checkModule(generated, compilation, { rows: 4, elements: 20, seed: 2 });
  expect(findings.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
  const updated = findings.filter(({ kind }) => kind === "update against the graph").map(({ name }) => name);
  for (const step of ["a", "b"])
    for (const state of ["trunk/batchNorm/movingMean", "random/counter", `${step}/step`])
      expect(updated).toContain(`${step}: ${state}`);
});

test("a predictor needs neither the network nor its steps, so bundlers leave them out", () => {
  const { text } = compile(gan).files[0];
  const body = parse(text, { ecmaVersion: 2022, sourceType: "module" }).body.map((node) =>
    node.type === "ExportNamedDeclaration" && node.declaration ? node.declaration : node,
  );
  const definitions = new Map(
    body.flatMap((node) =>
      (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") && node.id
        ? [[node.id.name, text.slice(node.start, node.end)] as const]
        : [],
    ),
  );
  const reached = new Set(["createPredictor"]);
  for (const name of reached)
    for (const [word] of definitions.get(name)!.matchAll(/[\w$]+/g))
      if (definitions.has(word)) reached.add(word);
  expect([...reached]).toEqual(expect.arrayContaining(["Predictor", "checkState", "checkRows"]));
  for (const name of ["Network", "CriticStep", "GeneratorStep", "create"])
    expect([...reached]).not.toContain(name);
  const backward = [...definitions.keys()].filter((name) =>
    /backward|gradient|update|commit|init/.test(name),
  );
  expect(backward.length).toBeGreaterThan(10);
  expect(backward.filter((name) => reached.has(name))).toEqual([]);
});

test("a penalty belongs to the steps that train its parameter", () => {
  const net = load(
    g.defineModel({
      name: "m",
      inputs: { x: g.f32(2) },
      build({ x }) {
        const [a, b] = ["a", "b"].map((name) =>
          g.param(name, [2], { initializer: g.ones(), regularizer: g.l2(name === "a" ? 1 : 10) }),
        );
        const loss = g.sum(g.mul(g.add(a, b), x));
        return {
          outputs: { y: g.add(a, b) },
          loss,
          steps: { one: { loss, parameters: "a" }, other: { loss, parameters: "b" }, both: { loss } },
        };
      },
    }),
    "f64",
  ).create();
  const zero = new Float64Array(2);
  const losses = ["one", "other", "both"].map((name) => net.steps[name].forward(zero));
  expect(losses).toEqual([2, 20, 22]);
  const { loss, ...named } = net.evaluate(zero);
  expect(loss).toBe(22);
  expect(Object.values(named)).toEqual(losses);
});

test("everything comes from a line of the model, whoever compiles it", () => {
  for (const model of [digitsGan, autoencoder, stateful])
    for (const graph of graphsOf(compile(model).training.graphs))
      for (const node of graphNodes(graph))
        for (const { source } of graph.origins.get(node) ?? [])
          expect(source).toMatch(/^(\w+\.model|models)\.ts:\d+$/);
});
