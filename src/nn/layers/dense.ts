import type { Value } from "../../ir/graph.ts";
import { isBatch, isFloat, typeText } from "../../ir/type.ts";
import { documented } from "../about.ts";
import { checkCount, checkOptions } from "../check.ts";
import { refuse } from "../context.ts";
import { zeros } from "../initializers.ts";
import { inLayer, param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { add } from "../sugar/elementwise.ts";
import { matmul } from "../sugar/matmul.ts";
import { checkValue } from "../sugar/operand.ts";
import { activation, type Activation } from "./activation.ts";

export interface DenseOptions {
  /** The width of the output. */
  readonly units: number;
  /** "linear" by default. */
  readonly activation?: Activation;
  /** True by default. */
  readonly useBias?: boolean;
  /** glorotUniform() by default. */
  readonly kernelInitializer?: InitializerOption;
  /** zeros() by default. */
  readonly biasInitializer?: InitializerOption;
  readonly kernelRegularizer?: Regularizer;
  readonly biasRegularizer?: Regularizer;
  /** "dense", "dense_1", … by default. */
  readonly name?: string;
}

const known = [
  "units", "activation", "useBias", "kernelInitializer", "biasInitializer",
  "kernelRegularizer", "biasRegularizer", "name",
] as const; // prettier-ignore

/** What stands for the options that are left out; the initializers are glorotUniform() and zeros(). */
const denseDefaults = { activation: "linear", useBias: true } as const;

/**
 * A fully connected layer: activation(x·kernel + bias) over the last axis of x, of any rank from 1 on.
 * Parameters: `kernel` [in, units] and `bias` [units].
 */
export const dense = documented(
  {
    kind: "layer",
    doc: "A fully connected layer over the last axis.",
    formula: "activation(x·kernel + bias)",
    shapes: "[…, in] → […, units]; kernel [in, units], bias [units]",
    defaults: denseDefaults,
    keras: "Dense",
    pytorch: "Linear (weight is kernelᵀ; other initial values)",
    onnx: "Gemm",
  },
  (x: Value, options: DenseOptions): Value =>
    inLayer("dense", options?.name, () => {
      checkOptions("dense", options, known);
      const value = checkValue("dense", x);
      const { shape, dtype } = value.type;
      const width = shape.at(-1);
      if (!isFloat(dtype))
        refuse("dtype", `dense takes floats, found ${typeText(value.type)}`, `use cast(x, "f32")`);
      if (width === undefined || isBatch(width)) {
        return refuse(
          "shape",
          `dense expects features of a fixed number along the last axis, found ${typeText(value.type)}`,
          width === undefined
            ? "reshape it to at least one axis"
            : "an input of one feature a row is f32(n, 1)",
        );
      }
      const units = checkCount("units of dense", options.units);
      const kernel = param("kernel", [width, units], {
        initializer: options.kernelInitializer,
        regularizer: options.kernelRegularizer,
      });
      const product = matmul(value, kernel);
      const biased =
        (options.useBias ?? denseDefaults.useBias)
          ? add(
              product,
              param("bias", [units], {
                initializer: options.biasInitializer ?? zeros(),
                regularizer: options.biasRegularizer,
              }),
            )
          : product;
      return activation(biased, options.activation ?? denseDefaults.activation);
    }),
);
