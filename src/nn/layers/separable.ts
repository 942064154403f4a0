import type { Value } from "../../ir/graph.ts";
import { convolution } from "../../ops/convolve.ts";
import { documented, type Documented } from "../about.ts";
import { checkCount, checkOptions } from "../check.ts";
import { inLayer, param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { output, outputDefaults, type OutputOptions } from "./bias.ts";
import { movesOver, perAxis, spaceText, spatial, type MoveOptions, type PerAxis } from "./space.ts";

interface DepthwiseMoves extends MoveOptions {
  /** The window of a kernel. */
  readonly kernelSize: PerAxis;
  /** How many kernels each channel has; 1 by default. */
  readonly depthMultiplier?: number;
  /** glorotUniform() by default. */
  readonly depthwiseInitializer?: InitializerOption;
  readonly depthwiseRegularizer?: Regularizer;
}

export interface DepthwiseConvOptions extends DepthwiseMoves, OutputOptions {
  /** "depthwiseConv2d", "depthwiseConv2d_1", … by default. */
  readonly name?: string;
}

export interface SeparableConvOptions extends DepthwiseMoves, OutputOptions {
  /** The channels of the output. */
  readonly filters: number;
  /** glorotUniform() by default. */
  readonly pointwiseInitializer?: InitializerOption;
  readonly pointwiseRegularizer?: Regularizer;
  /** "separableConv2d", "separableConv2d_1", … by default. */
  readonly name?: string;
}

const moves = [
  "kernelSize", "strides", "padding", "dilation", "depthMultiplier", "depthwiseInitializer", "depthwiseRegularizer",
  "activation", "useBias", "biasInitializer", "biasRegularizer", "name",
] as const; // prettier-ignore

/** Every channel with kernels of its own, and how many channels that gives. */
function depthwise(name: string, rank: number, parameter: string, x: Value, options: DepthwiseMoves) {
  const { value, space, channels } = spatial(name, x, rank);
  const window = perAxis(`kernelSize of ${name}`, options.kernelSize, rank);
  const width = channels * checkCount(`depthMultiplier of ${name}`, options.depthMultiplier ?? 1);
  const moving = movesOver(name, { value, space }, window, options);
  const kernel = param(parameter, [...window, 1, width], {
    initializer: options.depthwiseInitializer,
    regularizer: options.depthwiseRegularizer,
  });
  return { y: convolution(value, kernel, { ...moving, groups: channels }), width };
}

type Depthwise = (x: Value, options: DepthwiseConvOptions) => Value;
function depthwiseConv(name: string, rank: number): Documented<Depthwise> {
  return documented(
    {
      kind: "layer",
      doc: "Kernels that see one channel each. Parameters: kernel [...window, 1, channels · depthMultiplier] and bias.",
      formula: "y[p, c·depthMultiplier + m] = activation(Σₖ x[strides·p + dilation·k − padding, c] · kernel[k, 0, c·depthMultiplier + m] + bias)",
      shapes: `[n, ${spaceText(rank)}, channels] → [n, positions …, channels · depthMultiplier]`,
      defaults: { strides: 1, padding: "valid", dilation: 1, depthMultiplier: 1, ...outputDefaults, depthwiseInitializer: "glorotUniform()" },
      keras: `DepthwiseConv${rank}D (whose kernel [...window, channels, depthMultiplier] holds the same numbers in the same order; its fans count all channels)`,
      pytorch: `Conv${rank}d with groups = channels`,
      onnx: "Conv with group = channels",
    },
    (x: Value, options: DepthwiseConvOptions) =>
      inLayer(name, options?.name, () => {
        checkOptions(name, options, moves);
        const { y, width } = depthwise(name, rank, "kernel", x, options);
        return output(y, width, options);
      }),
  ); // prettier-ignore
}

type Separable = (x: Value, options: SeparableConvOptions) => Value;
function separableConv(name: string, rank: number): Documented<Separable> {
  const one = Array.from({ length: rank }, () => 1);
  const none = one.map(() => 0);
  return documented(
    {
      kind: "layer",
      doc: "A depthwise convolution, then one with a window of one element. Parameters: depthwiseKernel [...window, 1, channels · depthMultiplier], pointwiseKernel [1 …, channels · depthMultiplier, filters] and bias [filters].",
      shapes: `[n, ${spaceText(rank)}, channels] → [n, positions …, filters]`,
      defaults: { strides: 1, padding: "valid", dilation: 1, depthMultiplier: 1, ...outputDefaults, depthwiseInitializer: "glorotUniform()", pointwiseInitializer: "glorotUniform()" },
      keras: `SeparableConv${rank}D`,
      pytorch: `Conv${rank}d with groups = channels and no bias, then Conv${rank}d of kernel size 1`,
    },
    (x: Value, options: SeparableConvOptions) =>
      inLayer(name, options?.name, () => {
        checkOptions(name, options, [...moves, "filters", "pointwiseInitializer", "pointwiseRegularizer"]);
        const filters = checkCount(`filters of ${name}`, options.filters);
        const { y, width } = depthwise(name, rank, "depthwiseKernel", x, options);
        const kernel = param("pointwiseKernel", [...one, width, filters], {
          initializer: options.pointwiseInitializer,
          regularizer: options.pointwiseRegularizer,
        });
        const still = { strides: one, low: none, high: none, dilation: one, groups: 1 };
        return output(convolution(y, kernel, still), filters, options);
      }),
  ); // prettier-ignore
}

/** Along time, every channel with kernels of its own: x [n, steps, channels] gives [n, positions, channels · depthMultiplier]. */
export const depthwiseConv1d = depthwiseConv("depthwiseConv1d", 1);
/** Over images, every channel with kernels of its own: x [n, height, width, channels] gives [n, rows, columns, channels · depthMultiplier]. */
export const depthwiseConv2d = depthwiseConv("depthwiseConv2d", 2);
/** A depthwise convolution along time, then a mixing of channels: x [n, steps, channels] gives [n, positions, filters]. */
export const separableConv1d = separableConv("separableConv1d", 1);
/** A depthwise convolution over images, then a mixing of channels: x [n, height, width, channels] gives [n, rows, columns, filters]. */
export const separableConv2d = separableConv("separableConv2d", 2);
