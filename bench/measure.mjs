// node bench/measure.mjs W3 W3.gen.js: a workload of gradc as a competitor (see serve.mjs).
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { refuse, serve, workload } from "./serve.mjs";
import { batchesOf, factorsOf, initialParameters } from "./workloads/data.mjs";

const file = process.argv[3];

/** A network with the shared initial parameters. */
function start(create, id) {
  const net = create();
  const initial = id === "W8" ? factorsOf(id) : initialParameters(id);
  for (const [k, values] of Object.values(net.params).entries()) values.set(initial[k]);
  return net;
}

/** The step of a workload: training W1 to W6, W7-W3 and W7-W4 predicting one row, W8 one product. */
function stepOf(create) {
  const [, of] = workload.split("-");
  const net = start(create, of ?? workload);
  if (workload === "W8") return () => net.predict().product[5];
  if (of !== undefined) {
    const row = batchesOf(of)[0][0].slice(0, 784);
    // Reading a result is part of a prediction.
    return () => net.predict(row, 1).probabilities[0];
  }
  const batches = batchesOf(workload);
  const [xs, ys] = [batches.map(([x]) => x), batches.map(([, y]) => y)];
  // Reading the loss is part of a step: an app that trains looks at it.
  return (k) => net.trainStep(xs[k % xs.length], ys[k % ys.length]);
}

try {
  const { create } = await import(pathToFileURL(resolve(file)).href);
  await serve(stepOf(create));
} catch (error) {
  refuse(error);
}
