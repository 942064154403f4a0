import { defineModel, f32, grad, i32, sum, type Value } from "gradc";
import { compile } from "gradc/compiler";
import { loadText } from "../compile/program.ts";

export type Numbers = readonly number[];
/** Nested arrays of numbers; whole numbers under a name that starts with "labels" are i32. */
export interface Given {
  readonly [name: string]: { readonly shape: readonly number[]; readonly values: Numbers };
}

/**
 * Computes a value and the gradients of its sum by its float inputs: what the emitted module says, in the order of
 * `given`, first the value.
 */
export function emitted(
  given: Given,
  build: (inputs: { readonly [name: string]: Value }) => Value,
  precision: "f32" | "f64",
  target: "js" | "wasm" = "js",
): number[][] {
  const isLabels = (name: string): boolean => name.startsWith("labels");
  const inputs = Object.fromEntries(
    Object.entries(given).map(([name, { shape }]) => [name, (isLabels(name) ? i32 : f32)(...shape)]),
  );
  const floats = Object.keys(given).filter((name) => !isLabels(name));
  const model = defineModel({
    name: "emitted",
    inputs,
    build: (values) => {
      const y = build(values);
      const slopes = grad(sum(y), floats.map((name) => values[name])); // prettier-ignore
      const unused = Object.values(values).map((value, k) => [`unused${k}`, value]);
      return {
        outputs: {
          y,
          ...Object.fromEntries(slopes.map((slope, k) => [`slope${k}`, slope])),
          ...Object.fromEntries(unused),
        },
      };
    },
  });
  const [{ text }] = compile(model, { precision, target }).files;
  const Floats = precision === "f32" ? Float32Array : Float64Array;
  const results = loadText(text)
    .create()
    .predict(
      ...Object.entries(given).map(([name, { values }]) =>
        isLabels(name) ? Int32Array.from(values) : Floats.from(values),
      ),
    );
  return [[...results["y"]], ...floats.map((_, k) => [...results[`slope${k}`]])];
}
