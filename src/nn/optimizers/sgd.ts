import type { OptimizerSpec } from "../../ir/program.ts";
import { documented } from "../about.ts";
import { reject } from "../check.ts";
import { add, mul } from "../sugar/elementwise.ts";
import { optimizer, type OptimizerOptions, type OptimizerRoom } from "./optimizer.ts";

export interface SgdOptions extends OptimizerOptions {
  readonly learningRate: NonNullable<OptimizerOptions["learningRate"]>;
  /** Keeps a buffer v = momentum·v + g that takes the gradient's place. */
  readonly momentum?: number;
  /** Steps along g + momentum·v instead of v. */
  readonly nesterov?: boolean;
}

const room: OptimizerRoom = {
  name: "sgd",
  scalars: { momentum: { below: 1 } },
  flags: ["nesterov"],
  decay: "l2",
  slots: ({ momentum }) => (momentum === undefined ? [] : ["momentum"]),
  step({ gradients: g, slots, hyper, rate, spread, flags }) {
    if (!("momentum" in hyper)) return { change: mul(spread(rate), g) };
    const mu = hyper["momentum"];
    const v = add(mul(mu, slots["momentum"]), g);
    return { change: mul(spread(rate), flags["nesterov"] ? add(g, mul(mu, v)) : v), slots: { momentum: v } };
  },
};

/**
 * Gradient descent, p ← p − learningRate·g, in PyTorch's form: with momentum v ← momentum·v + g and
 * p ← p − learningRate·v, or with Nesterov's p ← p − learningRate·(g + momentum·v).
 */
export const sgd = documented(
  {
    kind: "optimizer",
    doc: "Gradient descent, with momentum and Nesterov's step where asked for.",
    formula: "v ← momentum·v + g; p ← p − learningRate·v, with nesterov p − learningRate·(g + momentum·v)",
    defaults: { nesterov: false },
    keras:
      "SGD (there learning_rate 0.01 by default and inside the buffer: v ← momentum·v − learning_rate·g)",
    pytorch: "SGD (lr 0.001 by default, dampening 0)",
    optax: "sgd (without weight decay: add_decayed_weights)",
  },
  function sgd(options: SgdOptions): OptimizerSpec {
    const made = optimizer(room, options);
    if (options.nesterov && options.momentum === undefined) {
      reject(
        "option",
        "sgd: nesterov needs a momentum",
        "sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true })",
      );
    }
    return made;
  },
);
