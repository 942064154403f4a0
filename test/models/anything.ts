import * as g from "gradc";
import type { Value } from "gradc";
import { dimsOf, sizeOf, type Blocks, type Draw } from "./draw.ts";

const last = (x: Value): number => dimsOf(x).at(-1)!;
const rank = (x: Value): number => x.type.shape.length;
/** An axis that is not the batch. */
const axisOf = (x: Value, d: Draw): number => d.int(1, rank(x) - 1);
const zeros = (x: Value): number[] => Array.from({ length: rank(x) }, () => 0);
const along = (x: Value, axis: number, value: number, other: number): number[] =>
  zeros(x).map((_, k) => (k === axis ? value : other));

function part(x: Value, d: Draw): Value {
  const axis = axisOf(x, d);
  const extent = dimsOf(x)[axis - 1];
  const start = d.int(0, Math.floor((extent - 1) / 2));
  const limit = d.int(start + 1, extent);
  return g.slice(x, {
    start: along(x, axis, start, 0),
    limit: zeros(x).map((_, k) => (k === axis ? limit : null)),
    strides: along(x, axis, d.int(1, 3), 1),
  });
}

/** What suits values of every rank: the last axis holds features. */
export const anything: Blocks = {
  dense: (x, d) =>
    g.dense(x, {
      units: d.widthFor(x),
      activation: d.activation(),
      useBias: d.chance(0.8),
      ...(d.chance(0.2) ? { kernelRegularizer: g.l2(0.01) } : {}),
    }),
  residual: (x, d) => {
    const hidden = g.dense(x, { units: d.widthFor(x), activation: d.activation() });
    return g.add(x, g.dense(hidden, { units: last(x) }));
  },
  gated: (x, d) =>
    g.mul(g.dense(x, { units: last(x), activation: "sigmoid" }), d.chance(0.5) ? x : g.tanh(x)),
  checkpointed: (x, d) => {
    const units = d.widthFor(x);
    return g.checkpoint(
      (h: Value) => g.dense(g.dense(h, { units, activation: "tanh" }), { units: last(x) }),
      x,
    );
  },
  activated: (x, d) => g.activation(x, d.activation()),
  prelu: (x) => g.prelu(x),
  layerNorm: (x, d) =>
    g.layerNorm(x, { axis: d.chance(0.7) ? -1 : axisOf(x, d), center: d.chance(0.7), epsilon: 1e-2 }),
  rmsNorm: (x) => g.rmsNorm(x, { epsilon: 1e-2 }),
  batchNorm: (x, d) =>
    g.batchNorm(x, { axis: d.chance(0.8) ? -1 : axisOf(x, d), epsilon: 1e-2, momentum: 0.9 }),
  groupNorm: (x, d) => g.groupNorm(x, { groups: d.divisor(last(x)), epsilon: 1e-2 }),
  standardize: (x, d) => g.standardize(x, { axes: d.chance(0.5) ? 0 : axisOf(x, d), epsilon: 0.1 }),
  dropout: (x, d) => g.dropout(x, { rate: d.pick([0.1, 0.3, 0.5]) }),
  gaussianNoise: (x) => g.gaussianNoise(x, { stddev: 0.1 }),
  alphaDropout: (x) => g.alphaDropout(x, { rate: 0.2 }),
  scaled: (x) =>
    g.add(g.mul(x, g.param("scale", [last(x)], { initializer: g.uniform() })), g.param("shift", [1])),
  softmaxed: (x, d) => g.mul(x, g.softmax(x, { axis: axisOf(x, d) })),
  centred: (x, d) => g.sub(x, d.pick([g.max, g.mean, g.min])(x, { axis: axisOf(x, d), keepDims: true })),
  selected: (x, d) => g.where(g.greater(x, d.pick([0, 0.2])), x, g.mul(g.square(x), 0.1)),
  cumsum: (x, d) => g.mul(g.cumsum(x, { axis: axisOf(x, d), reverse: d.chance(0.5) }), 0.3),
  reversed: (x, d) => g.reverse(x, axisOf(x, d)),
  transposed: (x, d) => {
    const order = [...zeros(x).keys()];
    const [a, b] = [axisOf(x, d), axisOf(x, d)];
    [order[a], order[b]] = [order[b], order[a]];
    return g.transpose(x, order);
  },
  sliced: part,
  parts: (x, d) => {
    const axis = axisOf(x, d);
    const extent = dimsOf(x)[axis - 1];
    if (extent < 2) return x;
    const at = d.int(1, extent - 1);
    const low = g.slice(x, { limit: zeros(x).map((_, k) => (k === axis ? at : null)) });
    const high = g.slice(x, { start: along(x, axis, at, 0) });
    return g.concat([g.tanh(high), d.chance(0.5) ? low : g.reverse(low, axis)], { axis });
  },
  padded: (x, d) => {
    if (sizeOf(dimsOf(x)) * 3 > d.room) return part(x, d);
    const axis = axisOf(x, d);
    return g.pad(x, {
      low: along(x, axis, d.int(0, 2), 0),
      high: along(x, axis, d.int(0, 1), 0),
      value: 0.5,
    });
  },
  flattened: (x) => g.flatten(x),
  reshaped: (x, d) => {
    const size = sizeOf(dimsOf(x));
    const first = d.divisor(size);
    const rest = size / first;
    const second = d.divisor(rest);
    return g.reshape(x, [x.type.shape[0], first, ...(d.chance(0.5) ? [rest] : [second, rest / second])]);
  },
};
