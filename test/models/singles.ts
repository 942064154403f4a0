import * as g from "gradc";
import type { Value } from "gradc";
import type { Blocks } from "./draw.ts";

const width = (x: Value): number => x.type.shape[0] as number;

/** What suits one row that nothing says to be one: [d]. */
export const singles: Blocks = {
  dense: (x, d) => g.dense(x, { units: d.width(d.room), activation: d.activation(), useBias: d.chance(0.7) }),
  activated: (x, d) => g.activation(x, d.activation()),
  prelu: (x) => g.prelu(x),
  layerNorm: (x) => g.layerNorm(x, { epsilon: 1e-2 }),
  rmsNorm: (x) => g.rmsNorm(x, { epsilon: 1e-2 }),
  softmaxed: (x, d) => d.pick([g.softmax, g.logSoftmax])(x),
  centred: (x, d) => g.sub(x, d.pick([g.sum, g.mean, g.logSumExp])(x, { keepDims: true })),
  power: (x, d) => g.pow(g.add(g.abs(x), 0.2), d.pick([2, 0.5, 1.5, 3])),
  parts: (x) => {
    if (width(x) < 2) return x;
    return g.concat([g.slice(x, { start: [1] }), g.tanh(g.slice(x, { limit: [1] }))], { axis: 0 });
  },
  reversed: (x) => g.reverse(x, 0),
  dropout: (x) => g.dropout(x, { rate: 0.4 }),
  gaussianNoise: (x) => g.gaussianNoise(x, { stddev: 0.1 }),
  checkpointed: (x) => g.checkpoint((h: Value) => g.dense(g.tanh(h), { units: width(x) }), x),
  outer: (x) => g.matmul(g.mul(g.expandDims(x, 1), g.tanh(x)), x),
  remembered: (x) => {
    const memo = g.state("memo", [], { initializer: g.constant(0.3) });
    g.assign(memo, g.mul(g.add(memo, g.mean(x)), 0.5));
    return g.add(x, g.mul(memo, 0.1));
  },
  running: (x) => g.scan((h: Value, now: Value) => [g.tanh(g.add(h, now)), g.mul(h, now)], g.mean(x), x)[1],
};
