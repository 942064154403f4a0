import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { op, type NDArray, type Op } from "../ir/op.ts";
import { isBatch, sizeOf, tensorType, typeText, type Shape, type TensorType } from "../ir/type.ts";
import { convolutionSamples, dataSamples, filterSamples } from "./convolve-samples.ts";
import {
  dataGradientOf,
  filterGradientOf,
  forwardOf,
  type DataMoves,
  type FilterMoves,
  type Moves,
} from "./convolve-expand.ts";

import { shaped } from "./broadcast.ts";
import { dotGeneral } from "./dot-general.ts";
import { joinRows, splitRows } from "./lift.ts";
import { transpose } from "./movement.ts";
import { eachCoordinate, positionOf, tabulate } from "./naive.ts";
import { axesOfSpace, countWindows, mostSpace, padSpace, spaceOf } from "./space.ts";
import { need } from "./types.ts";
import { slidingWindows } from "./windows.ts";

// Three ops, each the gradient of the other two; x is [n, ...space, in], a kernel [...window, in/groups, out].

/** The output's type of a convolution of these operands; refuses what does not fit. */
function convolved(name: string, x: TensorType, kernel: TensorType, moves: Moves): TensorType {
  const space = spaceOf(name, "x", x);
  const { strides: stride, dilation, low, high, groups } = moves;
  if (space.length > mostSpace) fail("shape", `${name}: at most ${mostSpace} axes of space are known, found ${space.length}`); // prettier-ignore
  if (kernel.shape.length !== x.shape.length || kernel.shape.some(isBatch))
    fail("shape", `${name}: the kernel must be [...window, in, out] with ${space.length} axes of fixed window, found ${typeText(kernel)}`); // prettier-ignore
  const window = kernel.shape.slice(0, -2) as number[];
  const axes = axesOfSpace(name, space, { window, stride, dilation, low, high });
  const [channels, inner, outer] = [x.shape.at(-1), ...kernel.shape.slice(-2)] as number[];
  if (!Number.isInteger(groups) || groups < 1) fail("shape", `${name}: groups must be a positive integer, found ${groups}`); // prettier-ignore
  if (channels % groups !== 0) fail("shape", `${name}: ${groups} groups do not divide the ${channels} channels of x`); // prettier-ignore
  if (outer % groups !== 0) fail("shape", `${name}: ${groups} groups do not divide the ${outer} filters of the kernel`); // prettier-ignore
  if (inner !== channels / groups)
    fail("shape", `${name}: a kernel for ${channels} channels in ${groups} groups takes ${channels / groups} of them, found ${typeText(kernel)}`); // prettier-ignore
  const shape = [x.shape[0], ...countWindows(name, x, space, axes), outer];
  sizeOf(shape, `${name}: the result`);
  return tensorType(x.dtype, shape);
}

const sameFloats = (name: string, a: TensorType, b: TensorType): void => {
  need(name, "float", a, "the first input");
  if (a.dtype !== b.dtype)
    fail("dtype", `${name}: ${typeText(a)} and ${typeText(b)} must have one element type`);
};
const needLike = (name: string, what: string, found: TensorType, shape: Shape): void => {
  const wanted = tensorType(found.dtype, shape);
  if (typeText(found) !== typeText(wanted)) fail("shape", `${name}: ${what} must be ${typeText(wanted)}, found ${typeText(found)}`); // prettier-ignore
};

/**
 * Kernels of their own for the examples: with the windows spread out this is a product of matrices for each example
 * and group. x is [n, rows, ...space, in], a kernel [n, ...window, in/groups, out].
 */
