import type { OptimizerSpec } from "../../ir/program.ts";
import { documented } from "../about.ts";
import { add, mul, sign, sub } from "../sugar/elementwise.ts";
import { optimizer, type OptimizerOptions, type OptimizerRoom } from "./optimizer.ts";

export interface LionOptions extends OptimizerOptions {
  /** 0.9 by default. */
  readonly beta1?: number;
  /** 0.99 by default. */
  readonly beta2?: number;
}

const room: OptimizerRoom = {
  name: "lion",
  learningRate: 1e-4,
  scalars: { beta1: { initial: 0.9, below: 1 }, beta2: { initial: 0.99, below: 1 } },
  decay: "decoupled",
  slots: () => ["m"],
  step({ gradients: g, slots, hyper, scalars, rate, spread }) {
    const mixed = (beta: "beta1" | "beta2") =>
      add(mul(hyper[beta], slots["m"]), mul(spread(sub(1, scalars[beta])), g));
    return { change: mul(spread(rate), sign(mixed("beta1"))), slots: { m: mixed("beta2") } };
  },
};

/** Lion (Chen et al. 2023): steps of one size, in the direction of the sign of a mix of momentum and gradient. */
export const lion = documented(
  {
    kind: "optimizer",
    doc: "Steps of one size along the sign of a mix of momentum and gradient; weight decay is decoupled.",
    formula: "p ← p·(1 − learningRate·weightDecay) − learningRate·sign(β₁m + (1−β₁)g); m ← β₂m + (1−β₂)g",
    defaults: { learningRate: 1e-4, beta1: 0.9, beta2: 0.99 },
    keras: "Lion (there learning_rate 0.001 by default)",
    pytorch: null,
    optax: "lion (there weight_decay 0.001 by default)",
  },
  function lion(options: LionOptions = {}): OptimizerSpec {
    return optimizer(room, options);
  },
);
