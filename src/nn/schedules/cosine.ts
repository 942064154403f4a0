import type { Value } from "../../ir/graph.ts";
import { documented } from "../about.ts";
import {
  add,
  cos,
  div,
  floor,
  less,
  log,
  lessEqual,
  maximum,
  minimum,
  mul,
  pow,
  sub,
  where,
} from "../sugar/elementwise.ts";
import { reject } from "../check.ts";
import { asked, schedule, type Schedule } from "./schedule.ts";

/** Half a cosine from 1 to 0 for x from 0 to 1. */
const halfCosine = (x: Value): Value => mul(0.5, add(1, cos(mul(Math.PI, x))));

export interface CosineDecayOptions {
  /** The largest rate, `hyper.learningRate` at first. */
  readonly peak: number;
  /** Updates until `end` is reached, where the rate then stays; the warm-up is part of them. */
  readonly steps: number;
  /** Updates in which the rate first rises from 0 in a straight line; 0 by default. */
  readonly warmup?: number;
  /** 0 by default. */
  readonly end?: number;
}

/** Half a cosine from `peak` down to `end`, after a straight rise from 0 if there is a warm-up. */
export const cosineDecay = documented(
  {
    kind: "schedule",
    doc: "Half a cosine down to the end, after a straight rise from 0 where there is a warm-up.",
    formula:
      "end + (peak − end) · ½(1 + cos(π · min(t − warmup, T) / T)), T = steps − warmup; peak · t / warmup before",
    defaults: { warmup: 0, end: 0 },
    keras: "CosineDecay (there decay_steps does not count the warm-up, and alpha is end / peak)",
    pytorch: "lr_scheduler.CosineAnnealingLR (T_max = steps, eta_min = end)",
    optax: "cosine_decay_schedule, warmup_cosine_decay_schedule (decay_steps = steps)",
  },
  function cosineDecay(options: CosineDecayOptions): Schedule {
    const { rate, count, number } = asked("cosineDecay", options, ["peak", "steps", "warmup", "end"]);
    const [peak, steps, warmup, last] = [
      rate("peak"),
      count("steps"),
      count("warmup", 0, 0),
      number("end", 0),
    ];
    if (warmup >= steps) {
      reject(
        "option",
        `cosineDecay has a warmup of ${warmup} updates in ${steps} steps`,
        "steps counts the warm-up too",
      );
    }
    const [end, length] = [last / peak, steps - warmup];
    return schedule("cosineDecay", peak, (t) => {
      const falling = add(
        end,
        mul(1 - end, halfCosine(div(minimum(maximum(sub(t, warmup), 0), length), length))),
      );
      return warmup === 0 ? falling : where(less(t, warmup), div(t, warmup), falling);
    });
  },
);

export interface CosineRestartsOptions {
  readonly peak: number;
  /** Updates until the first restart. */
  readonly steps: number;
  /** How much longer each period is than the one before; 2 by default. */
  readonly stretch?: number;
  /** What the peak is multiplied by at each restart; 1 by default. */
  readonly shrink?: number;
  /** 0 by default. */
  readonly end?: number;
}

/** Half cosines from `peak` to `end`, one after another (Loshchilov & Hutter 2017, SGDR). */
export const cosineRestarts = documented(
  {
    kind: "schedule",
    doc: "Half cosines one after another, each longer than the one before.",
    formula: "end + (peak · shrinkⁱ − end) · ½(1 + cos(π · u / (steps · stretchⁱ))), u updates into period i",
    defaults: { stretch: 2, shrink: 1, end: 0 },
    keras:
      "CosineDecayRestarts (first_decay_steps = steps, t_mul = stretch, m_mul = shrink, alpha = end / peak)",
    pytorch: "lr_scheduler.CosineAnnealingWarmRestarts (T_0 = steps, T_mult = stretch, there 1 by default)",
    optax: "sgdr_schedule",
  },
  function cosineRestarts(options: CosineRestartsOptions): Schedule {
    const { rate, count, number } = asked("cosineRestarts", options, [
      "peak",
      "steps",
      "stretch",
      "shrink",
      "end",
    ]);
    const [peak, steps, stretch] = [rate("peak"), count("steps"), number("stretch", 2, 1)];
    const [shrink, end] = [number("shrink", 1), number("end", 0) / peak];
    // Periods before the k-th take 1 + stretch + … + stretch^(k−1) first periods.
    const startOf = (k: Value): Value => (stretch === 1 ? k : div(sub(pow(stretch, k), 1), stretch - 1));
    return schedule("cosineRestarts", peak, (t) => {
      const time = div(t, steps);
      // The logarithm is rounded, so it is taken a little too small, and where the next period has begun, that is it.
      const periods = stretch === 1 ? time : div(log(add(1, mul(time, stretch - 1))), Math.log(stretch));
      const low = floor(maximum(sub(periods, 1e-9), 0));
      const period = where(lessEqual(startOf(add(low, 1)), time), add(low, 1), low);
      const part = div(sub(time, startOf(period)), pow(stretch, period));
      return add(end, mul(sub(pow(shrink, period), end), halfCosine(part)));
    });
  },
);

export interface OneCycleOptions {
  readonly peak: number;
  readonly steps: number;
  /** The part of the steps in which the rate rises; 0.3 by default. */
  readonly rise?: number;
  /** The first rate is peak / startDivisor; 25 by default. */
  readonly startDivisor?: number;
  /** The last rate is the first one / endDivisor; 1e4 by default. */
  readonly endDivisor?: number;
}

/** One rise and one fall, both half cosines (Smith & Topin 2018), with PyTorch's numbers of updates. */
export const oneCycle = documented(
  {
    kind: "schedule",
    doc: "One rise and one longer fall, both half cosines.",
    formula:
      "peak/startDivisor up to peak until t = rise · steps − 1, down to peak/(startDivisor · endDivisor) at t = steps − 1",
    defaults: { rise: 0.3, startDivisor: 25, endDivisor: 1e4 },
    keras: null,
    pytorch:
      "lr_scheduler.OneCycleLR (max_lr = peak, total_steps = steps, pct_start = rise), without its cycle of momentum",
    optax: "cosine_onecycle_schedule",
  },
  function oneCycle(options: OneCycleOptions): Schedule {
    const { rate, count, number } = asked("oneCycle", options, [
      "peak",
      "steps",
      "rise",
      "startDivisor",
      "endDivisor",
    ]);
    const [peak, steps, rise] = [rate("peak"), count("steps", undefined, 2), number("rise", 0.3, 0, 1)];
    const [startDivisor, endDivisor] = [number("startDivisor", 25, 1), number("endDivisor", 1e4, 1)];
    const top = rise * steps - 1;
    if (top < 0)
      reject(
        "option",
        `oneCycle cannot rise within ${rise} of ${steps} steps`,
        "take more steps or a larger rise",
      );
    const [first, last] = [1 / startDivisor, 1 / (startDivisor * endDivisor)];
    return schedule("oneCycle", peak, (t) => {
      const fall = halfCosine(div(sub(minimum(maximum(t, top), steps - 1), top), steps - 1 - top));
      const falling = add(last, mul(1 - last, fall));
      if (top === 0) return falling;
      const up = halfCosine(div(minimum(t, top), top));
      return where(lessEqual(t, top), add(1, mul(first - 1, up)), falling);
    });
  },
);
