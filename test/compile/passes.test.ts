import { expect, test } from "vitest";
import W2 from "../../bench/workloads/W2.model.ts";
import W3 from "../../bench/workloads/W3.model.ts";
import W4 from "../../bench/workloads/W4.model.ts";
import W5 from "../../bench/workloads/W5.model.ts";
import { compile } from "../../src/compile.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { l } from "../../src/ir/loop.ts";
import { assertLoop } from "../../src/ir/verify/loop.ts";
import { lower } from "../../src/lower/index.ts";

const models = { W2, W3, W4, W5 };

test.each(Object.entries(models))("after every pass the loops of %s are sound", (_name, model) => {
  for (const target of ["js", "wasm"] as const) {
    const { loops } = compile(model, { target, debug: true });
    expect(loops.functions.length).toBeGreaterThan(0);
  }
});

test("a listener sees the passes over every function in their order", () => {
  const { optimized, kernels, memory } = compile(W3, { target: "wasm" });
  const seen: string[] = [];
  lower(optimized, kernels, memory, wasmBackend, (pass, { name }) => {
    if (name === "first_forward") seen.push(pass);
  });
  expect(seen).toEqual([
    "naive", "single uses", "ranges", "lanes", "tiles of i", "tiles of j", "short loops",
    "sigmoids", "addresses", "invariants", "shared values", "calls", "names",
  ]); // prettier-ignore
});

test("what a pass breaks is said under its name", () => {
  const body = [l.store("x", l.local("k"), l.number(1, "f64"))];
  const fn = {
    name: "broken",
    doc: [],
    params: [{ kind: "array" as const, name: "x", dtype: "f32" as const }],
    body,
  };
  expect(() => assertLoop("tiles of k", fn)).toThrow(/lowering \(tiles of k\): broken: .*"k" is used before/);
});
