import type { OptimizerSpec } from "../../ir/program.ts";
import { documented } from "../about.ts";
import { add, mul } from "../sugar/elementwise.ts";
import { trustRatio } from "./lamb.ts";
import { optimizer, type OptimizerOptions, type OptimizerRoom } from "./optimizer.ts";

export interface LarsOptions extends OptimizerOptions {
  readonly learningRate: NonNullable<OptimizerOptions["learningRate"]>;
  /** 0.9 by default. */
  readonly momentum?: number;
  /** How much of its norm a parameter may change by; 0.001 by default. */
  readonly trust?: number;
}

const room: OptimizerRoom = {
  name: "lars",
  scalars: { momentum: { initial: 0.9, below: 1 }, trust: { initial: 1e-3 } },
  decay: "own",
  perParameter: true,
  slots: () => ["momentum"],
  step({ parameters: p, gradients, slots, hyper, scalars, rate, spread }) {
    const g = "weightDecay" in hyper ? add(gradients, mul(hyper["weightDecay"], p)) : gradients;
    const scale = mul(rate, trustRatio(p, g, scalars["trust"]));
    const v = add(mul(hyper["momentum"], slots["momentum"]), mul(spread(scale), g));
    return { change: v, slots: { momentum: v } };
  },
};

/** LARS (You et al. 2017): momentum over gradients that are, for each parameter, scaled to the parameter's norm. */
export const lars = documented(
  {
    kind: "optimizer",
    doc: "Momentum over gradients scaled, for each parameter, to the parameter's own norm.",
    formula:
      "g ← g + weightDecay·p; v ← momentum·v + learningRate·(trust·‖p‖/‖g‖)·g; p ← p − v, the bracket 1 where a norm is 0",
    defaults: { momentum: 0.9, trust: 1e-3 },
    keras: null,
    pytorch: null,
    optax: "lars (trust_coefficient = trust)",
  },
  function lars(options: LarsOptions): OptimizerSpec {
    return optimizer(room, options);
  },
);
