import { ndarray, shapeAt } from "../../src/eval/ndarray.ts";
import { Builder, withBuilder } from "../../src/ir/builder.ts";
import type { Node, Value } from "../../src/ir/graph.ts";
import { applyRoom, type NDArray, type OpRoom, type Sample } from "../../src/ir/op.ts";
import { tensorType, type DType, type Dim, type TensorType } from "../../src/ir/type.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { sampleBatch } from "../../src/ops/samples.ts";

/** Numbers from [0, 1) that depend on nothing but the seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const scalarArray = (dtype: DType, value: number): NDArray => ndarray(dtype, [], [value]);

/** An array of zeros. */
export const zerosOf = (dtype: DType, shape: readonly number[]): NDArray =>
  ndarray(dtype, shape, new Float64Array(shape.reduce((product, dim) => product * dim, 1)));

export interface SampleInput {
  readonly type: TensorType;
  readonly range: readonly [number, number] | undefined;
}

/** Reads "f32[2*n,3]~-1..1". */
export function parseInput(text: string): SampleInput {
  const found = /^(\w+)\[([^\]]*)\](?:~(.+)\.\.(.+))?$/.exec(text);
  if (!found) throw new Error(`not a sample input: ${text}`);
  const [, dtype, dims, low, high] = found;
  const shape = dims === "" ? [] : dims.split(",").map(parseDim);
  return {
    type: tensorType(dtype as DType, shape),
    range: low === undefined ? undefined : [Number(low), Number(high)],
  };
}
const parseDim = (text: string): Dim => {
  if (!text.endsWith("n")) return Number(text);
  return { ...sampleBatch, times: text === "n" ? 1 : Number(text.slice(0, -2)) };
};

/** Random contents: floats from [-2, 2] or the range, integers from the half-open range. */
export function randomArray({ type, range }: SampleInput, n: number, random: () => number): NDArray {
  const shape = shapeAt(type.shape, n);
  const size = shape.reduce((a, b) => a * b, 1);
  const whole = { i32: [-5, 6], u32: [0, 2 ** 32], bool: [0, 2] } as const;
  const draw = (): number => {
    if (type.dtype === "f32" || type.dtype === "f64") {
      const [low, high] = range ?? [-2, 2];
      return low + (high - low) * random();
    }
    const [low, high] = range ?? whole[type.dtype];
    return Math.floor(low + (high - low) * random());
  };
  return ndarray(type.dtype, shape, Array.from({ length: size }, draw));
}

export interface Prepared {
  readonly inputs: readonly Value[];
  readonly y: Value;
  readonly feed: Map<Node, NDArray>;
  readonly build: Builder;
}

/** A sample call with its inputs as leaves and random contents. */
export function prepare(room: OpRoom, sample: Sample, n: number, seed: number): Prepared {
  const build = new Builder();
  const random = randomFrom(seed);
  return withBuilder(build, () => {
    const feed = new Map<Node, NDArray>();
    const inputs: Value[] = [];
    for (const [k, text] of sample.inputs.entries()) {
      if (text.startsWith("@")) {
        inputs.push(inputs[Number(text.slice(1))]);
        continue;
      }
      const input = parseInput(text);
      const value = leaf("input", `x${k}`, input.type);
      feed.set(value.node, randomArray(input, n, random));
      inputs.push(value);
    }
    return { inputs, y: applyRoom(room, inputs, sample.attrs ?? {}).outputs[0], feed, build };
  });
}

export const sampleText = (room: OpRoom, sample: Sample): string =>
  `${room.name}(${sample.inputs.join(", ")}) ${JSON.stringify(sample.attrs ?? {})}`;
