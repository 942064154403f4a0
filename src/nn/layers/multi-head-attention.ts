import type { Value } from "../../ir/graph.ts";
import { isBatch, isFloat, sameDim, typeText, type Dim } from "../../ir/type.ts";
import { dotGeneral } from "../../ops/dot-general.ts";
import { documented } from "../about.ts";
import { checkCount, checkNumber, checkOptions, reject, shown } from "../check.ts";
import { refuse } from "../context.ts";
import { zeros } from "../initializers.ts";
import { inLayer, param, scope, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { checkAttentionMask, scaledDotProductAttention } from "../sugar/attention.ts";
import { add } from "../sugar/elementwise.ts";
import { matmul } from "../sugar/matmul.ts";
import { dropout } from "./noise.ts";
import { expandDims, reshape, slice, squeeze, transpose } from "../sugar/movement.ts";
import { checkValue } from "../sugar/operand.ts";

export interface MultiHeadAttentionOptions {
  /** How many heads attend side by side. */
  readonly numHeads: number;
  /** The width of a head's queries and keys. */
  readonly keyDim: number;
  /** The width of a head's values; keyDim by default. */
  readonly valueDim?: number;
  /** The width of the result; that of the query by default. */
  readonly outputDim?: number;
  /** What is looked at, [n, Tk, features]; the query itself by default. */
  readonly value?: Value;
  /** What decides how much is looked at, [n, Tk, features]; `value` by default. */
  readonly key?: Value;
  /** Bool, true where a query may look at a key: [n, Tk] for padded keys, or [n, Tq, Tk]. */
  readonly mask?: Value;
  /** Query i sees keys 0 … i only; false by default. */
  readonly causal?: boolean;
  /** The share of attention weights that training sets to 0, as `dropout` does; 0 by default. */
  readonly dropout?: number;
  /** True by default. */
  readonly useBias?: boolean;
  /** Holds the three projections of self-attention in one parameter `qkv`, queries first; false by default. */
  readonly packed?: boolean;
  /** glorotUniform() by default. */
  readonly kernelInitializer?: InitializerOption;
  /** zeros() by default. */
  readonly biasInitializer?: InitializerOption;
  readonly kernelRegularizer?: Regularizer;
  /** "multiHeadAttention", "multiHeadAttention_1", … by default. */
  readonly name?: string;
}

const what = "multiHeadAttention";
const known = [
  "numHeads", "keyDim", "valueDim", "outputDim", "value", "key", "mask", "causal", "dropout", "useBias", "packed",
  "kernelInitializer", "biasInitializer", "kernelRegularizer", "name",
] as const; // prettier-ignore

/** A flag that may be left out. */
const flag = (name: "causal" | "useBias" | "packed", given: unknown, otherwise: boolean): boolean =>
  typeof (given ?? otherwise) === "boolean"
    ? ((given ?? otherwise) as boolean)
    : reject("option", `${name} of ${what} must be true or false, found ${shown(given)}`);

/** Refuses what is no sequence of float vectors. */
function sequence(name: string, thing: Value): Value {
  const value = checkValue(`the ${name} of ${what}`, thing);
  const { shape, dtype } = value.type;
  if (shape.length !== 3 || shape.slice(1).some(isBatch) || !isFloat(dtype))
    refuse("shape", `the ${name} of ${what} must be floats [n, tokens, features], found ${typeText(value.type)}`, "reshape it, or use scaledDotProductAttention");
  return value;
} // prettier-ignore

/** A projection of the last axis of x to `width`. */
function projected(x: Value, name: string, width: number, options: MultiHeadAttentionOptions): Value {
  return scope(name, () => {
    const product = matmul(x, kernelOf(x.type.shape.at(-1) as number, width, options));
    return flag("useBias", options.useBias, true) ? add(product, biasOf(width, options)) : product;
  });
}
const kernelOf = (from: number, to: number, options: MultiHeadAttentionOptions): Value =>
  param("kernel", [from, to], {
    initializer: options.kernelInitializer,
    regularizer: options.kernelRegularizer,
  });
const biasOf = (width: number, options: MultiHeadAttentionOptions): Value =>
  param("bias", [width], { initializer: options.biasInitializer ?? zeros() });

/** [n, T, parts·heads·d] as `parts` values [n, heads, T, d]; only how elements are addressed changes. */
function headsOf(x: Value, parts: number, heads: number): Value[] {
  const [rows, tokens, width] = x.type.shape as [Dim, Dim, number];
  const split = reshape(x, [rows, tokens, parts, heads, width / parts / heads]);
  return Array.from({ length: parts }, (_, part) => {
    const one = slice(split, { start: [null, null, part], limit: [null, null, part + 1] });
    return transpose(squeeze(one, 2), [0, 2, 1, 3]);
  });
}

/** The mask as [n, 1, 1 or Tq, Tk]. */
function headMask(mask: Value, rows: Dim, queries: Dim, keys: Dim): Value {
  const rank = checkValue(`the mask of ${what}`, mask).type.shape.length;
  const value = checkAttentionMask(what, mask, rank === 2 ? [rows, keys] : [rows, queries, keys]);
  return rank === 2 ? expandDims(value, [1, 2]) : expandDims(value, 1);
}

/**
 * Attention of several heads: each looks at `value` where its queries, a projection of `query` [n, Tq, features],
 * match its keys; the heads' results, side by side, are projected to [n, Tq, outputDim]. A query that may look at
 * no key contributes zeros. Parameters: `query`, `key` and `value` (or `qkv`) with `kernel`
 * [features, numHeads · width] and `bias`, and `attentionOutput` with `kernel` [numHeads · valueDim, outputDim].
 */
export const multiHeadAttention = documented(
  {
    kind: "layer",
    doc: "Attention of several heads, to itself or to another sequence: Vaswani et al. 2017.",
    formula: "heads h: softmax(qₕ · kₕᵀ / √keyDim) · vₕ, side by side · kernel + bias",
    shapes: "query [n, Tq, d] → [n, Tq, outputDim]",
    defaults: { valueDim: "keyDim", outputDim: "d", value: "query", key: "value", causal: false, dropout: 0, useBias: true, packed: false, kernelInitializer: "glorotUniform()", biasInitializer: "zeros()" },
    keras: "MultiHeadAttention (kernels [d, numHeads, keyDim]; mask is attention_mask, causal use_causal_mask)",
    pytorch: "MultiheadAttention (masks say what is hidden; in_proj_weight is qkv/kernel transposed)",
    onnx: "Attention",
  },
  function multiHeadAttention(query: Value, options: MultiHeadAttentionOptions): Value {
    return inLayer(what, options?.name, () => {
      checkOptions(what, options, known);
      const q = sequence("query", query);
      const heads = checkCount(`numHeads of ${what}`, options.numHeads);
      const keyDim = checkCount(`keyDim of ${what}`, options.keyDim);
      const valueDim = checkCount(`valueDim of ${what}`, options.valueDim ?? keyDim);
      const [rows, queries, width] = q.type.shape as [Dim, Dim, number];
      const outputDim = checkCount(`outputDim of ${what}`, options.outputDim ?? width);
      const v = options.value === undefined ? q : sequence("value", options.value);
      const k = options.key === undefined ? v : sequence("key", options.key);
      const found = `query ${typeText(q.type)}, key ${typeText(k.type)} and value ${typeText(v.type)}`;
      if (!sameDim(rows, k.type.shape[0]) || !sameDim(rows, v.type.shape[0]))
        refuse("shape", `${what}: all sequences must have as many rows, found ${found}`);
      if (!sameDim(k.type.shape[1], v.type.shape[1]))
        refuse("shape", `${what}: there must be as many keys as values, found ${found}`);
      const mask = options.mask && headMask(options.mask, rows, queries, k.type.shape[1]);
      const causal = flag("causal", options.causal, false);
      const rate = checkNumber(`dropout of ${what}`, options.dropout ?? 0, 0, 1);
      const weights = rate > 0 ? (all: Value): Value => dropout(all, { rate, name: "dropout" }) : undefined;
      const attend = ([a, b, c]: readonly Value[]): Value => scaledDotProductAttention(a, b, c, { mask, causal, weights });
      let attended: Value;
      if (flag("packed", options.packed, false)) {
        if (k !== q || v !== q || valueDim !== keyDim)
          refuse("option", `${what}: packed is for self-attention with valueDim equal to keyDim, found ${found} and widths ${keyDim} and ${valueDim}`, "leave packed out");
        attended = attend(headsOf(projected(q, "qkv", 3 * heads * keyDim, options), 3, heads));
      } else {
        attended = attend([
          ...headsOf(projected(q, "query", heads * keyDim, options), 1, heads),
          ...headsOf(projected(k, "key", heads * keyDim, options), 1, heads),
          ...headsOf(projected(v, "value", heads * valueDim, options), 1, heads),
        ]);
      }
      return scope("attentionOutput", () => {
        // One sum over heads and their features, so that nobody needs to put the heads side by side in memory.
        const kernel = reshape(kernelOf(heads * valueDim, outputDim, options), [heads, valueDim, outputDim]);
        const product = dotGeneral(attended, kernel, { batchA: [], batchB: [], contractA: [1, 3], contractB: [0, 1] });
        return flag("useBias", options.useBias, true) ? add(product, biasOf(outputDim, options)) : product;
      });
    });
  },
); // prettier-ignore
