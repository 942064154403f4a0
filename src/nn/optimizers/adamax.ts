import type { OptimizerSpec } from "../../ir/program.ts";
import { documented } from "../about.ts";
import { abs, add, div, maximum, mul, sub } from "../sugar/elementwise.ts";
import { corrected } from "./adam.ts";
import { optimizer, type OptimizerOptions, type OptimizerRoom } from "./optimizer.ts";

export interface AdamaxOptions extends OptimizerOptions {
  /** 0.9 by default. */
  readonly beta1?: number;
  /** 0.999 by default. */
  readonly beta2?: number;
  /** Added to |g|; 1e-8 by default. */
  readonly epsilon?: number;
}

const room: OptimizerRoom = {
  name: "adamax",
  learningRate: 2e-3,
  scalars: {
    beta1: { initial: 0.9, below: 1 },
    beta2: { initial: 0.999, below: 1 },
    epsilon: { initial: 1e-8 },
  },
  decay: "l2",
  slots: () => ["m", "u"],
  counters: ["correction1"],
  step({ gradients: g, slots, counters, hyper, scalars, rate, spread }) {
    const m = add(mul(hyper["beta1"], slots["m"]), mul(spread(sub(1, scalars["beta1"])), g));
    const u = maximum(mul(hyper["beta2"], slots["u"]), add(abs(g), hyper["epsilon"]));
    const c1 = corrected(counters["correction1"], scalars["beta1"]);
    return { change: div(mul(spread(div(rate, c1)), m), u), slots: { m, u }, counters: { correction1: c1 } };
  },
};

/** Adamax (Kingma & Ba 2015) in PyTorch's form: Adam with the largest gradient, slowly forgotten, for the root. */
export const adamax = documented(
  {
    kind: "optimizer",
    doc: "Adam with a slowly forgotten largest gradient in place of the root.",
    formula: "m ← β₁m + (1−β₁)g; u ← max(β₂u, |g| + ε); p ← p − learningRate/(1−β₁ᵗ)·m/u",
    defaults: { learningRate: 2e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    keras: "Adamax (there learning_rate 0.001, epsilon 1e-7 by default and added to u)",
    pytorch: "Adamax",
    optax: "adamax (learning_rate without a default)",
  },
  function adamax(options: AdamaxOptions = {}): OptimizerSpec {
    return optimizer(room, options);
  },
);
