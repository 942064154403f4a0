import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { batchesOf, initialParameters } from "../../bench/workloads/data.mjs";
import W1 from "../../bench/workloads/W1.model.ts";
import W2 from "../../bench/workloads/W2.model.ts";
import W3 from "../../bench/workloads/W3.model.ts";
import W4 from "../../bench/workloads/W4.model.ts";
import W5 from "../../bench/workloads/W5.model.ts";
import W6 from "../../bench/workloads/W6.model.ts";
import { hasRelaxed } from "../../src/backends/wasm/host.ts";
import type { CompileOptions } from "../../src/compile.ts";
import type { Model } from "../../src/index.ts";
import { bytesOf, sizeOf, type DType } from "../../src/ir/type.ts";
import { running } from "../examples/run.ts";
import { allowRelaxed } from "../wasm/relaxed.ts";

if (process.env["GRADC_LONG"]) allowRelaxed();

// What TensorFlow.js, jax-js, PyTorch and ONNX Runtime return at steps 1, 10 and 50 from the same start.
const workloads = {
  W1: { model: W1, losses: [0.2983711, 0.1388514, 0.01544577] },
  W2: { model: W2, losses: [1.092631, 1.139628, 1.110581] },
  W3: { model: W3, losses: [2.295736, 2.157978, 0.5066788] },
  W4: { model: W4, losses: [2.314187, 2.23703, 2.05127] },
  W5: { model: W5, losses: [4.15974, 4.12748, 3.40459] },
  W6: { model: W6, losses: [4.33218, 3.32511, 0.87921] },
};

// The SHA-256 of the numbers in which 50 steps of --strict WebAssembly leave each workload, wherever they lie, the same on
// every engine.
// Whatever changes the order or the rounding of an operation changes these: UPDATE=1 writes them anew.
const goldenFile = new URL("golden.json", import.meta.url);
const golden = JSON.parse(readFileSync(goldenFile, "utf8")) as Record<string, string>;
const update = Boolean(process.env["UPDATE"]);
afterAll(() => {
  if (update) writeFileSync(goldenFile, JSON.stringify(golden, null, 2) + "\n");
});

interface Course {
  readonly losses: readonly number[];
  readonly hash: string;
}

/** The losses of so many steps from the common start. */
async function course(id: string, model: Model, options: CompileOptions, steps: number): Promise<Course> {
  const { generated } = await running(model, options);
  const net = generated.create();
  const initial = initialParameters(id);
  for (const [k, values] of Object.values(net.params).entries()) values.set(initial[k]);
  const batches = batchesOf(id);
  const losses = Array.from({ length: steps }, (_, k) => net.trainStep(...batches[k % batches.length]));
  const hash = createHash("sha256");
  for (const { offset, dtype, shape } of [...generated.spec.parameters, ...generated.spec.states])
    hash.update(net.state.subarray(offset, offset + bytesOf[dtype as DType] * sizeOf(shape)));
  return { losses, hash: hash.digest("hex") };
}

// Of the three larger ones JavaScript takes its time, so the short run stops it at step 10.
const stepsOf = (id: string): number => (process.env["GRADC_LONG"] || id <= "W3" ? 50 : 10);

describe.each(Object.entries(workloads))("%s", (id, { model, losses }) => {
  // Rounding differences of 50 steps of a transformer grow to 2e-4 between the peers themselves.
  const expectPeers = ({ losses: found }: Course): void => {
    for (const [k, step] of [1, 10, 50].entries()) {
      const most = id === "W6" && step === 50 ? 2e-4 : 5e-5;
      const loss = found.at(step - 1);
      if (step <= found.length)
        expect(Math.abs(loss! / losses[k] - 1), `loss ${loss} at step ${step}`).toBeLessThan(most);
    }
  };
  const expectAlike = (a: Course, b: Course): void => {
    for (const [k, loss] of a.losses.entries())
      expect(
        Math.abs(b.losses[k] / loss - 1),
        `losses ${loss} and ${b.losses[k]} at step ${k + 1}`,
      ).toBeLessThan(1e-4);
  };

  test("the losses of other libraries, alike on every target; the same bits from strict WebAssembly", async () => {
    const js = await course(id, model, {}, stepsOf(id));
    const wasm = await course(id, model, { target: "wasm", strict: true }, 50);
    for (const found of [js, wasm]) expectPeers(found);
    expectAlike(js, wasm);
    if (update) golden[id] = wasm.hash;
    expect(wasm.hash, "the bits of strict WebAssembly").toBe(golden[id]);
    if (!hasRelaxed()) return;
    // Under another name it is a module of its own, which no other file meets in the state of this host.
    const source = `${id}.relaxed.model.ts`;
    const relaxed = await course(id, model, { target: "wasm", source }, 50);
    expectPeers(relaxed);
    expectAlike(js, relaxed);
  });
});
