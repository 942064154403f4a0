import type { Compilation } from "../../compile.ts";
import type { NumericArray } from "../../data/index.ts";
import { sampleInputs } from "../sample-inputs.ts";
import type { Generated, Net } from "../train/module.ts";
import { answersOf, compareAnswers, type Answers } from "./answers.ts";
import type { CheckOptions } from "./check.ts";
import type { Finding } from "./situation.ts";

/**
 * What losses and gradients in float32 may differ by from those in float64, relative to the largest number of a
 * tensor: twenty times the most that the examples differ by, a transformer among them.
 */
const limit = 3e-5;

/**
 * Compares losses and gradients of a module in float32 with those of the float64 build, on the same parameters and
 * inputs, which float32 holds exactly. Differences prove a gradient right in float64 alone, where two numbers that are
 * to be equal are never rounded apart.
 */
export function comparePrecisions(
  compilation: Compilation,
  wide: Generated,
  target: string,
  narrow: Generated,
  options: CheckOptions,
): Finding[] {
  const net = narrow.create({ seed: options.seed });
  const exact = wide.create({ seed: options.seed });
  copyState(net, narrow, exact, wide);
  const { inputs, batch } = narrow.spec;
  const n = batch === null ? null : Math.min(options.rows, batch);
  const given = sampleInputs(inputs, n ?? 1, options.seed);
  const expected = answersOf(compilation, wide.spec, exact, given.map(widened), n, new Map());
  const found = answersOf(compilation, narrow.spec, net, given, n, expected);
  return compareAnswers(`${target} in float32 against float64`, learned(expected), found, limit);
}

/** The losses and gradients among the answers, before the update. */
const learned = (answers: Answers): Answers =>
  new Map([...answers].filter(([key]) => /(?:^|^[^:]* )(?:gradient|loss): /.test(key)));

const widened = (values: NumericArray): NumericArray =>
  values instanceof Float32Array ? Float64Array.from(values) : values;

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u32: Uint32Array, bool: Uint8Array };

/** Gives a network of one precision everything that is saved of one of another, block by block by name. */
function copyState(from: Net, { spec }: Generated, to: Net, { spec: target }: Generated): void {
  type Block = (typeof spec.parameters)[number];
  const viewOf = ({ state }: Net, { dtype, shape, offset }: Block) =>
    new arrays[dtype as keyof typeof arrays](
      state.buffer as ArrayBuffer,
      state.byteOffset + offset,
      shape.reduce((size, dim) => size * dim, 1),
    );
  const blocks = new Map([...target.parameters, ...target.states].map((block) => [block.name, block]));
  for (const block of [...spec.parameters, ...spec.states])
    viewOf(to, blocks.get(block.name)!).set(viewOf(from, block));
}
