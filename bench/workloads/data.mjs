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
  const numbers = new Float64Array(count);
  for (let i = 0; i < count; i++) numbers[i] = fmix32((start + Math.imul(i, 0x9e3779b9)) >>> 0) / 2 ** 32;
  return numbers;
}

/** `count` float32 numbers in [-most, most). */
function symmetric(seed, count, most) {
  const numbers = new Float32Array(count);
  const drawn = uniform(seed, count);
  for (let i = 0; i < count; i++) numbers[i] = most * (2 * drawn[i] - 1);
  return numbers;
}

const sizeOf = (shape) => shape.reduce((product, extent) => product * extent, 1);

/** Row-major numbers with their axes in another order. */
function transposed(values, shape, permutation) {
  const strides = shape.map((_, k) => sizeOf(shape.slice(k + 1)));
  const result = new Float32Array(values.length);
  const fill = (axis, from, to) => {
    if (axis === permutation.length) {
      result[to] = values[from];
      return;
    }
    const source = permutation[axis];
    for (let k = 0; k < shape[source]; k++)
      fill(axis + 1, from + k * strides[source], to * shape[source] + k);
  };
  fill(0, 0, 0);
  return result;
}

/** The parameters as the definition has them: name, shape and initial values of each. */
export function parametersOf(id) {
  const values = drawn(id);
  return workloads[id].params.map(({ name, shape }, k) => ({ name, shape, data: values[k] }));
}

/** The two matrices of a product, n×n, row by row. */
export function factorsOf(id) {
  const { seed, n } = workloads[id];
  return [0, 1].map((k) => symmetric(1000 * seed + k, n * n, 1));
}

/** The initial values of a workload's parameters, in order. */
export function initialParameters(id) {
  const { kind, params } = workloads[id];
  return drawn(id).map((values, k) => {
    if (kind !== "cnn") return values;
    const { shape } = params[k];
    // Kernels are given as [out, in, height, width], and the features after them channel by channel.
    if (shape.length === 4) return transposed(values, shape, [2, 3, 1, 0]);
    if (shape.length !== 2) return values;
    const channels = params[k - 1].shape[0];
    const side = Math.sqrt(shape[0] / channels);
    return transposed(values, [channels, side, side, shape[1]], [1, 2, 0, 3]);
  });
}

function drawn(id) {
  const { seed, params } = workloads[id];
  return params.map(({ shape, values, init }, k) => {
    const size = sizeOf(shape);
    if (values) return Float32Array.from(values);
    if (typeof init === "string") return new Float32Array(size).fill(init === "ones" ? 1 : 0);
    return symmetric(1000 * seed + k, size, init);
  });
}

/** The batches of a workload: the arguments of `trainStep`, one array of them a batch. */
export function batchesOf(id) {
  const { kind, seed, batch, batches, classes, inputs, data } = workloads[id];
  if (kind === "seed") return [[Float32Array.from(data.x), Float32Array.from(data.y)]];
  if (kind === "lstm" || kind === "gpt") return Array.from({ length: batches }, (_, b) => counting(id, b));
  const prototypes = uniform(7000 + seed, classes * inputs);
  return Array.from({ length: batches }, (_, b) => {
    const noise = uniform(8000 + 10 * seed + b, batch * inputs);
    const labels = Int32Array.from(uniform(9000 + 10 * seed + b, batch), (u) => Math.floor(u * classes));
    const x = new Float32Array(batch * inputs);
    for (let row = 0; row < batch; row++) {
      for (let k = 0; k < inputs; k++)
        x[row * inputs + k] = 0.4 * prototypes[labels[row] * inputs + k] + 0.6 * noise[row * inputs + k];
    }
    return [x, labels];
  });
}

/** Sequences that count in steps of 1, 2 or 3 round the vocabulary; each symbol's label is the next one. */
function counting(id, b) {
  const { seed, batch, vocab, seq } = workloads[id];
  const draws = uniform(9000 + 10 * seed + b, 2 * batch);
  const symbols = (ahead) =>
    Int32Array.from({ length: batch * seq }, (_, at) => {
      const [row, t] = [Math.floor(at / seq), at % seq];
      const start = Math.floor(draws[2 * row] * vocab);
      const stride = 1 + Math.floor(draws[2 * row + 1] * 3);
      return (start + (t + ahead) * stride) % vocab;
    });
  return [symbols(0), symbols(1)];
}
