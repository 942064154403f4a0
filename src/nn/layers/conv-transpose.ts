import type { Value } from "../../ir/graph.ts";
import { convolutionDataGradient } from "../../ops/convolve.ts";
import { documented, type Documented } from "../about.ts";
import { checkCount, checkOptions } from "../check.ts";
import { refuse } from "../context.ts";
import { inLayer, param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { output, outputDefaults, type OutputOptions } from "./bias.ts";
import { paddingOf, perAxis, spaceText, spatial, type Padding, type PerAxis } from "./space.ts";

export interface ConvTransposeOptions extends OutputOptions {
  /** The channels of the output. */
  readonly filters: number;
  /** The window of a kernel. */
  readonly kernelSize: PerAxis;
  /** How many times as many positions the output has; 1 by default. */
  readonly strides?: PerAxis;
  /** What is cut off the output again: nothing for "valid" (the default), all beyond extent · strides for "same". */
  readonly padding?: Exclude<Padding, "causal">;
  /** Positions added at the end of each axis, fewer than the stride; 0 by default. */
  readonly outputPadding?: PerAxis;
  /** How far the elements of a kernel are apart; 1 by default. */
  readonly dilation?: PerAxis;
  /** glorotUniform() by default. */
  readonly kernelInitializer?: InitializerOption;
  readonly kernelRegularizer?: Regularizer;
  /** "conv2dTranspose", "conv2dTranspose_1", … by default. */
  readonly name?: string;
}

const known = [
  "filters", "kernelSize", "strides", "padding", "outputPadding", "dilation", "activation", "useBias",
  "kernelInitializer", "biasInitializer", "kernelRegularizer", "biasRegularizer", "name",
] as const; // prettier-ignore

type Transpose = (x: Value, options: ConvTransposeOptions) => Value;

/** The transpose of the convolution that would lead from the output back to x. */
function convTranspose(name: string, rank: number): Documented<Transpose> {
  const apply: Transpose = (x, options) =>
    inLayer(name, options?.name, () => {
      checkOptions(name, options, known);
      const { value, space, channels } = spatial(name, x, rank);
      const filters = checkCount(`filters of ${name}`, options.filters);
      const strides = perAxis(`strides of ${name}`, options.strides ?? 1, rank);
      const dilation = perAxis(`dilation of ${name}`, options.dilation ?? 1, rank);
      const window = perAxis(`kernelSize of ${name}`, options.kernelSize, rank);
      const more = perAxis(`outputPadding of ${name}`, options.outputPadding ?? 0, rank, 0);
      const odd = more.findIndex((count, k) => count >= Math.max(strides[k], dilation[k]));
      if (odd >= 0)
        refuse("option", `outputPadding of ${name} must be smaller than the stride ${strides[odd]} or the dilation ${dilation[odd]}, found ${more[odd]} for axis ${odd + 1}`);
      const { padding = "valid" } = options;
      const spans = window.map((extent, k) => (extent - 1) * dilation[k] + 1);
      // The whole output, before anything is cut off.
      const whole = space.map((extent, k) => (extent - 1) * strides[k] + spans[k]);
      const extents = space.map((extent, k) => (padding === "same" ? extent * strides[k] : Math.max(whole[k], extent * strides[k])));
      const axes = extents.map((extent, k) => ({ extent, span: spans[k], stride: strides[k] }));
      const cut = paddingOf(name, padding, axes);
      const named = typeof padding === "string";
      const out = extents.map((extent, k) => (named ? extent : whole[k] - cut.low[k] - cut.high[k]) + more[k]);
      const small = out.findIndex((extent) => extent < 1);
      if (small >= 0)
        refuse("shape", `${name}: padding of ${cut.low[small]} and ${cut.high[small]} leaves nothing of the ${whole[small]} positions along axis ${small + 1}`);
      const kernel = param("kernel", [...window, filters, channels], {
        initializer: options.kernelInitializer,
        regularizer: options.kernelRegularizer,
      });
      // What the convolution back to x would need after the output; a rest smaller than a stride is left unread.
      const high = out.map((extent, k) => Math.max(0, whole[k] - cut.low[k] - extent));
      const moves = { strides, low: cut.low, high, dilation, groups: 1, space: out };
      return output(convolutionDataGradient(value, kernel, moves), filters, options);
    }); // prettier-ignore
  return documented(
    {
      kind: "layer",
      doc: "The transpose of a convolution: every element spreads a kernel over the output. Parameters: kernel [...window, filters, channels] and bias [filters].",
      formula: "y[strides·p + dilation·k − padding] += x[p] · kernel[k]ᵀ, then activation(y + bias)",
      shapes: `[n, ${spaceText(rank)}, channels] → [n, …, filters]: extent · strides for "same", max(extent · strides, (extent − 1) · strides + dilation·(kernelSize − 1) + 1) for "valid", (extent − 1) · strides + dilation·(kernelSize − 1) + 1 − padding for numbers, each + outputPadding`,
      defaults: { strides: 1, padding: "valid", outputPadding: 0, dilation: 1, ...outputDefaults, kernelInitializer: "glorotUniform()", biasInitializer: "zeros()" },
      keras: `Conv${rank}DTranspose (the same kernel, fans counted as there; output_padding given with "same" counts from another size there)`,
      pytorch: `ConvTranspose${rank}d (channels first; padding given as a number)`,
      onnx: "ConvTranspose",
    },
    apply,
  ); // prettier-ignore
}

/** A transposed convolution along time: x [n, steps, channels] gives [n, more steps, filters]. */
export const conv1dTranspose = convTranspose("conv1dTranspose", 1);
/** A transposed convolution of images: x [n, height, width, channels] gives a larger [n, …, filters]. */
export const conv2dTranspose = convTranspose("conv2dTranspose", 2);
/** A transposed convolution of volumes: x [n, depth, height, width, channels] gives a larger [n, …, filters]. */
export const conv3dTranspose = convTranspose("conv3dTranspose", 3);
