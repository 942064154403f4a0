import { builder, sourceLine } from "../ir/builder.ts";
import type { Value } from "../ir/graph.ts";
import type { OptimizerContext, OptimizerSpec } from "../ir/program.ts";
import { checkNumber, checkOptions, reject, shown } from "./check.ts";
import { add, div, mul, sqrt, square, sub } from "./sugar/elementwise.ts";

type Update = ReturnType<OptimizerSpec["update"]>;

/** An optimizer whose formula's nodes are said to come from the line that declared it. */
function optimizer(
  name: string,
  hyper: OptimizerSpec["hyper"],
  { slots, counters = [] }: { readonly slots: readonly string[]; readonly counters?: readonly string[] },
  update: (context: OptimizerContext) => Update,
): OptimizerSpec {
  const origin = { layer: name, source: sourceLine() };
  return Object.freeze({
    name,
    hyper: Object.freeze(hyper),
    slots,
    counters,
    update: (context: OptimizerContext) => builder().within(origin, () => update(context)),
  });
}

export const isOptimizer = (thing: unknown): thing is OptimizerSpec =>
  typeof thing === "object" && thing !== null && "update" in thing && "slots" in thing && "hyper" in thing;

/** The rate of this step. The schedule's factor, which belongs to this product, is constant at 1. */
const rateOf = ({ scalars }: OptimizerContext): Value => scalars["learningRate"];

/** PyTorch's weight decay of sgd and adam: the gradient of ½·weightDecay·‖p‖² is added to the loss's. */
const decayed = ({ gradients, parameters, hyper }: OptimizerContext): Value =>
  "weightDecay" in hyper ? add(gradients, mul(hyper["weightDecay"], parameters)) : gradients;

// A scalar exists in the program only if the caller asked for it; then it stays assignable, even from 0.
const only = (hyper: Readonly<Record<string, number | undefined>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(hyper).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );

const optional = (what: string, value: number | undefined, below = Infinity): number | undefined =>
  value === undefined ? undefined : checkNumber(what, value, 0, below);

export interface SgdOptions {
  readonly learningRate: number;
  /** Keeps a buffer v = momentum·v + g that takes the gradient's place. */
  readonly momentum?: number;
  /** Steps along g + momentum·v instead of v. */
  readonly nesterov?: boolean;
  /** Adds weightDecay·p to the gradient. */
  readonly weightDecay?: number;
}

/**
 * Gradient descent, p ← p − learningRate·g, in PyTorch's form: with momentum v ← momentum·v + g and
 * p ← p − learningRate·v, or with Nesterov's p ← p − learningRate·(g + momentum·v).
 */
export function sgd(options: SgdOptions): OptimizerSpec {
  checkOptions("sgd", options, ["learningRate", "momentum", "nesterov", "weightDecay"]);
  const learningRate = checkNumber("learningRate of sgd", options.learningRate, 0);
  const momentum = optional("momentum of sgd", options.momentum, 1);
  const weightDecay = optional("weightDecay of sgd", options.weightDecay);
  const { nesterov = false } = options;
  if (typeof nesterov !== "boolean")
    reject("option", `nesterov of sgd must be true or false, found ${shown(nesterov)}`);
  if (nesterov && momentum === undefined) {
    reject(
      "option",
      "sgd: nesterov needs a momentum",
      "sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true })",
    );
  }
  const hyper = only({ learningRate, momentum, weightDecay });
  return optimizer("sgd", hyper, { slots: momentum === undefined ? [] : ["momentum"] }, (context): Update => {
    const { parameters, slots, spread } = context;
    const rate = spread(rateOf(context));
    const g = decayed(context);
    if (momentum === undefined) return { parameters: sub(parameters, mul(rate, g)), slots: {} };
    const mu = context.hyper["momentum"];
    const v = add(mul(mu, slots["momentum"]), g);
    const direction = nesterov ? add(g, mul(mu, v)) : v;
    return { parameters: sub(parameters, mul(rate, direction)), slots: { momentum: v } };
  });
}

export interface AdamOptions {
  /** 0.001 by default. */
  readonly learningRate?: number;
  /** 0.9 by default. */
  readonly beta1?: number;
  /** 0.999 by default. */
  readonly beta2?: number;
  /** Added outside the root; 1e-8 by default. */
  readonly epsilon?: number;
  /** adam: adds weightDecay·p to the gradient. adamW: shrinks p itself, by 0.01 by default. */
  readonly weightDecay?: number;
}

function adamHyper(name: string, options: AdamOptions): Record<string, number | undefined> {
  checkOptions(name, options, ["learningRate", "beta1", "beta2", "epsilon", "weightDecay"]);
  return {
    learningRate: checkNumber(`learningRate of ${name}`, options.learningRate ?? 1e-3, 0),
    beta1: checkNumber(`beta1 of ${name}`, options.beta1 ?? 0.9, 0, 1),
    beta2: checkNumber(`beta2 of ${name}`, options.beta2 ?? 0.999, 0, 1),
    epsilon: checkNumber(`epsilon of ${name}`, options.epsilon ?? 1e-8, 0),
    weightDecay: optional(`weightDecay of ${name}`, options.weightDecay),
  };
}

const adamMemory = { slots: ["m", "v"], counters: ["correction1", "correction2"] };

/**
 * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², p ← p − rate·m̂ / (√v̂ + ε) with m̂ = m/c₁, v̂ = v/c₂, cₖ = 1 − βₖ^step.
 * Both sides of the fraction are multiplied by √c₂, so that the corrections are scalars computed once:
 * p ← p − (rate·√c₂/c₁)·m / (√v + ε·√c₂).
 */
function adamStep(context: OptimizerContext, g: Value, parameters: Value): Update {
  const { hyper, scalars, slots, counters, spread } = context;
  const { beta1, beta2, epsilon } = scalars;
  const m = add(mul(hyper["beta1"], slots["m"]), mul(spread(sub(1, beta1)), g));
  const v = add(mul(hyper["beta2"], slots["v"]), mul(spread(sub(1, beta2)), square(g)));
  // cₖ ← cₖ + (1−βₖ)(1−cₖ) is 1 − βₖ^step without a power, exact to the last bits however close βₖ is to 1.
  const next = (c: Value, beta: Value): Value => add(c, mul(sub(1, beta), sub(1, c)));
  const c1 = next(counters["correction1"], beta1);
  const c2 = next(counters["correction2"], beta2);
  const root = sqrt(c2);
  const scale = div(mul(rateOf(context), root), c1);
  const change = div(mul(spread(scale), m), add(sqrt(v), spread(mul(epsilon, root))));
  return {
    parameters: sub(parameters, change),
    slots: { m, v },
    counters: { correction1: c1, correction2: c2 },
  };
}

/** Adam (Kingma & Ba 2015) in PyTorch's form: bias-corrected, epsilon outside the root. */
export function adam(options: AdamOptions = {}): OptimizerSpec {
  return optimizer("adam", only(adamHyper("adam", options)), adamMemory, (context) =>
    adamStep(context, decayed(context), context.parameters),
  );
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019): first p ← p·(1 − rate·weightDecay), as PyTorch. */
export function adamW(options: AdamOptions = {}): OptimizerSpec {
  const hyper = adamHyper("adamW", options);
  return optimizer(
    "adamW",
    only({ ...hyper, weightDecay: hyper["weightDecay"] ?? 0.01 }),
    adamMemory,
    (context) => {
      const shrink = context.spread(sub(1, mul(rateOf(context), context.scalars["weightDecay"])));
      return adamStep(context, context.gradients, mul(context.parameters, shrink));
    },
  );
}
