import type { Value } from "../../ir/graph.ts";
import { isBatch, typeText } from "../../ir/type.ts";
import { documented } from "../about.ts";
import { checkCount, checkOptions } from "../check.ts";
import { refuse } from "../context.ts";
import { inLayer, param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { matmul } from "../sugar/matmul.ts";
import { needFloat } from "../sugar/operand.ts";
import { output, outputDefaults, type OutputOptions } from "./bias.ts";

export interface DenseOptions extends OutputOptions {
  /** The width of the output. */
  readonly units: number;
  /** glorotUniform() by default. */
  readonly kernelInitializer?: InitializerOption;
  readonly kernelRegularizer?: Regularizer;
  /** "dense", "dense_1", … by default. */
  readonly name?: string;
}

const known = [
  "units", "activation", "useBias", "kernelInitializer", "biasInitializer",
  "kernelRegularizer", "biasRegularizer", "name",
] as const; // prettier-ignore

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
    defaults: outputDefaults,
    keras: "Dense",
    pytorch: "Linear (weight is kernelᵀ; other initial values)",
    onnx: "Gemm",
  },
  (x: Value, options: DenseOptions): Value =>
    inLayer("dense", options?.name, () => {
      checkOptions("dense", options, known);
      const value = needFloat("dense", x);
      const { shape } = value.type;
      const width = shape.at(-1);
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
      return output(matmul(value, kernel), units, options);
    }),
);
