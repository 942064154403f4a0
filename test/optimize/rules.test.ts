import { describe, expect, test } from "vitest";
import { jsBackend } from "../../src/backends/js/backend.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { Builder, withBuilder } from "../../src/ir/builder.ts";
import type { Value } from "../../src/ir/graph.ts";
import { isFloat, sameType, tensorType, type TensorType } from "../../src/ir/type.ts";
import { full } from "../../src/ops/broadcast.ts";
import { div, exp, log, mul, sqrt, square, sub } from "../../src/ops/elementwise.ts";
import { constant, leaf } from "../../src/ops/leaves.ts";
import { ops } from "../../src/ops/table.ts";
import { optimizeGraph, rules, type Rule } from "../../src/optimize/index.ts";
import { compileRule, match, ruleType, typeOfVariable } from "../../src/optimize/pattern.ts";
import { like } from "../../src/optimize/values.ts";
import { evaluateValues, gradientsOf } from "./support.ts";
import { randomFrom } from "../ops/sample.ts";

const specials = [
  0, -0, 1, -1, 2, -2, 0.5, 5e-324, -5e-324, 2.2e-308, 1e-300, -1e-300, 1e-8, -1e-8, 1e300, -1e300, 1.7e308,
  1e154, 709, -745,
];
const infinite = [Infinity, -Infinity, NaN];
const constants = [2, 0.5, -4, 3, 0.1, -1000, 8, 1.5, 2 ** 40, 7];
const wanted = 10_000;

interface Case {
  readonly left: Value;
  readonly right: Value;
  readonly variables: readonly Value[];
  readonly build: Builder;
}

/** Both sides of a rule on leaves of real shapes, in float64; undefined where a guard refuses these constants. */
function caseOf(rule: Rule, random: () => number): Case | undefined {
  const build = new Builder();
  const plain = !rule.types || rule.types.every((type) => type.endsWith("[]") || type === "const");
  const variables: Value[] = [];
  const made = withBuilder(build, () =>
    build.within({ layer: "", source: "" }, () => {
      for (let k = 0; k < rule.left.length; k++) {
        const text = typeOfVariable(rule, k);
        const { dtype, shape } = ruleType(text);
        const type: TensorType = tensorType(dtype === "f32" ? "f64" : dtype, shape);
        const wide = plain && text !== "const" ? tensorType(type.dtype, [wanted]) : type;
        if (text === "const") {
          variables.push(
            constant({ value: constants[Math.floor(random() * constants.length)], dtype: "f64", shape: [] }),
          );
        } else variables.push(leaf("input", `v${k}`, wide));
      }
      // Constants are spread by hand where the variables are vectors, as models do.
      const operands = variables.map((value) => spreadTo(value, plain));
      const left = rule.left(...operands);
      const { pattern, nothing } = compileRule(rule);
      const rights: Value[] = [];
      match(pattern, left, nothing, (bound) => {
        const right = rule.right(...(bound as readonly Value[]), left);
        if (right) rights.push(right);
        return right !== null;
      });
      return rights.length > 0 ? { left, right: rights[0] } : undefined;
    }),
  );
  return made ? { ...made, variables, build } : undefined;
}

function spreadTo(value: Value, plain: boolean): Value {
  if (!plain || value.node.op !== "constant") return value;
  return full(value.node.attrs["value"] as number, { dtype: "f64", shape: [wanted] });
}

/** Data of a leaf: anything at all, anything finite, or numbers from the rule's domain. */
function dataFor(
  rule: Rule,
  dtype: string,
  random: () => number,
): (name: string, size: number) => Float64Array {
  const [low, high] = rule.domain ?? [-9, 9];
  const whole = dtype === "i32" || dtype === "u32";
  const one = (bool: boolean): number => {
    if (bool) return Math.floor(random() * 2);
    // Integers are whole, and mostly small enough to name a row.
    if (whole) return Math.floor((random() < 0.8 ? 4 : 2 ** 31) * random());
    if (rule.class === "rounding") return low + (high - low) * random();
    const kind = random();
    if (kind < 0.35) return specials[Math.floor(random() * specials.length)];
    if (kind < 0.45 && rule.class === "exact") return infinite[Math.floor(random() * infinite.length)];
    if (kind < 0.7) return (random() - 0.5) * 20;
    return (random() < 0.5 ? -1 : 1) * 10 ** (random() * 60 - 30);
  };
  return (_name, size) => Float64Array.from({ length: size }, () => one(dtype === "bool"));
}

const feeder = (rule: Rule, values: readonly Value[], random: () => number) => {
  const data = new Map<string, Float64Array>();
  return (name: string, size: number): Float64Array => {
    const known = data.get(name);
    if (known) return known;
    const dtype = values.find((value) => value.node.attrs["name"] === name)?.type.dtype ?? "f64";
    const made = dataFor(rule, dtype, random)(name, size);
    data.set(name, made);
    return made;
  };
};

