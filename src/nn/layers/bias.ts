import type { Value } from "../../ir/graph.ts";
import { zeros } from "../initializers.ts";
import { param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { add } from "../sugar/elementwise.ts";
import { activation, type Activation } from "./activation.ts";

/** What every layer with a product does after it. */
export interface OutputOptions {
  /** "linear" by default. */
  readonly activation?: Activation;
  /** True by default. */
  readonly useBias?: boolean;
  /** zeros() by default. */
  readonly biasInitializer?: InitializerOption;
  readonly biasRegularizer?: Regularizer;
}

/** What stands for the options that are left out; biasInitializer is zeros(). */
export const outputDefaults = { activation: "linear", useBias: true } as const;

/** activation(product + bias), with one parameter `bias` for each element of the last axis. */
export function output(product: Value, width: number, options: OutputOptions): Value {
  const parameters = {
    initializer: options.biasInitializer ?? zeros(),
    regularizer: options.biasRegularizer,
  };
  const useBias = options.useBias ?? outputDefaults.useBias;
  const biased = useBias ? add(product, param("bias", [width], parameters)) : product;
  return activation(biased, options.activation ?? outputDefaults.activation);
}
