import type { Value } from "../../ir/graph.ts";
import * as fused from "../../ops/fused.ts";
import * as ops from "../../ops/reduce.ts";
import { checkOptions } from "../check.ts";
import { here, refuse } from "../context.ts";
import { reshape } from "./movement.ts";
import { axesOf, axisOf, needFloat, operand, type Operand } from "./operand.ts";

export interface ReduceOptions {
  /** One axis; negative ones count from the end. */
  readonly axis?: number;
  /** Several axes; all of them if neither is given. */
  readonly axes?: number | readonly number[];
  /** Keeps the reduced axes with length 1. */
  readonly keepDims?: boolean;
}

const reduction =
  (name: string, strict: (x: Value, attrs: { axes: readonly number[] }) => Value, needsFloat = false) =>
  (x: Operand, options: ReduceOptions = {}): Value =>
    here(() => {
      checkOptions(name, options, ["axis", "axes", "keepDims"]);
      if (options.axis !== undefined && options.axes !== undefined)
        refuse("option", `${name} takes axis or axes, not both`);
      const value = operand(name, x);
      if (needsFloat) needFloat(name, value);
      const { shape } = value.type;
      const axes = axesOf(name, options.axis ?? options.axes, shape.length);
      const reduced = axes.length === 0 ? value : strict(value, { axes });
      if (!options.keepDims) return reduced;
      return reshape(
        reduced,
        shape.map((dim, k) => (axes.includes(k) ? 1 : dim)),
      );
    });

/** The sum over axes. */
export const sum = reduction("sum", ops.sum);
/** The product over axes. */
export const prod = reduction("prod", ops.prod);
/** The mean over axes; over the batch it divides by the run-time n. */
export const mean = reduction("mean", ops.mean, true);
/** The largest element over axes; ties share the gradient evenly. */
export const max = reduction("max", ops.max);
/** The smallest element over axes; ties share the gradient evenly. */
export const min = reduction("min", ops.min);
/** log Σ eˣ over axes, without overflow. */
export const logSumExp = reduction("logSumExp", fused.logSumExp, true);

const argument =
  (name: string, strict: (x: Value, attrs: { axes: readonly number[] }) => Value) =>
  (x: Value, { axis = -1 }: { readonly axis?: number } = {}): Value =>
    here(() => {
      const value = operand(name, x);
      return strict(value, { axes: [axisOf(name, axis, value.type.shape.length)] });
    });
/** The index (i32) of the largest element along an axis, the first of equals. */
export const argMax = argument("argMax", ops.argMax);
/** The index (i32) of the smallest element along an axis, the first of equals. */
export const argMin = argument("argMin", ops.argMin);

const alongAxis =
  (name: string, strict: (x: Value, attrs: { axis: number }) => Value) =>
  (x: Operand, { axis = -1 }: { readonly axis?: number } = {}): Value =>
    here(() => {
      const value = operand(name, x);
      return strict(value, { axis: axisOf(name, axis, value.type.shape.length) });
    });
/** eˣ / Σ eˣ along an axis (the last by default), finite for every finite x. */
export const softmax = alongAxis("softmax", fused.softmax);
/** log softmax(x) along an axis, without forming the softmax. */
export const logSoftmax = alongAxis("logSoftmax", fused.logSoftmax);