function agrees(rule: Rule, a: number, b: number): boolean {
  if (rule.class === "exact") return Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b));
  if (!Number.isFinite(a)) return true;
  if (rule.class === "finite") return a === b;
  return Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a));
}

describe.each(rules.map((rule) => ({ name: rule.name, rule })))("$name", ({ rule }) => {
  test("both sides agree", () => {
    const random = randomFrom(7);
    let fired = 0;
    let seen = 0;
    for (
      let trial = 0;
      trial < 20 && (seen < wanted || trial < (rule.types?.includes("const") ? 6 : 1));
      trial++
    ) {
      const found = caseOf(rule, random);
      if (!found) continue;
      fired++;
      const { left, right, variables } = found;
      expect(sameType(left.type, right.type)).toBe(true);
      const share = rule.types?.includes("const") ? wanted / 5 : wanted;
      for (let here = 0; here < share;) {
        const [a, b] = evaluateValues([left, right], feeder(rule, variables, random));
        for (const [k, value] of a.entries()) {
          if (!agrees(rule, value, b[k]))
            expect.fail(`left ${value}, right ${b[k]}, ${variables.map((v) => v.node.op).join(",")}`);
        }
        const size = Math.max(
          ...variables.map((v) => v.type.shape.reduce<number>((p, d) => p * (d as number), 1)),
        );
        here += size;
        seen += size;
      }
    }
    expect(fired).toBeGreaterThan(0);
    expect(seen).toBeGreaterThanOrEqual(wanted);
  });

  test("both gradients agree", () => {
    const random = randomFrom(11);
    let fired = false;
    for (let trial = 0; trial < 20 && !fired; trial++) {
      const found = caseOf(rule, random);
      if (!found) continue;
      fired = true;
      const { left, right, variables, build } = found;
      if (!isFloat(left.type.dtype)) return;
      const wrt = variables.filter((value) => value.node.op === "input" && isFloat(value.type.dtype));
      const [a, b] = withBuilder(build, () =>
        build.within({ layer: "", source: "" }, () => {
          const weights = leaf("input", "weights", left.type);
          return [left, right].map((y) =>
            gradientsOf(y, weights, wrt).map((gradient, k) => gradient ?? full(0, wrt[k].type)),
          );
        }),
      );
      const domain = rule.domain ?? [0.2, 2.5];
      const feed = feeder({ ...rule, class: "rounding", domain }, variables, random);
      const results = evaluateValues([...a, ...b], feed);
      for (let k = 0; k < wrt.length; k++) {
        for (const [at, value] of results[k].entries()) {
          const other = results[k + wrt.length][at];
          const close = Math.abs(value - other) <= 1e-9 * Math.max(1, Math.abs(value));
          if (!close) expect.fail(`∂/∂v${k}: left ${value}, right ${other}`);
        }
      }
    }
    expect(fired).toBe(true);
  });
});

test("rule names are unique", () => {
  const names = rules.map((rule) => rule.name);
  expect(new Set(names).size).toBe(names.length);
});

/** Equations that hold for most numbers and lose what the others must become. */
const forbidden: readonly (readonly [
  name: string,
  left: (x: Value) => Value,
  tempting: (x: Value) => Value,
  at: number,
  is: number,
])[] = [
  ["x·0 = 0", (x) => mul(x, like(x, 0)), (x) => like(x, 0), Infinity, NaN],
  ["x − x = 0", (x) => sub(x, x), (x) => like(x, 0), -Infinity, NaN],
  ["x/x = 1", (x) => div(x, x), (x) => like(x, 1), 0, NaN],
  ["√(x²) = x", (x) => sqrt(square(x)), (x) => x, -2, 2],
  ["(√x)² = x", (x) => square(sqrt(x)), (x) => x, -1, NaN],
  ["log(exp x) = x", (x) => log(exp(x)), (x) => x, 1000, Infinity],
  ["exp(log x) = x", (x) => exp(log(x)), (x) => x, -1, NaN],
];

test.each(forbidden)("nothing makes use of %s", (_, left, tempting, at, is) => {
  for (const backend of [jsBackend("f64"), wasmBackend]) {
    const build = new Builder();
    const lured = withBuilder(build, () =>
      build.within({ layer: "", source: "" }, () => {
        const x = leaf("input", "x", tensorType("f64", [1]));
        const outputs = [{ role: "output" as const, name: "y", value: left(x) }];
        const graph = { name: "g", batch: null, outputs, origins: build.origins };
        const { value } = optimizeGraph(graph, ops, backend).outputs[0];
        expect(value).not.toBe(tempting(x));
        return value;
      }),
    );
    const [[found]] = evaluateValues([lured], (_name, size) => new Float64Array(size).fill(at));
    expect(found).toBe(is);
  }
});
