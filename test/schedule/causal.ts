import {
  batch, bool, defineModel, dropout, f32, meanSquaredError, mul, param, scaledDotProductAttention, sgd, uniform, type Model, type Value,
} from "../../src/index.ts"; // prettier-ignore
import type { Compilation } from "../../src/compile.ts";
import type { Kernel, Schedule, Stage } from "../../src/ir/kernel.ts";
import type { NDArray } from "../../src/ir/op.ts";
import { isBatch, maxOf } from "../../src/ir/type.ts";
import { lower } from "../../src/lower/index.ts";
import { randomFrom } from "../ops/sample.ts";
import type { Feed, Stages } from "../compile/program.ts";

const n = batch(3);
/** Attention of so many queries to as many keys, if not to others. */
export interface Shape {
  readonly queries: number;
  readonly keys?: number;
  readonly mask?: boolean;
  readonly rate?: number;
}
export const causal = ({ queries, keys = queries, mask = false, rate = 0 }: Shape): Model =>
  defineModel({
    name: "causal",
    inputs: { q: f32(n, 2, queries, 3), k: f32(n, 2, keys, 3), v: f32(n, 2, keys, 2), m: bool(n, 2, queries, keys) },
    build({ q, k, v, m }) {
      const weights = (all: Value): Value => (rate > 0 ? dropout(all, { rate, name: "drop" }) : all);
      const scaled = (x: Value, name: string): Value =>
        mul(x, param(name, x.type.shape.slice(2) as number[], { initializer: uniform({ min: -1, max: 1 }) }));
      const z = scaledDotProductAttention(scaled(q, "a"), scaled(k, "b"), scaled(v, "c"), { causal: true, weights, ...(mask ? { mask: m } : {}) });
      return { outputs: { z }, loss: meanSquaredError(z, mul(z, 0)), optimizer: sgd({ learningRate: 0.1 }) };
    },
  }); // prettier-ignore

/** From the schedule to the loops. */
export const stagesOf = (compilation: Compilation): Stages => ({
  ...compilation,
  program: compilation.optimized,
});

/** The same program with every row and every product in full. */
export function whole(stages: Stages, { backend }: Compilation): Stages {
  const full = ({ inner, items }: Stage): Stage => ({ inner, items });
  const kernels: Schedule = {
    ...stages.kernels,
    kernels: stages.kernels.kernels.map(({ read: _read, ...kernel }): Kernel => ({
      ...kernel,
      stages: kernel.stages.map(full),
    })),
  };
  return { ...stages, kernels, loops: lower(stages.program, kernels, stages.memory, backend) };
}

const odd = [NaN, Infinity, -Infinity, -0, 0, 3e38, -3e38, 1e-42];
/** Random numbers for all leaves, of which one in `rarity` is special. */
export function feedOf({ kernels }: Stages, rows: number, seed: number, rarity = 0): Feed {
  const random = randomFrom(seed);
  return new Map(
    kernels.buffers.flatMap(({ cell, dtype, shape }): [string, NDArray][] => {
      if (!cell) return [];
      const own = shape.map((dim) => (isBatch(dim) ? (rows * maxOf(dim)) / dim.max : dim));
      const one = (): number => {
        if (dtype !== "f32") return Number(random() < 0.7);
        if (rarity > 0 && random() * rarity < 1) return odd[Math.floor(random() * odd.length)];
        return 4 * random() - 2;
      };
      const data = Float64Array.from({ length: own.reduce((a, b) => a * b, 1) }, one);
      return [[`${cell.kind}:${cell.name}`, { dtype, shape: own, data } as NDArray]];
    }),
  );
}
