import { describe, expect, test } from "vitest";
import { graphNodes } from "../../src/ir/graph.ts";
import { typeText } from "../../src/ir/type.ts";
import { buildGraph, differentiate } from "../../src/nn/index.ts";
import { digits, seed } from "./models.ts";
import { asCells, run } from "./run.ts";
import { graphsOf } from "../../src/ir/program.ts";
import { ownGraphs } from "../own-graphs.ts";

describe("the worked example", () => {
  const program = differentiate(buildGraph(seed, { precision: "f64", source: "seed.model.ts" }));
  const parameters = asCells(run(ownGraphs(program).init, { seed: [7] }));
  const sample = { x: [0.05, 0.1], y: [0.01, 0.99] };

  test("has the outputs and the loss of the note", () => {
    const result = run(ownGraphs(program).predict, { ...parameters, ...sample });
    expect(result.get("o")?.[0]).toBeCloseTo(0.751365, 6);
    expect(result.get("o")?.[1]).toBeCloseTo(0.772928, 6);
    const training = ownGraphs(program).training;
    expect(training && run(training, { ...parameters, ...sample }).get("loss")?.[0]).toBeCloseTo(
      0.298371109,
      9,
    );
  });

  test("has the gradients of the note's formulas", () => {
    const s = (x: number): number => 1 / (1 + Math.exp(-x));
    const x = sample.x;
    const net = [0.15 * x[0] + 0.2 * x[1] + 0.35, 0.25 * x[0] + 0.3 * x[1] + 0.35];
    expect(net[0]).toBeCloseTo(0.3775, 12);
    expect(net[1]).toBeCloseTo(0.3925, 12);
    const h = net.map(s);
    const w = [
      [0.4, 0.5],
      [0.45, 0.55],
    ];
    const o = [0, 1].map((k) => s(w[0][k] * h[0] + w[1][k] * h[1] + 0.6));
    const dOut = o.map((value, k) => (value - sample.y[k]) * value * (1 - value));
    const dHid = h.map((value, j) => (dOut[0] * w[j][0] + dOut[1] * w[j][1]) * value * (1 - value));
    const expected = new Map([
      ["hidden/kernel", x.flatMap((value) => dHid.map((d) => value * d))],
      ["hidden/bias", dHid],
      ["output/kernel", h.flatMap((value) => dOut.map((d) => value * d))],
      ["output/bias", dOut],
    ]);
    const training = ownGraphs(program).training;
    if (!training) throw new Error("no training graph");
    const found = run(training, { ...parameters, ...sample });
    expect([...found.keys()]).toEqual(["loss", ...expected.keys()]);
    for (const [name, values] of expected) {
      for (const [k, value] of values.entries()) expect(found.get(name)?.[k]).toBeCloseTo(value, 14);
    }
  });

  test("has a static step", () => {
    expect(program.batch).toBeNull();
    expect(program.cells.map((cell) => `${cell.kind} ${cell.name}: ${typeText(cell.type)}`)).toEqual([
      "input x: f64[2]",
      "input y: f64[2]",
      "parameter hidden/kernel: f64[2,2]",
      "parameter hidden/bias: f64[2]",
      "parameter output/kernel: f64[2,2]",
      "parameter output/bias: f64[2]",
      "total loss/sum: f64[]",
      "total loss/rows: f64[]",
      "parameters parameters: f64[12]",
      "gradients gradients: f64[12]",
      "hyper learningRate: f64[]",
      "state step: f64[]",
    ]);
  });
});

describe("the digits model", () => {
  const built = buildGraph(digits, { source: "digits.model.ts" });
  const program = differentiate(built);
  const cells = asCells(run(ownGraphs(program).init, { seed: [1] }));
  const rows = 5;
  const x = Array.from({ length: rows * 64 }, (_, k) => Math.sin(k));
  const y = [3, 1, 4, 1, 5];

  test("bounds its labels, names its graphs and its metrics", () => {
    expect(program.cells.find((cell) => cell.name === "y")?.limit).toBe(10);
    expect(program.cells.find((cell) => cell.name === "x")?.limit).toBeUndefined();
    expect(program.metrics).toEqual([
      { name: "loss", shape: [] },
      { name: "accuracy", shape: [] },
    ]);
    expect(graphsOf(program.graphs).map((graph) => graph.name)).toEqual([
      "digits.init",
      "digits.predict",
      "digits.evaluate",
      "digits.training",
      "digits.update",
    ]);
    expect(program.batch).toBe(64);
  });

  test("says for each node of the forward graph which layer and line it comes from", () => {
    const { forward } = ownGraphs(built);
    for (const node of forward ? graphNodes(forward) : []) {
      if (node.op === "input") continue;
      expect(built.builder.origins.get(node)?.some((origin) => origin.source.startsWith("models.ts:"))).toBe(
        true,
      );
    }
    const product = forward && graphNodes(forward).find((node) => node.op === "matmul");
    expect(product && built.builder.origins.get(product)?.[0].layer).toBe("hidden");
  });

  test("gives probabilities, and a loss whose gradient agrees with differences", () => {
    const { predict, training } = ownGraphs(program);
    const result = run(predict, { ...cells, x }, rows).get("probabilities") ?? [];
    for (let row = 0; row < rows; row++) {
      expect(result.slice(row * 10, row * 10 + 10).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    }
    if (!training) throw new Error("no training graph");
    const found = run(training, { ...cells, x, y }, rows);
    const loss = (shift: number): number => {
      const moved = [...(cells["hidden/kernel"] as number[])];
      moved[37] += shift;
      return run(training, { ...cells, "hidden/kernel": moved, x, y }, rows).get("loss")?.[0] ?? NaN;
    };
    expect(found.get("loss")?.[0]).toBeCloseTo(
      -y.reduce((sum, label, row) => sum + Math.log(result[row * 10 + label]), 0) / rows,
      12,
    );
    expect(found.get("hidden/kernel")?.[37]).toBeCloseTo((loss(1e-5) - loss(-1e-5)) / 2e-5, 8);
  });

  test("keeps running totals over batches of different sizes", () => {
    const { evaluate, predict } = ownGraphs(program);
    if (!evaluate) throw new Error("no evaluate graph");
    let totals = {};
    for (const [from, to] of [
      [0, 3],
      [3, 5],
    ]) {
      const part = { x: x.slice(from * 64, to * 64), y: y.slice(from, to) };
      totals = asCells(run(evaluate, { ...cells, ...totals, ...part }, to - from));
    }
    const whole = run(evaluate, { ...cells, x, y }, rows);
    const last = totals as Record<string, number[]>;
    expect(last["loss"][0]).toBeCloseTo(whole.get("loss")?.[0] ?? NaN, 12);
    expect(last["accuracy"]).toEqual(whole.get("accuracy"));
    const p = run(predict, { ...cells, x }, rows).get("probabilities") ?? [];
    const right = y.filter((label, row) =>
      p.slice(row * 10, row * 10 + 10).every((value) => value <= p[row * 10 + label]),
    );
    expect(last["accuracy"][0]).toBe(right.length / rows);
  });
});
