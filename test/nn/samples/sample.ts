import { evaluate } from "../../../src/eval/evaluate.ts";
import { shapeAt } from "../../../src/eval/ndarray.ts";
import { withBuilder } from "../../../src/ir/builder.ts";
import { isLeaf, leafName, nodesOf, type Node, type Value } from "../../../src/ir/graph.ts";
import type { NDArray } from "../../../src/ir/op.ts";
import { isBatch, tensorType } from "../../../src/ir/type.ts";
import { isValue } from "../../../src/nn/check.ts";
import { builtType, ModelBuilder, newRun, type Run } from "../../../src/nn/context.ts";
import { isMetric, type Metric } from "../../../src/nn/metrics/metric.ts";
import type { Mode } from "../../../src/nn/model/define.ts";
import { leaf } from "../../../src/ops/leaves.ts";
import {
  parseInput,
  randomArray,
  randomFrom,
  scalarArray,
  zerosOf,
  type SampleInput,
} from "../../ops/sample.ts";

export type Made = Value | Metric;

/** One layer, loss, metric or piece of a model, checked by `samples.test.ts` as every op's samples are. */
export interface LayerSample {
  /** Says what is special about it; unique in its file. */
  readonly name: string;
  /** Types as in `test/ops/sample.ts`, such as "f32[n,4]~-1..1"; n is at most 5. A float64 build turns f32 into f64. */
  readonly inputs: { readonly [name: string]: string };
  /** One result, or several under their names. It is run in training and in inference. */
  readonly build: (
    inputs: { readonly [name: string]: Value },
    mode: Mode,
  ) => Made | { readonly [name: string]: Made };
  /** The values that parameters take, by path; [-1, 1] by default. */
  readonly ranges?: { readonly [path: string]: readonly [low: number, high: number] };
  /** True where second derivatives exist everywhere and shall be checked. */
  readonly smooth?: boolean;
  /** How far f32 code may be from the evaluation, relative to the largest value; 1e-5 by default. */
  readonly tolerance32?: number;
}

export interface Built {
  readonly builder: ModelBuilder;
  /** Of the training run, with the penalties of regularizers. */
  readonly training: ReadonlyMap<string, Value>;
  readonly inference: ReadonlyMap<string, Value>;
  readonly types: ReadonlyMap<string, SampleInput>;
  readonly run: Run;
}

/** The results by name; a metric gives its totals and what is computed from them. */
function named(made: ReturnType<LayerSample["build"]>): [string, Value][] {
  if (isValue(made)) return [["y", made]];
  if (isMetric(made)) {
    const totals = made.totals.map(({ name, value }): [string, Value] => [name, value]);
    return [...totals, ["result", made.result(totals.map(([, value]) => value))]];
  }
  return Object.entries(made as { readonly [name: string]: Made }).flatMap(([name, part]) =>
    named(part).map(([inner, value]): [string, Value] => [isMetric(part) ? `${name}.${inner}` : name, value]),
  );
}

/** Runs the sample's build function in both modes, as a model would. */
export function buildSample(sample: LayerSample, precision: "f32" | "f64"): Built {
  const builder = new ModelBuilder(precision);
  const parsed = Object.entries(sample.inputs).map(([name, text]): [string, SampleInput] => {
    const { type, range } = parseInput(text);
    return [name, { type, range }];
  });
  return withBuilder(builder, () => {
    const types = new Map(
      parsed.map(([name, { type, range }]): [string, SampleInput] => [
        name,
        { type: tensorType(builtType(type.dtype), type.shape), range },
      ]),
    );
    const inputs = Object.fromEntries(
      [...types].map(([name, { type }]) => [name, leaf("input", name, type)]),
    );
    const runIn = (training: boolean) => {
      builder.run = newRun(training);
      const results = new Map(named(sample.build(inputs, { training })));
      for (const [k, penalty] of builder.run.penalties.entries()) results.set(`penalty ${k}`, penalty);
      return { results, run: builder.run };
    };
    const [training, inference] = [runIn(true), runIn(false)];
    return { builder, training: training.results, inference: inference.results, types, run: training.run };
  });
}

/** Contents for every leaf: random inputs and parameters, states as the model would start them. */
export function feedOf(sample: LayerSample, built: Built, n: number, seed: number): Map<Node, NDArray> {
  const random = randomFrom(seed);
  const feed = new Map<Node, NDArray>();
  const results = [...built.training.values(), ...built.inference.values()];
  const initials = [...built.run.states.values()].flatMap(({ initial }) => initial ?? []);
  for (const node of nodesOf([...results, ...initials]).filter(isLeaf)) {
    const [{ type }] = node.outputs;
    const name = leafName(node);
    if (node.op === "seed") feed.set(node, scalarArray(type.dtype, 7));
    else if (node.op === "input") feed.set(node, randomArray(built.types.get(name)!, n, random));
    else if (node.op === "parameter")
      feed.set(node, randomArray({ type, range: sample.ranges?.[name] ?? [-1, 1] }, n, random));
  }
  for (const { leaf: state, initial } of built.run.states.values()) {
    const start = initial
      ? evaluate([initial], feed, { n })[0]
      : zerosOf(state.type.dtype, shapeAt(state.type.shape, n));
    feed.set(state.node, start);
  }
  return feed;
}

/** The batch sizes that make a difference. */
export const batchesOf = ({ types }: Built): number[] =>
  [...types.values()].some(({ type }) => type.shape.some(isBatch)) ? [1, 3, 5] : [3];
