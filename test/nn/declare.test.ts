import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { buildGraph, differentiate, type BuiltModel } from "../../src/nn/index.ts";
import { run } from "./run.ts";
import { ownGraphs } from "../own-graphs.ts";

const n = g.batch(8);
type Make = (x: g.Value, mode: g.Mode) => unknown;
const model = (make: Make, more: object = {}): g.Model =>
  g.defineModel({
    name: "m",
    inputs: { x: g.f32(n, 4) },
    build: ({ x }, mode) => make(x, mode) as g.Built,
    ...more,
  });
const built = (make: Make, more?: object): BuiltModel => buildGraph(model(make, more));
const names = (make: (x: g.Value) => g.Value): string[] =>
  built((x) => ({ outputs: { y: make(x) } })).parameters.map(({ node }) => String(node.attrs["name"]));
const refused = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was refused";
};

describe("names", () => {
  test("count unnamed layers and follow scopes", () => {
    const layer = (x: g.Value): g.Value => g.dense(x, { units: 4, useBias: false });
    expect(names((x) => g.scope("encoder", () => layer(layer(layer(x)))))).toEqual([
      "encoder/dense/kernel",
      "encoder/dense_1/kernel",
      "encoder/dense_2/kernel",
    ]);
    expect(names((x) => layer(g.scope("a", () => layer(x))))).toEqual(["a/dense/kernel", "dense/kernel"]);
  });

  test("may be anything but empty or taken", () => {
    const odd = ['a"b', "line\nbreak", "__proto__", "*/", "class", "a/b", "ünïcode 🙂", "constructor"];
    expect(names((x) => odd.reduce((sum, name) => g.add(sum, g.param(name, [])), x))).toEqual(odd);
    expect(names((x) => g.dense(x, { units: 1, name: "__proto__" }))).toEqual([
      "__proto__/kernel",
      "__proto__/bias",
    ]);
    expect(refused(() => names((x) => g.dense(x, { units: 1, name: "" })))).toMatch(
      /dense needs a name that is not empty, found ""/,
    );
    const twice = (x: g.Value): g.Value =>
      g.dense(g.dense(x, { units: 4, name: "h" }), { units: 4, name: "h" });
    expect(refused(() => names(twice))).toMatch(
      /^two layers are named "h"\n {2}at declare\.test\.ts:\d+\n {2}hint: .*shared/,
    );
    expect(refused(() => names((x) => g.add(g.add(x, g.param("w", [])), g.param("w", []))))).toMatch(
      /parameter "w" is declared twice/,
    );
  });

  test("are shared by shared functions, whose gradients add up", () => {
    const make: Make = (x) => {
      const tower = g.shared("tower", (v: g.Value) =>
        g.dense(v, { units: 4, kernelInitializer: g.ones(), kernelRegularizer: g.l2(1) }),
      );
      return { outputs: { y: tower(tower(x)) }, loss: g.sum(g.add(tower(x), tower(g.mul(x, 2)))) };
    };
    const program = differentiate(built(make));
    expect(program.cells.filter((cell) => cell.kind === "parameter").map((cell) => cell.name)).toEqual([
      "tower/dense/kernel",
      "tower/dense/bias",
    ]);
    const training = run(ownGraphs(program).training!, { x: [1, 2, 3, 4] }, 1);
    expect(training.get("tower/dense/bias")).toEqual([2, 2, 2, 2]);
    expect(training.get("tower/dense/kernel")?.[0]).toBe(3);
    // Scopes that are opened twice count on within one call, and from the start in the next.
    const nested = built((x) => {
      const tower = g.shared("tower", (v: g.Value) => {
        const block = (u: g.Value): g.Value =>
          g.scope("block", () => g.dense(u, { units: 4, useBias: false }));
        return block(block(v));
      });
      return { outputs: { y: tower(tower(x)) } };
    });
    expect(nested.parameters.map(({ node }) => node.attrs["name"])).toEqual([
      "tower/block/dense/kernel",
      "tower/block/dense_1/kernel",
    ]);
    const narrow = refused(() =>
      built((x) => {
        const tower = g.shared("tower", (v: g.Value) => g.dense(v, { units: 2 }));
        return { outputs: { y: tower(tower(x)) } };
      }),
    );
    expect(narrow).toMatch(
      /"tower\/dense\/kernel" is f32\[4,2\] in the first call of a shared function, but a later one asks for f32\[2,2\]/,
    );
  });
});

