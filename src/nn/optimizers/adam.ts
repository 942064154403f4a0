import type { Value } from "../../ir/graph.ts";
import type { OptimizerSpec } from "../../ir/program.ts";
import { documented } from "../about.ts";
import { add, div, maximum, mul, sqrt, square, sub } from "../sugar/elementwise.ts";
import {
  optimizer,
  type OptimizerOptions,
  type OptimizerRoom,
  type Step,
  type StepContext,
} from "./optimizer.ts";

export interface AdamOptions extends OptimizerOptions {
  /** 0.9 by default. */
  readonly beta1?: number;
  /** 0.999 by default. */
  readonly beta2?: number;
  /** Added outside the root; 1e-8 by default. */
  readonly epsilon?: number;
  /** Divides by the largest v so far instead of v. */
  readonly amsgrad?: boolean;
}

/** The moving averages of the gradient and its square: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g². */
export function moments({ hyper, scalars, slots, spread, gradients: g }: StepContext): {
  m: Value;
  v: Value;
} {
  const { beta1, beta2 } = scalars;
  return {
    m: add(mul(hyper["beta1"], slots["m"]), mul(spread(sub(1, beta1)), g)),
    v: add(mul(hyper["beta2"], slots["v"]), mul(spread(sub(1, beta2)), square(g))),
  };
}

/**
 * 1 − β^step without a power: c ← c + (1−β)(1−c), exact to the last bits however close β is to 1. With another
 * factor at each step it is 1 minus their product.
 */
export const corrected = (c: Value, beta: Value): Value => add(c, mul(sub(1, beta), sub(1, c)));

/** Names of the counters that hold 1 − β₁^step and 1 − β₂^step. */
export const corrections = ["correction1", "correction2"];

/**
 * p ← p − rate·m̂ / (√v̂ + ε) with m̂ = m/c₁, v̂ = v/c₂, cₖ = 1 − βₖ^step. Both sides of the fraction are multiplied
 * by √c₂, so that the corrections are scalars computed once: p ← p − (rate·√c₂/c₁)·m / (√v + ε·√c₂).
 */
function adamStep(context: StepContext): Step {
  const { scalars, slots, counters, spread, rate, flags } = context;
  const { m, v } = moments(context);
  const c1 = corrected(counters["correction1"], scalars["beta1"]);
  const c2 = corrected(counters["correction2"], scalars["beta2"]);
  const root = sqrt(c2);
  const scale = div(mul(rate, root), c1);
  const vMax = flags["amsgrad"] ? maximum(slots["vMax"], v) : v;
  const change = div(mul(spread(scale), m), add(sqrt(vMax), spread(mul(scalars["epsilon"], root))));
  return { change, slots: { m, v, vMax }, counters: { correction1: c1, correction2: c2 } };
}

const room: OptimizerRoom = {
  name: "adam",
  learningRate: 1e-3,
  scalars: {
    beta1: { initial: 0.9, below: 1 },
    beta2: { initial: 0.999, below: 1 },
    epsilon: { initial: 1e-8 },
  },
  flags: ["amsgrad"],
  decay: "l2",
  slots: ({ amsgrad }) => ["m", "v", ...(amsgrad ? ["vMax"] : [])],
  counters: corrections,
  step: adamStep,
};

const defaults = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, amsgrad: false };
const formula =
  "m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; p ← p − learningRate·m̂ / (√v̂ + ε), m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)";

/** Adam (Kingma & Ba 2015) in PyTorch's form: bias-corrected, epsilon outside the root; weightDecay is L2. */
export const adam = documented(
  {
    kind: "optimizer",
    doc: "Moving averages of the gradient and its square, both corrected for their start at zero.",
    formula,
    defaults,
    keras: "Adam (there epsilon 1e-7 by default, added before v's correction; weight_decay is decoupled)",
    pytorch: "Adam",
    optax: "adam (without weight decay), amsgrad (there the maximum is of the corrected v)",
  },
  function adam(options: AdamOptions = {}): OptimizerSpec {
    return optimizer(room, options);
  },
);

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019): first p ← p·(1 − rate·weightDecay), as PyTorch. */
export const adamW = documented(
  {
    kind: "optimizer",
    doc: "Adam after shrinking the parameters themselves (decoupled weight decay).",
    formula: `p ← p·(1 − learningRate·weightDecay); ${formula}`,
    defaults: { ...defaults, weightDecay: 0.01 },
    keras: "AdamW (there epsilon 1e-7 and weight_decay 0.004 by default)",
    pytorch: "AdamW",
    optax: "adamw (there weight_decay 1e-4 by default)",
  },
  function adamW(options: AdamOptions = {}): OptimizerSpec {
    return optimizer({ ...room, name: "adamW", decay: "decoupled", weightDecay: 0.01 }, options);
  },
);
