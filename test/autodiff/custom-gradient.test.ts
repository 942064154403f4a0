import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { buildGraph, differentiate } from "../../src/nn/index.ts";
import { parseGraph } from "../../src/ir/text/graph-parse.ts";
import { printGraph } from "../../src/ir/text/graph-print.ts";
import { compile } from "../../src/compile.ts";
import { vjp } from "../../src/autodiff/index.ts";
import { withBuilder } from "../../src/ir/builder.ts";
import { fullLike } from "../../src/ops/broadcast.ts";
import { ops } from "../../src/ops/table.ts";
import { run } from "../nn/run.ts";
import { ownGraphs } from "../own-graphs.ts";

type Make = (v: g.Value) => g.Value;
const modelOf = (make: Make) =>
  g.defineModel({
    name: "one",
    inputs: { v: g.f32(3), k: g.i32(3) },
    build: ({ v }) => g.scope("tower", () => ({ outputs: { y: make(v) } })),
  });
/** A function of v computed at [1, −2, 3]. */
const value = (make: Make): number[] => {
  const { predict } = ownGraphs(buildGraph(modelOf(make), { precision: "f64" }));
  // −0 and 0 are one number here.
  return (run(predict, { v: [1, -2, 3] }).get("y") ?? []).map((x) => x + 0);
};
const slope = (make: Make) => value((v) => g.grad(g.sum(make(v)), v));

describe("onGradient", () => {
  test("hands x on, and its gradient through the hook", () => {
    expect(value((v) => g.onGradient(v, (d) => g.mul(d, 100)))).toEqual([1, -2, 3]);
    expect(slope((v) => g.square(g.onGradient(v, (d) => g.mul(d, 10))))).toEqual([20, -40, 60]);
    expect(slope((v) => g.square(g.onGradient(v, (d) => g.clip(d, -3, 3))))).toEqual([2, -3, 3]);
    expect(slope((v) => g.square(g.onGradient(v, g.neg)))).toEqual([-2, 4, -6]); // gradient reversal
  });

  test("clips by norm, and cleans what is not finite", () => {
    const clipped = slope((v) => g.square(g.onGradient(v, (d) => g.clipByNorm(d, 1))));
    const norm = Math.hypot(2, 4, 6);
    for (const [k, d] of [2, -4, 6].entries()) expect(clipped[k]).toBeCloseTo(d / norm, 14);
    expect(slope((v) => g.square(g.onGradient(v, (d) => g.clipByNorm(d, 100))))).toEqual([2, -4, 6]);
    // A gradient of 0 has no direction, and clipping it no slope that is not a number.
    expect(value((v) => g.grad(g.sum(g.clipByNorm(g.mul(v, 0), 1)), v))).toEqual([0, 0, 0]);
    const roots: Make = (v) => g.sqrt(g.onGradient(g.maximum(v, 0), g.finiteOrZero));
    expect(slope(roots)[1]).toBe(0);
    const infinite = g.tensor;
    expect(value(() => g.cast(g.isFinite(g.div(infinite([0, 1, -1]), infinite([0, 0, 2]))), "f32"))).toEqual([0, 0, 1]); // prettier-ignore
  });

  test("is gone from the compiled step, where only the hook's ops are left", () => {
    const model = g.defineModel({
      name: "clipped",
      inputs: { x: g.f32(4, 3) },
      build({ x }) {
        const h = g.onGradient(g.dense(x, { units: 2 }), (d) => g.clip(d, -1, 1));
        return { outputs: { h }, loss: g.sum(g.square(h)), optimizer: g.sgd({ learningRate: 0.1 }) };
      },
    });
    const { training, optimized } = compile(model, { debug: true });
    expect(printGraph(training.graphs.steps[0].training)).toMatch(
      / = onGradient %\d+, %\d+ \{token: "\d+"\}/,
    );
    expect(printGraph(optimized.graphs.steps[0].training)).not.toContain("= onGradient");
    expect(printGraph(optimized.graphs.steps[0].training)).toContain("// ∂onGradient");
  });
});

