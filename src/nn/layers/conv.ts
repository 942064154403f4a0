import type { Value } from "../../ir/graph.ts";
import { typeText } from "../../ir/type.ts";
import { convolution } from "../../ops/convolve.ts";
import { documented, type Documented } from "../about.ts";
import { checkCount, checkOptions } from "../check.ts";
import { refuse } from "../context.ts";
import { inLayer, param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { output, outputDefaults, type OutputOptions } from "./bias.ts";
import { movesOver, perAxis, spaceText, spatial, type MoveOptions, type PerAxis } from "./space.ts";

export interface ConvOptions extends MoveOptions, OutputOptions {
  /** How many kernels there are: the channels of the output. */
  readonly filters: number;
  /** The window of a kernel. */
  readonly kernelSize: PerAxis;
  /** Channels are split into as many parts, each with filters of its own; 1 by default. */
  readonly groups?: number;
  /** glorotUniform() by default; an input counts as often as a kernel's window has elements. */
  readonly kernelInitializer?: InitializerOption;
  readonly kernelRegularizer?: Regularizer;
  /** "conv2d", "conv2d_1", … by default. */
  readonly name?: string;
}

const known = [
  "filters", "kernelSize", "strides", "padding", "dilation", "groups", "activation", "useBias",
  "kernelInitializer", "biasInitializer", "kernelRegularizer", "biasRegularizer", "name",
] as const; // prettier-ignore

type Conv = (x: Value, options: ConvOptions) => Value;

/** A layer of kernels that move over `rank` axes of space. */
function conv(name: string, rank: number): Documented<Conv> {
  const apply: Conv = (x, options) =>
    inLayer(name, options?.name, () => {
      checkOptions(name, options, known);
      const { value, space, channels } = spatial(name, x, rank);
      const filters = checkCount(`filters of ${name}`, options.filters);
      const groups = checkCount(`groups of ${name}`, options.groups ?? 1);
      const window = perAxis(`kernelSize of ${name}`, options.kernelSize, rank);
      for (const [count, what] of [[channels, "channels of its input"], [filters, "filters"]] as const) {
        if (count % groups !== 0)
          refuse("shape", `${name}: ${groups} groups do not divide the ${count} ${what}`, `the input is ${typeText(value.type)}`);
      } // prettier-ignore
      const moves = movesOver(name, { value, space }, window, options);
      const kernel = param("kernel", [...window, channels / groups, filters], {
        initializer: options.kernelInitializer,
        regularizer: options.kernelRegularizer,
      });
      return output(convolution(value, kernel, { ...moves, groups }), filters, options);
    });
  return documented(
    {
      kind: "layer",
      doc: `Kernels that move over [n, ${spaceText(rank)}, channels]. Parameters: kernel [...window, channels / groups, filters] and bias [filters].`,
      formula: "y[p] = activation(Σₖ x[strides·p + dilation·k − padding] · kernel[k] + bias)",
      shapes: `[n, ${spaceText(rank)}, channels] → [n, positions …, filters], ⌊(extent + padding − dilation·(kernelSize − 1) − 1) / strides⌋ + 1 positions an axis`,
      defaults: { strides: 1, padding: "valid", dilation: 1, groups: 1, ...outputDefaults, kernelInitializer: "glorotUniform()", biasInitializer: "zeros()" },
      keras: `Conv${rank}D (dilation is dilation_rate; channels last, the same kernel)`,
      pytorch: `Conv${rank}d (channels first; its weight [out, in, …window] is the kernel transposed; default initial values differ)`,
      onnx: "Conv",
    },
    apply,
  ); // prettier-ignore
}

/** Kernels along time: x [n, steps, channels] gives [n, positions, filters]. */
export const conv1d = conv("conv1d", 1);
/**
 * Kernels over images: x [n, height, width, channels] gives [n, rows, columns, filters].
 * Parameters: `kernel` [height, width, channels / groups, filters] and `bias` [filters].
 */
export const conv2d = conv("conv2d", 2);
/** Kernels in volumes: x [n, depth, height, width, channels] gives [n, …, filters]. */
export const conv3d = conv("conv3d", 3);
