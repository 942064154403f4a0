import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { shapeText } from "../../src/ir/type.ts";
import { buildGraph, differentiate } from "../../src/nn/index.ts";
import { ownGraphs } from "../own-graphs.ts";
import { run, type Cells } from "./run.ts";

const n = g.batch(4);
type Layer = (x: g.Value) => g.Value;
const built = (shape: readonly number[], layer: Layer) =>
  buildGraph(
    g.defineModel({
      name: "m",
      inputs: { x: g.f32(n, ...shape) },
      build: ({ x }) => {
        const y = layer(x);
        return { outputs: { y }, loss: g.sum(y), optimizer: g.sgd({ learningRate: 1 }) };
      },
    }),
    { precision: "f64" },
  );
const shapeAfter = (shape: readonly number[], layer: Layer): string => {
  const { functions } = built(shape, layer).graphs;
  return shapeText(functions[0].graph.outputs[0].value.type.shape);
};
/** What a layer makes of one row, all parameters given by name. */
const valuesAfter = (shape: readonly number[], layer: Layer, cells: Cells): number[] =>
  run(ownGraphs(built(shape, layer)).predict, cells, 1).get("y")!;
const refusalOf = (shape: readonly number[], layer: Layer): string => {
  try {
    built(shape, layer);
  } catch (error) {
    return (error as Error).message.replace(/space\.test\.ts:\d+/, "space.test.ts");
  }
  return "nothing was refused";
};

describe("shapes", () => {
  const kernel = { filters: 6, kernelSize: 3 };
  test.each<readonly [string, Layer, string]>([
    ["conv2d valid", (x) => g.conv2d(x, kernel), "[n,7,5,6]"],
    ["conv2d same", (x) => g.conv2d(x, { ...kernel, padding: "same" }), "[n,9,7,6]"],
    ["conv2d same by 2", (x) => g.conv2d(x, { ...kernel, padding: "same", strides: 2 }), "[n,5,4,6]"],
    ["conv2d valid by 2 and 3", (x) => g.conv2d(x, { ...kernel, strides: [2, 3] }), "[n,4,2,6]"],
    ["conv2d dilated", (x) => g.conv2d(x, { ...kernel, dilation: [4, 1] }), "[n,1,5,6]"],
    ["conv2d padded", (x) => g.conv2d(x, { ...kernel, padding: [[0, 1], 2] }), "[n,8,9,6]"],
    ["depthwiseConv2d", (x) => g.depthwiseConv2d(x, { kernelSize: 2, depthMultiplier: 2 }), "[n,8,6,8]"],
    ["separableConv2d", (x) => g.separableConv2d(x, { filters: 5, kernelSize: 2 }), "[n,8,6,5]"],
    ["conv2dTranspose valid", (x) => g.conv2dTranspose(x, { ...kernel, strides: 2 }), "[n,19,15,6]"],
    ["conv2dTranspose same", (x) => g.conv2dTranspose(x, { ...kernel, strides: 2, padding: "same" }), "[n,18,14,6]"],
    ["conv2dTranspose narrow", (x) => g.conv2dTranspose(x, { ...kernel, strides: 4 }), "[n,36,28,6]"],
    ["conv2dTranspose as PyTorch", (x) => g.conv2dTranspose(x, { ...kernel, strides: 2, padding: 1, outputPadding: 1 }), "[n,18,14,6]"],
    ["maxPool2d", (x) => g.maxPool2d(x), "[n,4,3,4]"],
    ["maxPool2d same", (x) => g.maxPool2d(x, { padding: "same" }), "[n,5,4,4]"],
    ["avgPool2d", (x) => g.avgPool2d(x, { poolSize: 3, strides: [1, 2] }), "[n,7,3,4]"],
    ["globalAvgPool2d", (x) => g.globalAvgPool2d(x), "[n,4]"],
    ["globalMaxPool2d", (x) => g.globalMaxPool2d(x, { keepDims: true }), "[n,1,1,4]"],
    ["flatten", (x) => g.flatten(x), "[n,252]"],
    ["upSampling2d", (x) => g.upSampling2d(x, { size: [1, 3] }), "[n,9,21,4]"],
    ["zeroPadding2d", (x) => g.zeroPadding2d(x, { padding: [[1, 2], 3] }), "[n,12,13,4]"],
    ["cropping2d", (x) => g.cropping2d(x, { cropping: [4, [0, 1]] }), "[n,1,6,4]"],
    ["resize", (x) => g.resize(x, { size: [3, 20] }), "[n,3,20,4]"],
    ["layers in volumes", (x) => g.globalAvgPool3d(g.conv3dTranspose(g.reshape(x, [n, 9, 7, 2, 2]), { ...kernel, strides: 2 }), { keepDims: true }), "[n,1,1,1,6]"],
    ["borders of volumes", (x) => g.cropping3d(g.zeroPadding3d(g.upSampling3d(g.reshape(x, [n, 9, 7, 2, 2]))), { cropping: 2 }), "[n,16,12,2,2]"],
    ["globalMaxPool3d", (x) => g.globalMaxPool3d(g.reshape(x, [n, 9, 7, 2, 2])), "[n,2]"],
  ])("of %s", (_name, layer, shape) => expect(shapeAfter([9, 7, 4], layer)).toBe(shape)); // prettier-ignore

  test("of kernels and biases, by name", () => {
    const names = (layer: Layer): string[] =>
      built([9, 7, 4], layer).parameters.map((leaf) => `${String(leaf.node.attrs["name"])} ${shapeText(leaf.type.shape)}`); // prettier-ignore
    expect(names((x) => g.conv2d(x, { filters: 6, kernelSize: [2, 3], groups: 2 }))).toEqual([
      "conv2d/kernel [2,3,2,6]",
      "conv2d/bias [6]",
    ]);
    expect(names((x) => g.separableConv2d(x, { filters: 6, kernelSize: 3, useBias: false }))).toEqual([
      "separableConv2d/depthwiseKernel [3,3,1,4]",
      "separableConv2d/pointwiseKernel [1,1,4,6]",
    ]);
    expect(names((x) => g.conv2dTranspose(x, { filters: 6, kernelSize: 3, name: "up" }))).toEqual([
      "up/kernel [3,3,6,4]",
      "up/bias [6]",
    ]);
  });
});

