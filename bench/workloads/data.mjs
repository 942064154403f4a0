// The shared definition of the workloads: initial parameters and batches from one hash function.
import { readFileSync } from "node:fs";

export const workloads = JSON.parse(readFileSync(new URL("./workloads.json", import.meta.url), "utf8"));

/** The finalizer of MurmurHash3 (Appleby), a bijection of 32-bit words. */
function fmix32(word) {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** `count` numbers in [0, 1): fmix32(fmix32(seed) + i · golden ratio) / 2³². */
export function uniform(seed, count) {
  const start = fmix32(seed);
  return Float64Array.from(
    { length: count },
    (_, i) => fmix32((start + Math.imul(i, 0x9e3779b9)) >>> 0) / 2 ** 32,
  );
}

const sizeOf = (shape) => shape.reduce((product, extent) => product * extent, 1);

/** The initial values of a workload's parameters, in order. */
export function initialParameters(id) {
  const { seed, params } = workloads[id];
  return params.map(({ shape, values, init }, k) => {
    const size = sizeOf(shape);
    if (values) return Float32Array.from(values);
    if (typeof init === "string") return new Float32Array(size).fill(init === "ones" ? 1 : 0);
    return Float32Array.from(uniform(1000 * seed + k, size), (u) => init * (2 * u - 1));
  });
}

/** The batches of a workload: the arguments of `trainStep`, one array of them a batch. */
export function batchesOf(id) {
  const { kind, seed, batch, batches, classes, inputs, data } = workloads[id];
  if (kind === "seed") return [[Float32Array.from(data.x), Float32Array.from(data.y)]];
  const prototypes = uniform(7000 + seed, classes * inputs);
  return Array.from({ length: batches }, (_, b) => {
    const noise = uniform(8000 + 10 * seed + b, batch * inputs);
    const labels = Int32Array.from(uniform(9000 + 10 * seed + b, batch), (u) => Math.floor(u * classes));
    const x = Float32Array.from(noise, (value, at) => {
      const label = labels[Math.floor(at / inputs)];
      return 0.4 * prototypes[label * inputs + (at % inputs)] + 0.6 * value;
    });
    return [x, labels];
  });
}
