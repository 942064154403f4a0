import { describe, expect, test } from "vitest";
import { defineModel, dense, f32, meanSquaredError, param } from "gradc";
import { compile } from "../../src/compile.ts";
import type { Buffer } from "../../src/ir/kernel.ts";
import { l } from "../../src/ir/loop.ts";
import { withPlainNames } from "../../src/lower/plain-names.ts";

const temporary = (name: string): Buffer => ({ name, kind: "temporary", dtype: "f32", shape: [4] });
const parameter = (name: string): Buffer => ({
  ...temporary(name),
  kind: "cell",
  cell: { kind: "parameter", name },
});
const known = ["x", "x_2", "relu", "relu_2", "relu_3", "total", "total_2"].map(temporary);
const everything = new Map([...known, ...["w", "w_2"].map(parameter)].map((buffer) => [buffer.name, buffer]));

/** The arrays that a function which adds some up into the last is said to take, and the text of its only store. */
function named(...names: readonly string[]): readonly [readonly string[], string] {
  const load = (name: string) => l.load(name, l.number(0), "f64");
  const [last, ...others] = names.toReversed();
  const sum = others.map(load).reduce((a, b) => l.op("add", [a, b]));
  const body = [l.const("total", sum), l.store(last, l.number(1), l.local("total", "f64"))];
  const params = names.map((name) => ({ kind: "array", name, dtype: "f32" }) as const);
  const { fn, arrays } = withPlainNames(
    {
      fn: { name: "f", doc: [], params, body },
      arrays: names.map((name) => everything.get(name) ?? temporary(name)),
    },
    everything,
  );
  expect(arrays.map(({ name }) => name)).toEqual(names);
  const text = JSON.stringify(fn.body);
  const own = fn.params.map(({ name }) => name);
  for (const name of own) expect(text).toContain(`"array":"${name}"`);
  for (const name of names.filter((old) => !own.includes(old))) expect(text).not.toContain(`"${name}"`);
  return [own, text];
}

describe("a value of another entry is called as in the first", () => {
  test.each<readonly [string, readonly string[], readonly string[]]>([
    ["loads and stores", ["x_2", "relu_2"], ["x", "relu"]],
    ["both in one function", ["x", "x_2"], ["x", "x_2"]],
    ["two with one plain name", ["relu_2", "relu_3"], ["relu", "relu_3"]],
    ["a local of that name", ["x_2", "total_2"], ["x", "total_2"]],
    ["what nothing is called", ["x_2", "y_2"], ["x", "y_2"]],
    ["parameters", ["w_2", "x_2"], ["w_2", "x"]],
  ])("%s", (_, names, expected) => {
    expect(named(...names)[0]).toEqual(expected);
  });

  test("in a module training and inference speak of one value by one name", () => {
    const model = defineModel({
      name: "m",
      inputs: { x: f32(4, 3), y: f32(4, 2) },
      build({ x, y }) {
        const wide = dense(x, { units: 2, activation: "tanh", name: "wide" });
        param("w", [2]);
        return { outputs: { wide }, loss: meanSquaredError(wide, y) };
      },
    });
    const { loops } = compile(model);
    const arrays = loops.functions.flatMap(({ params }) => params.map(({ name }) => name));
    expect(arrays.filter((name) => /_\d+$/.test(name))).toEqual([]);
  });
});
