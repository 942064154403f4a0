import type { OptimizerSpec } from "../../ir/program.ts";
import { documented } from "../about.ts";
import { add, div, mul, sqrt, square } from "../sugar/elementwise.ts";
import { optimizer, type OptimizerOptions, type OptimizerRoom } from "./optimizer.ts";

export interface AdagradOptions extends OptimizerOptions {
  /** Added outside the root; 1e-10 by default. */
  readonly epsilon?: number;
  /** What the sum of squares starts with; 0 by default. */
  readonly initialAccumulator?: number;
}

const room: OptimizerRoom = {
  name: "adagrad",
  learningRate: 1e-2,
  scalars: { epsilon: { initial: 1e-10 }, initialAccumulator: {} },
  decay: "l2",
  slots: () => ["sum"],
  step({ gradients: g, slots, hyper, rate, spread }) {
    const sum = add(slots["sum"], square(g));
    // Slots start at zero, so what the sum starts with is added where it is read.
    const whole = "initialAccumulator" in hyper ? add(sum, hyper["initialAccumulator"]) : sum;
    return { change: div(mul(spread(rate), g), add(sqrt(whole), hyper["epsilon"])), slots: { sum } };
  },
};

/** Adagrad (Duchi et al. 2011) in PyTorch's form: sum ← sum + g², p ← p − learningRate·g / (√sum + ε). */
export const adagrad = documented(
  {
    kind: "optimizer",
    doc: "Divides the gradient by the root of the sum of all its squares so far.",
    formula: "s ← s + g²; p ← p − learningRate·g / (√(s + initialAccumulator) + ε)",
    defaults: { learningRate: 1e-2, epsilon: 1e-10, initialAccumulator: 0 },
    keras:
      "Adagrad (there learning_rate 0.001, initial_accumulator_value 0.1, epsilon 1e-7 by default and inside the root)",
    pytorch: "Adagrad (its lr_decay is inverseTimeDecay)",
    optax: "adagrad (there initial_accumulator_value 0.1 and eps 1e-7 by default, inside the root)",
  },
  function adagrad(options: AdagradOptions = {}): OptimizerSpec {
    return optimizer(room, options);
  },
);
