import type { Value } from "../../ir/graph.ts";
import {
  isBatch,
  isFloat,
  sameDim,
  sameShape,
  shapeText,
  typeText,
  type Dim,
  type Shape,
} from "../../ir/type.ts";
import { dotGeneral } from "../../ops/dot-general.ts";
import { iota } from "../../ops/leaves.ts";
import { checkNumber, checkOptions, reject, shown } from "../check.ts";
import { here, refuse } from "../context.ts";
import { logicalAnd, lessEqual, mul } from "./elementwise.ts";
import { maskedSoftmax } from "./normalize.ts";
import { checkValue, stretched } from "./operand.ts";
import { softmax } from "./reduce.ts";

export interface AttentionOptions {
  /** True where a query may look at a key: bool, stretched to [..., queries, keys]. */
  readonly mask?: Value;
  /** Query i sees keys 0 … i only; false by default. */
  readonly causal?: boolean;
  /** What scores are multiplied by; 1/√d by default. */
  readonly scale?: number;
  /** Applied to the weights [..., queries, keys], such as a dropout. */
  readonly weights?: (weights: Value) => Value;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

function checkHeads(what: string, shapes: readonly Shape[], text: string): void {
  const [query, key, value] = shapes;
  const lead = (shape: Shape): Shape => shape.slice(0, -2);
  if (shapes.some((shape) => shape.length < 2) || !sameShape(lead(query), lead(key)) || !sameShape(lead(key), lead(value)))
    refuse("shape", `${what} takes [..., tokens, features] with equal leading axes, found ${text}`);
  if (!sameDim(query.at(-1)!, key.at(-1)!) || isBatch(query.at(-1)!))
    refuse("shape", `${what}: queries and keys must have the same fixed number of features, found ${text}`);
  if (!sameDim(key.at(-2)!, value.at(-2)!))
    refuse("shape", `${what}: there must be as many keys as values, found ${text}`);
} // prettier-ignore

/** The last two axes of scores, row ≥ column. */
function causalMask(shape: Shape): Value {
  const square = shape.slice(-2);
  const along = (axis: number): Value => iota({ shape: square, axis, dtype: "i32" });
  return lessEqual(along(1), along(0));
}

/** Refuses a mask that is not bool or does not stretch to the scores, as far as a user wrote it. */
export function checkAttentionMask(what: string, mask: Value, target: Shape): Value {
  const value = checkValue(`the mask of ${what}`, mask);
  const { dtype, shape } = value.type;
  const fits = (dim: Dim, k: number): boolean => dim === 1 || sameDim(dim, target[k + target.length - shape.length]);
  if (dtype !== "bool" || shape.length > target.length || !shape.every(fits)) {
    refuse("shape", `the mask of ${what} must be bool and stretch to ${shapeText(target)}, found ${typeText(value.type)}`, "true lets a query look at a key; see notEqual and expandDims");
  }
  return value;
} // prettier-ignore

/**
 * softmax(scale · query · keyᵀ) · value over the last two axes: query [..., Tq, d], key [..., Tk, d] and value
 * [..., Tk, dv] give [..., Tq, dv]. A query that may look at no key gives zeros, and gets and gives no gradient.
 */
export const scaledDotProductAttention = (
  query: Value,
  key: Value,
  value: Value,
  options: AttentionOptions = {},
): Value =>
  here(() => {
    const what = "scaledDotProductAttention";
    checkOptions(what, options, ["mask", "causal", "scale", "weights"]);
    const parts = [query, key, value].map((part) => checkValue(what, part));
    const [q, k, v] = parts;
    const text = parts.map(({ type }) => typeText(type)).join(", ");
    if (!isFloat(q.type.dtype) || parts.some(({ type }) => type.dtype !== q.type.dtype))
      refuse("dtype", `${what} takes floats of one type, found ${text}`, "convert them with cast");
    checkHeads(what, parts.map(({ type }) => type.shape), text);
    const { causal = false } = options;
    if (typeof causal !== "boolean")
      reject("option", `causal of ${what} must be true or false, found ${shown(causal)}`);
    const rank = q.type.shape.length;
    const lead = upTo(rank - 2);
    const batch = { batchA: lead, batchB: lead };
    const scale = checkNumber(`scale of ${what}`, options.scale ?? 1 / Math.sqrt(q.type.shape[rank - 1] as number));
    const products = dotGeneral(q, k, { ...batch, contractA: [rank - 1], contractB: [rank - 1] });
    const scores = mul(products, scale);
    const { shape } = scores.type;
    const given = options.mask && stretched(checkAttentionMask(what, options.mask, shape), shape);
    const triangle = causal ? stretched(causalMask(shape), shape) : undefined;
    const mask = given && triangle ? logicalAnd(given, triangle) : (given ?? triangle);
    const weights = mask ? maskedSoftmax(scores, mask) : softmax(scores);
    const used = options.weights ? options.weights(weights) : weights;
    return dotGeneral(used, v, { ...batch, contractA: [rank - 1], contractB: [rank - 2] });
  }); // prettier-ignore
