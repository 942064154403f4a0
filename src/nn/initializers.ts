import type { Value } from "../ir/graph.ts";
import { shapeText, type DType } from "../ir/type.ts";
import { constantTensor, constant as constantOp } from "../ops/leaves.ts";
import { orthogonalize } from "../ops/linalg.ts";
import { randomUniform } from "../ops/random.ts";
import { documented } from "./about.ts";
import { checkNumber, checkOptions, reject } from "./check.ts";
import { refuse } from "./context.ts";
import { flatValues, type NestedNumbers } from "./nested.ts";
import { standardNormal, standardTruncatedNormal, truncatedDeviation } from "./normal.ts";
import { add, mul } from "./sugar/elementwise.ts";
import { broadcastTo, reshape, transpose } from "./sugar/movement.ts";

/**
 * Gives a parameter's first value from the seed, a 0-d u32 value. `stream` numbers the parameter's own sequence
 * of random numbers; it is a hash of the parameter's name, so that adding a layer changes no other layer.
 */
export type Initializer = (shape: readonly number[], dtype: DType, seed: Value, stream: number) => Value;

const filled = (value: number, dtype: DType, shape: readonly number[]): Value =>
  broadcastTo(constantOp({ value, dtype, shape: [] }), shape);
const scaled = (x: Value, factor: number): Value => (factor === 1 ? x : mul(x, factor));
const shifted = (x: Value, by: number): Value => (by === 0 ? x : add(x, by));

/** Every element 0. */
export const zeros = documented(
  {
    kind: "initializer",
    doc: "Every element 0.",
    formula: "0",
    keras: "Zeros",
    pytorch: "zeros_",
    optax: null,
  },
  (): Initializer => constant(0),
);
/** Every element 1. */
export const ones = documented(
  {
    kind: "initializer",
    doc: "Every element 1.",
    formula: "1",
    keras: "Ones",
    pytorch: "ones_",
    optax: null,
  },
  (): Initializer => constant(1),
);
/** Every element the same number. */
export const constant = documented(
  {
    kind: "initializer",
    doc: "Every element the same number.",
    formula: "value",
    keras: "Constant",
    pytorch: "constant_",
  },
  (value: number): Initializer => {
    checkNumber("the value of constant", value);
    return (shape, dtype) => filled(value, dtype, shape);
  },
);

const uniformDefaults = { min: -0.05, max: 0.05 } as const;
/** Uniform in [min, max); −0.05 to 0.05 by default, as in Keras. */
export const uniform = documented(
  {
    kind: "initializer",
    doc: "Uniform in [min, max).",
    formula: "U(min, max)",
    defaults: uniformDefaults,
    keras: "RandomUniform",
    pytorch: "uniform_ (from 0 to 1)",
  },
  (options: { readonly min?: number; readonly max?: number } = {}): Initializer => {
    checkOptions("uniform", options, ["min", "max"]);
    const min = checkNumber("min of uniform", options.min ?? uniformDefaults.min);
    const max = checkNumber("max of uniform", options.max ?? uniformDefaults.max);
    if (min >= max) reject("option", `uniform needs min < max, found ${min} and ${max}`);
    return (shape, dtype, seed, stream) =>
      shifted(scaled(randomUniform(seed, { shape, stream, dtype }), max - min), min);
  },
);

export interface NormalOptions {
  readonly mean?: number;
  readonly stddev?: number;
}

const normalDefaults = { mean: 0, stddev: 0.05 } as const;
const gaussian =
  (name: string, standard: Initializer) =>
  (options: NormalOptions = {}): Initializer => {
    checkOptions(name, options, ["mean", "stddev"]);
    const mean = checkNumber(`mean of ${name}`, options.mean ?? normalDefaults.mean);
    const stddev = checkNumber(`stddev of ${name}`, options.stddev ?? normalDefaults.stddev, 0);
    return (...request) => shifted(scaled(standard(...request), stddev), mean);
  };

/** Normal with the given mean and standard deviation (0 and 0.05 by default, as in Keras). */
export const normal = documented(
  {
    kind: "initializer",
    doc: "Normal with a mean and a standard deviation.",
    formula: "N(mean, stddev²)",
    defaults: normalDefaults,
    keras: "RandomNormal",
    pytorch: "normal_ (stddev 1)",
  },
  gaussian("normal", standardNormal),
);
/**
 * Normal, but never further than two `stddev` from the mean. As in Keras, `stddev` is that of the normal
 * distribution before it is cut; what remains has 0.88 of it.
 */
export const truncatedNormal = documented(
  {
    kind: "initializer",
    doc: "Normal, but never further than two stddev from the mean; stddev is that before the cut.",
    formula: "N(mean, stddev²) within mean ± 2·stddev",
    defaults: normalDefaults,
    keras: "TruncatedNormal",
    pytorch: "trunc_normal_ (stddev 1)",
  },
  gaussian("truncatedNormal", standardTruncatedNormal),
);

/**
 * How many inputs each output has and how many outputs each input. Kernels are [in, out]; convolution kernels
 * [...window, in, out] count each position of the window. A vector of k counts as k and k, as in Keras.
 */
export function fans(shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  const window = shape.slice(0, -2).reduce((product, dim) => product * dim, 1);
  const [fanIn, fanOut] = shape.slice(-2);
  return { fanIn: fanIn * window, fanOut: fanOut * window };
}

type Fans = ReturnType<typeof fans>;
const uniformOf =
  (limit: (fans: Fans) => number): Initializer =>
  (shape, dtype, seed, stream) => {
    const most = limit(fans(shape));
    return uniform({ min: -most, max: most })(shape, dtype, seed, stream);
  };
