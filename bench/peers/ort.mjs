// ONNX Runtime for Node, inference only. usage: node ort.mjs W7-W3 --models=DIR (written by pytorch.py --export=DIR)
import { createRequire } from "node:module";
import path from "node:path";
import { oneRow, options, refuse, serveAsync, workload } from "./common.mjs";

const ort = createRequire(import.meta.url)("onnxruntime-node");
try {
  const { of, row } = oneRow(workload);
  const session = await ort.InferenceSession.create(path.join(options.models, `${of}.onnx`), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionProviders: ["cpu"],
  });
  const x = new ort.Tensor("float32", row, of === "W3" ? [1, 784] : [1, 1, 28, 28]);
  await serveAsync(async () => (await session.run({ x })).y.data[0]);
} catch (error) {
  refuse(error);
}
