import { expect, test } from "vitest";
import { jsBackend } from "../../src/backends/js/backend.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { hasLanes } from "../../src/ir/backend.ts";
import { scalarFunctions, type LoopFunction } from "../../src/ir/loop.ts";
import { visitExprs } from "../../src/ir/loop-walk.ts";
import { parseLoop } from "../../src/ir/text/loop-parse.ts";
import { printLoop } from "../../src/ir/text/loop-print.ts";
import { verifyLoop } from "../../src/ir/verify/loop.ts";
import { inlineCalls } from "../../src/lower/inline.ts";
import { nameSigmoids } from "../../src/lower/sigmoid.ts";
import { templateLookup } from "../../src/lower/templates.ts";

const templates = templateLookup();

test("every template that a target names exists and gives what the target says", () => {
  for (const target of [jsBackend("f32"), jsBackend("f64"), wasmBackend]) {
    for (const op of scalarFunctions) {
      const types = op === "random" ? (["u32"] as const) : (["f32", "f64"] as const);
      for (const type of types) {
        for (const lanes of target.lanes === 4 ? ([1, 4] as const) : ([1] as const)) {
          const name = target.scalar(op, type, lanes);
          if (name === undefined) continue;
          const returns = templates(name)?.returns;
          expect(returns, `${target.name} ${op} of ${type}`).toMatch(lanes === 4 ? type : /f32|f64|u32/);
        }
      }
    }
    expect(target.scalar("add", "f32", 1)).toBeUndefined();
  }
});

test("on WebAssembly everything but a power has lanes, and no function stays without a template", () => {
  const lone = scalarFunctions.filter((op) => !hasLanes(wasmBackend, op, op === "random" ? "u32" : "f32"));
  expect(lone).toEqual(["pow"]);
  expect(hasLanes(wasmBackend, "sqrt", "f32")).toBe(true);
  for (const op of scalarFunctions) expect(wasmBackend.scalar(op, "f32", 1), op).toBeDefined();
});

test("f64 builds leave to the engine what every engine has, f32 builds do not", () => {
  const by = (precision: "f32" | "f64"): readonly string[] =>
    scalarFunctions.filter((op) => jsBackend(precision).scalar(op, "f64", 1) !== undefined);
  expect(by("f64")).toEqual(["erf", "random"]);
  expect(by("f32")).toEqual(scalarFunctions.filter((op) => op !== "sigmoid"));
});

const named = (value: string, target: Parameters<typeof nameSigmoids>[1]): string => {
  const fn = parseLoop(`function f(a: f32s, x: f32): void { ${value} }`);
  const after: LoopFunction = { ...fn, body: nameSigmoids(fn.body, target) };
  expect(verifyLoop(after)).toEqual([]);
  return printLoop(after).split("\n")[1].trim();
};

test("1 / (1 + e^-x) is called sigmoid where a template computes that, in lanes too", () => {
  const minus = "a[0] = (1 / (1 + Math.exp(-x))) as f32;";
  expect(named(minus, wasmBackend)).toBe("a[0] = sigmoid(x);");
  expect(named("a[0] = (1 / (1 + Math.exp(x))) as f32;", wasmBackend)).toBe("a[0] = sigmoid(-x);");
  expect(named(minus, jsBackend("f32"))).toBe("a[0] = 1 / (1 + Math.exp(-x));");
  expect(named("a[0] = (2 / (1 + Math.exp(-x))) as f32;", wasmBackend)).toBe(
    "a[0] = 2 / (1 + Math.exp(-x));",
  );
  const lanes = "f32x4_store(a, 0, f32x4_div(1, f32x4_add(1, f32x4_exp(f32x4_neg(f32x4_load(a, 4))))));";
  expect(named(lanes, wasmBackend)).toBe("f32x4_store(a, 0, f32x4_sigmoid(f32x4_load(a, 4)));");
});

test("random in lanes shifts by scalars, as the instructions of lanes do", () => {
  const fn = inlineCalls(
    parseLoop("function f(x: u32s): void { u32x4_store(x, 0, u32x4_random(1, 2, u32x4_load(x, 0), 3)); }"),
    templates,
    wasmBackend,
  );
  let turns = 0;
  visitExprs(fn.body, (x) => {
    if (x.kind !== "op" || x.op !== "rotateLeft") return;
    turns++;
    expect([x.lanes, x.args[1].lanes]).toEqual([4, 1]);
  });
  expect(turns).toBe(20);
});