describe("dense", () => {
  test("takes vectors, rows and stacks", () => {
    const cells = { x: [1, 2, 3, 4], "dense/kernel": [1, 0, 0, 1, 1, 0, 0, 1], "dense/bias": [10, 20] };
    const output = (make: (x: g.Value) => g.Value): number[] | undefined =>
      run(ownGraphs(built((x) => ({ outputs: { y: make(x) } }))).predict, cells, 1).get("y");
    expect(output((x) => g.dense(x, { units: 2 }))).toEqual([14, 26]);
    expect(output((x) => g.dense(g.sum(x, { axis: 0 }), { units: 2 }))).toEqual([14, 26]);
    expect(
      output((x) => g.dense(g.expandDims(x, [1, 2]), { units: 2, activation: (y) => g.neg(y) })),
    ).toEqual([-14, -26]);
  });

  test("names layer, shapes and line where it cannot", () => {
    const one = refused(() =>
      built((x) => ({ outputs: { y: g.dense(g.sum(x, { axis: 1 }), { units: 2, name: "hidden" }) } })),
    );
    expect(one).toMatch(
      /^dense expects features of a fixed number along the last axis, found f32\[n\]\n {2}at layer hidden, declare\.test\.ts:\d+\n {2}hint: /,
    );
    const make = (options: object): string =>
      refused(() => names((x) => g.dense(x, options as g.DenseOptions)));
    expect(make({ units: 2, actvation: "relu" })).toMatch(
      /dense has no option "actvation"[^]*did you mean "activation"\?/,
    );
    expect(make({ units: 2, activation: "rleu" })).toMatch(
      /there is no activation "rleu"[^]*did you mean "relu"\?/,
    );
    expect(make({ units: 0 })).toMatch(/units of dense must be a positive integer, found 0/);
    expect(make({ units: 2.5 })).toMatch(/found 2.5/);
    expect(make({ units: 2, kernelInitializer: [1] })).toMatch(
      /parameter "dense\/kernel": explicit values of shape \[1\][^]*layer dense/,
    );
    expect(refused(() => names((x) => g.dense(x, undefined as never)))).toMatch(
      /dense takes its options as an object, found undefined/,
    );
    expect(refused(() => names(() => g.dense("x" as never, { units: 1 })))).toMatch(
      /dense takes graph values, found "x"/,
    );
  });
});

