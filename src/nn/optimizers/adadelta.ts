import type { OptimizerSpec } from "../../ir/program.ts";
import { documented } from "../about.ts";
import { add, div, mul, sqrt, square, sub } from "../sugar/elementwise.ts";
import { optimizer, type OptimizerOptions, type OptimizerRoom } from "./optimizer.ts";

export interface AdadeltaOptions extends OptimizerOptions {
  /** How much of both averages is kept at each update; 0.9 by default. */
  readonly rho?: number;
  /** Added inside both roots; 1e-6 by default. */
  readonly epsilon?: number;
}

const room: OptimizerRoom = {
  name: "adadelta",
  learningRate: 1,
  scalars: { rho: { initial: 0.9, below: 1 }, epsilon: { initial: 1e-6 } },
  decay: "l2",
  slots: () => ["v", "delta"],
  step({ gradients: g, slots, hyper, scalars, rate, spread }) {
    const fresh = spread(sub(1, scalars["rho"]));
    const v = add(mul(hyper["rho"], slots["v"]), mul(fresh, square(g)));
    const root = div(sqrt(add(slots["delta"], hyper["epsilon"])), sqrt(add(v, hyper["epsilon"])));
    const step = mul(root, g);
    const delta = add(mul(hyper["rho"], slots["delta"]), mul(fresh, square(step)));
    return { change: mul(spread(rate), step), slots: { v, delta } };
  },
};

/** Adadelta (Zeiler 2012) in PyTorch's form: steps as large as the steps before were, without a rate of their own. */
export const adadelta = documented(
  {
    kind: "optimizer",
    doc: "Scales the gradient by the root of the average squared step over that of the average squared gradient.",
    formula: "v ← ρv + (1−ρ)g²; d = g·√(δ + ε)/√(v + ε); δ ← ρδ + (1−ρ)d²; p ← p − learningRate·d",
    defaults: { learningRate: 1, rho: 0.9, epsilon: 1e-6 },
    keras: "Adadelta (there learning_rate 0.001, rho 0.95, epsilon 1e-7 by default)",
    pytorch: "Adadelta",
    optax: "adadelta (learning_rate without a default)",
  },
  function adadelta(options: AdadeltaOptions = {}): OptimizerSpec {
    return optimizer(room, options);
  },
);
