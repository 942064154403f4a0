import { expect, test } from "vitest";
import { batchesOf, initialParameters } from "../../bench/workloads/data.mjs";
import W1 from "../../bench/workloads/W1.model.ts";
import W2 from "../../bench/workloads/W2.model.ts";
import W3 from "../../bench/workloads/W3.model.ts";
import W4 from "../../bench/workloads/W4.model.ts";
import W5 from "../../bench/workloads/W5.model.ts";
import W6 from "../../bench/workloads/W6.model.ts";
import { running } from "../examples/run.ts";

// What TensorFlow.js, jax-js, PyTorch and ONNX Runtime return at steps 1, 10 and 50 from the same start.
const peers = {
  W1: { model: W1, losses: [0.2983711, 0.1388514, 0.01544577] },
  W2: { model: W2, losses: [1.092631, 1.139628, 1.110581] },
  W3: { model: W3, losses: [2.295736, 2.157978, 0.5066788] },
  W4: { model: W4, losses: [2.314187, 2.23703, 2.05127] },
  W5: { model: W5, losses: [4.15974, 4.12748, 3.40459] },
  W6: { model: W6, losses: [4.33218, 3.32511, 0.87921] },
};

test.each(Object.entries(peers))("%s: the losses of other libraries", async (id, { model, losses }) => {
  const { generated } = await running(model);
  const net = generated.create();
  const initial = initialParameters(id);
  for (const [k, values] of Object.values(net.params).entries()) values.set(initial[k]);
  const batches = batchesOf(id);
  const found = Array.from({ length: 50 }, (_, k) => net.trainStep(...batches[k % batches.length]));
  for (const [k, step] of [1, 10, 50].entries()) {
    const loss = found[step - 1];
    // Rounding differences of 50 steps of a transformer grow to 2e-4 between the peers themselves.
    const most = id === "W6" && step === 50 ? 2e-4 : 5e-5;
    expect(Math.abs(loss / losses[k] - 1), `loss ${loss} at step ${step}`).toBeLessThan(most);
  }
});
