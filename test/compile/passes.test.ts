import { afterEach, expect, test, vi } from "vitest";
import W2 from "../../bench/workloads/W2.model.ts";
import W3 from "../../bench/workloads/W3.model.ts";
import W4 from "../../bench/workloads/W4.model.ts";
import W5 from "../../bench/workloads/W5.model.ts";
import { compile } from "../../src/compile.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { l, type LoopStmt } from "../../src/ir/loop.ts";
import * as address from "../../src/lower/address.ts";
import * as hoist from "../../src/lower/hoist.ts";
import { lower } from "../../src/lower/index.ts";
import * as jam from "../../src/lower/jam.ts";
import * as split from "../../src/lower/split.ts";
import { passes, type Pass } from "../../src/optimize/index.ts";

const models = { W2, W3, W4, W5 };

test.each(Object.entries(models))("after every pass the loops of %s are sound", (_name, model) => {
  for (const target of ["js", "wasm"] as const) {
    const { loops } = compile(model, { target, debug: true });
    expect(loops.functions.length).toBeGreaterThan(0);
  }
});

test("a listener sees the passes over every function in their order", () => {
  const { optimized, kernels, memory } = compile(W3, { target: "wasm" });
  const seen = new Map<string, string[]>();
  lower(optimized, kernels, memory, wasmBackend, (pass, { name }) => {
    seen.set(name, [...(seen.get(name) ?? []), pass]);
  });
  const all = [
    "naive", "single uses", "ranges", "lanes", "tiles of i", "tiles of j", "short loops",
    "first terms", "sigmoids", "addresses", "invariants", "shared values", "calls", "names",
  ]; // prettier-ignore
  expect(seen.get("first_forward")).toEqual(all);
  expect(seen.get("first_forward without relaxed SIMD")).toEqual(all.slice(all.indexOf("tiles of i")));
});

afterEach(() => vi.restoreAllMocks());

test.each(passes.map(({ name }, k) => [name, k] as const))(
  "a graph that %s breaks is said under its name",
  (name, k) => {
    const breaking: Pass = {
      name,
      run: (graph) => ({
        ...graph,
        outputs: graph.outputs.map((output) => ({ ...output, role: "loss" as const })),
      }),
    };
    const list = passes as Pass[];
    const [whole] = list.splice(k, 1, breaking);
    try {
      expect(() => compile(W2, { debug: true })).toThrow(
        `gradc internal error: after "${name}" graph W2.init breaks output: loss "hidden/kernel" must be a single float`,
      );
    } finally {
      list[k] = whole;
    }
    expect(() => compile(W2, { debug: true })).not.toThrow();
  },
);

/** The body, and a value made from one that is not there. */
const astray = (body: readonly LoopStmt[]): LoopStmt[] => [
  l.const("lost", l.local("nowhere", "f64")),
  ...body,
];

test.each([
  ["ranges", () => vi.spyOn(split, "splitRanges").mockImplementation(astray)],
  ["tiles of i", () => vi.spyOn(jam, "jamAxis").mockImplementation(astray)],
  ["addresses", () => vi.spyOn(address, "shareAddresses").mockImplementation(astray)],
  ["invariants", () => vi.spyOn(hoist, "hoistInvariants").mockImplementation(astray)],
])("loops that %s breaks are said under its name", (pass, breakIt) => {
  breakIt();
  expect(() => compile(W3, { debug: true })).toThrow(
    new RegExp(`^gradc internal error: lowering \\(${pass}\\): \\w+: .*"nowhere"`),
  );
});
