import type { Value } from "../../ir/graph.ts";
import { documented } from "../about.ts";
import { checkOptions } from "../check.ts";
import { ones, zeros, type Initializer } from "../initializers.ts";
import { inLayer } from "../param.ts";
import { add, mul } from "../sugar/elementwise.ts";
import { matmul } from "../sugar/matmul.ts";
import { concat } from "../sugar/movement.ts";
import { activation, type Activation } from "./activation.ts";
import { biased, gate, gateOptions, gatesOf, type GateOptions } from "./gates.ts";
import { resultOf, runCell, sequenceDefaults, type Recurrent } from "./recurrent.ts";

export interface LstmOptions extends GateOptions {
  /** The activation of the gates; "sigmoid" by default. */
  readonly recurrentActivation?: Activation;
  /** True by default: the forget gate's bias starts at 1, so that states are kept at first. */
  readonly unitForgetBias?: boolean;
}

const known = [...gateOptions, "recurrentActivation", "unitForgetBias"] as const;
const lstmDefaults = {
  activation: "tanh", recurrentActivation: "sigmoid", useBias: true, unitForgetBias: true, ...sequenceDefaults,
} as const; // prettier-ignore

/** Zeros, but ones for the second of four gates. */
const forgetOnes: Initializer = ([width], dtype, seed, stream) => {
  const part = [width / 4];
  const [none, one] = [zeros(), ones()].map((fill) => fill(part, dtype, seed, stream));
  return concat([none, one, none, none]);
};

/**
 * Long short-term memory over x [n, T, d] (Hochreiter and Schmidhuber 1997, with forget gates). Parameters: `kernel`
 * [d, 4·units], `recurrentKernel` [units, 4·units] and `bias` [4·units], for the gates i, f, g, o in this order. Its
 * states are h, which is the output, and c.
 */
export const lstm = documented(
  {
    kind: "layer",
    doc: "Long short-term memory; the gates are i, f, g, o in this order.",
    formula:
      "cₜ = σ(f)·cₜ₋₁ + σ(i)·tanh(g); hₜ = σ(o)·tanh(cₜ); gates = xₜ·kernel + hₜ₋₁·recurrentKernel + bias",
    shapes: "[n, T, d] → [n, units], or [n, T, units] with returnSequences",
    defaults: lstmDefaults,
    keras: "LSTM",
    pytorch: "LSTM (batch_first, the same order of gates; two biases that start uniform; all times)",
    onnx: "LSTM (order i, o, f, c)",
  },
  <const O extends LstmOptions>(x: Value, options: O): Recurrent<O> =>
    inLayer("lstm", options?.name, () => {
      checkOptions("lstm", options, known);
      const start = (options.unitForgetBias ?? lstmDefaults.unitForgetBias) ? forgetOnes : zeros();
      const { units, projected, recurrentKernel, bias } = gatesOf("lstm", x, 4, options, undefined, start);
      const inner = (value: Value): Value => activation(value, options.activation ?? lstmDefaults.activation);
      const open = (value: Value): Value =>
        activation(value, options.recurrentActivation ?? lstmDefaults.recurrentActivation);
      const step = (now: Value, [h, c]: readonly Value[]): [Value, Value[]] => {
        const z = add(now, matmul(h, recurrentKernel));
        const [i, f, g, o] = [0, 1, 2, 3].map((k) => gate(z, k, units));
        const cell = add(mul(open(f), c), mul(open(i), inner(g)));
        const next = mul(open(o), inner(cell));
        return [next, [next, cell]];
      };
      const cell = { stateSizes: [units, units], step };
      return resultOf(runCell("lstm", biased(projected, bias), cell, options), options);
    }),
);