describe("customVjp", () => {
  test("takes the gradient that was written", () => {
    const double = g.customVjp(
      (x) => g.square(x),
      ({ inputs: [x], output, cotangent }) => g.mul(cotangent, g.add(g.mul(x, 1000), output)),
    );
    expect(value(double)).toEqual([1, 4, 9]);
    expect(slope(double)).toEqual([1001, -1996, 3009]);
    // Straight through a rounding.
    const round = g.customVjp(
      (x) => g.floor(x),
      ({ cotangent }) => cotangent,
    );
    expect(slope((v) => g.square(round(g.mul(v, 1.3))))).toEqual([2 * 1.3, -6 * 1.3, 6 * 1.3]);
  });

  test("may leave an input without a gradient", () => {
    const half = g.customVjp(
      (a, b) => g.mul(a, b),
      ({ inputs: [, b], cotangent }) => [g.mul(cotangent, b), null],
    );
    expect(slope((v) => half(v, v))).toEqual([1, -2, 3]);
  });

  test("prints, and says what text cannot hold", () => {
    const model = modelOf(
      g.customVjp(
        (x) => g.square(x),
        ({ cotangent }) => cotangent,
      ),
    );
    const { predict } = ownGraphs(buildGraph(model));
    const text = printGraph(predict);
    // Build runs once for training and once for inference.
    expect(text).toContain('= customVjp %1, %v {token: "2"}');
    const again = parseGraph(text, ops);
    expect(printGraph(again)).toBe(text);
    const loss = (): unknown =>
      withBuilder(buildGraph(modelOf(g.neg)).builder, () => {
        const y = again.outputs[0].value;
        return vjp([y], [fullLike(1, y)], [y.node.inputs[1]]);
      });
    expect(loss).toThrow("the function of gradient 2 is not part of this graph");
  });
});

describe("second order and forward derivatives", () => {
  const cube = g.customVjp((x) => g.mul(x, g.square(x)), ({ inputs: [x], cotangent }) => g.mul(cotangent, g.mul(3, g.square(x)))); // prettier-ignore
  const ones = () => g.tensor([1, 1, 1]);

  test("go through gradients that are linear in their cotangent", () => {
    expect(value((v) => g.hvp(g.sum(cube(v)), v, ones()))).toEqual([6, -12, 18]);
    expect(value((v) => g.jvp(cube(v), v, ones()))).toEqual([3, 12, 27]);
    expect(
      value((v) =>
        g.jvp(
          g.onGradient(cube(v), (d) => g.mul(d, 2)),
          v,
          ones(),
        ),
      ),
    ).toEqual([6, 24, 54]);
    const diagonal = [6, 0, 0, 0, -12, 0, 0, 0, 18];
    expect(value((v) => g.hessian(g.sum(cube(v)), v))).toEqual(diagonal);
    expect(value((v) => g.hessian(g.sum(g.checkpoint(cube, v)), v))).toEqual(diagonal);
    expect(value((v) => g.jvp(g.checkpoint(cube, g.checkpoint(g.neg, v)), v, ones()))).toEqual([
      -3, -12, -27,
    ]);
    expect(value((v) => g.jvp(g.grad(g.sum(g.checkpoint(cube, v)), v), v, ones()))).toEqual([6, -12, 18]);
  });

  test("stopGradient stops both", () => {
    expect(value((v) => g.jvp(g.mul(v, g.stopGradient(v)), v, ones()))).toEqual([1, -2, 3]);
    expect(value((v) => g.hvp(g.sum(g.mul(g.square(v), g.stopGradient(v))), v, ones()))).toEqual([2, -4, 6]);
    expect(value((v) => g.hessian(g.sum(g.mul(v, g.stopGradient(v))), v))).toEqual(Array(9).fill(0));
  });

  test.each([
    ["clipped", (d: g.Value) => g.clip(d, -1, 1)],
    ["its sign", (d: g.Value) => g.sign(d)],
    ["squared", (d: g.Value) => g.square(d)],
    ["moved", (d: g.Value) => g.add(d, 1)],
    ["mixed with something else", (d: g.Value) => g.where(g.cast(g.tensor([1, 0, 1]), "bool"), d, 5)],
    ["rounded", (d: g.Value) => g.floor(d)],
    ["stopped", (d: g.Value) => g.stopGradient(d)],
    ["normalised", (d: g.Value) => g.clipByNorm(d, 1)],
    ["another number", () => g.tensor([1, 2, 3])],
  ] as const)("a forward derivative through a cotangent that is %s is refused", (_, hook) => {
    const made = () => value((v) => g.jvp(g.square(g.onGradient(v, hook)), v, ones()));
    expect(made).toThrow(
      /^no forward derivative: the gradient of onGradient is not linear in its cotangent\n {2}at layer tower, custom-gradient\.test\.ts:\d+\n {2}hint: use vjp, or take the function that was written for the gradient away$/,
    );
  });

  test("a hook that is linear in pieces is not refused", () => {
    const pieces = (d: g.Value) => g.where(g.cast(g.tensor([1, 0, 1]), "bool"), g.mul(d, 2), 0);
    expect(value((v) => g.jvp(g.square(g.onGradient(v, pieces)), v, ones()))).toEqual([4, 0, 12]);
  });
});

