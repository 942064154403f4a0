import type { Value } from "../../ir/graph.ts";
import { sameDim, shapeText, typeText, type Dim } from "../../ir/type.ts";
import { documented } from "../about.ts";
import { checkNumber, checkOptions } from "../check.ts";
import { currentRun, refuse } from "../context.ts";
import { inLayer } from "../param.ts";
import { bernoulliOf, drawBits, normalOf } from "../random.ts";
import { add, mul, where } from "../sugar/elementwise.ts";
import { needFloat } from "../sugar/operand.ts";

export interface DropoutOptions {
  /** The share of elements that become 0, from 0 to below 1. */
  readonly rate: number;
  /** A shape like that of x with 1 for the axes along which elements are dropped together; that of x by default. */
  readonly noiseShape?: readonly Dim[];
  /** "dropout", "dropout_1", … by default. */
  readonly name?: string;
}
export interface RateOptions {
  /** From 0 to below 1. */
  readonly rate: number;
  readonly name?: string;
}
export interface GaussianNoiseOptions {
  /** The standard deviation of what is added. */
  readonly stddev: number;
  readonly name?: string;
}

type Noise = (x: Value, bits: (shape?: readonly Dim[]) => Value) => Value;

/**
 * Runs a layer that is the identity in inference, and in training adds noise from one draw. The draw is numbered in
 * inference too, so that both modes number the others alike.
 */
function noiseLayer(
  kind: string,
  given: Value,
  options: { readonly name?: string },
  known: readonly string[],
  noise: Noise,
): Value {
  return inLayer(kind, options?.name, () => {
    checkOptions(kind, options, [...known, "name"]);
    const x = needFloat(kind, given);
    const noisy = noise(x, (shape = x.type.shape) => drawBits(shape));
    return currentRun().training ? noisy : x;
  });
}

const rateOf = (kind: string, { rate }: { readonly rate: number }): number =>
  checkNumber(`rate of ${kind}`, rate, 0, 1);

/** What is kept is scaled by 1 / (1 − rate); what is dropped is 0 even where x is not finite. */
const dropped = (x: Value, bits: Value, rate: number): Value =>
  where(bernoulliOf(bits, 1 - rate), mul(x, 1 / (1 - rate)), 0);

function checkNoiseShape(x: Value, noiseShape: unknown): readonly Dim[] {
  const { shape } = x.type;
  const given = noiseShape as readonly Dim[];
  const fits =
    Array.isArray(noiseShape) &&
    noiseShape.length === shape.length &&
    shape.every((dim, k) => given[k] === 1 || sameDim(given[k], dim));
  if (!fits) {
    const found = Array.isArray(noiseShape) ? shapeText(given) : String(noiseShape);
    refuse(
      "shape",
      `noiseShape of dropout must be ${shapeText(shape)} with 1 for some of its dims, found ${found}`,
    );
  }
  return given;
}

/** Sets elements to 0 at random, and scales the others so that the mean stays. */
export const dropout = documented(
  {
    kind: "layer",
    doc: "Sets elements to 0 with probability rate, and scales the others by 1 / (1 − rate). The identity in inference.",
    formula: "y = keep · x / (1 − rate)",
    shapes: "[…] → […]",
    keras: "Dropout",
    pytorch: "Dropout (p = rate)",
    onnx: "Dropout",
  },
  (x: Value, options: DropoutOptions): Value =>
    noiseLayer("dropout", x, options, ["rate", "noiseShape"], (value, bits) => {
      const rate = rateOf("dropout", options);
      const { noiseShape } = options;
      return dropped(value, bits(noiseShape && checkNoiseShape(value, noiseShape)), rate);
    }),
);

/** Dropout of whole channels: x is [n, …window, channels], and an element of noise covers the window. */
const spatial =
  (kind: "spatialDropout1d" | "spatialDropout2d", rank: 3 | 4, shapes: string) =>
  (x: Value, options: RateOptions): Value =>
    noiseLayer(kind, x, options, ["rate"], (value, bits) => {
      const { shape } = value.type;
      if (shape.length !== rank) refuse("shape", `${kind} takes ${shapes}, found ${typeText(value.type)}`);
      return dropped(
        value,
        bits(shape.map((dim, k) => (k === 0 || k === rank - 1 ? dim : 1))),
        rateOf(kind, options),
      );
    });

