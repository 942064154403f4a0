import * as g from "gradc";
import type { Value } from "gradc";
import { sameDim } from "../../src/ir/type.ts";
import { dimsOf, type Blocks, type Draw } from "./draw.ts";
import { channelsOf, filtersFor, movesFor } from "./windows.ts";

const timesOf = (x: Value): number => dimsOf(x)[0];
const units = (d: Draw): number => d.width(d.large ? 33 : 6);

/** Which times count: by the numbers themselves, or all up to a row's own length. */
export function maskOf(x: Value, d: Draw): Value {
  // What is normalized sums to 0: the sign of a plain sum, or of any sum beside 0, would be a matter of rounding.
  const weights = g.tensor(Array.from({ length: channelsOf(x) }, (_, k) => Math.cos(k)), "f32");
  const energy = g.sum(g.mul(x, weights), { axis: 2 });
  if (d.chance(0.5)) return g.greater(energy, -0.2);
  const lengths = g.add(g.cast(g.greater(g.slice(energy, { start: [0, 0], limit: [null, 1] }), 0.01), "i32"), Math.ceil(timesOf(x) / 2));
  return g.less(g.tensor(Array.from({ length: timesOf(x) }, (_, t) => t), "i32"), lengths);
} // prettier-ignore

type Cell = "lstm" | "gru" | "simpleRnn";
function recurrent(kind: Cell, x: Value, d: Draw): Value {
  const options = {
    units: units(d),
    returnSequences: d.chance(0.6),
    useBias: d.chance(0.8),
    ...(d.chance(0.3) ? { mask: maskOf(x, d) } : {}),
    ...(d.chance(0.15) ? { truncation: 2 } : {}),
  };
  const resetAfter = d.chance(0.5);
  const layer = (y: Value, way: { readonly goBackwards?: boolean; readonly name?: string }): Value => {
    if (kind === "lstm") return g.lstm(y, { ...options, ...way });
    if (kind === "gru") return g.gru(y, { ...options, resetAfter, ...way });
    return g.simpleRnn(y, { ...options, ...way });
  };
  if (d.chance(0.3)) return g.bidirectional(x, layer, { mergeMode: d.pick(["concat", "sum", "mul", "ave"]) });
  return layer(x, d.chance(0.3) ? { goBackwards: true } : {});
}

function attention(x: Value, d: Draw): Value {
  const causal = d.chance(0.5);
  const mask = d.chance(0.4) ? { mask: maskOf(x, d) } : {};
  const [numHeads, keyDim] = [d.int(1, d.large ? 4 : 3), d.int(1, d.large ? 16 : 5)];
  const options = { numHeads, keyDim, causal, ...mask, useBias: d.chance(0.7), packed: d.chance(0.4) };
  const attended = g.multiHeadAttention(g.layerNorm(x, { epsilon: 1e-2 }), {
    ...options,
    ...(d.chance(0.2) ? { dropout: 0.2 } : {}),
  });
  return g.add(x, attended);
}

