import { expect, test } from "vitest";
import { adam, batch, defineModel, dense, f32, meanSquaredError } from "../../../src/index.ts";
import { visitExprs } from "../../../src/ir/loop-walk.ts";
import { running } from "../../examples/run.ts";

const model = defineModel({
  name: "dust",
  inputs: { x: f32(batch(4), 5), y: f32(batch(4), 3) },
  build: ({ x, y }) => {
    const out = dense(x, { units: 3, name: "out" });
    const optimizer = adam({ learningRate: 0.1 });
    return { outputs: { out }, loss: meanSquaredError(out, y), optimizer };
  },
});

/** The second moments after one update with all gradients the same, on a target. */
async function momentsOf(gradient: number, target: "js" | "wasm"): Promise<readonly number[]> {
  const { generated } = await running(model, { target });
  const net = generated.create({ seed: 1 });
  for (const values of Object.values(net.gradients)) values.fill(gradient);
  net.update();
  const slot = generated.spec.states.find(({ name }) => name === "adam/v")!;
  const count = slot.shape.reduce<number>((product, extent) => product * Number(extent), 1);
  return Array.from(new Float32Array(net.state.slice(slot.offset, slot.offset + 4 * count).buffer));
}

test("no square is taken of what is too small for one", async () => {
  const least = 2 ** -58;
  for (const target of ["js", "wasm"] as const) {
    const { compilation } = await running(model, { target });
    const update = compilation.loops.functions.find(({ name }) => name.startsWith("update"))!;
    let compared = 0;
    visitExprs(update.body, (x) => {
      if (x.kind === "op" && x.op === "less" && x.args[1].kind === "number" && x.args[1].value === least)
        compared++;
    });
    expect(compared > 0).toBe(target === "wasm");
  }
});

test("squares of gradients that would be denormal numbers are 0 in WebAssembly, and all others are kept", async () => {
  for (const gradient of [1e-18, -3e-18, 1e-20, 1e-30, 0])
    expect(new Set(await momentsOf(gradient, "wasm"))).toEqual(new Set([0]));
  // Where nothing is denormal, both targets agree to the last digits.
  for (const gradient of [1e-16, -1e-10, 0.5]) {
    const [js, wasm] = [await momentsOf(gradient, "js"), await momentsOf(gradient, "wasm")];
    for (const [k, value] of wasm.entries()) expect(Math.abs(value / js[k] - 1)).toBeLessThan(1e-6);
  }
});
