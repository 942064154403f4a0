import type { Value } from "../../ir/graph.ts";
import { typeText } from "../../ir/type.ts";
import * as ops from "../../ops/normalize.ts";
import { checkNumber, checkOptions } from "../check.ts";
import { here, refuse } from "../context.ts";
import { axesOf, axisOf, checkValue, needFloat, stretched } from "./operand.ts";

export interface StandardizeOptions {
  /** The axes that are taken together; all of them by default. */
  readonly axes?: number | readonly number[];
  /** Added to the variance; 1e-3 by default. */
  readonly epsilon?: number;
}

/** (x − mean) / √(variance + epsilon) over axes; over the batch the moments are those of the rows given. */
export const standardize = (x: Value, options: StandardizeOptions = {}): Value =>
  here(() => {
    checkOptions("standardize", options, ["axes", "epsilon"]);
    const value = needFloat("standardize", x);
    const axes = axesOf("standardize", options.axes, value.type.shape.length);
    const epsilon = checkNumber("epsilon of standardize", options.epsilon ?? 1e-3, 0);
    return ops.standardize(value, { axes, epsilon });
  });

/**
 * softmax over the elements along an axis (the last by default) whose mask (bool, stretched to x) is true, and 0
 * for the others; where it is true nowhere, all zeros.
 */
export const maskedSoftmax = (x: Value, mask: Value, { axis = -1 }: { readonly axis?: number } = {}): Value =>
  here(() => {
    const value = checkValue("maskedSoftmax", x);
    const flags = checkValue("the mask of maskedSoftmax", mask);
    if (flags.type.dtype !== "bool")
      refuse("dtype", `the mask of maskedSoftmax must be bool, found ${typeText(flags.type)}`);
    const { shape } = value.type;
    return ops.maskedSoftmax(value, stretched(flags, shape), {
      axis: axisOf("maskedSoftmax", axis, shape.length),
    });
  });