describe("values by hand", () => {
  const x = [1, 2, 4, 8, 16];
  const bare = { filters: 1, useBias: false };
  const above = (v: g.Value, least: number): g.Value => g.greater(g.squeeze(v, 2), least);
  test.each<readonly [string, Layer, Cells, readonly number[]]>([
    ["conv1d does not flip its kernel", (v) => g.conv1d(v, { ...bare, kernelSize: 2 }), { "conv1d/kernel": [1, 10] }, [21, 42, 84, 168]],
    ["conv1d same puts the odd zero at the end", (v) => g.conv1d(v, { ...bare, kernelSize: 2, padding: "same" }), { "conv1d/kernel": [1, 10] }, [21, 42, 84, 168, 16]],
    ["conv1d causal sees nothing later", (v) => g.conv1d(v, { ...bare, kernelSize: 2, padding: "causal" }), { "conv1d/kernel": [1, 10] }, [10, 21, 42, 84, 168]],
    ["conv1d same by 2", (v) => g.conv1d(v, { ...bare, kernelSize: 3, strides: 2, padding: "same" }), { "conv1d/kernel": [1, 10, 100] }, [210, 842, 168]],
    ["conv1dTranspose", (v) => g.conv1dTranspose(v, { ...bare, kernelSize: 2 }), { "conv1dTranspose/kernel": [1, 10] }, [1, 12, 24, 48, 96, 160]],
    ["conv1dTranspose by 2", (v) => g.conv1dTranspose(v, { ...bare, kernelSize: 3, strides: 2, padding: "same" }), { "conv1dTranspose/kernel": [1, 10, 100] }, [1, 10, 102, 20, 204, 40, 408, 80, 816, 160]],
    ["conv1dTranspose with outputPadding", (v) => g.conv1dTranspose(v, { ...bare, kernelSize: 3, strides: 2, padding: 1, outputPadding: 1 }), { "conv1dTranspose/kernel": [1, 10, 100] }, [10, 102, 20, 204, 40, 408, 80, 816, 160, 1600]],
    ["maxPool1d", (v) => g.maxPool1d(g.neg(v), { poolSize: 3, strides: 1, padding: "same" }), {}, [-1, -1, -2, -4, -8]],
    ["avgPool1d counts no padding", (v) => g.avgPool1d(v, { poolSize: 3, strides: 2, padding: "same" }), {}, [1.5, 14 / 3, 12]],
    ["avgPool1d counts padding if told", (v) => g.avgPool1d(v, { poolSize: 3, strides: 2, padding: 1, countIncludePad: true }), {}, [1, 14 / 3, 8]],
    ["globalAvgPool1d of what is kept", (v) => g.globalAvgPool1d(v, { mask: above(v, 3) }), {}, [28 / 3]],
    ["globalMaxPool1d of what is kept", (v) => g.globalMaxPool1d(g.neg(v), { mask: above(v, 3), keepDims: true }), {}, [-4]],
    ["globalAvgPool1d of nothing", (v) => g.globalAvgPool1d(v, { mask: above(v, 16) }), {}, [0]],
    ["globalMaxPool1d of nothing", (v) => g.globalMaxPool1d(g.neg(v), { mask: above(v, 16) }), {}, [0]],
    ["upSampling1d", (v) => g.upSampling1d(v), {}, [1, 1, 2, 2, 4, 4, 8, 8, 16, 16]],
    ["resize to nearest", (v) => g.resize(v, { size: [3], interpolation: "nearest" }), {}, [1, 4, 16]],
    ["resize to twice", (v) => g.resize(v, { size: [10] }), {}, [1, 1.25, 1.75, 2.5, 3.5, 5, 7, 10, 14, 16]],
    ["resize to fewer", (v) => g.resize(v, { size: [2] }), {}, [1.75, 10]],
    ["cropping1d", (v) => g.cropping1d(v, { cropping: [[1, 2]] }), {}, [2, 4]],
    ["zeroPadding1d", (v) => g.zeroPadding1d(v, { padding: [[1, 2]] }), {}, [0, 1, 2, 4, 8, 16, 0, 0]],
  ])("%s", (_name, layer, cells, expected) => {
    const found = valuesAfter([5, 1], layer, { ...cells, x });
    expect(found.length).toBe(expected.length);
    for (const [k, value] of expected.entries()) expect(found[k]).toBeCloseTo(value, 12);
  }); // prettier-ignore

  test("convolution takes a kernel that is computed, and differentiates by it", () => {
    const image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const sobel = (x: g.Value): g.Value =>
      g.convolution(x, g.reshape(g.tensor([[1, 0, -1], [2, 0, -2], [1, 0, -1]]), [3, 3, 1, 1]), { padding: "same" }); // prettier-ignore
    const down = [-9, -6, 9, -20, -8, 20, -21, -6, 21];
    expect(valuesAfter([3, 3, 1], sobel, { x: image })).toEqual(down);
    const squared = (x: g.Value): g.Value => {
      const kernel = g.square(g.param("w", [2, 1, 1]));
      return g.convolution(g.reshape(x, [n, 9, 1]), kernel, { strides: 4 });
    };
    const training = run(
      ownGraphs(differentiate(built([3, 3, 1], squared))).training!,
      { x: image, w: [1, -3] },
      1,
    );
    // The windows are (1, 2) and (5, 6).
    expect(training.get("loss")).toEqual([1 + 18 + 5 + 54]);
    expect(training.get("w")).toEqual([2 * (1 + 5), -6 * (2 + 6)]);
  });

  test("channels in groups see their own part only, depthwise kernels one channel", () => {
    const rows = [1, 10, 100, 1000];
    const one = { kernelSize: 1, useBias: false };
    const kernel = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(
      valuesAfter([1, 4], (v) => g.conv1d(v, { ...one, filters: 4, groups: 2 }), { x: rows, "conv1d/kernel": kernel }),
    ).toEqual([1 + 50, 2 + 60, 300 + 7000, 400 + 8000]); // prettier-ignore
    expect(
      valuesAfter([1, 4], (v) => g.depthwiseConv1d(v, { ...one, depthMultiplier: 2 }), { x: rows, "depthwiseConv1d/kernel": kernel }),
    ).toEqual([1, 2, 30, 40, 500, 600, 7000, 8000]); // prettier-ignore
  });

  test("the gradient of maxPool goes to the first of equals, and NaN comes through", () => {
    const slopes = (x: number[], layer: Layer): number[] => {
      const model = g.defineModel({
        name: "m",
        inputs: { x: g.f32(n, 5, 1) },
        build: ({ x: v }) => ({ outputs: { y: g.grad(g.sum(layer(v)), v) } }),
      });
      return run(ownGraphs(buildGraph(model)).predict, { x }, 1).get("y")!;
    };
    const overlapping: Layer = (v) => g.maxPool1d(v, { poolSize: 3, strides: 1 });
    expect(slopes([3, 3, 3, 1, 3], overlapping)).toEqual([1, 1, 1, 0, 0]);
    expect(slopes([3, 3, 3, 1, 3], (v) => g.maxPool1d(v))).toEqual([1, 0, 1, 0, 0]);
    expect(slopes([0, 0, 0, 0, 0], (v) => g.maxPool1d(v, { padding: "same", poolSize: 3 }))).toEqual([1, 0, 0, 1, 0]); // prettier-ignore
    expect(valuesAfter([5, 1], overlapping, { x: [1, NaN, 2, 3, 4] })).toEqual([NaN, NaN, 4]);
    expect(valuesAfter([5, 1], (v) => g.avgPool1d(v), { x: [1, NaN, 2, 4, 4] })).toEqual([NaN, 3]);
  });

  test("a program with convolutions has the gradients of the same program in products", () => {
    // A kernel of one element is a dense layer.
    const cells = {
      x: [0.5, -1, 2, 0.25, 1, -0.5],
      "mix/kernel": [1, 2, 3, 4, 5, 6],
      "mix/bias": [0, -4, 1],
    };
    const training = (layer: Layer) =>
      run(ownGraphs(differentiate(built([3, 2], layer))).training!, cells, 1);
    const conv = training((x) => g.conv1d(x, { filters: 3, kernelSize: 1, activation: "relu", name: "mix" }));
    const dense = training((x) => g.dense(x, { units: 3, activation: "relu", name: "mix" }));
    expect([...conv]).toEqual([...dense]);
  });
});

