import type { Value } from "../../ir/graph.ts";
import { constant } from "../../ops/leaves.ts";
import { reject, shown } from "../check.ts";
import { add, div, floor, less, minimum, mul, pow, sub, where } from "../sugar/elementwise.ts";
import { documented } from "../about.ts";
import { asked, isSchedule, positive, schedule, type LearningRate, type Schedule } from "./schedule.ts";

export interface StepDecayOptions {
  readonly initial: number;
  /** Updates between two drops. */
  readonly every: number;
  /** What the rate is multiplied by at each drop; 0.1 by default. */
  readonly factor?: number;
}

/** The rate drops by a factor every so many updates: initial · factor^⌊t / every⌋, t counting updates from 0. */
export const stepDecay = documented(
  {
    kind: "schedule",
    doc: "The rate drops by a factor every so many updates.",
    formula: "initial · factor^⌊t / every⌋",
    defaults: { factor: 0.1 },
    keras: "ExponentialDecay (decay_steps = every, decay_rate = factor, staircase = True)",
    pytorch: "lr_scheduler.StepLR (step_size = every, gamma = factor)",
    optax: "exponential_decay (staircase = True)",
  },
  function stepDecay(options: StepDecayOptions): Schedule {
    const { rate, count, number } = asked("stepDecay", options, ["initial", "every", "factor"]);
    const [initial, every, factor] = [rate("initial"), count("every"), number("factor", 0.1)];
    return schedule("stepDecay", initial, (t) => pow(factor, floor(div(t, every))));
  },
);

export interface ExponentialDecayOptions {
  readonly initial: number;
  /** Updates in which the rate is multiplied by `rate` once. */
  readonly steps: number;
  readonly rate: number;
  /** Multiplies at once every `steps` updates instead of a little at each. */
  readonly staircase?: boolean;
}

/** initial · rate^(t / steps); with `staircase` the exponent is rounded down. */
export const exponentialDecay = documented(
  {
    kind: "schedule",
    doc: "The rate shrinks by the same proportion at each update.",
    formula: "initial · rate^(t / steps)",
    defaults: { staircase: false },
    keras: "ExponentialDecay (decay_steps = steps, decay_rate = rate)",
    pytorch: "lr_scheduler.ExponentialLR (gamma = rate^(1/steps))",
    optax: "exponential_decay (transition_steps = steps, decay_rate = rate)",
  },
  function exponentialDecay(options: ExponentialDecayOptions): Schedule {
    const { initial, decay, passed } = decayOf("exponentialDecay", options);
    return schedule("exponentialDecay", initial, (t) => pow(decay, passed(t)));
  },
);

interface Decay {
  readonly initial: number;
  readonly decay: number;
  /** How often `steps` updates have passed. */
  readonly passed: (t: Value) => Value;
}

/** The options that both decays by a rate take. */
function decayOf(name: string, options: ExponentialDecayOptions): Decay {
  const { rate, count, number, flag } = asked(name, options, ["initial", "steps", "rate", "staircase"]);
  const [initial, steps] = [rate("initial"), count("steps")];
  const [decay, staircase] = [number("rate", undefined), flag("staircase")];
  return { initial, decay, passed: (t) => (staircase ? floor(div(t, steps)) : div(t, steps)) };
}

/** initial / (1 + rate · t / steps); with `staircase` the quotient is rounded down. */
export const inverseTimeDecay = documented(
  {
    kind: "schedule",
    doc: "The rate shrinks as the inverse of the time.",
    formula: "initial / (1 + rate · t / steps)",
    defaults: { staircase: false },
    keras: "InverseTimeDecay (decay_steps = steps, decay_rate = rate)",
    pytorch: "the lr_decay of Adagrad (steps = 1)",
    optax: null,
  },
  function inverseTimeDecay(options: ExponentialDecayOptions): Schedule {
    const { initial, decay, passed } = decayOf("inverseTimeDecay", options);
    return schedule("inverseTimeDecay", initial, (t) => div(1, add(1, mul(decay, passed(t)))));
  },
);

export interface PolynomialDecayOptions {
  readonly initial: number;
  /** Updates until `end` is reached, where the rate then stays. */
  readonly steps: number;
  /** 0 by default. */
  readonly end?: number;
  /** 1, a straight line, by default. */
  readonly power?: number;
}

