/*
 * Random graphs with their gradients, compiled and compared. Seeds may be given: `GRADC_SEEDS=3000..3500 npx vitest run
 * test/compile/random.test.ts` runs those from 3000 to 3500, eight or so a second; `GRADC_SEEDS=3448..3448` repeats one.
 */
import { jsBackend } from "../../src/backends/js/backend.ts";
import { describe, expect, test } from "vitest";
import { grad, vjp } from "../../src/autodiff/index.ts";
import { proveModule } from "../../src/backends/module/prove.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import {
  graphNodes,
  isLeaf,
  leafName,
  nodesOf,
  type Graph,
  type Node,
  type Output,
  type Value,
} from "../../src/ir/graph.ts";
import type { NDArray } from "../../src/ir/op.ts";
import { isBatch, isFloat } from "../../src/ir/type.ts";
import { indexLimits } from "../../src/nn/model/limits.ts";
import { sum } from "../../src/ops/broadcast.ts";
import { cast } from "../../src/ops/compare.ts";
import { add, mul } from "../../src/ops/elementwise.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { ops } from "../../src/ops/table.ts";
import { optimizeGraph, passes } from "../../src/optimize/index.ts";
import { randomArray, randomFrom } from "../ops/sample.ts";
import { asOutputs, randomGraph } from "../optimize/random-graph.ts";
import { allowRelaxed } from "../wasm/relaxed.ts";
import { compileEverywhere, runWasm, wrongNumbers } from "./agree.ts";
import {
  firstDifference,
  programOf,
  runLoops,
  runModule,
  runNaive,
  type Parts,
  type Results,
} from "./program.ts";

allowRelaxed();

interface Case {
  readonly predict: Graph;
  readonly training: Graph | undefined;
  /** Float values of the graph, their cotangents, and the leaves with their gradients. */
  readonly ys: readonly Value[];
  readonly us: readonly Value[];
  readonly wrt: readonly Value[];
  readonly gradients: readonly Value[];
}

const total = (x: Value): Value => sum(x, { axes: x.type.shape.map((_, k) => k) });

/** A random graph with the gradients of its floats by its float leaves, and a loss if it has a parameter. */
function randomCase(seed: number, size: number, precision: "f32" | "f64"): Case {
  let found: Omit<Case, "predict" | "training"> | undefined;
  let loss: Output[] = [];
  const predict = randomGraph(seed, size, precision, (loose) => {
    // A cotangent is an input, and an input has one batch dimension.
    const ys = loose.filter(({ type }) => isFloat(type.dtype) && type.shape.filter(isBatch).length < 2);
    const us = ys.map((y, k) => leaf("input", `u${k}`, y.type));
    const wrt = nodesOf(loose)
      .filter((node) => isLeaf(node) && isFloat(node.outputs[0].type.dtype))
      .map((node) => node.outputs[0]);
    const gradients = vjp(ys, us, wrt);
    found = { ys, us, wrt, gradients };
    const parameter = wrt.filter(({ node }) => node.op === "parameter");
    if (parameter.length > 0 && ys.length > 0) {
      const parts = ys.map((y, k) => cast(total(mul(y, us[k])), { dtype: precision }));
      const value = parts.reduce((a, b) => add(a, b));
      loss = [
        { role: "loss", name: "loss", value },
        ...grad(value, parameter).map((gradient, k): Output => ({
          role: "gradient",
          name: leafName(parameter[k].node),
          value: gradient,
        })),
      ];
    }
    const derived = gradients.map((value, k): Output => ({ role: "output", name: `dx${k}`, value }));
    return [...asOutputs(loose), ...derived];
  });
  const training = loss.length > 0 ? { ...predict, name: "sample.training", outputs: loss } : undefined;
  return { ...found!, predict, training };
}

/** Numbers for every leaf, f32 where the leaf is; labels within every use's bounds. */
function feedFor({ predict, training, us }: Case, n: number, seed: number, shake = 0): Map<string, NDArray> {
  const graphs = [predict, ...(training ? [training] : [])];
  const limits = graphs.map((graph) => indexLimits(graph, ops));
  const feed = new Map<string, NDArray>();
  const random = randomFrom(seed);
  const jolt = randomFrom(seed + 1);
  for (const node of [...graphs.flatMap(graphNodes), ...us.map((u) => u.node)].filter(isLeaf)) {
    const key = `${node.op}:${leafName(node)}`;
    if (feed.has(key)) continue;
    const [value] = node.outputs;
    const limit = Math.min(...limits.map((found) => found.get(value)?.limit ?? Infinity));
    const array = randomArray(
      { type: value.type, range: limit === Infinity ? undefined : [0, limit] },
      n,
      random,
    );
    for (const [k, x] of array.data.entries()) {
      if (!isFloat(array.dtype)) continue;
      array.data[k] = Math.fround(x) * (1 + shake * (jolt() < 0.5 ? 1 : -1));
    }
    feed.set(key, array);
  }
  return feed;
}

