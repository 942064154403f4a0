import type { OptimizerSpec } from "../../ir/program.ts";
import { documented } from "../about.ts";
import { add, div, maximum, mul, sqrt, square, sub } from "../sugar/elementwise.ts";
import { optimizer, type OptimizerOptions, type OptimizerRoom } from "./optimizer.ts";

export interface RmspropOptions extends OptimizerOptions {
  /** How much of the average of squares is kept at each update; 0.9 by default. */
  readonly decay?: number;
  /** Added outside the root; 1e-8 by default. */
  readonly epsilon?: number;
  /** Keeps a buffer of the scaled gradients: b ← momentum·b + g/(√v + ε). */
  readonly momentum?: number;
  /** Takes the square of the average gradient off the average square: an estimate of the variance. */
  readonly centered?: boolean;
}

const room: OptimizerRoom = {
  name: "rmsprop",
  learningRate: 1e-2,
  scalars: { decay: { initial: 0.9, below: 1 }, epsilon: { initial: 1e-8 }, momentum: { below: 1 } },
  flags: ["centered"],
  decay: "l2",
  slots: ({ centered, momentum }) => [
    "v",
    ...(centered ? ["mean"] : []),
    ...(momentum === undefined ? [] : ["momentum"]),
  ],
  step({ gradients: g, slots, hyper, scalars, rate, spread, flags }) {
    const fresh = spread(sub(1, scalars["decay"]));
    const v = add(mul(hyper["decay"], slots["v"]), mul(fresh, square(g)));
    const mean = flags["centered"] ? add(mul(hyper["decay"], slots["mean"]), mul(fresh, g)) : g;
    // A variance is never negative, but the rounded difference may be, and its root would be NaN.
    const variance = flags["centered"] ? maximum(sub(v, square(mean)), 0) : v;
    const scaled = div(g, add(sqrt(variance), hyper["epsilon"]));
    const direction = "momentum" in hyper ? add(mul(hyper["momentum"], slots["momentum"]), scaled) : scaled;
    return { change: mul(spread(rate), direction), slots: { v, mean, momentum: direction } };
  },
};

/** RMSprop (Hinton 2012) in PyTorch's form: v ← decay·v + (1−decay)·g², p ← p − learningRate·g / (√v + ε). */
export const rmsprop = documented(
  {
    kind: "optimizer",
    doc: "Divides the gradient by the root of the moving average of its square.",
    formula:
      "v ← decay·v + (1−decay)·g²; b ← momentum·b + g/(√v + ε); p ← p − learningRate·b; centered: √(v − mean²)",
    defaults: { learningRate: 1e-2, decay: 0.9, epsilon: 1e-8, centered: false },
    keras: "RMSprop (rho = decay; there learning_rate 0.001, epsilon 1e-7 by default and inside the root)",
    pytorch: "RMSprop (alpha = decay, there 0.99 by default)",
    optax: "rmsprop (there epsilon inside the root by default, and momentum on the scaled step)",
  },
  function rmsprop(options: RmspropOptions = {}): OptimizerSpec {
    return optimizer(room, options);
  },
);
