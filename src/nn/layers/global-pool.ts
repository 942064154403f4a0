import type { Value } from "../../ir/graph.ts";
import { sameType, tensorType, typeText, type Shape } from "../../ir/type.ts";
import { documented, type Documented } from "../about.ts";
import { checkOptions } from "../check.ts";
import { refuse } from "../context.ts";
import { inLayer } from "../param.ts";
import { cast, div, greater, maximum, where } from "../sugar/elementwise.ts";
import { broadcastTo, expandDims, reshape } from "../sugar/movement.ts";
import { checkValue } from "../sugar/operand.ts";
import { max, mean, sum } from "../sugar/reduce.ts";
import { spaceText, spatial } from "./space.ts";

export interface GlobalPoolOptions {
  /** Keeps the axes of space with length 1; false by default. */
  readonly keepDims?: boolean;
  /** bool [n, ...space]: only positions where it is true count. Where none does the result is 0. */
  readonly mask?: Value;
  readonly name?: string;
}

/** What is made of the elements along some axes, of those alone that are kept if there is a mask. */
type Reduction = (x: Value, axes: readonly number[], kept: Value | null) => Value;
const largestOf: Reduction = (x, axes, kept) => {
  if (!kept) return max(x, { axes });
  return where(greater(countOf(kept, x, axes), 0), max(where(kept, x, -Infinity), { axes }), 0);
};
const meanOf: Reduction = (x, axes, kept) =>
  kept ? div(sum(where(kept, x, 0), { axes }), maximum(countOf(kept, x, axes), 1)) : mean(x, { axes });
const countOf = (kept: Value, x: Value, axes: readonly number[]): Value =>
  sum(cast(kept, x.type.dtype), { axes });

/** Whether each element counts: one truth value for all channels of a position. */
function keptOf(name: string, given: unknown, shape: Shape): Value {
  const mask = checkValue(`mask of ${name}`, given);
  const wanted = tensorType("bool", shape.slice(0, -1));
  if (!sameType(mask.type, wanted)) {
    refuse(
      mask.type.dtype === "bool" ? "shape" : "dtype",
      `the mask of ${name} must be ${typeText(wanted)}, found ${typeText(mask.type)}`,
      mask.type.dtype === "bool" ? undefined : "compare to make truth values: notEqual(x, 0)",
    );
  }
  return broadcastTo(expandDims(mask, -1), shape);
}

function globalPoolOf(
  name: string,
  rank: number,
  reduce: Reduction,
  words: { readonly doc: string; readonly formula: string; readonly keras: string; readonly pytorch: string },
): Documented<(x: Value, options?: GlobalPoolOptions) => Value> {
  return documented(
    { kind: "layer", ...words, shapes: `[n, ${spaceText(rank)}, channels] → [n, channels]`, defaults: { keepDims: false } },
    (x: Value, options: GlobalPoolOptions = {}) =>
      inLayer(name, options?.name, () => {
        checkOptions(name, options, ["keepDims", "mask", "name"]);
        const { value, space, rows, channels } = spatial(name, x, rank);
        const kept = options.mask === undefined ? null : keptOf(name, options.mask, value.type.shape);
        const pooled = reduce(value, space.map((_, k) => 1 + k), kept);
        return options.keepDims ? reshape(pooled, [rows, ...space.map(() => 1), channels]) : pooled;
      }),
  ); // prettier-ignore
}
const largest = (rank: number) => ({
  doc: "The largest element of every channel, of positions under a mask alone if there is one; ties share the gradient.",
  formula: "y[c] = maxₚ x[p, c]",
  keras: `GlobalMaxPooling${rank}D (takes no mask)`,
  pytorch: `AdaptiveMaxPool${rank}d(1)`,
  onnx: "GlobalMaxPool",
});
const average = (rank: number) => ({
  doc: "The mean of every channel, of positions under a mask alone if there is one.",
  formula: "y[c] = meanₚ x[p, c]",
  keras: rank === 1 ? "GlobalAveragePooling1D" : `GlobalAveragePooling${rank}D (takes no mask)`,
  pytorch: `AdaptiveAvgPool${rank}d(1)`,
  onnx: "GlobalAveragePool",
});

/** The largest element of each channel over all time: [n, steps, channels] gives [n, channels]. */
export const globalMaxPool1d = globalPoolOf("globalMaxPool1d", 1, largestOf, largest(1));
/** The largest element of each channel of an image: [n, height, width, channels] gives [n, channels]. */
export const globalMaxPool2d = globalPoolOf("globalMaxPool2d", 2, largestOf, largest(2));
/** The mean of each channel over all time: [n, steps, channels] gives [n, channels]. */
export const globalAvgPool1d = globalPoolOf("globalAvgPool1d", 1, meanOf, average(1));
/** The mean of each channel of an image: [n, height, width, channels] gives [n, channels]. */
export const globalAvgPool2d = globalPoolOf("globalAvgPool2d", 2, meanOf, average(2));
/** The largest element of each channel of a volume: [n, depth, height, width, channels] gives [n, channels]. */
export const globalMaxPool3d = globalPoolOf("globalMaxPool3d", 3, largestOf, largest(3));
/** The mean of each channel of a volume: [n, depth, height, width, channels] gives [n, channels]. */
export const globalAvgPool3d = globalPoolOf("globalAvgPool3d", 3, meanOf, average(3));
