import { expect, test } from "vitest";
import { GradcError } from "../../src/base/errors.ts";
import type { Attrs } from "../../src/ir/graph.ts";
import { roomOf, typesOf } from "../../src/ir/op.ts";
import { typeText } from "../../src/ir/type.ts";
import { ops } from "../../src/ops/table.ts";
import { sampleBatch as n } from "../../src/ops/samples.ts";
import { parseInput } from "./sample.ts";

/** One refused call: the op, its input types, its attributes, and the sentence after the op's name. */
/** randomBits takes a counter beside its seed. */
const time = { randomBits: ["u32[]"], randomUniform: [] } as const;
type Row = readonly [op: string, inputs: readonly string[], attrs: Attrs, sentence: string];

const unary = (kind: string, bad: readonly string[], names: string): Row[] =>
  names.split(" ").flatMap((name) =>
    bad.map((type): Row => [name, [type], {}, `x must be ${kind}, found ${type}`]),
  ); // prettier-ignore
const binary = (kind: string, bad: string, names: string): Row[] =>
  names.split(" ").flatMap((name): Row[] => {
    const good = bad === "f32[2]" ? "bool" : "f32";
    return [
      [name, [`${good}[2]`, `${good}[3]`], {}, `b must be ${good}[2] like a, found ${good}[3]`],
      [name, [`${good}[n]`, `${good}[5]`], {}, `b must be ${good}[n] like a, found ${good}[5]`],
      [name, [`${good}[2]`, "i32[2]"], {}, `b must be ${good}[2] like a, found i32[2]`],
      ...(bad === "" ? [] : [[name, [bad, bad], {}, `a must be ${kind}, found ${bad}`] as Row]),
    ];
  });
const reductions = (kind: string, bad: string, names: string): Row[] =>
  names.split(" ").flatMap((name): Row[] => [
    [name, [bad], { axes: [0] }, `x must be ${kind}, found ${bad}`],
    [name, ["f32[2,n]"], { axes: [2] }, "axis 2 does not exist in [2,n], which has 2 axes"],
    [name, ["f32[2]"], { axes: [-1] }, "axis -1 does not exist in [2], which has 1 axes"],
    [name, ["f32[2,2]"], { axes: [1, 0] }, "axes must be in rising order without repeats, found [1,0]"],
    [name, ["f32[2,2]"], { axes: [1, 1] }, "axes must be in rising order without repeats, found [1,1]"],
  ]);