function liftConvolution(x: Value, kernel: Value, { groups, low, high, strides, dilation }: Moves): Value {
  const [n, ...own] = kernel.type.shape;
  const window = own.slice(0, -2) as number[];
  const [inner, outer] = own.slice(-2) as number[];
  const rank = window.length;
  const padded = padSpace(joinRows(x), low, high);
  const windows = splitRows(slidingWindows(padded, { window, strides, dilation }));
  const spread = shaped(windows, [...windows.type.shape.slice(0, -1), groups, inner]);
  const filters = shaped(kernel, [n, ...window, inner, groups, outer / groups]);
  const [at, tap] = [2, 2 + rank].map((first) => Array.from({ length: rank }, (_, k) => first + k));
  const product = dotGeneral(spread, filters, {
    batchA: [0, 2 + 2 * rank],
    batchB: [0, 2 + rank],
    contractA: [...tap, 3 + 2 * rank],
    contractB: [...window.map((_, k) => 1 + k), 1 + rank],
  });
  // [n, groups, rows, ...positions, out/groups] with the groups put back among the channels.
  const ordered = transpose(product, { permutation: [0, ...at, 2 + rank, 1, 3 + rank] });
  return shaped(ordered, [...ordered.type.shape.slice(0, -2), outer]);
}

/** Every element of the convolution's result is a sum over the kernel's taps, in whichever of the three forms. */
const tapsWork = (out: TensorType, kernel: Shape, result: Shape): number =>
  (2 * sizeOf(result) * sizeOf(kernel)) / (kernel[kernel.length - 1] as number) / sizeOf(out.shape);

type Convolution = (x: Value, kernel: Value, moves: Moves) => Value;
export const convolution: Op<Convolution> = op<Convolution, "x" | "kernel", Moves>("convolution", {
  doc: "Kernels [...window, in/groups, out] moved over [n, ...space, in]: y[n,p,o] = Σₖ꜀ x[n, stride·p + dilation·k − low, c]·kernel[k,c,o], zeros outside.",
  inputs: ["x", "kernel"],
  names: { onnx: "Conv", pytorch: "nn.functional.conv2d", keras: "ops.conv" },
  type: ({ x, kernel }, moves) => {
    sameFloats("convolution", x, kernel);
    return convolved("convolution", x, kernel, moves);
  },
  vjp: {
    x: ({ x, kernel, g, attrs }) => convolutionDataGradient(g, kernel, { ...attrs, space: spaceIn(x) }),
    kernel: ({ x, kernel, g, attrs }) =>
      convolutionFilterGradient(x, g, { ...attrs, window: windowIn(kernel) }),
  },
  lift: ({ x, kernel, attrs }) => liftConvolution(x, kernel, attrs),
  work: ({ types: [, kernel], out }) => tapsWork(out, kernel.shape, out.shape),
  lower: { kind: "expand", expand: ({ x, kernel, attrs }) => forwardOf(x, kernel, attrs) },
  eval: ({ x, kernel }, moves, { shapes }) => {
    const y = tabulate(x.dtype, shapes[0], () => 0);
    eachTerm(y, x, kernel, moves, (at, from, tap) => (y.data[at] += x.data[from] * kernel.data[tap]));
    return y;
  },
  samples: convolutionSamples,
});

type DataGradient = (g: Value, kernel: Value, moves: DataMoves) => Value;
export const convolutionDataGradient: Op<DataGradient> = op<DataGradient, "g" | "kernel", DataMoves>(
  "convolutionDataGradient",
  {
    doc: "The transpose of a convolution in x, also called transposed convolution: every element of g spreads its kernel over [n, ...space, in].",
    inputs: ["g", "kernel"],
    names: { onnx: "ConvTranspose", pytorch: "nn.functional.conv_transpose2d", keras: "ops.conv_transpose" },
    type: ({ g, kernel }, moves) => {
      const name = "convolutionDataGradient";
      sameFloats(name, g, kernel);
      spaceOf(name, "g", g);
      const channels = (kernel.shape.at(-2) as number) * moves.groups;
      const x = tensorType(g.dtype, [g.shape[0], ...moves.space, channels]);
      needLike(name, "g", g, convolved(name, x, kernel, moves).shape);
      return x;
    },
    vjp: {
      g: ({ kernel, g: u, attrs }) => convolution(u, kernel, movesOf(attrs)),
      kernel: ({ g: u, all: [g, kernel], attrs }) =>
        convolutionFilterGradient(u, g, { ...movesOf(attrs), window: windowIn(kernel) }),
    },
    work: ({ types: [g, kernel], out }) => tapsWork(out, kernel.shape, g.shape),
    lower: { kind: "expand", expand: ({ g, kernel, attrs }) => dataGradientOf(g, kernel, attrs) },
    eval: ({ g, kernel }, moves, { shapes }) => {
      const x = tabulate(g.dtype, shapes[0], () => 0);
      eachTerm(g, x, kernel, moves, (at, from, tap) => (x.data[from] += g.data[at] * kernel.data[tap]));
      return x;
    },
    samples: dataSamples,
  },
);

