// node bench/measure.mjs W1 W1.gen.js: trains one workload, prints its losses and the microseconds of a step.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { batchesOf, initialParameters } from "./workloads/data.mjs";

const [id, file] = process.argv.slice(2);
const { create } = await import(pathToFileURL(resolve(file)).href);
const net = create();
const initial = initialParameters(id);
for (const [k, values] of Object.values(net.params).entries()) values.set(initial[k]);

const batches = batchesOf(id);
let taken = 0;
let last = 0;
function step() {
  const [x, y] = batches[taken++ % batches.length];
  // Reading the loss is part of a step: an app that trains looks at it.
  last = net.trainStep(x, y);
}

const losses = Array.from({ length: 50 }, () => (step(), Number(last.toPrecision(7))));
const times = measure({ warmMs: 1500, repeats: 9, repeatMs: 350 });
const micros = (value) => Number(value.toPrecision(4));
const result = { us: micros(times[4]), min: micros(times[0]), max: micros(times[8]) };
console.log(JSON.stringify({ ...result, loss1: losses[0], loss10: losses[9], loss50: losses[49] }));

/** Microseconds a step in each repeat, sorted. The warm-up also tells how many steps fill a repeat. */
function measure({ warmMs, repeats, repeatMs }) {
  const begin = performance.now();
  let count = 0;
  while (performance.now() - begin < warmMs) {
    step();
    count++;
  }
  const steps = Math.max(1, Math.round((repeatMs * count) / (performance.now() - begin)));
  const times = Array.from({ length: repeats }, () => {
    const start = performance.now();
    for (let k = 0; k < steps; k++) step();
    return ((performance.now() - start) * 1000) / steps;
  });
  if (!Number.isFinite(last)) throw new Error(`the loss of ${id} became ${last}`);
  return times.sort((a, b) => a - b);
}
