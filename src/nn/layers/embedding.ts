import type { Value } from "../../ir/graph.ts";
import { typeText } from "../../ir/type.ts";
import { documented } from "../about.ts";
import { checkCount, checkOptions } from "../check.ts";
import { refuse } from "../context.ts";
import { uniform } from "../initializers.ts";
import { inLayer, param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { take } from "../sugar/indexing.ts";
import { checkValue } from "../sugar/operand.ts";

export interface EmbeddingOptions {
  /** How many different integers there are: indices are 0 … inputDim − 1. */
  readonly inputDim: number;
  /** The width of a vector. */
  readonly outputDim: number;
  /** uniform() by default: −0.05 to 0.05, as in Keras. */
  readonly embeddingsInitializer?: InitializerOption;
  readonly embeddingsRegularizer?: Regularizer;
  /** "embedding", "embedding_1", … by default. */
  readonly name?: string;
}

const known = [
  "inputDim", "outputDim", "embeddingsInitializer", "embeddingsRegularizer", "name",
] as const; // prettier-ignore

/**
 * Integers as trained vectors: x i32 [...] gives [..., outputDim], row x of the parameter `embeddings`
 * [inputDim, outputDim]. An input that names a row outside the table is a RangeError of the call.
 */
export const embedding = documented(
  {
    kind: "layer",
    doc: "Trained vectors for integers; gradients of integers that repeat add up.",
    formula: "y = embeddings[x]",
    shapes: "i32 [...] → [..., outputDim]",
    defaults: { embeddingsInitializer: "uniform()" },
    keras: "Embedding (without maskZero: make a mask with notEqual(x, 0))",
    pytorch: "Embedding (whose initial values are normal)",
    onnx: "Gather",
  },
  function embedding(x: Value, options: EmbeddingOptions): Value {
    return inLayer("embedding", options?.name, () => {
      checkOptions("embedding", options, known);
      const value = checkValue("embedding", x);
      if (value.type.dtype !== "i32")
        refuse("dtype", `embedding takes i32 indices, found ${typeText(value.type)}`, `declare the input as i32(…) or use cast(x, "i32")`); // prettier-ignore
      const shape = [
        checkCount("inputDim of embedding", options.inputDim),
        checkCount("outputDim of embedding", options.outputDim),
      ];
      const table = param("embeddings", shape, {
        initializer: options.embeddingsInitializer ?? uniform(),
        regularizer: options.embeddingsRegularizer,
      });
      return take(table, value);
    });
  },
);