describe("declarations", () => {
  test("of inputs are validated", () => {
    for (const dim of [0, -1, 1.5, NaN, "3", undefined]) {
      expect(refused(() => g.f32(n, dim as number))).toMatch(
        /dimension 1 of f32\(…\) must be a positive whole number/,
      );
    }
    expect(refused(() => g.f32(2 ** 20, 2 ** 20))).toMatch(/more than 2\^28/);
    expect(refused(() => g.f32(n, n))).toMatch(/more than once/);
    for (const max of [0, 2 ** 20 + 1, 1.5, "8"]) {
      expect(refused(() => g.batch(max as number))).toMatch(
        /batch\(max\) takes a whole number of rows from 1 to 1048576/,
      );
    }
    const two = g.defineModel({
      name: "two",
      inputs: { a: g.f32(g.batch(4)), b: g.f32(g.batch(8)) },
      build: ({ a }) => ({ outputs: { a } }),
    });
    expect(refused(() => buildGraph(two))).toMatch(/use batch\(4\) and batch\(8\)/);
  });

  test("of models are validated, without running build", () => {
    const define = (options: object): string => refused(() => g.defineModel(options as never));
    expect(define({ name: "m", input: {} })).toMatch(
      /defineModel has no option "input"[^]*did you mean "inputs"/,
    );
    expect(define({ name: "", inputs: {}, build: () => ({}) })).toMatch(/needs a name/);
    expect(define({ name: "m", inputs: { x: 3 }, build: () => ({}) })).toMatch(/input "x" is 3/);
    expect(define({ name: "m", inputs: {} })).toMatch(/needs a build function/);
    let runs = 0;
    const counted = model((x) => ({ outputs: { x }, unused: void runs++ }) as never);
    expect(runs).toBe(0);
    expect(refused(() => buildGraph(counted))).toMatch(/unknown key "unused"/);
    expect(refused(() => buildGraph({}))).toMatch(/expected a model made by defineModel, found an object/);
    expect((counted as unknown as Record<symbol, unknown>)[Symbol.for("gradc.model")]).toBe(true);
  });

  test("returned by build are validated", () => {
    const text = (make: Make, more?: object): string => refused(() => differentiate(built(make, more)));
    expect(text(() => undefined)).toMatch(
      /build must return \{ outputs, loss, metrics, optimizer \}, found nothing/,
    );
    expect(text((x) => x)).toMatch(/found a graph value/);
    expect(text(async (x) => ({ outputs: { x } }))).toMatch(/must not be async/);
    expect(text(() => ({}))).toMatch(/at least one output/);
    expect(text((x) => ({ output: { x } }))).toMatch(/unknown key "output"[^]*did you mean "outputs"/);
    expect(text(() => ({ outputs: { y: 3 } }))).toMatch(/output "y" is 3, not a graph value/);
    expect(text((x) => ({ outputs: { x }, loss: g.sum(x, { axis: 1 }) }))).toMatch(
      /the loss must be one number, f32\[\], found f32\[n\][^]*reduce it with mean or sum/,
    );
    expect(text((x) => ({ outputs: { x }, optimizer: g.adam() }))).toMatch(/an optimizer needs a loss/);
    expect(text((x) => ({ outputs: { x }, loss: g.mean(x), optimizer: "adam" }))).toMatch(
      /optimizer is "adam"/,
    );
    expect(text((x) => ({ outputs: { x }, loss: g.mean(x), optimizer: g.adam() }))).toMatch(
      /no parameters to train/,
    );
    expect(text((x) => ({ outputs: { x }, metrics: { loss: g.mean(x) } }))).toMatch(
      /a metric cannot be called "loss"/,
    );
    expect(text((x) => ({ outputs: { x }, metrics: { rows: x } }))).toMatch(
      /metric "rows" must be one number, found f32\[n,4\]/,
    );
    expect(
      text(() => {
        throw new TypeError("x is odd");
      }),
    ).toMatch(/^the build function of model "m" failed: x is odd\n {2}at declare\.test\.ts:\d+/);
    expect(text((x, { training }) => ({ outputs: { y: g.dense(x, { units: training ? 1 : 2 }) } }))).toMatch(
      /other parameters in training \("dense\/kernel": f32\[4,1\]\) than in inference/,
    );
  });

  test("without loss or optimizer give what they can", () => {
    const plain = differentiate(built((x) => ({ outputs: { y: g.dense(x, { units: 1 }) } })));
    expect([ownGraphs(plain).training, ownGraphs(plain).update, ownGraphs(plain).evaluate]).toEqual([
      null,
      null,
      null,
    ]);
    expect(plain.cells.map((cell) => cell.kind)).toEqual(["input", "parameter", "parameter"]);
  });

  test("freeze parameters by pattern", () => {
    const make: Make = (x) => {
      const code = g.scope("encoder", () => g.dense(x, { units: 3, name: "first" }));
      const y = g.dense(code, { units: 1, name: "head" });
      return { outputs: { y }, loss: g.mean(y), optimizer: g.sgd({ learningRate: 0.1 }) };
    };
    const program = differentiate(built(make, { frozen: ["encoder/**"] }));
    expect(ownGraphs(program).training?.outputs.map(({ name }) => name)).toEqual([
      "loss",
      "head/kernel",
      "head/bias",
    ]);
    expect(program.cells.filter(({ kind }) => kind === "parameter").map(({ name }) => name)).toEqual([
      "head/kernel", "head/bias", "encoder/first/kernel", "encoder/first/bias",
    ]); // prettier-ignore
    expect(program.cells.find(({ kind }) => kind === "parameters")?.type.shape).toEqual([4]);
    expect(refused(() => built(make, { frozen: ["encdoer/**"] }))).toMatch(
      /frozen of model "m": "encdoer\/\*\*" matches no parameter/,
    );
    expect(built(make, { frozen: ["*/bias"] }).steps[0].parameters.length).toBe(3);
    expect(built(make, { frozen: ["**e*/*r*t/bia*"] }).steps[0].parameters.length).toBe(3);
    // A pattern of many stars takes no longer than one of few.
    expect(refused(() => built(make, { frozen: [`${"**e".repeat(60)}!`] }))).toMatch(/matches no parameter/);
  });

  test("share one scalar by broadcasting, whose gradients add up", () => {
    const program = differentiate(
      built((x) => {
        const y = g.add(x, g.param("hidden/bias", [], { initializer: 0.35 }));
        return { outputs: { y }, loss: g.sum(y) };
      }),
    );
    const training = run(ownGraphs(program).training!, { x: [1, 2, 3, 4] }, 1);
    expect(training.get("hidden/bias")).toEqual([4]);
  });

  test("without trained parameters still give a loss", () => {
    const { training } = ownGraphs(differentiate(built((x) => ({ outputs: { x }, loss: g.mean(x) }))));
    expect(training?.outputs.map(({ name }) => name)).toEqual(["loss"]);
  });

  test("give zeros for parameters the loss does not depend on", () => {
    const program = differentiate(
      built((x) => {
        const w = g.param("unused", [2]);
        return { outputs: { w, y: g.dense(x, { units: 1 }) }, loss: g.mean(x) };
      }),
    );
    expect(run(ownGraphs(program).training!, { x: [1, 2, 3, 4] }, 1).get("unused")).toEqual([0, 0]);
  });
});