const far = (a: number, b: number, scale: number): number => Math.abs(a - b) / Math.max(1, scale);

/** How far elements may move with the inputs to be compared at all, and how far apart they then may be. */
interface Bounds {
  readonly steady: number;
  readonly near: number;
}
const bounds = { f64: { steady: 1e-7, near: 1e-6 }, f32: { steady: 1e-4, near: 1e-3 } } as const;

/**
 * Elements that are finite and do not jump when inputs move by a rounding error must agree. A comparison of what is
 * equal but for rounding may go either way; there the compiled graph itself, computed op by op, decides.
 */
function wrongValues(
  exact: Results,
  own: readonly Results[],
  moved: readonly Results[],
  found: Results,
  { steady: still, near }: Bounds,
): string[] {
  const wrong: string[] = [];
  for (const [name, values] of exact) {
    const scale = values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
    for (const [k, value] of values.entries()) {
      const steady = moved.every((other) => far(value, other.get(name)![k], scale) < still);
      if (!Number.isFinite(value) || !steady) continue;
      if (own.some((other) => far(other.get(name)![k], found.get(name)![k], scale) < near)) continue;
      if (!(far(value, found.get(name)![k], scale) < near))
        wrong.push(`${name}[${k}] is ${found.get(name)![k]}, expected ${value}`);
    }
  }
  return wrong;
}

const everything = (graph: Graph): Graph => optimizeGraph(graph, ops, jsBackend("f32"));
const least = (graph: Graph): Graph =>
  passes
    .filter(({ name }) => name === "expand" || name === "drop-marks")
    .reduce((g, pass) => pass.run(g, ops, jsBackend("f32")), graph);

/** Everything that is wrong with the compilation of one random graph. */
function problems(seed: number): string[] {
  const random = randomFrom(seed);
  const size = 6 + Math.floor(random() * 28);
  const precision = random() < 0.5 ? "f64" : "f32";
  const n = 1 + Math.floor(random() * 5);
  const subject = randomCase(seed, size, precision);
  if (subject.predict.outputs.length === 0) return [];
  const found: string[] = [];
  const feed = feedFor(subject, n, seed);
  const parts = (simplify: (graph: Graph) => Graph): Parts => ({
    predict: simplify(subject.predict),
    ...(subject.training ? { training: simplify(subject.training) } : {}),
    precision,
  });
  const given = programOf(parts((graph) => graph));
  const exact = runNaive(given, feed, n);
  const shakes = precision === "f64" ? [1e-11, 3e-12, 1e-13] : [1e-6, 3e-7, 1e-8];
  const moved = shakes.map((shake, k) =>
    runNaive(given, feedFor(subject, n, seed, k % 2 ? -shake : shake), n),
  );
  for (const [text, simplify] of [
    ["optimised", everything],
    ["plain", least],
  ] as const) {
    const where = `seed ${seed}, ${precision}, ${size} ops, n = ${n}, ${text}`;
    try {
      const everywhere = compileEverywhere(programOf(parts(simplify)));
      const { js, wasm } = everywhere;
      const loops = runLoops(js, feed, n);
      const say = (target: string, wrong: string | undefined): void => {
        if (wrong) found.push(`${where}: ${target}: ${wrong}`);
      };
      say(
        "js",
        firstDifference(loops, runModule(js, feed, n)) ?? firstDifference(loops, runLoops(js, feed, n, 0)),
      );
      say("js with plain numbers", wrongNumbers(everywhere, loops, feed, n));
      const own = [runNaive(js.program, feed, n)];
      if (precision === "f64")
        for (const wrong of wrongValues(exact, own, moved, loops, bounds.f64)) say("js", wrong);
      if (wasm) {
        const lanes = runLoops(wasm, feed, n);
        for (const poison of [255, 0])
          say("wasm", firstDifference(lanes, runWasm(wasm, feed, n, false, poison)!));
        own.push(runNaive(js.program, feed, n, true), loops);
        for (const form of [lanes, runWasm(wasm, feed, n, true)])
          for (const wrong of form ? wrongValues(exact, own, moved, form, bounds.f32) : [])
            say("wasm", wrong);
      }
      if (seed % 10 === 0) found.push(...proveModule(js.text).map((sentence) => `${where}: ${sentence}`));
    } catch (error) {
      found.push(`${where}: ${(error as Error).stack?.split("\n").slice(0, 5).join(" | ")}`);
    }
  }
  return found;
}