const table: readonly Row[] = [
  ...unary("a tensor of signed numbers", ["bool[2]", "u32[]", "bool[n,2]"], "neg abs sign"),
  ...unary("a float tensor", ["i32[2]", "u32[]", "bool[n]"], "square sqrt rsqrt reciprocal exp log log1p expm1 sigmoid tanh sin cos erf geluGate softplus logSigmoid relu floor"), // prettier-ignore
  ...unary("a bool tensor", ["i32[2]", "f32[]", "u32[n]"], "logicalNot"),
  ...binary("a tensor of numbers", "bool[2]", "add sub mul maximum minimum less lessEqual greater greaterEqual"), // prettier-ignore
  ...binary("a float tensor", "i32[2]", "div pow"),
  ...binary("a bool tensor", "f32[2]", "logicalAnd logicalOr"),
  ...binary("", "", "equal notEqual"),
  ["where", ["f32[2]", "f32[2]", "f32[2]"], {}, "condition must be a bool tensor, found f32[2]"],
  ["where", ["bool[2]", "f32[2]", "f32[1]"], {}, "b must be f32[2] like a, found f32[1]"],
  ["where", ["bool[1]", "f32[2]", "f32[2]"], {}, "condition must be bool[2] like a, found bool[1]"],
  ["cast", ["f32[2]"], { dtype: "f16" }, 'unknown element type "f16"'],

  ["reshape", ["f32[2,3]"], { shape: [4] }, "[2,3] to [4]: expected 6 elements, found 4"],
  ["reshape", ["f32[n,3]"], { shape: [15] }, "[n,3] to [15]: expected 3*n elements, found 15"],
  ["reshape", ["f32[2,n]"], { shape: [n, 2] }, "[2,n] to [n,2]: the batch dimension must keep its place"],
  ["reshape", ["f32[2*n]"], { shape: [2, n] }, "[2*n] to [2,n]: the batch dimension must keep its place"],
  ["reshape", ["f32[2]"], { shape: [2 ** 15, 2 ** 15] }, "the new shape [32768,32768] has 1073741824 elements, more than 2^28"], // prettier-ignore
  ["reshape", ["f32[2]"], { shape: [-1] }, "the new shape [-1] must have positive integers as extents, found -1"], // prettier-ignore
  ["broadcastTo", ["f32[1]"], { shape: [0] }, "the new shape [0] must have positive integers as extents, found 0"], // prettier-ignore
  ["iota", [], { axis: 0, dtype: "i32", shape: [1.5] }, "[1.5] must have positive integers as extents, found 1.5"], // prettier-ignore
  ["dotGeneral", ["f32[2,3]", "f64[3]"], { batchA: [], batchB: [], contractA: [1], contractB: [0] }, "f32[2,3] by f64[3]: both must have one element type"], // prettier-ignore
  ["dotGeneral", ["f32[2,3]", "f32[3]"], { batchA: [], batchB: [], contractA: [2], contractB: [0] }, "f32[2,3] by f32[3]: a has no axis 2"], // prettier-ignore
  ["dotGeneral", ["f32[2,3]", "f32[3]"], { batchA: [], batchB: [], contractA: [0], contractB: [0] }, "f32[2,3] by f32[3]: contract axes 0 of a and 0 of b differ: 2 and 3"], // prettier-ignore
  ["dotGeneral", ["f32[2,3]", "f32[3]"], { batchA: [0], batchB: [], contractA: [1], contractB: [0] }, "f32[2,3] by f32[3]: batch axes come in pairs, found [0] and []"], // prettier-ignore
  ["dotGeneral", ["f32[3,3]", "f32[3]"], { batchA: [1], batchB: [0], contractA: [1], contractB: [0] }, "f32[3,3] by f32[3]: axes of a are named twice: [1,1]"], // prettier-ignore
  ["transpose", ["f32[2,3]"], { permutation: [0] }, "[0] is not an order of the 2 axes of [2,3]"],
  ["transpose", ["f32[2,3]"], { permutation: [0, 0] }, "[0,0] is not an order of the 2 axes of [2,3]"],
  ["transpose", ["f32[2]"], { permutation: [1] }, "[1] is not an order of the 1 axes of [2]"],
  ["slice", ["f32[4]"], { start: [0, 0], limit: [4], strides: [1] }, "start must have 1 entries for [4], found 2"], // prettier-ignore
  ["slice", ["f32[4]"], { start: [0], limit: [5], strides: [1] }, "0:5:1 does not lie in axis 0 with extent 4"], // prettier-ignore
  ["slice", ["f32[4]"], { start: [2], limit: [2], strides: [1] }, "2:2:1 holds nothing of axis 0 with extent 4"], // prettier-ignore
  ["slice", ["f32[4]"], { start: [-1], limit: [2], strides: [1] }, "-1:2:1 does not lie in axis 0 with extent 4"], // prettier-ignore
  ["slice", ["f32[4]"], { start: [0], limit: [4], strides: [0] }, "0:4:0 does not lie in axis 0 with extent 4"], // prettier-ignore
  ["slice", ["f32[n]"], { start: [0], limit: [2], strides: [1] }, "axis 0 is the batch dimension, of which only all rows can be taken"], // prettier-ignore
  ["pad", ["f32[4]"], { low: [], high: [1], value: 0 }, "low must have 1 entries for [4], found 0"],
  ["pad", ["f32[4]"], { low: [-1], high: [1], value: 0 }, "axis 0 must gain whole numbers of elements, found -1 and 1"], // prettier-ignore
  ["pad", ["f32[n]"], { low: [1], high: [0], value: 0 }, "axis 0 is the batch dimension, which cannot be padded"], // prettier-ignore
  ["concat", [], { axis: 0 }, "expected at least one tensor, found none"],
  ["concat", ["f32[2]", "f64[2]"], { axis: 0 }, "input 1 must be f32, found f64[2]"],
  ["concat", ["f32[2]", "f32[2]"], { axis: 1 }, "axis 1 does not exist in [2], which has 1 axes"],
  ["concat", ["f32[2,3]", "f32[2,4]"], { axis: 0 }, "input 1 must be like [2,3] but for axis 0, found [2,4]"],
  ["concat", ["f32[n]", "f32[n]"], { axis: 0 }, "axis 0 is the batch dimension, along which nothing can be joined"], // prettier-ignore
  ["broadcastTo", ["f32[2]"], { shape: [3] }, "[2] does not stretch to [3]"],
  ["broadcastTo", ["f32[2]"], { shape: [2, 1] }, "[2] does not stretch to [2,1]"],
  ["broadcastTo", ["f32[1,2]"], { shape: [2] }, "[1,2] does not stretch to [2]"],
  ["broadcastTo", ["f32[5]"], { shape: [n] }, "[5] does not stretch to [n]"],
  ["reverse", ["f32[2]"], { axes: [1] }, "axis 1 does not exist in [2], which has 1 axes"],
  ["reverse", ["f32[2,2]"], { axes: [1, 0] }, "axes must be in rising order without repeats, found [1,0]"],
  ["reverse", ["f32[n]"], { axes: [0] }, "axis 0 is the batch dimension, whose order cannot be reversed"],

  ...reductions("a tensor of numbers", "bool[2]", "sum max min argMax argMin"),
  ...reductions("a float tensor", "i32[2]", "prod mean logSumExp"),
  ["argMax", ["f32[2,2]"], { axes: [0, 1] }, "expected exactly one axis, found [0,1]"],
  ["argMin", ["f32[2]"], { axes: [] }, "expected exactly one axis, found []"],
  ...["softmax", "logSoftmax"].flatMap((name): Row[] => [
    [name, ["i32[2]"], { axis: 0 }, "x must be a float tensor, found i32[2]"],
    [name, ["f32[]"], { axis: 0 }, "axis 0 does not exist in [], which has 0 axes"],
    [name, ["f32[2]"], { axis: 0.5 }, "axis 0.5 does not exist in [2], which has 1 axes"],
  ]),

  ["matmul", ["i32[2,2]", "i32[2,2]"], plain(), "a must be a float tensor, found i32[2,2]"],
  ["matmul", ["f32[2,2]", "f64[2,2]"], plain(), "f32[2,2] by f64[2,2]: both must have one element type"],
  ["matmul", ["f32[2]", "f32[2,2]"], plain(), "f32[2] by f32[2,2]: both need at least two axes"],
  ["matmul", ["f32[2,3]", "f32[2,3]"], plain(), "f32[2,3] by f32[2,3]: expected as many rows of b as columns of a, found 2 and 3"], // prettier-ignore
  ["matmul", ["f32[n,3]", "f32[n,3]"], { transposeA: false, transposeB: false }, "f32[n,3] by f32[n,3]: expected as many rows of b as columns of a, found n and 3"], // prettier-ignore
  ["matmul", ["f32[3,2]", "f32[2,3]"], { transposeA: true, transposeB: false }, "f32[3,2] transposed by f32[2,3]: expected as many rows of b as columns of a, found 2 and 3"], // prettier-ignore
  ["matmul", ["f32[2,3,3]", "f32[n,3,3]"], plain(), "f32[2,3,3] by f32[n,3,3]: leading axes must be equal, found [2] and [n]"], // prettier-ignore

  ["take", ["f32[4]", "f32[2]"], { axis: 0 }, "indices must be an i32 tensor, found f32[2]"],
  ["take", ["f32[4]", "i32[2]"], { axis: 1 }, "axis 1 does not exist in [4], which has 1 axes"],
  [
    "take",
    ["f32[n,4]", "i32[2]"],
    { axis: 0 },
    "axis 0 of [n,4] is the batch dimension, which cannot be indexed",
  ],
  ["take", ["f32[n,4]", "i32[n]"], { axis: 1 }, "both x and indices have the batch dimension"],
  ["take", ["f32[2,n,4]", "i32[2]"], { axis: 2 }, "the batch dimension cannot stand inside [2,n]"],
  ["scatterAdd", ["i32[4]", "i32[4]"], { axis: 0, size: 3 }, "updates must be a float tensor, found i32[4]"],
  ["scatterAdd", ["f32[4]", "i32[4]"], { axis: 0, size: 0 }, "size must be a positive integer, found 0"],
  ["scatterAdd", ["f32[4,2]", "i32[3]"], { axis: 0, size: 3 }, "updates must have the axes [3] of indices from axis 0 on, found [4,2]"], // prettier-ignore
  ["scatterAdd", ["f32[4]", "i32[]"], { axis: 2, size: 3 }, "axis 1 does not exist in [4], which has 1 axes"],
  ["takeAlongAxis", ["f32[4]", "bool[4]"], { axis: 0 }, "indices must be an i32 tensor, found bool[4]"],
  ["takeAlongAxis", ["f32[4,2]", "i32[4,3]"], { axis: 0 }, "indices must be like x [4,2] but for axis 0, found [4,3]"], // prettier-ignore
  ["takeAlongAxis", ["f32[4,2]", "i32[4]"], { axis: 0 }, "indices must be like x [4,2] but for axis 0, found [4]"], // prettier-ignore
  ["takeAlongAxis", ["f32[n,2]", "i32[3,2]"], { axis: 0 }, "axis 0 of [n,2] is the batch dimension, which cannot be indexed"], // prettier-ignore
  ["scatterAddAlongAxis", ["f32[4]", "i32[3]"], { axis: 0, size: 3 }, "indices must be like updates [4], found [3]"], // prettier-ignore
  ["scatterAddAlongAxis", ["bool[4]", "i32[4]"], { axis: 0, size: 3 }, "updates must be a float tensor, found bool[4]"], // prettier-ignore
  ["scatterAddAlongAxis", ["f32[4]", "i32[4]"], { axis: 0, size: 1.5 }, "size must be a positive integer, found 1.5"], // prettier-ignore
  ["affineView", ["f32[5]"], { subscripts: "y+k -> y,k", shape: [4, 3] }, "subscript 0 of operand 0 reaches from 0 to 5, but [5] has 5 there"], // prettier-ignore
  ["affineView", ["f32[5]"], { subscripts: "y+k", shape: [4, 3] }, 'the subscripts "y+k" need one "->"'],
  ["affineView", ["f32[5]"], { subscripts: "y+k -> y", shape: [4] }, 'the letter "k" has no extent'],
  [
    "affineView",
    ["f32[5]"],
    { subscripts: "y*k -> y,k", shape: [4, 3] },
    'the subscript "y*k" is no sum of letters and numbers',
  ],
  [
    "affineView",
    ["f32[5]"],
    { subscripts: "y -> y,k", shape: [4] },
    '"y -> y,k" names 2 axes of a result with 1',
  ],
  ["affineView", ["f32[5]"], { subscripts: "y -> y,y", shape: [4, 4] }, 'the subscripts "y -> y,y" must name different letters after "->"'], // prettier-ignore
  ["affineView", ["f32[n]"], { subscripts: "n+1 -> n", shape: [n] }, "axis 0 of operand 0 is the batch dimension, which is taken whole"], // prettier-ignore
  [
    "affineView",
    ["f32[5,2]"],
    { subscripts: "y -> y", shape: [5] },
    "operand 0 has 2 axes, but 1 subscripts",
  ],
  ["affineEinsum", ["i32[5]", "i32[3]"], { subscripts: "y+k; k -> y", shape: [3], depth: [3] }, "a must be a float tensor, found i32[5]"], // prettier-ignore
  ["affineEinsum", ["f32[5]", "f64[3]"], { subscripts: "y+k; k -> y", shape: [3], depth: [3] }, "f32[5] by f64[3]: both must have one element type"], // prettier-ignore
  ["affineEinsum", ["f32[5]", "f32[3]"], { subscripts: "y+k; k -> y", shape: [3], depth: [] }, '"y+k; k -> y" needs 1 extents and 1 summed ones, found 1 and 0'], // prettier-ignore
  ["affineEinsum", ["f32[5]", "f32[3]"], { subscripts: "y+k; k -> y", shape: [3], depth: [4] }, "subscript 0 of operand 0 reaches from 0 to 5, but [5] has 5 there"], // prettier-ignore
  ["slidingWindows", ["f32[n,4]"], { window: [2], strides: [1], dilation: [1] }, "x must be [rows, ...space, channels] with fixed space and channels, found [n,4]"], // prettier-ignore
  ["slidingWindows", ["f32[n,4,1]"], { window: [2, 2], strides: [1], dilation: [1] }, "window must have 1 entries, one for each axis of space, found 2"], // prettier-ignore
  ["slidingWindows", ["f32[n,4,1]"], { window: [2], strides: [0], dilation: [1] }, "stride must be whole numbers of at least 1, found [0]"], // prettier-ignore
  ["slidingWindows", ["f32[n,4,1]"], { window: [3], strides: [1], dilation: [2] }, "a window spans 5 (3 elements, 2 apart) along axis 1 of f32[n,4,1], which has only 4"], // prettier-ignore
  ["overlapAdd", ["f32[n,3,2]"], { space: [4], strides: [1], dilation: [1] }, "x must have 4 axes for 1 of space, found 3"], // prettier-ignore
  ["overlapAdd", ["f32[n,3,3,1]"], { space: [4], strides: [1], dilation: [1] }, "[4] holds [2] windows of [3], found [3]"], // prettier-ignore
  ["overlapAdd", ["i32[n,2,3,1]"], { space: [4], strides: [1], dilation: [1] }, "x must be a float tensor, found i32[n,2,3,1]"], // prettier-ignore
  [
    "convolution",
    ["f32[n,4,1]", "f64[2,1,2]"],
    moves(1),
    "f32[n,4,1] and f64[2,1,2] must have one element type",
  ],
  ["convolution", ["f32[n,4,1]", "f32[1,2]"], moves(1), "the kernel must be [...window, in, out] with 1 axes of fixed window, found f32[1,2]"], // prettier-ignore
  ["convolution", ["f32[n,5,4,1]", "f32[3,7,1,2]"], { ...moves(2), low: [0, 1] }, "a window spans 7 along axis 2 of f32[n,5,4,1], which has only 5 with its padding of 1 and 0"], // prettier-ignore
  ["convolution", ["f32[n,5,4]", "f32[3,2,3]"], { ...moves(1), groups: 3 }, "3 groups do not divide the 4 channels of x"], // prettier-ignore
  ["convolution", ["f32[n,5,4]", "f32[3,2,3]"], { ...moves(1), groups: 2 }, "2 groups do not divide the 3 filters of the kernel"], // prettier-ignore
  ["convolution", ["f32[n,5,4]", "f32[3,2,4]"], moves(1), "a kernel for 4 channels in 1 groups takes 4 of them, found f32[3,2,4]"], // prettier-ignore
  ["convolution", ["f32[n,5,4]", "f32[3,2,4]"], { ...moves(1), groups: 0 }, "groups must be a positive integer, found 0"], // prettier-ignore
  ["convolution", ["f32[n,5,4]", "f32[3,4,4]"], { ...moves(1), low: [-1] }, "low must be whole numbers of at least 0, found [-1]"], // prettier-ignore
  ["convolution", ["f32[1,1,1,1,1,1,1]", "f32[1,1,1,1,1,1,1]"], moves(5), "at most 4 axes of space are known, found 5"], // prettier-ignore
  ["convolution", ["f32[8192,32,32,1]", "f32[1,1,1,64]"], moves(2), "the result [8192,32,32,64] has 536870912 elements, more than 2^28"], // prettier-ignore
  ["convolutionDataGradient", ["f32[n,4,2]", "f32[2,1,2]"], { ...moves(1), space: [4] }, "g must be f32[n,3,2], found f32[n,4,2]"], // prettier-ignore
  ["convolutionDataGradient", ["i32[n,3,2]", "i32[2,1,2]"], { ...moves(1), space: [4] }, "the first input must be a float tensor, found i32[n,3,2]"], // prettier-ignore
  ["convolutionDataGradient", ["f32[3,2]", "f32[2,1,2]"], { ...moves(1), space: [4] }, "g must be [rows, ...space, channels] with fixed space and channels, found [3,2]"], // prettier-ignore
  ["convolutionFilterGradient", ["f32[n,4,2]", "f32[n,4,1]"], { ...moves(1), window: [2] }, "g must be f32[n,3,1], found f32[n,4,1]"], // prettier-ignore
  ["convolutionFilterGradient", ["f32[n,4,2]", "f32[n,4,1]"], { ...moves(1), window: [5] }, "a window spans 5 along axis 1 of f32[n,4,2], which has only 4"], // prettier-ignore
  ["convolutionFilterGradient", ["f32[n,4,2]", "f64[n,4,1]"], { ...moves(1), window: [1] }, "f32[n,4,2] and f64[n,4,1] must have one element type"], // prettier-ignore
  ["maxPool", ["i32[n,4,1]"], { window: [2], ...pools(1) }, "x must be a float tensor, found i32[n,4,1]"],
  ["maxPool", ["f32[n,4,1]"], { window: [5], ...pools(1) }, "a window spans 5 along axis 1 of f32[n,4,1], which has only 4"], // prettier-ignore
  ["maxPool", ["f32[n,4,1]"], { window: [2], ...pools(1), strides: [1.5] }, "stride must be whole numbers of at least 1, found [1.5]"], // prettier-ignore

  ["standardize", ["i32[4]"], { axes: [0], epsilon: 1e-3 }, "x must be a float tensor, found i32[4]"],
  ["standardize", ["f32[4]"], { axes: [1], epsilon: 1e-3 }, "axis 1 does not exist in [4], which has 1 axes"],
  ["standardize", ["f32[4]"], { axes: [0], epsilon: 0 }, "epsilon must be a positive number, found 0"],
  ["maskedSoftmax", ["f32[4]", "bool[3]"], { axis: 0 }, "mask must be bool[4] for f32[4], found bool[3]"],
  ["maskedSoftmax", ["f32[4]", "f32[4]"], { axis: 0 }, "mask must be bool[4] for f32[4], found f32[4]"],
  ["maskedSoftmax", ["f32[4]", "bool[4]"], { axis: 1 }, "axis 1 does not exist in [4], which has 1 axes"],
  ["maskedSoftmax", ["i32[4]", "bool[4]"], { axis: 0 }, "x must be a float tensor, found i32[4]"],

  ["cumsum", ["i32[4]"], { axis: 0, reverse: false }, "x must be a float tensor, found i32[4]"],
  ["cumsum", ["f32[4]"], { axis: 1, reverse: false }, "axis 1 does not exist in [4], which has 1 axes"],
  ["cumsum", ["f32[3,n,4]"], { axis: 2, reverse: false }, "the batch dimension cannot stand inside [3,n]"],
  ["argSort", ["i32[4]"], { axis: 0, descending: false }, "x must be a float tensor, found i32[4]"],
  ["argSort", ["f32[4]"], { axis: -1, descending: false }, "axis -1 does not exist in [4], which has 1 axes"],
  ["argSort", ["f32[n,4]"], { axis: 0, descending: true }, "axis 0 of [n,4] is the batch dimension, which cannot be sorted"], // prettier-ignore

  ["oneHot", ["f32[2]"], { depth: 3, dtype: "f32" }, "x must be an i32 tensor, found f32[2]"],
  ["oneHot", ["i32[2]"], { depth: 0, dtype: "f32" }, "depth must be a positive integer, found 0"],
  ["oneHot", ["i32[2]"], { depth: 1.5, dtype: "f32" }, "depth must be a positive integer, found 1.5"],
  ...(["randomBits", "randomUniform"] as const).flatMap((name): Row[] => [
    [
      name,
      ["i32[]", ...time[name]],
      { shape: [2], stream: 0, dtype: "f32" },
      "the seed must be u32[], found i32[]",
    ],
    [
      name,
      ["u32[1]", ...time[name]],
      { shape: [2], stream: 0, dtype: "f32" },
      "the seed must be u32[], found u32[1]",
    ],
    [name, ["u32[]", ...time[name]], { shape: [2], stream: -1, dtype: "f32" }, "the stream must be an integer from 0 to 2^32 - 1, found -1"], // prettier-ignore
  ]),
  ["randomBits", ["u32[]", "i32[]"], { shape: [2], stream: 0 }, "the counter must be u32[], found i32[]"],
  ["uniformFromBits", ["f32[n]"], { dtype: "f32" }, "the bits must be u32, found f32[n]"],
  ["uniformFromBits", ["i32[2]"], { dtype: "f32" }, "the bits must be u32, found i32[2]"],
  ["uniformFromBits", ["u32[2]"], { dtype: "i32" }, "expected dtype f32 or f64, found i32"],
  ["randomUniform", ["u32[]"], { shape: [2], stream: 0, dtype: "i32" }, "expected dtype f32 or f64, found i32"], // prettier-ignore
  ["sparseSoftmaxCrossEntropy", ["i32[2]", "i32[]"], {}, "logits must be a float tensor, found i32[2]"],
  ["sparseSoftmaxCrossEntropy", ["f32[]", "i32[]"], {}, "logits need an axis of classes, found f32[]"],
  ["sparseSoftmaxCrossEntropy", ["f32[2,3]", "f32[2]"], {}, "labels must be i32, found f32[2]"],
  ["sparseSoftmaxCrossEntropy", ["f32[n,3]", "i32[3]"], {}, "labels must have shape [n] for logits [n,3], found [3]"], // prettier-ignore
  ["sparseSoftmaxCrossEntropy", ["f32[3,n]", "i32[3]"], {}, "the last axis of [3,n] must be the classes, found n"], // prettier-ignore
  [
    "sigmoidCrossEntropy",
    ["f32[2]", "f32[2]"],
    { positiveWeight: -1 },
    "positiveWeight must be a number of at least 0, found -1",
  ],
  ["sigmoidCrossEntropy", ["i32[2]", "i32[2]"], {}, "logits must be a float tensor, found i32[2]"],
  ["sigmoidCrossEntropy", ["f32[2]", "f32[3]"], {}, "targets must be f32[2] like logits, found f32[3]"],
  ["sigmoidCrossEntropy", ["f32[2]", "i32[2]"], {}, "targets must be f32[2] like logits, found i32[2]"],
  ["orthogonalize", ["i32[2,2]"], {}, "x must be a float tensor, found i32[2,2]"],
  ["orthogonalize", ["f32[n,2]"], {}, "expected a matrix of fixed size, found [n,2]"],
  ["orthogonalize", ["f32[2,3]"], {}, "expected at least as many rows as columns, found [2,3]"],

  ["constant", [], { value: 1, dtype: "f32", shape: [2] }, "a constant is 0-d, found 1 axes"],
  ["constant", [], { value: 1.5, dtype: "i32", shape: [] }, "i32 cannot hold 1.5"],
  ["constant", [], { value: -1, dtype: "u32", shape: [] }, "u32 cannot hold -1"],
  ["constant", [], { value: 2, dtype: "bool", shape: [] }, "bool cannot hold 2"],
  ["tensor", [], { values: [1, 2], dtype: "f32", shape: [3] }, "[3] holds 3 values, found 2"],
  ["tensor", [], { values: [1, 2 ** 31], dtype: "i32", shape: [2] }, "i32 cannot hold 2147483648"],
  ["tensor", [], { values: [1], dtype: "f32", shape: [n] }, "a constant cannot have the batch dimension"],
  ["iota", [], { axis: 1, dtype: "i32", shape: [3] }, "axis 1 does not exist in [3], which has 1 axes"],
  ["iota", [], { axis: 0, dtype: "i32", shape: [] }, "axis 0 does not exist in [], which has 0 axes"],
  ["iota", [], { axis: 0, dtype: "bool", shape: [3] }, "bool cannot count; use i32"],
  ["dimensionSize", [], { dim: 3, dtype: "bool" }, "bool cannot hold a size; use f32 or i32"],
];
/** No padding and no strides in `rank` axes of space. */
function pools(rank: number) {
  const all = (value: number): number[] => Array.from({ length: rank }, () => value);
  return { strides: all(1), low: all(0), high: all(0), dilation: all(1) };
}
function moves(rank: number) {
  return { ...pools(rank), groups: 1 };
}
function plain(): Attrs {
  return { transposeA: false, transposeB: false };
}