test("tables become features that the model imputes and scales", () => {
  const people = g.table({
    bill: g.number({ missing: "mean", scale: "standard" }),
    island: g.category(["Biscoe", "Dream", "Torgersen"], { missing: "mode" }),
    species: g.label(["Adelie", "Chinstrap"]),
    mass: g.number(),
  });
  expect(people.columns.map(({ name, at, width }) => [name, at, width])).toEqual([
    ["bill", 0, 1], ["island", 1, 3], ["species", -1, 0], ["mass", 4, 1],
  ]); // prettier-ignore
  const penguins = g.defineModel({
    name: "penguins",
    inputs: { x: g.features(n, people), y: g.labels(n, people) },
    build: ({ x, y }) => ({ outputs: { x }, metrics: { accuracy: g.accuracy(g.dense(x, { units: 2 }), y) } }),
  });
  const declaration = buildGraph(penguins);
  expect(declaration.table?.columns.length).toBe(4);
  expect(declaration.cells.find(({ name }) => name === "y")).toMatchObject({
    limit: 2,
    type: { dtype: "i32" },
  });
  expect(run(ownGraphs(declaration).init, { seed: [0] }).get("table/scale")).toEqual([1, 1, 1, 1, 1]);
  const cells = {
    x: [NaN, 0, 1, 0, 5],
    "table/fill": [2, 1, 0, 0, 0],
    "table/shift": [1, 0, 0, 0, 0],
    "table/scale": [3, 1, 1, 1, 1],
  };
  expect(run(ownGraphs(declaration).predict, cells, 1).get("x")).toEqual([3, 0, 1, 0, 5]);

  expect(g.labels(n, g.table({ a: g.number(), b: g.target() })).dtype).toBe("f32");
  expect(refused(() => g.number({ missing: "meen" as never }))).toMatch(/did you mean "mean"/);
  expect(refused(() => g.category(["a", "a"]))).toMatch(/names the value "a" twice/);
  expect(refused(() => g.label(["a"]))).toMatch(/needs at least 2 values/);
  expect(refused(() => g.table({ a: g.target(), b: g.label(["x", "y"]) }))).toMatch(
    /one label or target, found "a" and "b"/,
  );
  expect(refused(() => g.labels(n, g.table({ a: g.number() })))).toMatch(/no label or target/);
  expect(refused(() => g.features(n, {} as never))).toMatch(/takes a table as its second argument/);
});
