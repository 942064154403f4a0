import type { Value } from "../../ir/graph.ts";
import type { OptimizerSpec } from "../../ir/program.ts";
import { documented } from "../about.ts";
import { add, div, equal, logicalOr, mul, sqrt, where } from "../sugar/elementwise.ts";
import { corrected, corrections, moments } from "./adam.ts";
import { squaredNorm } from "./clip.ts";
import { optimizer, type OptimizerOptions, type OptimizerRoom } from "./optimizer.ts";

export interface LambOptions extends OptimizerOptions {
  /** 0.9 by default. */
  readonly beta1?: number;
  /** 0.999 by default. */
  readonly beta2?: number;
  /** Added outside the root; 1e-6 by default. */
  readonly epsilon?: number;
}

/** times·‖a‖ / ‖b‖, or 1 where either is 0: how far a parameter may go in a direction. */
export function trustRatio(a: Value, b: Value, times: Value | number = 1): Value {
  const [above, below] = [sqrt(squaredNorm(a)), sqrt(squaredNorm(b))];
  return where(logicalOr(equal(above, 0), equal(below, 0)), 1, mul(times, div(above, below)));
}

const room: OptimizerRoom = {
  name: "lamb",
  learningRate: 1e-3,
  scalars: {
    beta1: { initial: 0.9, below: 1 },
    beta2: { initial: 0.999, below: 1 },
    epsilon: { initial: 1e-6 },
  },
  decay: "own",
  perParameter: true,
  slots: () => ["m", "v"],
  counters: corrections,
  step(context) {
    const { parameters: p, counters, hyper, scalars, rate, spread } = context;
    const { m, v } = moments(context);
    const c1 = corrected(counters["correction1"], scalars["beta1"]);
    const c2 = corrected(counters["correction2"], scalars["beta2"]);
    const adam = div(div(m, spread(c1)), add(sqrt(div(v, spread(c2))), hyper["epsilon"]));
    const u = "weightDecay" in hyper ? add(adam, mul(hyper["weightDecay"], p)) : adam;
    const change = mul(spread(mul(rate, trustRatio(p, u))), u);
    return { change, slots: { m, v }, counters: { correction1: c1, correction2: c2 } };
  },
};

/** LAMB (You et al. 2020): Adam's step, for each parameter as long as the parameter itself times the rate. */
export const lamb = documented(
  {
    kind: "optimizer",
    doc: "Adam's step, for each parameter scaled to the parameter's own norm; for very large batches.",
    formula:
      "u = m̂/(√v̂ + ε) + weightDecay·p; p ← p − learningRate·(‖p‖/‖u‖)·u, the ratio 1 where a norm is 0",
    defaults: { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-6 },
    keras: "Lamb (there epsilon 1e-7 by default)",
    pytorch: null,
    optax: "lamb",
  },
  function lamb(options: LambOptions = {}): OptimizerSpec {
    return optimizer(room, options);
  },
);