type FilterGradient = (x: Value, g: Value, moves: FilterMoves) => Value;
export const convolutionFilterGradient: Op<FilterGradient> = op<FilterGradient, "x" | "g", FilterMoves>(
  "convolutionFilterGradient",
  {
    doc: "The transpose of a convolution in its kernel: the sum over rows and positions of each window of x times g there.",
    inputs: ["x", "g"],
    names: { pytorch: "nn.grad.conv2d_weight" },
    type: ({ x, g }, moves) => {
      const name = "convolutionFilterGradient";
      sameFloats(name, x, g);
      spaceOf(name, "x", x);
      spaceOf(name, "g", g);
      const kernel = tensorType(x.dtype, [...moves.window, (x.shape.at(-1) as number) / moves.groups, g.shape.at(-1) as number]); // prettier-ignore
      needLike(name, "g", g, convolved(name, x, kernel, moves).shape);
      return kernel;
    },
    vjp: {
      x: ({ x, g: u, all: [, g], attrs }) =>
        convolutionDataGradient(g, u, { ...movesOf(attrs), space: spaceIn(x) }),
      g: ({ x, g: u, attrs }) => convolution(x, u, movesOf(attrs)),
    },
    work: ({ types: [, g], out }) => tapsWork(out, out.shape, g.shape),
    lower: { kind: "expand", expand: ({ x, g, attrs }) => filterGradientOf(x, g, attrs) },
    eval: ({ x, g }, moves, { shapes }) => {
      const kernel = tabulate(x.dtype, shapes[0], () => 0);
      eachTerm(g, x, kernel, moves, (at, from, tap) => (kernel.data[tap] += g.data[at] * x.data[from]));
      return kernel;
    },
    samples: filterSamples,
  },
);

const spaceIn = ({ type }: Value): number[] => type.shape.slice(1, -1) as number[];
const windowIn = ({ type }: Value): number[] => type.shape.slice(0, -2) as number[];
const movesOf = ({ strides, low, high, dilation, groups }: Moves): Moves => ({ strides, low, high, dilation, groups }); // prettier-ignore

/** Every product of the definition: positions of an output, of the element of x and of the kernel's. */
function eachTerm(
  y: Pick<NDArray, "shape">,
  x: Pick<NDArray, "shape">,
  kernel: Pick<NDArray, "shape">,
  { strides, low, dilation, groups }: Moves,
  visit: (at: number, from: number, tap: number) => void,
): void {
  const filters = y.shape[y.shape.length - 1] / groups;
  const inner = kernel.shape[kernel.shape.length - 2];
  eachCoordinate(y.shape, (at, flat) => {
    const group = Math.floor(at[at.length - 1] / filters);
    eachCoordinate(kernel.shape.slice(0, -1), (tap) => {
      const place = strides.map((stride, k) => at[1 + k] * stride + tap[k] * dilation[k] - low[k]);
      if (place.some((p, k) => p < 0 || p >= x.shape[1 + k])) return;
      const from = [at[0], ...place, group * inner + tap[tap.length - 1]];
      visit(flat, positionOf(x.shape, from), positionOf(kernel.shape, [...tap, at[at.length - 1]]));
    });
  });
}