describe("refusals name the layer and the shapes", () => {
  const custom = (backward: (context: g.CustomGradient) => unknown) => (v: g.Value) =>
    g.grad(g.sum(g.customVjp((x) => g.square(x), backward as never)(v)), v);
  const hook = (of: (d: g.Value) => unknown) => (v: g.Value) =>
    g.grad(g.sum(g.onGradient(v, of as never)), v);
  test.each([
    ["cotangent 0 of customVjp must be f32[3], found f32[]", custom(({ cotangent }) => g.sum(cotangent))],
    ["cotangent 0 of customVjp must be f32[3], found i32[3]", custom(({ cotangent }) => g.cast(cotangent, "i32"))],
    ["cotangent 0 of customVjp must be a graph value, found nothing", custom(() => undefined)],
    ["cotangent 0 of customVjp must be a graph value, found 1", custom(() => 1)],
    ["the gradient of customVjp must give 1 cotangents, one for each input, found 2", custom(({ cotangent: d }) => [d, d])],
    ["the gradient of customVjp must give 1 cotangents, one for each input, found 0", custom(() => [])],
    ["the gradient of customVjp failed: no rule", custom(() => { throw new Error("no rule"); })],
    ["the hook of onGradient failed: no rule", hook(() => { throw new Error("no rule"); })],
    ["what the hook of onGradient gives must be f32[3], found f32[2]", hook((d) => g.slice(d, { start: [0], limit: [2] }))],
    ["what the hook of onGradient gives must be a graph value, found nothing", hook(() => undefined)],
    ["onGradient takes a function of the gradient, found 0.5", (v: g.Value) => g.onGradient(v, 0.5 as never)],
    ["onGradient: i32[3] has no gradient", (v: g.Value) => g.onGradient(g.cast(v, "i32"), g.neg)],
    ["customVjp takes a function, found a graph value", (v: g.Value) => g.customVjp(v as never, () => v)(v)],
    ["customVjp takes its gradient as a function, found undefined", (v: g.Value) => g.customVjp(g.neg, undefined as never)(v)],
    ["the function of customVjp must give a graph value, found nothing", (v: g.Value) => g.customVjp((() => undefined) as never, () => v)(v)],
    ["customVjp takes graph values, found 2", (v: g.Value) => g.customVjp(g.neg, () => v)(2 as never)],
    ['the function of customVjp reads parameter "tower/w" f32[3], which is not one of its inputs', (v: g.Value) => g.customVjp((x) => g.mul(x, g.param("w", [3])), () => v)(v)],
    ["the function of customVjp reads a f32[3] (square), which is not one of its inputs", (v: g.Value) => ((s) => g.customVjp((x) => g.mul(x, s), () => v)(v))(g.square(v))],
  ] as const)("%s", (sentence, make) => {
    const built = (): unknown => compile(modelOf(make));
    expect(built).toThrow(sentence);
    expect(built).toThrow(/at layer tower(\/w)?, custom-gradient\.test\.ts:\d+/);
  }); // prettier-ignore

  test("also where the model is differentiated as a whole", () => {
    const model = g.defineModel({
      name: "whole",
      inputs: { x: g.f32(4, 3) },
      build({ x }) {
        const h = g.scope("head", () => g.onGradient(g.dense(x, { units: 2 }), (d) => g.sum(d, { axis: 0 })));
        return { outputs: { h }, loss: g.sum(h), optimizer: g.sgd({ learningRate: 0.1 }) };
      },
    });
    expect(() => differentiate(buildGraph(model))).toThrow(
      /^what the hook of onGradient gives must be f32\[4,2\], found f32\[2\]\n {2}at layer head\/dense, custom-gradient\.test\.ts:\d+/,
    );
  });

  test("a hook that reads what only a scan's body has", () => {
    const model = g.defineModel({
      name: "escape",
      inputs: { x: g.f32(4, 3) },
      build({ x }) {
        let inside: g.Value | undefined;
        g.scan((c: g.Value, part: g.Value) => [((inside = part), g.add(c, part)), null], g.sum(x, { axis: 0 }), x);
        const h = g.dense(x, { units: 3 });
        const y = g.onGradient(g.sum(h, { axis: 0 }), (d) => g.mul(d, inside!));
        return { outputs: { y }, loss: g.sum(y), optimizer: g.sgd({ learningRate: 0.1 }) };
      },
    }); // prettier-ignore
    expect(() => differentiate(buildGraph(model))).toThrow(
      /^a value made from f32\[3\] inside the body of scan is used outside it in model "escape"\n {2}at custom-gradient\.test\.ts:\d+/,
    );
  });
});
