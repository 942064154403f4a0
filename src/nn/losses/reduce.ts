import { suggest } from "../../base/suggest.ts";
import type { Value } from "../../ir/graph.ts";
import { isFloat, sameShape, shapeText, typeText, type Shape } from "../../ir/type.ts";
import { checkOptions } from "../check.ts";
import { refuse } from "../context.ts";
import { cast, div, equal, logicalAnd, mul, where } from "../sugar/elementwise.ts";
import { broadcastTo, reshape } from "../sugar/movement.ts";
import { checkValue } from "../sugar/operand.ts";
import { mean, sum } from "../sugar/reduce.ts";

/** What becomes of the losses of rows: their mean, their sum, or each by itself. */
export type Reduction = "mean" | "sum" | "none";
export interface LossOptions {
  /** "mean" over everything that counts (the default), "sum", or "none" to keep every element. */
  readonly reduction?: Reduction;
  /**
   * Weights of the losses, one for each row or position: their shape is that of the losses or of its leading axes.
   * The mean is Σ w·loss / Σ w, as PyTorch divides (Keras divides by the number of losses). evaluate() averages
   * such means by rows; `runningMean` as a metric divides by the weights of all calls.
   */
  readonly weights?: Value;
  /**
   * Truth values shaped like `weights`: losses where it is false are 0, whatever they are otherwise, and do not
   * count in the mean. A mean over nothing is 0.
   */
  readonly mask?: Value;
}
const lossOptions = ["reduction", "weights", "mask"] as const;
export const lossDefaults = { reduction: "mean" } as const;

/** What a loss knows besides its options. */
export interface Counted {
  /** Weights that the losses hold already and that only the mean still divides by. */
  readonly counts?: Value | undefined;
  /** A further mask. */
  readonly mask?: Value | undefined;
  /** The reduction where none is given. */
  readonly otherwise?: Reduction;
}

/** A value of a shape's leading axes repeated along the others. */
function leading(name: string, what: string, given: Value, shape: Shape): Value {
  const own = given.type.shape;
  if (!sameShape(own, shape.slice(0, own.length))) {
    return refuse(
      "shape",
      `${name}: ${what} ${typeText(given.type)} must have the shape ${shapeText(shape)} or its leading axes`,
      shape.length > 1 ? `such as ${shapeText(shape.slice(0, 1))}` : undefined,
    );
  }
  return broadcastTo(reshape(given, [...own, ...shape.slice(own.length).map(() => 1)]), shape);
}

export function weightsOf(name: string, given: unknown, like: Value): Value | undefined {
  if (given === undefined) return undefined;
  const weights = checkValue(`weights of ${name}`, given);
  const { dtype, shape } = like.type;
  if (isFloat(weights.type.dtype) && weights.type.dtype !== dtype)
    refuse("dtype", `${name}: weights ${typeText(weights.type)} must be ${dtype} like the losses`, `use cast(weights, "${dtype}")`); // prettier-ignore
  return leading(name, "weights", cast(weights, dtype), shape);
}

export function maskOf(name: string, given: unknown, shape: Shape): Value | undefined {
  if (given === undefined) return undefined;
  const mask = checkValue(`mask of ${name}`, given);
  if (mask.type.dtype !== "bool") {
    refuse(
      "dtype",
      `${name}: the mask must be bool, found ${typeText(mask.type)}`,
      "compare it: greater(mask, 0)",
    );
  }
  return leading(name, "mask", mask, shape);
}

/** The losses as the options reduce them; `known` are the options that this loss has besides. */
export function reduced(
  name: string,
  losses: Value,
  options: LossOptions,
  known: readonly string[] = [],
  { counts, mask: own, otherwise = lossDefaults.reduction }: Counted = {},
): Value {
  checkOptions(name, options, [...lossOptions, ...known]);
  const reduction = String(options.reduction ?? otherwise);
  if (!["mean", "sum", "none"].includes(reduction)) {
    refuse("option", `${name} has no reduction "${reduction}"`, suggest(reduction, ["mean", "sum", "none"]));
  }
  const { shape } = losses.type;
  const weights = weightsOf(name, options.weights, losses);
  const masks = [maskOf(name, options.mask, shape), own].flatMap((mask) => mask ?? []);
  const mask = masks.length > 1 ? logicalAnd(masks[0], masks[1]) : masks.at(0);
  const kept = (x: Value): Value => (mask ? where(mask, x, 0) : x);
  const weighed = kept(weights ? mul(losses, weights) : losses);
  if (reduction === "none") return weighed;
  if (reduction === "sum") return sum(weighed);
  const factors = [weights, counts].flatMap((factor) => factor ?? []);
  if (factors.length === 0 && !mask) return mean(weighed);
  const count = factors.length > 0 ? kept(factors.reduce((a, b) => mul(a, b))) : cast(mask as Value, losses.type.dtype); // prettier-ignore
  const whole = sum(count);
  return div(sum(weighed), where(equal(whole, 0), 1, whole));
}
