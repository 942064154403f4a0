import * as g from "gradc";
import type { OptimizerSpec } from "gradc";
import type { Draw } from "./draw.ts";

type Options = g.SgdOptions & g.AdamOptions;
const kinds: readonly ((options: Options, d: Draw) => OptimizerSpec)[] = [
  (options) => g.sgd(options),
  (options, d) => g.sgd({ ...options, momentum: 0.9, nesterov: d.chance(0.5) }),
  (options, d) => g.adam({ ...options, amsgrad: d.chance(0.3) }),
  (options) => g.adam(options),
  (options) => g.adamW(options),
  (options, d) =>
    g.rmsprop({ ...options, centered: d.chance(0.4), ...(d.chance(0.5) ? { momentum: 0.5 } : {}) }),
  (options) => g.adagrad(options),
  (options) => g.adadelta(options),
  (options) => g.adamax(options),
  (options) => g.nadam(options),
  (options) => g.lion(options),
  (options) => g.lamb(options),
  (options) => g.lars(options),
];

/** Any optimizer with any of what all of them take. */
export function optimizerOf(d: Draw): OptimizerSpec {
  const learningRate = d.chance(0.3) ? g.cosineDecay({ peak: 0.01, steps: 10, warmup: 2 }) : 0.01;
  const clip = d.pick([{}, {}, { clipValue: 0.1 }, { clipNorm: 0.5 }, { globalClipNorm: 0.5 }]);
  const isTiny = d.size === "tiny";
  // One number is a group too.
  const grouped = isTiny && d.chance(0.5) ? "offset" : "**/kernel";
  const options: Options = {
    learningRate,
    ...clip,
    ...(d.chance(0.3) ? { weightDecay: 0.01 } : {}),
    ...(d.chance(0.2) ? { ema: 0.9 } : {}),
    ...(d.chance(isTiny ? 0.3 : 0.15) ? { accumulate: 2 } : {}),
    ...(d.chance(0.2) ? { groups: { some: { parameters: grouped, learningRate: 0.02 } } } : {}),
  };
  return d.pick(kinds)(options, d);
}
