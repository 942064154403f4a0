import type { Value } from "../../ir/graph.ts";
import { dotGeneral } from "../../ops/dot-general.ts";
import { narrow } from "../../ops/slice.ts";
import { checkCount } from "../check.ts";
import { orthogonal, zeros } from "../initializers.ts";
import { param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { add } from "../sugar/elementwise.ts";
import type { Activation } from "./activation.ts";
import { checkSequence, sequenceOptions, type SequenceOptions } from "./recurrent.ts";

/** What simpleRnn, lstm and gru have in common. */
export interface GateOptions extends SequenceOptions {
  /** The width of the output and of each state. */
  readonly units: number;
  /** "tanh" by default. */
  readonly activation?: Activation;
  /** True by default. */
  readonly useBias?: boolean;
  /** glorotUniform() by default. */
  readonly kernelInitializer?: InitializerOption;
  /** orthogonal() by default. */
  readonly recurrentInitializer?: InitializerOption;
  /** zeros() by default. */
  readonly biasInitializer?: InitializerOption;
  readonly kernelRegularizer?: Regularizer;
  readonly recurrentRegularizer?: Regularizer;
  readonly biasRegularizer?: Regularizer;
}
export const gateOptions = [
  "units", "activation", "useBias", "kernelInitializer", "recurrentInitializer", "biasInitializer",
  "kernelRegularizer", "recurrentRegularizer", "biasRegularizer", ...sequenceOptions,
] as const; // prettier-ignore

export interface Gates {
  readonly units: number;
  /** x·kernel for all times at once, [n, T, gates·units]: it needs no state. */
  readonly projected: Value;
  /** [units, gates·units]. */
  readonly recurrentKernel: Value;
  readonly bias: Value | null;
}

/** Declares the parameters of a layer with some gates, side by side in one kernel each, and does x·kernel. */
export function gatesOf(
  what: string,
  x: Value,
  gates: number,
  options: GateOptions,
  biasShape: (width: number) => readonly number[] = (width) => [width],
  biasInitializer: InitializerOption = zeros(),
): Gates {
  const { value, width } = checkSequence(what, x);
  const units = checkCount(`units of ${what}`, options.units);
  const kernel = param("kernel", [width, gates * units], {
    initializer: options.kernelInitializer,
    regularizer: options.kernelRegularizer,
  });
  const recurrentKernel = param("recurrentKernel", [units, gates * units], {
    initializer: options.recurrentInitializer ?? orthogonal(),
    regularizer: options.recurrentRegularizer,
  });
  const bias =
    (options.useBias ?? true)
      ? param("bias", biasShape(gates * units), {
          initializer: options.biasInitializer ?? biasInitializer,
          regularizer: options.biasRegularizer,
        })
      : null;
  const axes = { batchA: [], batchB: [], contractA: [2], contractB: [0] };
  return { units, projected: dotGeneral(value, kernel, axes), recurrentKernel, bias };
}

/** x + bias, where there is one. */
export const biased = (x: Value, bias: Value | null): Value => (bias ? add(x, bias) : x);

/** The part of one gate, along the last axis. */
export const gate = (x: Value, k: number, units: number): Value =>
  narrow(x, x.type.shape.length - 1, k * units, (k + 1) * units);
