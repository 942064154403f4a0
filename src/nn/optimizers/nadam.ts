import type { Value } from "../../ir/graph.ts";
import type { OptimizerSpec } from "../../ir/program.ts";
import { documented } from "../about.ts";
import { add, div, exp, mul, sqrt, sub } from "../sugar/elementwise.ts";
import { corrected, moments } from "./adam.ts";
import { optimizer, type OptimizerOptions, type OptimizerRoom } from "./optimizer.ts";

export interface NadamOptions extends OptimizerOptions {
  /** 0.9 by default. */
  readonly beta1?: number;
  /** 0.999 by default. */
  readonly beta2?: number;
  /** Added outside the root; 1e-8 by default. */
  readonly epsilon?: number;
  /** How fast the momentum rises to β₁; 0.004 by default. */
  readonly momentumDecay?: number;
}

const room: OptimizerRoom = {
  name: "nadam",
  learningRate: 2e-3,
  scalars: {
    beta1: { initial: 0.9, below: 1 },
    beta2: { initial: 0.999, below: 1 },
    epsilon: { initial: 1e-8 },
    momentumDecay: { initial: 4e-3 },
  },
  decay: "l2",
  slots: () => ["m", "v"],
  counters: ["momentum", "correction2"],
  step(context) {
    const { gradients: g, counters, hyper, scalars, rate, step, spread } = context;
    const { m, v } = moments(context);
    // μₜ = β₁(1 − ½·0.96^(t·momentumDecay)), the next power by one more factor; the counter holds 1 − μ₁·…·μₜ.
    const factor = mul(Math.log(0.96), scalars["momentumDecay"]);
    const power = exp(mul(step, factor));
    const momentum = (x: Value): Value => mul(scalars["beta1"], sub(1, mul(0.5, x)));
    const [now, next] = [momentum(power), momentum(mul(power, exp(factor)))];
    const missing = corrected(counters["momentum"], now);
    const c2 = corrected(counters["correction2"], scalars["beta2"]);
    const alongG = spread(div(mul(rate, sub(1, now)), missing));
    const alongM = spread(div(mul(rate, next), corrected(missing, next)));
    const root = add(sqrt(div(v, spread(c2))), hyper["epsilon"]);
    const change = div(add(mul(alongG, g), mul(alongM, m)), root);
    return { change, slots: { m, v }, counters: { momentum: missing, correction2: c2 } };
  },
};

/** Nadam (Dozat 2016) in PyTorch's form: Adam with Nesterov's look ahead and a momentum that rises to β₁. */
export const nadam = documented(
  {
    kind: "optimizer",
    doc: "Adam with Nesterov's look ahead.",
    formula:
      "p ← p − learningRate·((1−μₜ)/(1−∏μ)·g + μₜ₊₁/(1−∏μ·μₜ₊₁)·m) / (√v̂ + ε), μₜ = β₁(1 − ½·0.96^(t·momentumDecay))",
    defaults: { learningRate: 2e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, momentumDecay: 4e-3 },
    keras:
      "Nadam (there learning_rate 0.001, epsilon 1e-7 by default, and no momentumDecay, as if it were 1)",
    pytorch: "NAdam",
    optax: "nadam (another formula: adam with nesterov = True, without the rising momentum)",
  },
  function nadam(options: NadamOptions = {}): OptimizerSpec {
    return optimizer(room, options);
  },
);
