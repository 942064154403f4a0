import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/eval/evaluate.ts";
import { jvp } from "../../src/autodiff/jvp.ts";
import { ndarray } from "../../src/eval/ndarray.ts";
import { withBuilder } from "../../src/ir/builder.ts";
import type { NDArray } from "../../src/ir/op.ts";
import { isFloat } from "../../src/ir/type.ts";
import { ops } from "../../src/ops/table.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { prepare, randomFrom, sampleText } from "../ops/sample.ts";
import { checkDirections, checkGradients, floatLeaves, pullBack } from "./check.ts";

// What a mark says of gradients is not what differences show.
const differentiable = [...ops.values()].filter((room) => room.vjp && !room.mark);

const long = process.env["GRADC_LONG"] !== undefined;

describe.each(differentiable.map((room) => [room.name, room] as const))("%s", (_, room) => {
  const ready = room.samples.flatMap((sample, k) => {
    const seed = 1000 + k;
    const prepared = prepare(room, sample, 3, seed);
    const wrt = floatLeaves(prepared.inputs);
    if (wrt.length === 0 || !isFloat(prepared.y.type.dtype)) return [];
    const text = sampleText(room, sample);
    return [{ ...prepared, outputs: [prepared.y], wrt, n: 3, text, tolerance: 1e-6, seed }];
  });

  test("first and second order agree with central differences", () => {
    expect(ready.length).toBeGreaterThanOrEqual(8);
    for (const subject of ready) {
      const gradients = checkGradients(subject, subject.seed);
      const text = `second order of ${subject.text}`;
      // Directions see all elements at once; which of them is wrong is told in the long run.
      const check = long ? checkGradients : checkDirections;
      check({ ...subject, outputs: gradients, text, tolerance: 1e-5 }, subject.seed + 50);
    }
  });

  test("forward and reverse derivatives agree: ⟨u, J·v⟩ = ⟨uᵀ·J, v⟩", () => {
    for (const subject of ready) {
      const { build, y, feed, n, text, seed } = subject;
      const random = randomFrom(seed + 7);
      const { weights, gradients } = pullBack(subject, seed);
      for (const [k, x] of subject.wrt.entries()) {
        const v = withBuilder(build, () => leaf("state", `v${k}`, x.type));
        const base = feed.get(x.node) as NDArray;
        feed.set(
          v.node,
          ndarray(
            base.dtype,
            base.shape,
            base.data.map(() => 2 * random() - 1),
          ),
        );
        const forward = withBuilder(build, () => jvp(y, x, v));
        const [u, jv, uj, direction] = evaluate([weights[0], forward, gradients[k], v], feed, { n });
        const [left, right] = [dot(u, jv), dot(uj, direction)];
        const size = Math.max(1, Math.abs(left), Math.abs(right));
        expect(Math.abs(left - right) / size, `${text}, seed ${seed}`).toBeLessThan(1e-11);
      }
    }
  });
});

const dot = (a: NDArray, b: NDArray): number =>
  a.data.reduce((total, value, k) => total + value * b.data[k], 0);