// As in Keras, the cut distribution is widened so that its own deviation is the formula's.
const normalOf =
  (deviation: (fans: Fans) => number): Initializer =>
  (shape, ...rest) =>
    truncatedNormal({ stddev: deviation(fans(shape)) / truncatedDeviation })(shape, ...rest);

/** Uniform within ±√(6 / (fanIn + fanOut)): Glorot & Bengio 2010. The default of kernels. */
export const glorotUniform = documented(
  {
    kind: "initializer",
    doc: "Glorot and Bengio 2010; the default of kernels.",
    formula: "U(−a, a) with a = √(6 / (fanIn + fanOut))",
    keras: "GlorotUniform",
    pytorch: "xavier_uniform_",
  },
  (): Initializer => uniformOf(({ fanIn, fanOut }) => Math.sqrt(6 / (fanIn + fanOut))),
);
/** Truncated normal of standard deviation √(2 / (fanIn + fanOut)): Glorot & Bengio 2010. */
export const glorotNormal = documented(
  {
    kind: "initializer",
    doc: "Glorot and Bengio 2010, cut at two deviations.",
    formula: "truncated N(0, s²) with deviation s = √(2 / (fanIn + fanOut))",
    keras: "GlorotNormal",
    pytorch: "xavier_normal_ (not cut)",
  },
  (): Initializer => normalOf(({ fanIn, fanOut }) => Math.sqrt(2 / (fanIn + fanOut))),
);
/** Uniform within ±√(6 / fanIn), for relu: He et al. 2015. */
export const heUniform = documented(
  {
    kind: "initializer",
    doc: "He et al. 2015, for relu.",
    formula: "U(−a, a) with a = √(6 / fanIn)",
    keras: "HeUniform",
    pytorch: "kaiming_uniform_",
  },
  (): Initializer => uniformOf(({ fanIn }) => Math.sqrt(6 / fanIn)),
);
/** Truncated normal of standard deviation √(2 / fanIn), for relu: He et al. 2015. */
export const heNormal = documented(
  {
    kind: "initializer",
    doc: "He et al. 2015, for relu, cut at two deviations.",
    formula: "truncated N(0, s²) with deviation s = √(2 / fanIn)",
    keras: "HeNormal",
    pytorch: "kaiming_normal_ (not cut)",
  },
  (): Initializer => normalOf(({ fanIn }) => Math.sqrt(2 / fanIn)),
);
/** Uniform within ±√(3 / fanIn): LeCun et al. 1998. */
export const lecunUniform = documented(
  {
    kind: "initializer",
    doc: "LeCun et al. 1998.",
    formula: "U(−a, a) with a = √(3 / fanIn)",
    keras: "LecunUniform",
    pytorch: null,
  },
  (): Initializer => uniformOf(({ fanIn }) => Math.sqrt(3 / fanIn)),
);
/** Truncated normal of standard deviation √(1 / fanIn): LeCun et al. 1998. */
export const lecunNormal = documented(
  {
    kind: "initializer",
    doc: "LeCun et al. 1998, for selu, cut at two deviations.",
    formula: "truncated N(0, s²) with deviation s = √(1 / fanIn)",
    keras: "LecunNormal",
    pytorch: null,
  },
  (): Initializer => normalOf(({ fanIn }) => Math.sqrt(1 / fanIn)),
);

const orthogonalDefaults = { gain: 1 } as const;
/** A random matrix with orthonormal rows or columns, whichever are fewer, times `gain`: Saxe et al. 2014. */
export const orthogonal = documented(
  {
    kind: "initializer",
    doc: "A random matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014).",
    formula: "gain·Q of a random normal matrix",
    defaults: orthogonalDefaults,
    keras: "Orthogonal",
    pytorch: "orthogonal_",
  },
  (options: { readonly gain?: number } = {}): Initializer => {
    checkOptions("orthogonal", options, ["gain"]);
    const gain = checkNumber("gain of orthogonal", options.gain ?? orthogonalDefaults.gain);
    return (shape, dtype, seed, stream) => {
      if (shape.length < 2) refuse("shape", `orthogonal needs at least two axes, found ${shapeText(shape)}`);
      const columns = shape[shape.length - 1];
      const rows = shape.slice(0, -1).reduce((product, dim) => product * dim, 1);
      const tall = [Math.max(rows, columns), Math.min(rows, columns)];
      const basis = orthogonalize(standardNormal(tall, dtype, seed, stream));
      return scaled(reshape(rows < columns ? transpose(basis) : basis, shape), gain);
    };
  },
);

/**
 * Explicit values: nested arrays of exactly the parameter's shape, or all its numbers in row-major order as one
 * flat array. Refuses what is ragged, of another size, or not finite.
 */
export const values = documented(
  {
    kind: "initializer",
    doc: "Explicit values, nested or flat in row-major order.",
    keras: null,
    pytorch: null,
  },
  (given: NestedNumbers): Initializer => {
    return (shape, dtype) => {
      const { shape: found, flat } = flatValues("the explicit values", given);
      const size = shape.reduce((product, dim) => product * dim, 1);
      const fits = found.length <= 1 ? flat.length === size : found.join() === shape.join();
      if (!fits) {
        refuse(
          "shape",
          `explicit values of shape ${shapeText(found)} were given for the shape ${shapeText(shape)}`,
          `give ${shapeText(shape)} nested arrays or one flat array of ${size} numbers`,
        );
      }
      return shape.length === 0
        ? constantOp({ value: flat[0], dtype, shape: [] })
        : constantTensor({ values: flat, dtype, shape });
    };
  },
);
