import { GradcError } from "../../src/base/errors.ts";
import { nodesOf, type Graph, type Output, type Value } from "../../src/ir/graph.ts";
import { isBatch, isFloat, maxOf, tensorType, type Shape } from "../../src/ir/type.ts";
import { broadcastTo, fullLike, reshape, sum } from "../../src/ops/broadcast.ts";
import {
  cast,
  equal,
  greater,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  where,
} from "../../src/ops/compare.ts";
import { matmul } from "../../src/ops/contract.ts";
import * as plain from "../../src/ops/elementwise.ts";
import {
  logSoftmax,
  logSumExp,
  sigmoidCrossEntropy,
  softmax,
  sparseSoftmaxCrossEntropy,
} from "../../src/ops/fused.ts";
import { oneHot } from "../../src/ops/gather.ts";
import { constant, constantTensor, iota, leaf } from "../../src/ops/leaves.ts";
import { concat, pad, reverse, slice, transpose } from "../../src/ops/movement.ts";
import { argMax, max, mean, min } from "../../src/ops/reduce.ts";
import * as special from "../../src/ops/special.ts";
import { graphOf } from "./support.ts";
import { randomFrom } from "../ops/sample.ts";

const elementwise = { ...plain, ...special };
const n = { times: 1, max: 5 };
const shapes: readonly Shape[] = [[], [1], [3], [2, 3], [n, 3], [n, 1], [n], [3, 2], [1, 3], [n, 2, 3]];
const unary = ["neg", "abs", "square", "sqrt", "rsqrt", "reciprocal", "exp", "log", "log1p", "expm1", "sigmoid", "tanh", "relu", "erf", "softplus", "logSigmoid", "stopGradient"] as const; // prettier-ignore
const binary = ["add", "sub", "mul", "div", "maximum", "minimum", "pow"] as const;

/**
 * A random valid graph of about `size` ops, from a seed; what does not fit is simply tried again. `finish` makes
 * the outputs from the values that nothing uses.
 */
