import type { Value } from "../../ir/graph.ts";
import { documented } from "../about.ts";
import { checkOptions } from "../check.ts";
import { inLayer } from "../param.ts";
import { add, mul, sub } from "../sugar/elementwise.ts";
import { matmul } from "../sugar/matmul.ts";
import { squeeze } from "../sugar/movement.ts";
import { narrow } from "../../ops/slice.ts";
import { activation, type Activation } from "./activation.ts";
import { biased, gate, gateOptions, gatesOf, type GateOptions } from "./gates.ts";
import { resultOf, runCell, sequenceDefaults, type Recurrent } from "./recurrent.ts";

export interface GruOptions extends GateOptions {
  /** The activation of the gates; "sigmoid" by default. */
  readonly recurrentActivation?: Activation;
  /** True by default: the reset gate acts on h·recurrentKernel + its own bias; false: on h before the product. */
  readonly resetAfter?: boolean;
}

const known = [...gateOptions, "recurrentActivation", "resetAfter"] as const;
const gruDefaults = {
  activation: "tanh", recurrentActivation: "sigmoid", useBias: true, resetAfter: true, ...sequenceDefaults,
} as const; // prettier-ignore

/**
 * The gated recurrent unit over x [n, T, d] (Cho et al. 2014). Parameters: `kernel` [d, 3·units], `recurrentKernel`
 * [units, 3·units] and `bias`, [2, 3·units] (of x, of h) with `resetAfter` and [3·units] without, for the gates z, r
 * and the candidate in this order. Its one state is the output.
 */
export const gru = documented(
  {
    kind: "layer",
    doc: "The gated recurrent unit; the gates are z (update), r (reset) and the candidate in this order.",
    formula: "hₜ = σ(z)·hₜ₋₁ + (1 − σ(z))·tanh(xₜ·W + σ(r)·(hₜ₋₁·U + b))",
    shapes: "[n, T, d] → [n, units], or [n, T, units] with returnSequences",
    defaults: gruDefaults,
    keras: "GRU",
    pytorch: "GRU (batch_first, order r, z, n; all times)",
    onnx: "GRU (linear_before_reset = resetAfter)",
  },
  <const O extends GruOptions>(x: Value, options: O): Recurrent<O> =>
    inLayer("gru", options?.name, () => {
      checkOptions("gru", options, known);
      const after = options.resetAfter ?? gruDefaults.resetAfter;
      const shape = (width: number): number[] => (after ? [2, width] : [width]);
      const { units, projected, recurrentKernel, bias } = gatesOf("gru", x, 3, options, shape);
      const biasOf = (k: number): Value | null =>
        bias && (after ? squeeze(narrow(bias, 0, k, k + 1), 0) : bias);
      const inner = (value: Value): Value => activation(value, options.activation ?? gruDefaults.activation);
      const open = (value: Value): Value =>
        activation(value, options.recurrentActivation ?? gruDefaults.recurrentActivation);
      const mixed = (z: Value, h: Value, candidate: Value): Value =>
        add(mul(z, h), mul(sub(1, z), candidate));
      const resetAfter = (now: Value, [h]: readonly Value[]): [Value, Value[]] => {
        const own = biased(matmul(h, recurrentKernel), biasOf(1));
        const [z, r] = [0, 1].map((k) => open(add(gate(now, k, units), gate(own, k, units))));
        const next = mixed(z, h, inner(add(gate(now, 2, units), mul(r, gate(own, 2, units)))));
        return [next, [next]];
      };
      const resetBefore = (now: Value, [h]: readonly Value[]): [Value, Value[]] => {
        const gates = matmul(h, narrow(recurrentKernel, 1, 0, 2 * units));
        const [z, r] = [0, 1].map((k) => open(add(gate(now, k, units), gate(gates, k, units))));
        const own = matmul(mul(r, h), gate(recurrentKernel, 2, units));
        const next = mixed(z, h, inner(add(gate(now, 2, units), own)));
        return [next, [next]];
      };
      const cell = { stateSizes: [units], step: after ? resetAfter : resetBefore };
      return resultOf(runCell("gru", biased(projected, biasOf(0)), cell, options), options);
    }),
);
