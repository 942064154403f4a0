import type { Value } from "../../ir/graph.ts";
import { documented } from "../about.ts";
import { checkOptions } from "../check.ts";
import { inLayer } from "../param.ts";
import { add } from "../sugar/elementwise.ts";
import { matmul } from "../sugar/matmul.ts";
import { activation } from "./activation.ts";
import { biased, gateOptions, gatesOf, type GateOptions } from "./gates.ts";
import { resultOf, runCell, sequenceDefaults, type Recurrent } from "./recurrent.ts";

export type SimpleRnnOptions = GateOptions;

/**
 * The plain recurrent layer over x [n, T, d]. Parameters: `kernel` [d, units], `recurrentKernel` [units, units] and
 * `bias` [units]; its one state is the output.
 */
export const simpleRnn = documented(
  {
    kind: "layer",
    doc: "The plain recurrent layer: its state is its output.",
    formula: "hₜ = activation(xₜ·kernel + hₜ₋₁·recurrentKernel + bias)",
    shapes: "[n, T, d] → [n, units], or [n, T, units] with returnSequences",
    defaults: { activation: "tanh", useBias: true, ...sequenceDefaults },
    keras: "SimpleRNN",
    pytorch: "RNN (batch_first, with two biases; all times)",
    onnx: "RNN",
  },
  <const O extends SimpleRnnOptions>(x: Value, options: O): Recurrent<O> =>
    inLayer("simpleRnn", options?.name, () => {
      checkOptions("simpleRnn", options, gateOptions);
      const { units, projected, recurrentKernel, bias } = gatesOf("simpleRnn", x, 1, options);
      const step = (now: Value, [h]: readonly Value[]): [Value, Value[]] => {
        const next = activation(add(now, matmul(h, recurrentKernel)), options.activation ?? "tanh");
        return [next, [next]];
      };
      return resultOf(
        runCell("simpleRnn", biased(projected, bias), { stateSizes: [units], step }, options),
        options,
      );
    }),
);