describe("refusals name the layer and the numbers", () => {
  const conv =
    (options: object): Layer =>
    (x) =>
      g.conv2d(x, { filters: 4, kernelSize: 3, name: "first", ...options });
  const at = "\n  at layer first, space.test.ts";
  test.each<readonly [readonly number[], Layer, string]>([
    [[5, 4], conv({}), `conv2d expects [n, height, width, channels] with only the first axis a batch, found f32[n,5,4]${at}\n  hint: use reshape(x, [n, height, width, channels])`],
    [[5, 4, 2], conv({ strides: 0 }), `strides of conv2d must be a positive integer, or a list of 2 of them, found 0${at}`],
    [[5, 4, 2], conv({ strides: [1, 1, 1] }), `strides of conv2d must be a positive integer, or a list of 2 of them, found [1, 1, 1]${at}`],
    [[5, 4, 2], conv({ dilation: 1.5 }), `dilation of conv2d must be a positive integer, or a list of 2 of them, found 1.5${at}`],
    [[5, 4, 2], conv({ kernelSize: undefined }), `kernelSize of conv2d must be a positive integer, or a list of 2 of them, found undefined${at}`],
    [[5, 4, 2], conv({ filters: 0 }), `filters of conv2d must be a positive integer, found 0${at}`],
    [[5, 4, 2], conv({ kernelSize: [3, 7] }), `conv2d: a window spans 7 along axis 2 of f32[n,5,4,2], which has only 4${at}`],
    [[5, 4, 2], conv({ kernelSize: [3, 7], padding: [0, [1, 0]] }), `conv2d: a window spans 7 along axis 2 of f32[n,5,4,2], which has only 5 with its padding of 1 and 0${at}`],
    [[1, 28, 28], conv({ }), `conv2d: a window spans 3 along axis 1 of f32[n,1,28,28], which has only 1${at}\n  hint: if [n,1,28,28] has its channels first, as in PyTorch: they stand last here, so transpose(x, [0, 2, 3, 1])`],
    [[5, 4, 2], conv({ dilation: 3 }), `conv2d: a window spans 7 (3 elements, 3 apart) along axis 1 of f32[n,5,4,2], which has only 5${at}`],
    [[5, 4, 2], (x) => g.separableConv2d(x, { filters: 1, kernelSize: 6, name: "first" }), `separableConv2d: a window spans 6 along axis 1 of f32[n,5,4,2], which has only 5${at}`],
    [[5, 4, 2], (x) => g.depthwiseConv2d(x, { kernelSize: 5, name: "first" }), `depthwiseConv2d: a window spans 5 along axis 2 of f32[n,5,4,2], which has only 4${at}`],
    [[5, 4, 2], (x) => g.convolution(x, g.tensor([[[[1]], [[1]], [[1]], [[1]], [[1]]]])), `convolution: a window spans 5 along axis 2 of f32[n,5,4,2], which has only 4\n  at space.test.ts`],
    [[5, 4, 2], conv({ groups: 3 }), `conv2d: 3 groups do not divide the 2 channels of its input${at}\n  hint: the input is f32[n,5,4,2]`],
    [[5, 4, 6], conv({ groups: 3 }), `conv2d: 3 groups do not divide the 4 filters${at}\n  hint: the input is f32[n,5,4,6]`],
    [[5, 4, 2], conv({ padding: "full" }), `padding of conv2d cannot be "full"${at}\n  hint: it may be "valid", "same", a number, or a list`],
    [[5, 4, 2], conv({ padding: "causal" }), `padding of conv2d cannot be "causal"${at}\n  hint: it may be "valid", "same", a number, or a list`],
    [[5, 4, 2], conv({ padding: -1 }), `padding of conv2d must be whole numbers of at least 0, or [before, after], found -1 for axis 1${at}`],
    [[5, 4, 2], conv({ padding: [1, [0, 0.5]] }), `padding of conv2d must be whole numbers of at least 0, or [before, after], found [0, 0.5] for axis 2${at}`],
    [[5, 4, 2], conv({ padding: [1] }), `padding of conv2d must have an entry for each of 2 axes, found 1${at}`],
    [[5, 4, 2], conv({ dilationRate: 2 }), `conv2d has no option "dilationRate"${at}\n  hint: did you mean "dilation"?`],
    [[5, 4, 2], conv({ stride: 2 }), `conv2d has no option "stride"${at}\n  hint: did you mean "strides"?`],
    [[8192, 8192, 1], conv({}), `convolution: the result [n,8190,8190,4] has 1073217600 elements, more than 2^28${at}`],
    [[5, 4, 2], (x) => g.conv2dTranspose(x, { filters: 1, kernelSize: 3, strides: 2, outputPadding: 2, name: "first" }), `outputPadding of conv2dTranspose must be smaller than the stride 2 or the dilation 1, found 2 for axis 1${at}`],
    [[2, 1, 2], (x) => g.conv2dTranspose(x, { filters: 1, kernelSize: 3, padding: [1, 2], name: "first" }), `conv2dTranspose: padding of 2 and 2 leaves nothing of the 3 positions along axis 2${at}`],
    [[5, 4, 2], (x) => g.depthwiseConv2d(x, { kernelSize: 3, depthMultiplier: 0, name: "first" }), `depthMultiplier of depthwiseConv2d must be a positive integer, found 0${at}`],
    [[3, 9, 8], (x) => g.maxPool2d(x, { poolSize: 4, name: "first" }), `maxPool2d: a window spans 4 along axis 1 of f32[n,3,9,8], which has only 3${at}\n  hint: if [n,3,9,8] has its channels first, as in PyTorch: they stand last here, so transpose(x, [0, 2, 3, 1])`],
    [[5, 4, 2], (x) => g.maxPool2d(x, { poolSize: 5, name: "first" }), `maxPool2d: a window spans 5 along axis 2 of f32[n,5,4,2], which has only 4${at}`],
    [[5, 4, 2], (x) => g.maxPool2d(x, { strides: 0, name: "first" }), `strides of maxPool2d must be a positive integer, or a list of 2 of them, found 0${at}`],
    [[5, 4, 2], (x) => g.maxPool2d(x, { padding: [[1, 0], [2, 0]], name: "first" }), `maxPool2d: padding of 2 and 0 along axis 2 leaves a window of 2 without any of the 4 elements${at}\n  hint: padding must be smaller than the window`],
    [[5, 4, 2], (x) => g.maxPool2d(x, { padding: [[1, 2], 0], name: "first" }), `maxPool2d: padding of 1 and 2 along axis 1 leaves a window of 2 without any of the 5 elements${at}\n  hint: padding must be smaller than the window`],
    [[5, 4, 2], (x) => g.avgPool2d(x, { poolSize: 3, padding: 3, name: "first" }), `avgPool2d: padding of 3 and 3 along axis 1 leaves a window of 3 without any of the 5 elements${at}\n  hint: padding must be smaller than the window`],
    [[5, 4, 2], (x) => g.avgPool2d(x, { poolSize: [6, 1], name: "first" }), `avgPool2d: a window spans 6 along axis 1 of f32[n,5,4,2], which has only 5${at}`],
    [[5], (x) => g.globalMaxPool1d(x, { name: "first" }), `globalMaxPool1d expects [n, steps, channels] with only the first axis a batch, found f32[n,5]${at}\n  hint: use reshape(x, [n, steps, channels])`],
    [[5, 2], (x) => g.globalAvgPool1d(x, { mask: g.greater(g.sum(x, { axis: 2, keepDims: true }), 0), name: "first" }), `the mask of globalAvgPool1d must be bool[n,5], found bool[n,5,1]${at}`],
    [[5, 4, 2], (x) => g.globalMaxPool2d(x, { mask: g.sum(x, { axis: 3 }), name: "first" }), `the mask of globalMaxPool2d must be bool[n,5,4], found f32[n,5,4]${at}\n  hint: compare to make truth values: notEqual(x, 0)`],
    [[5, 4, 2], (x) => g.cropping2d(x, { cropping: 2, name: "first" }), `cropping2d: cropping 2 and 2 leaves nothing of the 4 elements along axis 2${at}`],
    [[5, 4, 2], (x) => g.upSampling2d(x, { interpolation: "cubic" as never, name: "first" }), `interpolation of upSampling2d cannot be "cubic"${at}\n  hint: it may be "nearest" or "bilinear"`],
    [[5, 4, 2], (x) => g.convolution(x, g.tensor([1, 2])), `convolution takes a kernel [...window, in / groups, out] of fixed size, found f32[2]\n  at space.test.ts\n  hint: a kernel for images has four axes: reshape(kernel, [height, width, 1, 1])`],
    [[5, 4, 2], (x) => g.convolution(x, g.tensor([[[1]]])), `convolution expects [n, steps, channels] with only the first axis a batch, found f32[n,5,4,2]\n  at space.test.ts`],
    [[5, 4, 2], (x) => g.resize(x, { size: [3] }), `size of resize must have 2 entries for f32[n,5,4,2], found 1\n  at space.test.ts`],
    [[5, 4, 2], (x) => g.resize(x, { size: [3, 0] }), `a size of resize must be a positive integer, found 0\n  at space.test.ts`],
    [[5, 4, 2], (x) => g.flatten(g.greater(x, 0), { name: "first", axis: 1 } as never), `flatten has no option "axis"${at}\n  hint: known here: name`],
  ])("%j: %s", (shape, layer, text) => expect(refusalOf(shape, layer).replaceAll("f64", "f32")).toBe(text)); // prettier-ignore
});
