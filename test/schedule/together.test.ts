// Parameters that a pass copies, and sums that it adds to gradients, are neighbours in the block of each optimizer.
import { expect, test } from "vitest";
import {
  adam, add, batch, defineModel, dense, f32, mean, neg, reshape, shared, softplus, type Value,
} from "../../src/index.ts"; // prettier-ignore
import { compile } from "../../src/compile.ts";
import { readsOf, targetsOf } from "../../src/ir/kernel-walk.ts";
import { verifyPasses } from "../../src/ir/verify/pass.ts";

const n = batch(6);
const small = defineModel({
  name: "small-gan",
  inputs: { x: f32(n, 3), code: f32(n, 2) },
  build({ x, code }) {
    const generator = shared("generator", (z: Value) =>
      dense(dense(z, { units: 3, activation: "relu", name: "in" }), { units: 3, name: "out" }),
    );
    const discriminator = shared("discriminator", (pixels: Value) =>
      reshape(
        dense(dense(pixels, { units: 2, activation: "relu", name: "first" }), { units: 1, name: "logit" }),
        [n],
      ),
    );
    const fake = discriminator(generator(code));
    const optimizer = adam({ learningRate: 1e-3 });
    return {
      functions: { draw: { points: generator(code) } },
      steps: {
        discriminator: {
          loss: add(mean(softplus(neg(discriminator(x)))), mean(softplus(fake))),
          optimizer,
          parameters: "discriminator/**",
        },
        generator: { loss: mean(softplus(neg(fake))), optimizer, parameters: "generator/**" },
      },
    };
  },
});

test("with two optimizers, parameters are copied in as many pieces as blocks they lie in", () => {
  const { kernels } = compile(small, { target: "js", debug: true }).kernels;
  expect(verifyPasses(kernels)).toEqual([]);
  const passes = new Set(kernels.flatMap(({ record }) => record.pass ?? []));
  const copies = [...passes].map((pass) => {
    const own = kernels.filter(({ record, name }) => record.pass === pass && name.startsWith("copy_"));
    expect(new Set(own.flatMap(targetsOf).map(({ buffer }) => buffer)).size).toBeLessThan(2);
    return { name: pass.name, from: own.flatMap(readsOf).map(({ buffer }) => buffer.name) };
  });
  // The generator's output is its discriminator's input, so that both are read in one pass.
  for (const { name, from } of copies) expect(new Set(from).size, name).toBe(from.length);
  const forward = copies.filter(({ name }) => name.startsWith("forward"));
  expect(Math.max(...forward.map(({ from }) => from.length))).toBe(2);
});