/** What suits [n, T, d] alone. */
export const sequences: Blocks = {
  conv1d: (x, d) => {
    const { size, strides, dilation, padding } = movesFor(x, d);
    const filters = filtersFor(x, d, 2);
    const groups = d.pick([1, 1, ...commonDivisors(channelsOf(x), filters)]);
    const causal = d.chance(0.2);
    return g.conv1d(x, {
      filters,
      kernelSize: size,
      strides,
      dilation,
      groups,
      padding: causal ? "causal" : padding,
      activation: d.activation(),
    });
  },
  depthwiseConv1d: (x, d) => {
    const { size, strides, dilation, padding } = movesFor(x, d);
    const depthMultiplier = d.int(1, 2);
    return g.depthwiseConv1d(x, { kernelSize: size, strides, dilation, padding, depthMultiplier });
  },
  separableConv1d: (x, d) => {
    const { size, strides, padding } = movesFor(x, d);
    return g.separableConv1d(x, { filters: filtersFor(x, d), kernelSize: size, strides, padding, activation: "relu" });
  },
  conv1dTranspose: (x, d) =>
    g.conv1dTranspose(x, {
      filters: filtersFor(x, d, 6),
      kernelSize: d.int(1, 4),
      strides: d.int(1, 3),
      padding: d.pick(["valid", "same"]),
    }),
  maxPool1d: (x, d) => {
    const { size, strides, padding } = movesFor(x, d, { dilated: false });
    return g.maxPool1d(x, { poolSize: size, strides, padding });
  },
  avgPool1d: (x, d) => {
    const { size, strides, padding } = movesFor(x, d, { dilated: false });
    return g.avgPool1d(x, { poolSize: size, strides, padding, countIncludePad: d.chance(0.3) });
  },
  lstm: (x, d) => recurrent("lstm", x, d),
  gru: (x, d) => recurrent("gru", x, d),
  simpleRnn: (x, d) => recurrent("simpleRnn", x, d),
  attention,
  /** A network at each time, in large models so wide that its matrix is read in panels. */
  wide: (x, d) => {
    const [times, inner] = d.large ? [d.pick([48, 50, 64]), d.pick([512, 640])] : [timesOf(x), d.int(1, 12)];
    const narrow = g.dense(x, { units: d.large ? 20 : 5, activation: "tanh" });
    const long = g.pad(narrow, { low: [0, 0, 0], high: [0, Math.max(0, times - timesOf(x)), 0] });
    const hidden = g.dense(long, { units: inner, activation: d.pick(["relu", "gelu"]) });
    return g.dense(hidden, { units: channelsOf(x) });
  },
  crossAttention: (x, d) => {
    const other = g.concat([g.tanh(x), g.reverse(x, 1)], { axis: 1 });
    const mask = d.chance(0.5) ? { mask: maskOf(other, d) } : {};
    return g.multiHeadAttention(x, { numHeads: 2, keyDim: d.int(1, 6), value: other, ...mask, outputDim: d.int(1, 9) });
  },
  /** Times look at one another, those before or after them alone. */
  triangle: (x, d) => {
    const scores = g.div(g.matmul(x, g.tanh(x), { transposeB: true }), channelsOf(x));
    const k = d.int(-2, 2);
    return g.matmul(d.chance(0.5) ? g.tril(scores, { k }) : g.triu(scores, { k }), x);
  },
  /** The same with rows that sum to 1, as attention is written by hand. */
  causalSoftmax: (x) => {
    const times = timesOf(x);
    const keep = g.tensor(Array.from({ length: times }, (_, i) => Array.from({ length: times }, (__, j) => (j <= i ? 1 : 0))), "bool");
    // Scores of hundreds would leave one weight of 1, and which one would be a matter of rounding.
    const scores = g.div(g.matmul(g.tanh(x), x, { transposeB: true }), channelsOf(x));
    return g.matmul(g.softmax(g.where(keep, scores, -1e9)), g.tanh(x));
  },
  /** The batch need not be the first axis. */
  timeMajor: (x, d) => {
    const byTime = g.transpose(x, [1, 0, 2]);
    const changed = d.pick([
      () => g.dense(byTime, { units: units(d), activation: "tanh" }),
      () => g.softmax(byTime, { axis: 0 }),
      () => g.layerNorm(byTime, { epsilon: 0.1 }),
      () => g.cumsum(g.mul(byTime, 0.2), { axis: 0 }),
      () => g.matmul(g.transpose(byTime, [0, 2, 1]), g.mul(byTime, 0.2)),
    ])();
    // The last of these are products over the batch, one for each time.
    return sameDim(changed.type.shape[1], x.type.shape[0]) ? g.transpose(changed, [1, 0, 2]) : g.matmul(x, g.tanh(g.sum(changed, { axis: 0 })));
  },
  positions: (x) => g.add(x, g.positionEmbedding(x, { sequenceLength: timesOf(x) })),
  sinusoids: (x) => g.add(x, g.sinusoidalPositions(x)),
  rotary: (x) => (channelsOf(x) % 2 === 0 ? g.rotaryPositions(x) : x),
  pooled: (x, d) => (d.chance(0.5) ? g.globalAvgPool1d(x) : g.globalMaxPool1d(x)),
  lastTime: (x) => g.squeeze(g.slice(x, { start: [0, -1] }), 1),
  upSampling1d: (x, d) => (timesOf(x) * channelsOf(x) * 3 > d.room ? x : g.upSampling1d(x, { size: d.int(1, 3) })),
  running: (x, d) => {
    // A recurrence of one's own over time, its carry a sum that fades.
    const first = g.squeeze(g.slice(x, { limit: [null, 1] }), 1);
    const decay = d.pick([0.5, 0.9]);
    const byTime = g.transpose(x, [1, 0, 2]);
    const [, all] = g.scan((h: Value, now: Value) => {
      const next = g.tanh(g.add(g.mul(h, decay), now));
      return [next, g.mul(next, now)];
    }, g.mul(first, 0), byTime); // prettier-ignore
    return g.transpose(all, [1, 0, 2]);
  },
}; // prettier-ignore

export function commonDivisors(a: number, b: number): number[] {
  return Array.from({ length: Math.min(a, b) }, (_, k) => k + 1).filter((k) => a % k === 0 && b % k === 0);
}
