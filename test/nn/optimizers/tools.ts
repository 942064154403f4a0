import { add, defineModel, f32, mul, param, sum, values, type Model, type OptimizerSpec } from "gradc";
import { compile } from "../../../src/compile.ts";
import { buildGraph, differentiate } from "../../../src/nn/index.ts";
import type { LoopArray } from "../../../src/eval/interpret.ts";
import { loadText, type EmittedModule, type Net } from "../../compile/program.ts";
import { asCells, run, type Cells } from "../run.ts";

/** Parameters by name, each flat; so are gradients. */
export type Tensors = { readonly [name: string]: readonly number[] };

/** Three parameters of different sizes: names and shapes. */
export const shapes: { readonly [name: string]: readonly number[] } = {
  "encoder/kernel": [2, 3],
  "encoder/bias": [3],
  "head/kernel": [4],
};
export const start: Tensors = {
  "encoder/kernel": [0.5, -1.25, 2, 0.75, -0.3, 1.1],
  "encoder/bias": [0.2, -0.6, 1.5],
  "head/kernel": [-2, 0.9, 0.4, -0.1],
};
export const steps = 14;
/** Some gradients for the update of a step counted from 1, of sizes from 1e-3 to 3. */
export const gradientsAt = (step: number): Tensors =>
  Object.fromEntries(
    Object.entries(start).map(([name, list], part) => [
      name,
      list.map((_, k) => (Math.sin(3.7 * step + k + 2 * part) * (part === 2 ? 3 : 0.3)) / (k + 1)),
    ]),
  );

/** A model whose gradients are its inputs: the loss is the sum of parameter · input. */
export const modelOf = (
  optimizer: OptimizerSpec,
  from: Tensors = start,
  frozen: readonly string[] = [],
): Model =>
  defineModel({
    name: "given",
    frozen,
    inputs: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, f32(...shape)])),
    build(inputs) {
      const terms = Object.entries(shapes).map(([name, shape]) => {
        const nested = shape.length === 2 ? [from[name].slice(0, 3), from[name].slice(3)] : [...from[name]];
        return sum(mul(param(name, shape, { initializer: values(nested) }), inputs[name]));
      });
      const loss = terms.reduce((a, b) => add(a, b));
      return { outputs: { loss }, loss, optimizer };
    },
  });

export type Precision = "f32" | "f64";

const modules = new WeakMap<OptimizerSpec, Map<string, EmittedModule>>();

/** The model's module, compiled once for each optimizer, precision and first weights. */
export function emit(optimizer: OptimizerSpec, precision: Precision, from: Tensors = start): EmittedModule {
  const known = modules.get(optimizer) ?? new Map<string, EmittedModule>();
  modules.set(optimizer, known);
  const key = precision + JSON.stringify(from);
  const module =
    known.get(key) ?? loadText(compile(modelOf(optimizer, from), { precision, debug: true }).files[0].text);
  known.set(key, module);
  return module;
}

/** One trainStep with given gradients. */
export function stepWith(net: Net, gradients: Tensors, precision: Precision): void {
  const array = precision === "f64" ? Float64Array : Float32Array;
  net.trainStep(...Object.keys(shapes).map((name): LoopArray => array.from(gradients[name])));
}
export const weightsOf = (net: Net): Tensors =>
  Object.fromEntries(Object.keys(shapes).map((name) => [name, [...net.params[name]]]));

export interface Course {
  readonly precision?: Precision;
  readonly from?: Tensors;
  readonly gradients?: (step: number) => Tensors;
  readonly steps?: number;
}

/** The weights after each step of the emitted module. */
export function emitted(optimizer: OptimizerSpec, course: Course = {}): Tensors[] {
  const { precision = "f64", from, gradients = gradientsAt, steps: count = steps } = course;
  const net = emit(optimizer, precision, from).create({ seed: 1 });
  return Array.from({ length: count }, (_, k) => {
    stepWith(net, gradients(k + 1), precision);
    return weightsOf(net);
  });
}

/** The weights after each step, by the naive evaluation of the update graph. */
export function evaluated(optimizer: OptimizerSpec, course: Course = {}): Tensors[] {
  const { precision = "f64", from = start, gradients = gradientsAt, steps: count = steps } = course;
  const program = differentiate(buildGraph(modelOf(optimizer, from), { precision }));
  const { update } = program.graphs.steps[0];
  if (!update) throw new Error("no update graph");
  const blocks = program.cells.filter((cell) => cell.members);
  const laid = (kind: string, tensors: Tensors): [string, number[]][] =>
    blocks
      .filter((cell) => cell.kind === kind)
      .map((cell) => [cell.name, cell.members!.flatMap((name) => tensors[name])]);
  const hypers = program.cells.filter((cell) => cell.kind === "hyper");
  let cells: Cells = Object.fromEntries([
    ...hypers.map((cell) => [cell.name, [cell.initial ?? NaN]]),
    ...laid("parameters", from),
  ]);
  return Array.from({ length: count }, (_, k) => {
    const given = Object.fromEntries(laid("gradients", gradients(k + 1)));
    cells = { ...cells, ...asCells(run(update, { ...cells, ...given }, 1, precision === "f32")) };
    const found: { [name: string]: number[] } = {};
    for (const { kind, name, members } of blocks) {
      let at = 0;
      for (const part of kind === "parameters" ? members! : []) {
        const size = start[part].length;
        found[part] = [...(cells[name] as number[])].slice(at, at + size);
        at += size;
      }
    }
    return found;
  });
}

/** Changes the weights in place, given the gradients and the number of the update, counted from 1. */
export type Reference = (weights: { [name: string]: number[] }, gradients: Tensors, step: number) => void;

/** The weights after each step of a hand-written loop. */
export function referred(make: () => Reference, course: Course = {}): Tensors[] {
  const { from = start, gradients = gradientsAt, steps: count = steps } = course;
  const weights = Object.fromEntries(Object.entries(from).map(([name, list]) => [name, [...list]]));
  const next = make();
  return Array.from({ length: count }, (_, k) => {
    next(weights, gradients(k + 1), k + 1);
    return Object.fromEntries(Object.entries(weights).map(([name, list]) => [name, [...list]]));
  });
}

/** A reference that treats each element alone, with some slots of its own. */
export const elementwise =
  (
    next: (p: number, g: number, slots: number[], step: number, name: string) => number,
    initial: readonly number[] = [0, 0, 0, 0],
  ) =>
  (): Reference => {
    const slots = new Map<string, number[]>();
    return (weights, gradients, step) => {
      for (const [name, list] of Object.entries(weights)) {
        for (const k of list.keys()) {
          const own = slots.get(`${name}${k}`) ?? [...initial];
          slots.set(`${name}${k}`, own);
          list[k] = next(list[k], gradients[name][k], own, step, name);
        }
      }
    };
  };

/** The largest difference between two courses; infinite where one is not finite and the other is. */
export function distance(a: readonly Tensors[], b: readonly Tensors[]): number {
  let most = a.length === b.length ? 0 : Infinity;
  for (const [k, tensors] of a.entries()) {
    for (const [name, list] of Object.entries(tensors)) {
      for (const [i, value] of list.entries()) {
        const other = b[k][name][i];
        const gap = Object.is(value, other) ? 0 : Math.abs(value - other);
        most = Math.max(most, Number.isNaN(gap) ? Infinity : gap);
      }
    }
  }
  return most;
}