/** end + (initial − end) · (1 − min(t, steps) / steps)^power. */
export const polynomialDecay = documented(
  {
    kind: "schedule",
    doc: "The rate falls to its end along a power of the time that is left; a straight line by default.",
    formula: "end + (initial − end) · (1 − min(t, steps) / steps)^power",
    defaults: { end: 0, power: 1 },
    keras: "PolynomialDecay (decay_steps = steps, end_learning_rate = end, there 0.0001 by default)",
    pytorch: "lr_scheduler.PolynomialLR (total_iters = steps), LinearLR",
    optax: "polynomial_schedule (transition_steps = steps, end_value = end), linear_schedule",
  },
  function polynomialDecay(options: PolynomialDecayOptions): Schedule {
    const { rate, count, number } = asked("polynomialDecay", options, ["initial", "steps", "end", "power"]);
    const [initial, steps, end, power] = [
      rate("initial"),
      count("steps"),
      number("end", 0),
      number("power", 1),
    ];
    const last = end / initial;
    return schedule("polynomialDecay", initial, (t) => {
      const left = sub(1, div(minimum(t, steps), steps));
      return add(last, mul(1 - last, power === 1 ? left : pow(left, power)));
    });
  },
);

export interface PiecewiseConstantOptions {
  /** Increasing numbers of updates at which the next value begins. */
  readonly boundaries: readonly number[];
  /** One more than boundaries; the first is `hyper.learningRate` at first. */
  readonly values: readonly number[];
}

/** values[0] in the updates before boundaries[0], values[1] from then on, and so on. */
export const piecewiseConstant = documented(
  {
    kind: "schedule",
    doc: "Fixed rates between fixed numbers of updates; a value begins with the update of its boundary.",
    formula: "values[k] for boundaries[k − 1] ≤ t < boundaries[k]",
    keras: "PiecewiseConstantDecay (there a value begins one update after its boundary)",
    pytorch: "lr_scheduler.MultiStepLR (milestones = boundaries, with one factor)",
    optax: "piecewise_constant_schedule (with factors instead of values)",
  },
  function piecewiseConstant(options: PiecewiseConstantOptions): Schedule {
    asked("piecewiseConstant", options, ["boundaries", "values"]);
    const { boundaries, values } = options;
    if (!Array.isArray(boundaries) || !Array.isArray(values) || values.length !== boundaries.length + 1) {
      const [b, v] = [boundaries, values].map((list: unknown) =>
        Array.isArray(list) ? String(list.length) : "none",
      );
      return reject(
        "option",
        `piecewiseConstant needs one value more than boundaries, found ${v} and ${b}`,
        "piecewiseConstant({ boundaries: [1000, 2000], values: [1e-2, 1e-3, 1e-4] })",
      );
    }
    for (const [k, at] of boundaries.entries()) {
      if (Number.isSafeInteger(at) && at > (k === 0 ? 0 : boundaries[k - 1])) continue;
      reject(
        "option",
        `boundaries of piecewiseConstant must be whole numbers of updates that increase from 1, found ${boundaries.map(shown).join(", ")}`,
      );
    }
    const [first, ...rest] = values.map((value: unknown, k) =>
      positive(`value ${k} of piecewiseConstant`, value),
    );
    const ratio = (value: number): Value => constant({ value: value / first, dtype: "f64", shape: [] });
    return schedule("piecewiseConstant", first, (t) =>
      boundaries.reduceRight(
        (later, at, k) => where(less(t, at), ratio([first, ...rest][k]), later),
        ratio(rest.at(-1) ?? first),
      ),
    );
  },
);

export interface LinearWarmupOptions {
  /** Updates until the rate is whole. */
  readonly steps: number;
  /** The rate, or the schedule, that follows; a schedule counts from the end of the warm-up. */
  readonly then: LearningRate;
  /** What part of the rate the first update has; 0 by default. */
  readonly start?: number;
}

/** A straight line from start · rate up to the rate in `steps` updates, then another schedule from its beginning. */
export const linearWarmup = documented(
  {
    kind: "schedule",
    doc: "The rate rises in a straight line, then another schedule begins.",
    formula: "rate · (start + (1 − start) · t / steps) for t < steps, then next(t − steps)",
    defaults: { start: 0 },
    keras: "the warmup_steps of CosineDecay",
    pytorch: "lr_scheduler.LinearLR (start_factor = start, there 1/3) in a SequentialLR",
    optax: "join_schedules of linear_schedule and another",
  },
  function linearWarmup(options: LinearWarmupOptions): Schedule {
    const { count, number } = asked("linearWarmup", options, ["steps", "then", "start"]);
    const [steps, start] = [count("steps"), number("start", 0, 0, 1)];
    const { then } = options;
    const base = isSchedule(then) ? then.base : positive("then of linearWarmup", then);
    return schedule("linearWarmup", base, (t) => {
      const rising = add(start, mul(1 - start, div(t, steps)));
      return where(less(t, steps), rising, isSchedule(then) ? then.factor(sub(t, steps)) : 1);
    });
  },
);