/** Dropout of whole channels of sequences [n, time, channels]. */
export const spatialDropout1d = documented(
  {
    kind: "layer",
    doc: "Dropout of whole channels of a sequence: one draw for all its steps.",
    formula: "y = keep · x / (1 − rate), keep of shape [n, 1, channels]",
    shapes: "[n, time, channels] → [n, time, channels]",
    keras: "SpatialDropout1D",
    pytorch: "Dropout1d, whose channels come second",
  },
  spatial("spatialDropout1d", 3, "[n, time, channels]"),
);

/** Dropout of whole channels of images [n, height, width, channels]. */
export const spatialDropout2d = documented(
  {
    kind: "layer",
    doc: "Dropout of whole channels of an image: one draw for all its pixels.",
    formula: "y = keep · x / (1 − rate), keep of shape [n, 1, 1, channels]",
    shapes: "[n, height, width, channels] → [n, height, width, channels]",
    keras: "SpatialDropout2D",
    pytorch: "Dropout2d, whose channels come second",
  },
  spatial("spatialDropout2d", 4, "[n, height, width, channels]"),
);

/** Adds normal noise of mean 0 in training. */
export const gaussianNoise = documented(
  {
    kind: "layer",
    doc: "Adds normal noise of mean 0. The identity in inference.",
    formula: "y = x + stddev · ε, ε ~ N(0, 1)",
    shapes: "[…] → […]",
    keras: "GaussianNoise",
    pytorch: null,
  },
  (x: Value, options: GaussianNoiseOptions): Value =>
    noiseLayer("gaussianNoise", x, options, ["stddev"], (value, bits) => {
      const stddev = checkNumber("stddev of gaussianNoise", options.stddev, 0);
      return add(value, mul(normalOf(bits()), stddev));
    }),
);

/** Multiplies by normal noise of mean 1 in training: Srivastava et al. 2014. */
export const gaussianDropout = documented(
  {
    kind: "layer",
    doc: "Multiplies by normal noise of mean 1 and the variance that dropout would have. The identity in inference.",
    formula: "y = x · (1 + √(rate / (1 − rate)) · ε), ε ~ N(0, 1)",
    shapes: "[…] → […]",
    keras: "GaussianDropout",
    pytorch: null,
  },
  (x: Value, options: RateOptions): Value =>
    noiseLayer("gaussianDropout", x, options, ["rate"], (value, bits) => {
      const rate = rateOf("gaussianDropout", options);
      return mul(value, add(mul(normalOf(bits()), Math.sqrt(rate / (1 - rate))), 1));
    }),
);

/** What selu tends to for x → −∞: −scale · alpha (Klambauer et al. 2017). */
const saturation = -1.0507009873554805 * 1.6732632423543772;

/** Dropout for networks of selu, which keeps mean 0 and variance 1. */
export const alphaDropout = documented(
  {
    kind: "layer",
    doc: "Dropout for selu: elements become selu's lower bound, and all are rescaled so that mean 0 and variance 1 stay. The identity in inference.",
    formula:
      "y = a · (keep ? x : α) + b with α = −1.7581, a = ((1 − rate)(1 + rate·α²))^−½, b = −a · rate · α",
    shapes: "[…] → […]",
    keras: "AlphaDropout",
    pytorch: "AlphaDropout (p = rate)",
  },
  (x: Value, options: RateOptions): Value =>
    noiseLayer("alphaDropout", x, options, ["rate"], (value, bits) => {
      const rate = rateOf("alphaDropout", options);
      const a = ((1 - rate) * (1 + rate * saturation ** 2)) ** -0.5;
      return add(mul(where(bernoulliOf(bits(), 1 - rate), value, saturation), a), -a * rate * saturation);
    }),
);