/** The gradients against central differences in a direction; undefined where those say nothing. */
function gradientError(seed: number): string | null | undefined {
  const random = randomFrom(seed);
  const n = 1 + Math.floor(random() * 5);
  const subject = randomCase(seed, 6 + Math.floor(random() * 20), "f64");
  const { ys, us, wrt, gradients } = subject;
  // Differences see through stopGradient.
  const stops = nodesOf(ys).some(({ op }) => op === "stopGradient");
  if (ys.length === 0 || wrt.length === 0 || stops) return undefined;
  const named = feedFor(subject, n, seed);
  const nodes = [...nodesOf([...ys, ...us, ...gradients])].filter(isLeaf);
  const feed = new Map<Node, NDArray>(
    nodes.map((node) => [node, named.get(`${node.op}:${leafName(node)}`)!]),
  );
  // A leaf that only whole numbers depend on still moves.
  for (const { node } of wrt) feed.set(node, named.get(`${node.op}:${leafName(node)}`)!);
  for (let direction = 0; direction < 2; direction++) {
    const along = new Map(
      wrt.map(({ node }) => [node, Float64Array.from(feed.get(node)!.data, () => 2 * random() - 1)]),
    );
    const at = (t: number): NDArray[] => {
      const shifted = new Map(feed);
      for (const [node, d] of along) {
        const base = feed.get(node)!;
        shifted.set(node, { ...base, data: base.data.map((x, k) => x + t * d[k]) });
      }
      return evaluate(ys, shifted, { n });
    };
    const difference = (h: number): number => {
      const [high, low] = [at(h), at(-h)];
      return us.reduce(
        (sum, u, o) =>
          feed
            .get(u.node)!
            .data.reduce((s, w, k) => s + (w * (high[o].data[k] - low[o].data[k])) / (2 * h), sum),
        0,
      );
    };
    const found = evaluate(gradients, feed, { n });
    let exact = 0;
    let scale = 1;
    for (const [k, { node }] of wrt.entries()) {
      for (const [i, d] of along.get(node)!.entries()) {
        exact += found[k].data[i] * d;
        scale = Math.max(scale, Math.abs(found[k].data[i]));
      }
    }
    const [coarse, fine] = [difference(1e-5), difference(3e-6)];
    scale = Math.max(scale, Math.abs(coarse));
    if (
      !Number.isFinite(coarse) ||
      !Number.isFinite(exact) ||
      scale > 1e6 ||
      Math.abs(coarse - fine) > 1e-6 * scale
    )
      return undefined;
    if (Math.abs(coarse - exact) > 1e-5 * scale)
      return `seed ${seed}, n = ${n}: gradient ${exact}, differences ${coarse} and ${fine}`;
  }
  return null;
}

const given = process.env["GRADC_SEEDS"] ?? (process.env["GRADC_LONG"] ? "1..2000" : "1..100");
const [, first, last] = (/^(\d+)\.\.(\d+)$/.exec(given) ?? []).map(Number);
if (!(first <= last)) throw new Error(`GRADC_SEEDS is a range such as 1..500, not "${given}"`);
const seeds = Array.from({ length: last - first + 1 }, (_, k) => first + k);
const timeout = 60_000 + 2000 * seeds.length;

describe(`random graphs, seeds ${first} to ${last}`, () => {
  test("evaluator, loops and module agree, whatever unused memory holds", { timeout }, () => {
    const found = seeds.flatMap(problems);
    if (found.length > 0) expect.fail(`${found.length} differences:\n${found.slice(0, 20).join("\n")}`);
  });

  test("gradients agree with differences in two directions", { timeout }, () => {
    const found = seeds.map(gradientError);
    expect(found.filter((error) => typeof error === "string").join("\n")).toBe("");
    // Kinks, jumps and overflow make some graphs useless; of many, most must not be.
    const useful = found.filter((error) => error === null).length;
    if (seeds.length >= 100) expect(useful).toBeGreaterThan(seeds.length / 3);
  });
});
