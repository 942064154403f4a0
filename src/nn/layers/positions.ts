import type { Value } from "../../ir/graph.ts";
import { isBatch, isFloat, shapeText, typeText, type Dim } from "../../ir/type.ts";
import { constantTensor } from "../../ops/leaves.ts";
import { documented } from "../about.ts";
import { checkCount, checkNumber, checkOptions } from "../check.ts";
import { refuse } from "../context.ts";
import { glorotUniform } from "../initializers.ts";
import { inLayer, param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { add, mul, neg } from "../sugar/elementwise.ts";
import { concat, reshape, slice } from "../sugar/movement.ts";
import { axisOf, checkValue, stretched } from "../sugar/operand.ts";

export interface PositionEmbeddingOptions {
  /** The longest sequence there will be; that of x by default. */
  readonly sequenceLength?: number;
  /** glorotUniform() by default. */
  readonly embeddingsInitializer?: InitializerOption;
  readonly embeddingsRegularizer?: Regularizer;
  /** "positionEmbedding", "positionEmbedding_1", … by default. */
  readonly name?: string;
}
export interface SinusoidalOptions {
  /** The longest wavelength, in positions; 10000 by default. */
  readonly maxWavelength?: number;
}
export interface RotaryOptions {
  /** The longest wavelength, in positions; 10000 by default. */
  readonly maxWavelength?: number;
  /** The axis of positions; the second to last by default, as of [n, heads, tokens, d]. */
  readonly axis?: number;
}

/** The length and width of a sequence of float vectors. */
function sizes(what: string, value: Value, axis: number): readonly [tokens: number, width: number] {
  const { shape, dtype } = value.type;
  const [tokens, width] = [shape[axis], shape.at(-1)];
  if (!isFloat(dtype) || tokens === undefined || width === undefined || axis === shape.length - 1 || isBatch(tokens) || isBatch(width))
    return refuse("shape", `${what} takes floats [..., tokens, features] of fixed length and width, found ${typeText(value.type)}`);
  return [tokens, width];
} // prettier-ignore

/** A trained vector for each position, as wide as x [..., tokens, features] and of its shape. Parameter: `embeddings`. */
export const positionEmbedding = documented(
  {
    kind: "layer",
    doc: "Trained vectors for the positions of a sequence, to be added to it.",
    formula: "y[…, t, :] = embeddings[t]",
    shapes: "[..., tokens, d] → [..., tokens, d]",
    defaults: { sequenceLength: "tokens", embeddingsInitializer: "glorotUniform()" },
    keras: "PositionEmbedding of KerasHub",
    pytorch: null,
    onnx: null,
  },
  function positionEmbedding(x: Value, options: PositionEmbeddingOptions = {}): Value {
    const what = "positionEmbedding";
    return inLayer(what, options?.name, () => {
      checkOptions(what, options, ["sequenceLength", "embeddingsInitializer", "embeddingsRegularizer", "name"]);
      const value = checkValue(what, x);
      const [tokens, width] = sizes(what, value, value.type.shape.length - 2);
      const most = checkCount(`sequenceLength of ${what}`, options.sequenceLength ?? tokens);
      if (tokens > most)
        refuse("shape", `${what}: ${tokens} tokens of ${typeText(value.type)} are more than sequenceLength ${most}`);
      const table = param("embeddings", [most, width], {
        initializer: options.embeddingsInitializer ?? glorotUniform(),
        regularizer: options.embeddingsRegularizer,
      });
      const used = tokens < most ? slice(table, { limit: [tokens] }) : table;
      return stretched(used, value.type.shape);
    });
  },
); // prettier-ignore

/** The angle of position t at pair k of d/2: t / maxWavelength^(2k/d). */
const angle = (t: number, k: number, width: number, maxWavelength: number): number =>
  t / maxWavelength ** ((2 * k) / width);

const wavelengthOf = (what: string, options: SinusoidalOptions): number =>
  checkNumber(`maxWavelength of ${what}`, options.maxWavelength ?? 10000, 1);

/** A fixed vector for each position: sines of rising wavelength in even places and their cosines in odd ones. */
export const sinusoidalPositions = documented(
  {
    kind: "layer",
    doc: "Fixed vectors of sines and cosines for the positions of a sequence, to be added to it: Vaswani et al. 2017.",
    formula: "y[…, t, 2k] = sin(t / maxWavelength^(2k/d)), y[…, t, 2k + 1] = cos of the same",
    shapes: "[..., tokens, d] → [..., tokens, d]",
    defaults: { maxWavelength: 10000 },
    keras: "SinePositionEncoding of KerasHub",
    pytorch: null,
    onnx: null,
  },
  function sinusoidalPositions(x: Value, options: SinusoidalOptions = {}): Value {
    const what = "sinusoidalPositions";
    return inLayer(what, undefined, () => {
      checkOptions(what, options, ["maxWavelength"]);
      const value = checkValue(what, x);
      const [tokens, width] = sizes(what, value, value.type.shape.length - 2);
      const longest = wavelengthOf(what, options);
      const values = Array.from({ length: tokens * width }, (_, at) => {
        const [t, place] = [Math.floor(at / width), at % width];
        const turn = angle(t, Math.floor(place / 2), width, longest);
        return place % 2 === 0 ? Math.sin(turn) : Math.cos(turn);
      });
      const table = constantTensor({ values, dtype: value.type.dtype, shape: [tokens, width] });
      return stretched(table, value.type.shape);
    });
  },
);

/**
 * Turns each pair (xₖ, xₖ₊d/2) of a query or key by an angle that grows with its position, so that products of
 * queries and keys depend on their distance.
 */
export const rotaryPositions = documented(
  {
    kind: "layer",
    doc: "Queries or keys turned by their position, so that their products depend on distances: Su et al. 2021.",
    formula: "(xₖ, xₖ₊d/2) turned by t / maxWavelength^(2k/d), for k < d/2",
    shapes: "[..., tokens, d] → [..., tokens, d]",
    defaults: { maxWavelength: 10000, axis: -2 },
    keras: "RotaryEmbedding of KerasHub (with the axis of positions before that of heads)",
    pytorch: null,
    onnx: "RotaryEmbedding",
  },
  function rotaryPositions(x: Value, options: RotaryOptions = {}): Value {
    const what = "rotaryPositions";
    return inLayer(what, undefined, () => {
      checkOptions(what, options, ["maxWavelength", "axis"]);
      const value = checkValue(what, x);
      const { shape, dtype } = value.type;
      const axis = axisOf(what, options.axis ?? -2, shape.length);
      const [tokens, width] = sizes(what, value, axis);
      if (width % 2 !== 0)
        refuse("shape", `${what} turns pairs of features, but ${shapeText(shape)} has ${width} of them`);
      const half = width / 2;
      const longest = wavelengthOf(what, options);
      const along = shape.map((dim, k): Dim => (k === axis ? dim : k === shape.length - 1 ? half : 1));
      const table = (of: (turn: number) => number): Value => {
        const values = Array.from({ length: tokens * half }, (_, at) =>
          of(angle(Math.floor(at / half), at % half, width, longest)),
        );
        return reshape(constantTensor({ values, dtype, shape: [tokens, half] }), along);
      };
      const part = (from: number): Value =>
        slice(value, {
          start: shape.map((_, k) => (k === shape.length - 1 ? from : null)),
          limit: shape.map((_, k) => (k === shape.length - 1 ? from + half : null)),
        });
      const [first, second] = [part(0), part(half)];
      const [cos, sin] = [table(Math.cos), table(Math.sin)];
      return concat([add(mul(first, cos), neg(mul(second, sin))), add(mul(second, cos), mul(first, sin))]);
    });
  },
);
