import { expect } from "vitest";
import { vjp } from "../../src/autodiff/vjp.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import { ndarray, shapeAt } from "../../src/eval/ndarray.ts";
import { withBuilder, type Builder } from "../../src/ir/builder.ts";
import type { Node, Value } from "../../src/ir/graph.ts";
import type { NDArray } from "../../src/ir/op.ts";
import { isFloat } from "../../src/ir/type.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { randomFrom } from "../ops/sample.ts";

export interface Case {
  readonly build: Builder;
  readonly outputs: readonly Value[];
  /** The leaves to differentiate by. */
  readonly wrt: readonly Value[];
  readonly feed: Map<Node, NDArray>;
  readonly n: number;
  readonly text: string;
  readonly tolerance: number;
}

/** The vector-Jacobian products of the outputs with random cotangents, as graph values. */
export function pullBack({ build, outputs, wrt, feed, n }: Case, seed: number) {
  const random = randomFrom(seed);
  const weights = outputs.map((output, k) => {
    const u = withBuilder(build, () => leaf("state", `u${seed}.${k}`, output.type));
    const shape = shapeAt(output.type.shape, n);
    const size = shape.reduce((a, b) => a * b, 1);
    feed.set(
      u.node,
      ndarray(
        output.type.dtype,
        shape,
        Array.from({ length: size }, () => 2 * random() - 1),
      ),
    );
    return u;
  });
  return { weights, gradients: withBuilder(build, () => vjp(outputs, weights, wrt)) };
}

/** Compares vjp with central differences, element by element; gives the gradients for a next order. */
export function checkGradients(subject: Case, seed: number): readonly Value[] {
  const { outputs, wrt, feed, n, text, tolerance } = subject;
  const { weights, gradients } = pullBack(subject, seed);
  const analytic = evaluate(gradients, feed, { n });
  const given = weights.map(({ node }) => (feed.get(node) as NDArray).data);
  // Differences of every element before the sum keep what does not change from drowning what does.
  const change = (node: Node, base: NDArray, k: number, step: number): number => {
    const at = (moved: number): NDArray[] => {
      const data = base.data.slice();
      data[k] += moved;
      return evaluate(outputs, new Map(feed).set(node, { ...base, data }), { n });
    };
    const [high, low] = [at(step), at(-step)];
    return given.reduce(
      (total, weight, o) => weight.reduce((sum, w, j) => sum + w * (high[o].data[j] - low[o].data[j]), total),
      0,
    );
  };
  for (const [position, { node, type }] of wrt.entries()) {
    expect(gradients[position].type, text).toEqual(type);
    const base = feed.get(node) as NDArray;
    const numeric = Array.from(base.data, (value, k) => {
      const step = 4e-6 * Math.max(1, Math.abs(value));
      return change(node, base, k, step) / (2 * step);
    });
    const exact = analytic[position].data;
    const scale = Math.max(1e-2, ...numeric.map(Math.abs), ...exact.map(Math.abs));
    for (const [k, value] of numeric.entries()) {
      const what = `${text}, seed ${seed}: by input ${position} element ${k}: gradient ${exact[k]}, difference ${value}`;
      expect(Math.abs(exact[k] - value) / scale, what).toBeLessThanOrEqual(tolerance);
    }
  }
  return gradients;
}

/** The distinct float leaves among some inputs. */
export const floatLeaves = (inputs: readonly Value[]): Value[] =>
  [...new Set(inputs)].filter(({ type }) => isFloat(type.dtype));

/**
 * Compares vjp with central differences along one random direction for each input: two evaluations see every
 * element. Gives the gradients for a next order.
 */
export function checkDirections(subject: Case, seed: number): readonly Value[] {
  const { outputs, wrt, feed, n, text, tolerance } = subject;
  const { weights, gradients } = pullBack(subject, seed);
  const random = randomFrom(seed + 1);
  const analytic = evaluate(gradients, feed, { n });
  const given = weights.map(({ node }) => (feed.get(node) as NDArray).data);
  for (const [position, { node }] of wrt.entries()) {
    const base = feed.get(node) as NDArray;
    const direction = base.data.map(() => 2 * random() - 1);
    const step = 4e-6 * Math.max(1, ...base.data.map(Math.abs));
    const at = (moved: number): NDArray[] => {
      const data = base.data.map((value, k) => value + moved * direction[k]);
      return evaluate(outputs, new Map(feed).set(node, { ...base, data }), { n });
    };
    const [high, low] = [at(step), at(-step)];
    const terms = given.flatMap((weight, o) =>
      Array.from(weight, (w, j) => (w * (high[o].data[j] - low[o].data[j])) / (2 * step)),
    );
    const numeric = terms.reduce((total, term) => total + term, 0);
    const shares = analytic[position].data.map((slope, k) => slope * direction[k]);
    const exact = shares.reduce((total, share) => total + share, 0);
    const scale = [...shares, ...terms].reduce((most, share) => Math.max(most, Math.abs(share)), 1e-2);
    const what = `${text}, seed ${seed}: along a direction of input ${position}: gradient ${exact}, difference ${numeric}`;
    expect(Math.abs(exact - numeric) / scale, what).toBeLessThanOrEqual(tolerance);
  }
  return gradients;
}