export function randomGraph(
  seed: number,
  size: number,
  precision: "f32" | "f64" = "f32",
  finish: (loose: readonly Value[]) => readonly Output[] = asOutputs,
): Graph {
  const random = randomFrom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)];
  const mixed = precision === "f64" ? (["f64"] as const) : (["f32", "f32", "f64"] as const);
  return graphOf(() => {
    const pool: Value[] = [0, 1, 2].map((k) => leaf("input", `x${k}`, tensorType(pick(mixed), pick(shapes))));
    pool.push(
      leaf("parameter", "layer/w", tensorType(precision, [3, 2])),
      leaf("input", "labels", tensorType("i32", [n])),
    );
    const like = (x: Value): Value => {
      const same = pool.filter(
        (y) =>
          y.type.dtype === x.type.dtype &&
          String(y.type.shape.map(maxOf)) === String(x.type.shape.map(maxOf)),
      );
      return random() < 0.4 ? fullLike(pick([0, 1, -1, 2, 0.5, 3]), x) : pick(same);
    };
    const axes = (x: Value): number[] => x.type.shape.map((_, k) => k).filter(() => random() < 0.6);
    const flip = (): boolean => random() < 0.5;
    // Recent values are preferred, which makes graphs deep.
    const floats = (): Value => {
      const all = pool.filter((x) => isFloat(x.type.dtype));
      return flip() ? pick(all.slice(-5)) : pick(all);
    };
    const bools = (): Value => pick(pool.filter((x) => x.type.dtype === "bool"));
    const makers: ReadonlyArray<() => Value> = [
      () => elementwise[pick(unary)](floats()),
      () => elementwise[pick(unary)](floats()),
      () => ((x) => elementwise[pick(binary)](x, like(x)))(floats()),
      () => ((x) => elementwise[pick(binary)](like(x), x))(floats()),
      () => ((x) => sum(x, { axes: axes(x) }))(floats()),
      () => ((x) => mean(x, { axes: axes(x).filter((_, at, all) => at === 0 || !all.every((a) => isBatch(x.type.shape[a]))) }))(floats()),
      () => ((x) => pick([max, min])(x, { axes: axes(x) }))(floats()),
      () => ((x) => broadcastTo(x, { shape: pick([[2, ...x.type.shape], [...x.type.shape], [2, 3], [n, 3], [n, 2]]) }))(pick(pool)),
      () => ((x) => reshape(x, { shape: pick([[...x.type.shape, 1], [1, ...x.type.shape], [6], [n, 6], [{ times: 3, max: 5 }], []]) }))(pick(pool)),
      () => ((x) => transpose(x, { permutation: x.type.shape.map((_, k) => k).sort(() => random() - 0.5) }))(pick(pool)),
      () => ((x) => slice(x, { start: x.type.shape.map((d) => (isBatch(d) ? 0 : below(2))), limit: x.type.shape, strides: x.type.shape.map((d) => (isBatch(d) ? 1 : 1 + below(2))) }))(pick(pool)),
      () => ((x) => pad(x, { low: x.type.shape.map((d) => (isBatch(d) ? 0 : below(2))), high: x.type.shape.map((d) => (isBatch(d) ? 0 : below(2))), value: below(2) }))(floats()),
      () => ((x) => concat([x, like(x)], { axis: Math.max(0, x.type.shape.length - 1) }))(floats()),
      () => ((x) => reverse(x, { axes: axes(x).filter((k) => !isBatch(x.type.shape[k])) }))(floats()),
      () => matmul(floats(), floats(), { transposeA: flip(), transposeB: flip() }),
      () => matmul(floats(), floats(), { transposeA: flip(), transposeB: flip() }),
      () => ((x) => pick([less, lessEqual, greater, equal])(x, like(x)))(floats()),
      () => ((x) => pick([logicalAnd, logicalOr])(x, like(x)))(bools()),
      () => logicalNot(bools()),
      () => ((c) => ((x) => where(c, x, like(x)))(floats()))(bools()),
      () => cast(pick(pool), { dtype: pick(mixed) }),
      () => ((x) => pick([softmax, logSoftmax])(x, { axis: below(x.type.shape.length) }))(floats()),
      () => ((x) => logSumExp(x, { axes: axes(x) }))(floats()),
      () => ((x) => sigmoidCrossEntropy(x, like(x), { positiveWeight: 1 + (pool.length % 2) }))(floats()),
      () => sparseSoftmaxCrossEntropy(floats(), leaf("input", "labels", tensorType("i32", [n]))),
      () => oneHot(leaf("input", "labels", tensorType("i32", [n])), { depth: 3, dtype: precision }),
      () => ((x) => argMax(x, { axes: [below(x.type.shape.length)] }))(floats()),
      () => iota({ shape: [n, 3], axis: 1, dtype: precision }),
      () => constantTensor({ values: [1, -2, 0.5], dtype: precision, shape: [3] }),
      () => constant({ value: below(5) - 2, dtype: precision, shape: [] }),
    ]; // prettier-ignore
    for (let tries = 0; pool.length < size && tries < 40 * size; tries++) {
      try {
        pool.push(pick(makers)());
      } catch (error) {
        // A choice that does not fit is refused by the type rule; an empty choice reads undefined.
        if (!(error instanceof GradcError) && !(error instanceof TypeError)) throw error;
      }
    }
    // What nothing uses is returned; every fourth such value stays dead code.
    const used = new Set(nodesOf(pool).flatMap((node) => node.inputs));
    const loose = pool.filter((value, k) => !used.has(value) && (k % 4 > 0 || k === pool.length - 1));
    return finish(loose);
  });
}

export const asOutputs = (values: readonly Value[]): Output[] =>
  values.map((value, k) => ({ role: "output", name: `y${k}`, value }));