test.each(table)("%s of %j with %j is refused: %s", (name, inputs, attrs, sentence) => {
  const types = inputs.map((text) => parseInput(text).type);
  let refusal: unknown;
  try {
    typesOf(roomOf(ops, name), types, attrs);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(GradcError);
  const { message, code } = refusal as GradcError;
  expect(message.split("\n")[0]).toBe(`${name}: ${sentence}`);
  expect(["shape", "dtype", "axis", "too-large"]).toContain(code);
});

test("every op has at least three refusals, but for those that take nearly everything", () => {
  const lenient =
    "cast contiguous stopGradient barrier checkpoint customVjp onGradient dimensionSize placeholder".split(
      " ",
    );
  for (const { name, inputs, lower } of ops.values()) {
    // A body cannot be written in a row; what a scan refuses stands in test/scan.
    if (lower.kind === "loop") continue;
    if (lenient.includes(name) || (inputs.length === 0 && roomOf(ops, name).samples.length === 0)) continue;
    expect(table.filter(([op]) => op === name).length, name).toBeGreaterThanOrEqual(3);
  }
});

test("leaves refuse extents that are not positive integers, by name", () => {
  const make = (shape: number[]) => () =>
    typesOf(roomOf(ops, "input"), [], { name: "pixels", dtype: "f32", shape });
  expect(make([3, 0])).toThrow('input "pixels" [3,0] must have positive integers as extents, found 0');
  expect(make([NaN])).toThrow('input "pixels" [NaN] must have positive integers as extents, found NaN');
  expect(make([2 ** 14, 2 ** 15])).toThrow(
    'input "pixels" [16384,32768] has 536870912 elements, more than 2^28',
  );
});

test.each([
  ["slice", ["f32[7]"], { start: [1], limit: [7], strides: [4] }, "f32[2]"],
  ["slice", ["f32[4,n]"], { start: [0, 0], limit: [4, n], strides: [3, 1] }, "f32[2,n]"],
  ["pad", ["i32[2,n]"], { low: [1, 0], high: [3, 0], value: 0 }, "i32[6,n]"],
  ["concat", ["f32[n,2]", "f32[n,5]"], { axis: 1 }, "f32[n,7]"],
  ["transpose", ["f32[n,2,3]"], { permutation: [2, 0, 1] }, "f32[3,n,2]"],
  ["sum", ["f32[n,2,3]"], { axes: [0, 2] }, "f32[2]"],
  ["argMax", ["f32[n,10]"], { axes: [1] }, "i32[n]"],
  ["less", ["f64[n]", "f64[n]"], {}, "bool[n]"],
  ["oneHot", ["i32[n]"], { depth: 3, dtype: "f64" }, "f64[n,3]"],
  ["matmul", ["f32[5,n,3]", "f32[5,n,4]"], { transposeA: true, transposeB: false }, "f32[5,3,4]"],
  ["sparseSoftmaxCrossEntropy", ["f64[n,3]", "i32[n]"], {}, "f64[n]"],
  ["slidingWindows", ["f32[n,7,3]"], { window: [3], strides: [2], dilation: [2] }, "f32[n,2,3,3]"],
  [
    "convolution",
    ["f32[n,8,8,4]", "f32[3,3,2,6]"],
    { ...moves(2), strides: [2, 1], groups: 2 },
    "f32[n,3,6,6]",
  ],
  ["convolutionDataGradient", ["f32[n,3,6,6]", "f32[3,3,2,6]"], { ...moves(2), strides: [2, 1], groups: 2, space: [8, 8] }, "f32[n,8,8,4]"], // prettier-ignore
  ["maxPool", ["f32[n,7,3]"], { ...pools(1), window: [3], strides: [2], low: [1] }, "f32[n,3,3]"],
] as Row[])("%s of %j with %j is %s", (name, inputs, attrs, type) => {
  const types = inputs.map((text) => parseInput(text).type);
  expect(typesOf(roomOf(ops, name), types, attrs).map(typeText)).toEqual([type]);
});
