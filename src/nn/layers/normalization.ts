import type { Value } from "../../ir/graph.ts";
import { isBatch, productOf, shapeText, typeText, type Dim } from "../../ir/type.ts";
import { documented } from "../about.ts";
import { checkCount, checkNumber, checkOptions, reject, shown } from "../check.ts";
import { refuse } from "../context.ts";
import { ones, zeros } from "../initializers.ts";
import { inLayer, param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { add, maximum, mul, rsqrt, square } from "../sugar/elementwise.ts";
import { reshape } from "../sugar/movement.ts";
import { standardize } from "../sugar/normalize.ts";
import { axesOf, needFloat } from "../sugar/operand.ts";
import { mean, sum } from "../sugar/reduce.ts";

interface ScaleOptions {
  /** Added to the variance (or mean square); 1e-3 by default, as in Keras. */
  readonly epsilon?: number;
  /** Multiplies by the trained `gamma`; true by default. */
  readonly scale?: boolean;
  /** ones() by default. */
  readonly gammaInitializer?: InitializerOption;
  readonly gammaRegularizer?: Regularizer;
  /** Named after the layer by default. */
  readonly name?: string;
}
interface CentreOptions extends ScaleOptions {
  /** Adds the trained `beta`; true by default. */
  readonly center?: boolean;
  /** zeros() by default. */
  readonly betaInitializer?: InitializerOption;
  readonly betaRegularizer?: Regularizer;
}
export interface LayerNormOptions extends CentreOptions {
  /** The axis or axes that are normalized together; the last by default. */
  readonly axis?: number | readonly number[];
}
export interface RmsNormOptions extends ScaleOptions {
  /** The axis or axes that are normalized together; the last by default. */
  readonly axis?: number | readonly number[];
}
export interface GroupNormOptions extends CentreOptions {
  /** Into how many groups of neighbours the channels (the last axis) are divided; 32 by default, as in Keras. */
  readonly groups?: number;
}
export type InstanceNormOptions = CentreOptions;
export interface UnitNormOptions {
  /** The axis or axes whose vectors get length 1; the last by default. */
  readonly axis?: number | readonly number[];
  /** The smallest squared length that is divided by; 1e-12 by default, as in Keras. */
  readonly epsilon?: number;
  readonly name?: string;
}

const scaleNames = ["epsilon", "scale", "gammaInitializer", "gammaRegularizer", "name"] as const;
const centreNames = [...scaleNames, "center", "betaInitializer", "betaRegularizer"] as const;

function checkEpsilon(what: string, epsilon: number): number {
  const value = checkNumber(`epsilon of ${what}`, epsilon, 0);
  return value > 0 ? value : reject("option", `epsilon of ${what} must be above 0, found ${shown(epsilon)}`);
}

/** The axes to normalize along, none of which may be the batch. */
function fixedAxes(what: string, value: Value, axis: number | readonly number[]): number[] {
  const { shape } = value.type;
  const axes = axesOf(what, axis, shape.length);
  const batch = axes.find((k) => isBatch(shape[k]));
  if (axes.length === 0 || batch !== undefined) {
    refuse(
      "axis",
      `${what} normalizes along axes of a fixed number, found ${axes.length === 0 ? "none" : `axis ${batch}`} of ${typeText(value.type)}`,
      "rows of a batch are normalized together by batchNorm",
    );
  }
  return axes;
}

/** gamma · y + beta with parameters of the shape of some axes. */
function affine(what: string, y: Value, axes: readonly number[], options: CentreOptions): Value {
  const { shape } = y.type;
  const own = axes.map((k) => shape[k] as number);
  const along = shape.map((dim, k): Dim => (axes.includes(k) ? dim : 1));
  const flag = (name: "scale" | "center"): boolean => {
    const value = options[name] ?? true;
    return typeof value === "boolean"
      ? value
      : reject("option", `${name} of ${what} must be true or false, found ${shown(value)}`);
  };
  let result = y;
  if (flag("scale")) {
    const gamma = param("gamma", own, {
      initializer: options.gammaInitializer ?? ones(),
      regularizer: options.gammaRegularizer,
    });
    result = mul(result, reshape(gamma, along));
  }
  if (!flag("center")) return result;
  const beta = param("beta", own, {
    initializer: options.betaInitializer ?? zeros(),
    regularizer: options.betaRegularizer,
  });
  return add(result, reshape(beta, along));
}

/**
 * Layer normalization: every vector along the axis gets mean 0 and variance 1, then gamma and beta.
 * Parameters: `gamma` and `beta` of the shape of the axes. The variance is taken in a second pass; a vector of
 * equal elements gives beta, with finite gradients.
 */
export const layerNorm = documented(
  {
    kind: "layer",
    doc: "Every vector along an axis with mean 0 and variance 1, scaled and shifted: Ba, Kiros & Hinton 2016.",
    formula: "y = gamma · (x − mean) / √(variance + epsilon) + beta",
    shapes: "[..., d] → [..., d]",
    defaults: { axis: -1, epsilon: 1e-3, scale: true, center: true, gammaInitializer: "ones()", betaInitializer: "zeros()" },
    keras: "LayerNormalization",
    pytorch: "LayerNorm (epsilon 1e-5)",
    onnx: "LayerNormalization (epsilon 1e-5)",
  },
  function layerNorm(x: Value, options: LayerNormOptions = {}): Value {
    return inLayer("layerNorm", options?.name, () => {
      checkOptions("layerNorm", options, ["axis", ...centreNames]);
      const value = needFloat("layerNorm", x);
      const axes = fixedAxes("layerNorm", value, options.axis ?? -1);
      const epsilon = checkEpsilon("layerNorm", options.epsilon ?? 1e-3);
      return affine("layerNorm", standardize(value, { axes, epsilon }), axes, options);
    });
  },
); // prettier-ignore

/** Divides by the root mean square along the axis, then gamma. Parameter: `gamma` of the shape of the axes. */
export const rmsNorm = documented(
  {
    kind: "layer",
    doc: "Every vector along an axis divided by its root mean square, and scaled: Zhang & Sennrich 2019.",
    formula: "y = gamma · x / √(mean(x²) + epsilon)",
    shapes: "[..., d] → [..., d]",
    defaults: { axis: -1, epsilon: 1e-6, scale: true, gammaInitializer: "ones()" },
    keras: "RMSNormalization (whose parameter is called scale)",
    pytorch: "RMSNorm",
    onnx: "RMSNormalization (epsilon 1e-5)",
  },
  function rmsNorm(x: Value, options: RmsNormOptions = {}): Value {
    return inLayer("rmsNorm", options?.name, () => {
      checkOptions("rmsNorm", options, ["axis", ...scaleNames]);
      const value = needFloat("rmsNorm", x);
      const axes = fixedAxes("rmsNorm", value, options.axis ?? -1);
      const epsilon = checkEpsilon("rmsNorm", options.epsilon ?? 1e-6);
      const size = add(mean(square(value), { axes, keepDims: true }), epsilon);
      return affine("rmsNorm", mul(value, rsqrt(size)), axes, { ...options, center: false });
    });
  },
);

/** Every sample's channels in groups, each group with mean 0 and variance 1 over all of its places. */
function grouped(what: string, x: Value, groupsOf: (channels: number) => number, options: CentreOptions): Value {
  const value = needFloat(what, x);
  const { shape } = value.type;
  const channels = shape.at(-1);
  if (shape.length < 2 || channels === undefined || shape.slice(1).some(isBatch)) {
    return refuse("shape", `${what} takes [n, ..., channels], found ${typeText(value.type)}`, "channels stand last, samples first");
  }
  const groups = groupsOf(channels as number);
  if ((channels as number) % groups !== 0) {
    refuse("option", `${what}: ${groups} groups do not divide the ${channels as number} channels of ${shapeText(shape)}`, "choose groups that divide the last axis");
  }
  const places = productOf(shape.slice(1, -1));
  const epsilon = checkEpsilon(what, options.epsilon ?? 1e-3);
  const split = reshape(value, [shape[0], places, groups, (channels as number) / groups]);
  const standard = reshape(standardize(split, { axes: [1, 3], epsilon }), shape);
  return affine(what, standard, [shape.length - 1], options);
} // prettier-ignore

/**
 * Group normalization of [n, ..., channels]: mean and variance over all places and the channels of a group.
 * Parameters: `gamma` and `beta` [channels].
 */
export const groupNorm = documented(
  {
    kind: "layer",
    doc: "Groups of channels of every sample with mean 0 and variance 1, scaled and shifted: Wu & He 2018.",
    formula: "y = gamma · (x − mean) / √(variance + epsilon) + beta, moments over places and a group's channels",
    shapes: "[n, ..., channels] → [n, ..., channels]",
    defaults: { groups: 32, epsilon: 1e-3, scale: true, center: true, gammaInitializer: "ones()", betaInitializer: "zeros()" },
    keras: "GroupNormalization",
    pytorch: "GroupNorm (channels second, epsilon 1e-5)",
    onnx: "GroupNormalization (channels second, epsilon 1e-5)",
  },
  function groupNorm(x: Value, options: GroupNormOptions = {}): Value {
    return inLayer("groupNorm", options?.name, () => {
      checkOptions("groupNorm", options, ["groups", ...centreNames]);
      const groups = checkCount("groups of groupNorm", options.groups ?? 32);
      return grouped("groupNorm", x, () => groups, options);
    });
  },
); // prettier-ignore

/** Group normalization with every channel a group of its own. Parameters: `gamma` and `beta` [channels]. */
export const instanceNorm = documented(
  {
    kind: "layer",
    doc: "Every channel of every sample with mean 0 and variance 1, scaled and shifted: Ulyanov, Vedaldi & Lempitsky 2016.",
    formula: "y = gamma · (x − mean) / √(variance + epsilon) + beta, moments over places",
    shapes: "[n, ..., channels] → [n, ..., channels]",
    defaults: { epsilon: 1e-3, scale: true, center: true, gammaInitializer: "ones()", betaInitializer: "zeros()" },
    keras: "GroupNormalization with groups: -1",
    pytorch: "InstanceNorm (channels second, epsilon 1e-5, no gamma and beta by default)",
    onnx: "InstanceNormalization (channels second, epsilon 1e-5)",
  },
  function instanceNorm(x: Value, options: InstanceNormOptions = {}): Value {
    return inLayer("instanceNorm", options?.name, () => {
      checkOptions("instanceNorm", options, centreNames);
      return grouped("instanceNorm", x, (channels) => channels, options);
    });
  },
); // prettier-ignore

/** Vectors of length 1 along the axis; one shorter than √epsilon is divided by √epsilon, so zero stays zero. */
export const unitNorm = documented(
  {
    kind: "layer",
    doc: "Every vector along an axis divided by its length.",
    formula: "y = x / √max(Σ x², epsilon)",
    shapes: "[..., d] → [..., d]",
    defaults: { axis: -1, epsilon: 1e-12 },
    keras: "UnitNormalization",
    pytorch: "functional.normalize (which bounds the length, not its square)",
    onnx: "LpNormalization",
  },
  function unitNorm(x: Value, options: UnitNormOptions = {}): Value {
    return inLayer("unitNorm", options?.name, () => {
      checkOptions("unitNorm", options, ["axis", "epsilon", "name"]);
      const value = needFloat("unitNorm", x);
      const axes = fixedAxes("unitNorm", value, options.axis ?? -1);
      const epsilon = checkEpsilon("unitNorm", options.epsilon ?? 1e-12);
      return mul(value, rsqrt(maximum(sum(square(value), { axes, keepDims: true }), epsilon)));
    });
  },
);
