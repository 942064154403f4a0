// Shared by the JavaScript peers: workloads, parameters and batches as the common definition has them.
import { batchesOf, parametersOf, workloads } from "../workloads/data.mjs";

export { factorsOf, workloads } from "../workloads/data.mjs";
export { options, refuse, serve, serveAsync, workload } from "../serve.mjs";

export const params = parametersOf;

/** Batches as { x, y, onehot }: labels also as rows with a single one, which is what these libraries take. */
export function batches(id) {
  const { kind, classes, vocab } = workloads[id];
  return batchesOf(id).map(([x, y]) => {
    if (kind === "seed") return { x, y };
    const width = classes ?? vocab;
    const onehot = new Float32Array(y.length * width);
    y.forEach((label, i) => (onehot[i * width + label] = 1));
    return { x, y, onehot };
  });
}

/** The first image of the first batch, and the workload it belongs to: "W7-W3" predicts with W3. */
export function oneRow(workload) {
  const of = workload.split("-")[1];
  return { of, row: batches(of)[0].x.slice(0, 784) };
}
