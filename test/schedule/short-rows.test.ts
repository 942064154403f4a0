import { describe, expect, test } from "vitest";
import {
  add, argMax, batch, cast, defineModel, div, exp, f32, max, min, mul, prod, sum, tril, triu, type Value,
} from "../../src/index.ts"; // prettier-ignore
import { compile, type Compilation } from "../../src/compile.ts";
import { indexAxis } from "../../src/ir/index.ts";
import type { Kernel, Stage } from "../../src/ir/kernel.ts";
import { verifyKernel } from "../../src/ir/verify/kernel.ts";
import { firstDifference, runLoops } from "../compile/program.ts";
import { causal, feedOf, stagesOf, whole, type Shape } from "./causal.ts";

/** The rows of a model that end early, as text: of which kernels, and where. */
const shortRows = ({ kernels: { kernels } }: Compilation): string[] =>
  kernels.flatMap(({ phase, stages }) =>
    stages.flatMap(({ only }) => {
      const [term] = only?.upTo.terms ?? [];
      return only && term.atom.kind === "axis" ? [`${phase} ${only.axis}≤${term.atom.axis.name}`] : [];
    }),
  );

describe("rows under a causal mask end at the diagonal", () => {
  const cases: readonly (readonly [string, Shape])[] = [
    ...[1, 2, 3, 5, 7, 8, 9, 13, 64].map((queries) => [`${queries} tokens`, { queries }] as const),
    ["more keys than queries", { queries: 5, keys: 18 }],
    ["more queries than keys", { queries: 19, keys: 10 }],
    ["a mask besides", { queries: 12, mask: true }],
    ["dropout of the weights", { queries: 11, rate: 0.4 }],
  ];
  test.each(cases)("%s: to the bit what whole rows give", (_, shape) => {
    for (const target of ["js", "wasm"] as const) {
      const compilation = compile(causal(shape), { target, debug: true });
      const stages = stagesOf(compilation);
      const isLong = (shape.keys ?? shape.queries) >= 8;
      expect(shortRows(compilation).length > 0, target).toBe(isLong);
      const full = whole(stages, compilation);
      for (const rows of [1, 3]) {
        const feed = feedOf(stages, rows, 10 * rows + shape.queries);
        expect(firstDifference(runLoops(full, feed, rows), runLoops(stages, feed, rows))).toBe(undefined);
      }
    }
  });

  test("what is no number stays so where the mask lets it through", () => {
    for (const target of ["js", "wasm"] as const) {
      const compilation = compile(causal({ queries: 10 }), { target });
      const stages = stagesOf(compilation);
      const full = whole(stages, compilation);
      for (let seed = 0; seed < 20; seed++) {
        const feed = feedOf(stages, 3, seed, 60);
        const [expected, found] = [full, stages].map((one) => runLoops(one, feed, 3).get("predict/z")!);
        for (const [k, value] of expected.entries()) expect(found[k], `${target} ${seed} ${k}`).toBe(value);
      }
    }
  });

  test("the scores' maximum, their exponentials and weights, and the gradient of these", () => {
    for (const target of ["js", "wasm"] as const)
      expect(shortRows(compile(causal({ queries: 8 }), { target }))).toEqual([
        ...Array.from({ length: 3 }, () => "forward k≤h"),
        ...Array.from({ length: 2 }, () => "backward k≤h"),
        ...Array.from({ length: 3 }, () => "predict k≤h"),
        ...Array.from({ length: 3 }, () => "evaluate k≤h"),
      ]);
  });

  /** Which rows of a square's are short, where its rows are folded. */
  const rows = (of: (x: Value, y: Value) => Value, length = 9): string[] => {
    const model = defineModel({
      name: "rows",
      inputs: { x: f32(length, 9), y: f32(length, 9) },
      build: ({ x, y }) => ({ outputs: { z: of(x, y) } }),
    });
    return shortRows(compile(model, { target: "wasm", debug: true })).map((text) => text.split(" ")[1]);
  };
  const along = { axis: 1 } as const;
  test("sums of what is 0 beyond it, and the largest of what is one constant", () => {
    expect(rows((x) => sum(tril(exp(x)), along))).toEqual(["k≤i"]);
    expect(rows((x, y) => sum(mul(tril(x), y), along))).toEqual(["k≤i"]);
    expect(rows((x) => max(tril(x), along))).toEqual(["k≤i"]);
    expect(rows((x) => min(tril(x), along))).toEqual(["k≤i"]);
  });
  test("but neither what counts beyond it, nor what others see, nor rows of the batch", () => {
    expect(rows((x) => sum(exp(tril(x)), along))).toEqual([]);
    expect(rows((x) => max(exp(tril(x)), along))).toEqual([]);
    expect(rows((x) => prod(tril(x), along))).toEqual([]);
    expect(rows((x) => cast(argMax(tril(x), along), "f32"))).toEqual([]);
    expect(rows((x) => sum(tril(x, { k: 1 }), along))).toEqual([]);
    expect(rows((x) => sum(triu(x), along))).toEqual([]);
    expect(rows((x, y) => sum(add(tril(x), y), along))).toEqual([]);
    // The weights themselves are an output: their zeros keep their signs.
    expect(rows((x) => { const t = tril(x); return div(t, sum(t, { axis: 1, keepDims: true })); })).toEqual(["k≤i"]);
    const many = defineModel({
      name: "many",
      inputs: { x: f32(batch(9), 9) },
      build: ({ x }) => ({ outputs: { z: sum(tril(x), along) } }),
    });
    expect(shortRows(compile(many, { target: "wasm" }))).toEqual([]);
  }); // prettier-ignore

  test("the verifier finds rows that end early where they must not", () => {
    const { kernels } = compile(causal({ queries: 8 }), { target: "wasm" });
    const kernel = kernels.kernels.find(({ stages }) => stages.some(({ only }) => only))!;
    const faults = (change: Partial<Kernel>): readonly string[] => verifyKernel({ ...kernel, ...change }, 4);
    expect(faults({})).toEqual([]);
    const { record, outer } = kernel;
    const together = `${kernel.name}: rows that end at different places run together`;
    expect(faults({ record: { ...record, tile: [1, 2] } })).toContain(together);
    expect(faults({ record: { ...record, lanes: ["h"] } })).toContain(together);
    const ending = (only: Stage["only"]): Stage[] => kernel.stages.map((stage) => ({ ...stage, only }));
    expect(faults({ stages: ending({ axis: "k", upTo: indexAxis(outer[0]) }) })).toContain(
      `${kernel.name}: rows end early by the batch`,
    );
    expect(faults({ stages: ending({ axis: "m", upTo: indexAxis(outer[1]) }) })).toContain(
      `${kernel.name}: m ends early, but is not the one axis of a loop over a row`,
    );
    const adding = kernel.stages.map((stage) => ({
      ...stage,
      items: stage.items.map((item) => ({ ...item, reduce: { op: "sum", over: "outer" } as const })),
    }));
    expect(faults({ stages: adding })).toContain(`${kernel.name}: a row that ends early adds to something outside it`);
  }); // prettier-ignore
});
