import type { Value } from "../../ir/graph.ts";
import { isBatch, typeText } from "../../ir/type.ts";
import * as ops from "../../ops/convolve.ts";
import { checkCount, checkOptions } from "../check.ts";
import { here, refuse } from "../context.ts";
import { movesOver, spatial, type MoveOptions } from "../layers/space.ts";
import { checkValue } from "./operand.ts";

export interface ConvolutionOptions extends MoveOptions {
  /** Channels are split into as many parts, each with kernels of its own; 1 by default. */
  readonly groups?: number;
}

/**
 * Kernels of one's own moved over x, as the layers conv1d, conv2d and conv3d do with theirs: x [n, ...space, in] and
 * kernel [...window, in / groups, out] give [n, ...positions, out]. The kernel is not flipped.
 */
export const convolution = (x: Value, kernel: Value, options: ConvolutionOptions = {}): Value =>
  here(() => {
    checkOptions("convolution", options, ["strides", "padding", "dilation", "groups"]);
    const filter = checkValue("convolution", kernel);
    const rank = filter.type.shape.length - 2;
    if (rank < 1 || rank > 4 || filter.type.shape.some(isBatch)) {
      refuse(
        "shape",
        `convolution takes a kernel [...window, in / groups, out] of fixed size, found ${typeText(filter.type)}`,
        "a kernel for images has four axes: reshape(kernel, [height, width, 1, 1])",
      );
    }
    const { value, space } = spatial("convolution", x, rank);
    const moves = movesOver(
      "convolution",
      { value, space },
      filter.type.shape.slice(0, rank) as number[],
      options,
    );
    return ops.convolution(value, filter, {
      ...moves,
      groups: checkCount("groups of convolution", options.groups ?? 1),
    });
  });
