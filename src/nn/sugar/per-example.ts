import * as autodiff from "../../autodiff/index.ts";
import type { Value } from "../../ir/graph.ts";
import { isBatch, isFloat, typeText } from "../../ir/type.ts";
import { isValue, shown } from "../check.ts";
import { currentRun, here, refuse } from "../context.ts";
import { checkValue } from "./operand.ts";

/** Gradients by a parameter's path. */
export type GradientsByPath = { readonly [path: string]: Value };

/**
 * The gradient of each example's loss by each parameter, as [n, …shape of the parameter], computed for all examples
 * at once. `losses` is [n], one loss an example; no op between the parameters and the losses may mix examples, as a
 * mean over the batch or batch normalisation do.
 *
 * Parameters are graph values, which give a list, or paths such as "hidden/kernel", which give an object; without
 * them, all parameters declared so far.
 * Fails with "gradient" for losses of another shape and for ops that mix examples.
 */
export function perExampleGradients(losses: Value, parameters: readonly Value[]): Value[];
export function perExampleGradients(losses: Value, paths?: readonly string[]): GradientsByPath;
export function perExampleGradients(
  losses: Value,
  wanted?: readonly Value[] | readonly string[],
): Value[] | GradientsByPath {
  return here(() => {
    const value = checkValue("perExampleGradients", losses);
    const { shape, dtype } = value.type;
    if (shape.length !== 1 || !isBatch(shape[0]) || !isFloat(dtype)) {
      refuse(
        "gradient",
        `perExampleGradients takes one loss an example, [n], found ${typeText(value.type)}`,
        'leave the mean over the batch out: reduction: "none"',
      );
    }
    if (wanted !== undefined && !Array.isArray(wanted)) {
      return refuse("gradient", `perExampleGradients takes a list of parameters, found ${shown(wanted)}`);
    }
    const list = (wanted ?? [...currentRun().parameters.keys()]) as readonly (Value | string)[];
    if (list.length > 0 && list.every(isValue)) {
      return autodiff.perExampleGradients(value, list.map((one) => checkValue("perExampleGradients", one))); // prettier-ignore
    }
    const leaves = list.map((path) => parameterAt(path));
    const found = autodiff.perExampleGradients(value, leaves);
    return Object.fromEntries(list.map((path, k) => [String(path), found[k]]));
  });
}

function parameterAt(path: unknown): Value {
  const { parameters } = currentRun();
  const declared = typeof path === "string" ? parameters.get(path) : undefined;
  if (declared) return declared.leaf;
  const known = [...parameters.keys()].join(", ") || "none";
  return refuse("gradient", `perExampleGradients: ${shown(path)} is no parameter declared so far; there are ${known}`); // prettier-ignore
}
