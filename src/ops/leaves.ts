import { fail, fault, invariant } from "../base/errors.ts";
import { e } from "../ir/expr.ts";
import { leafOps, type LeafOp, type Value } from "../ir/graph.ts";
import { applyRoom, op, type Op, type OpRoom } from "../ir/op.ts";
import {
  extentAt,
  isBatch,
  sizeOf,
  tensorType,
  type DType,
  type Dim,
  type Shape,
  type TensorType,
} from "../ir/type.ts";
import { tabulate } from "./naive.ts";
import { sampleBatch } from "./samples.ts";
import { needAxis, needShape } from "./types.ts";

type Typed = { readonly dtype: DType; readonly shape: Shape };
type Named = Typed & { readonly name: string };
type Made<A> = Op<(attrs: A) => Value>;

const doc: Readonly<Record<LeafOp, string>> = {
  input: "An argument of the step.",
  parameter: "A trained tensor.",
  state: "A tensor that is saved beside the parameters but not trained.",
  hyper: "A scalar that the caller may assign, such as the learning rate.",
  pending: "What a state becomes at the next update; scratch, so that the forward pass may be repeated.",
  total: "A metric's running total.",
  parameters: "All parameters of an optimizer group as one flat block.",
  gradients: "All gradients of an optimizer group as one flat block.",
  slot: "One of an optimizer's flat blocks, such as the momentum.",
  averages: "The moving averages of all parameters of an optimizer group as one flat block.",
  seed: "The seed that initial values are drawn from.",
};

/** What reads memory is fed to the evaluator by its caller. */
const fed = (): never => invariantFed();
function invariantFed(): never {
  invariant(false, "a leaf has no value of its own; the evaluator must be fed one");
}

const leafRoom = (kind: LeafOp): OpRoom => {
  const room: Omit<OpRoom<never, Named>, "name"> = {
    doc: doc[kind],
    inputs: [],
    type: (_, { dtype, shape, name }) => {
      needShape(`${kind} "${name}"`, shape);
      return tensorType(dtype, shape);
    },
    lower: { kind: "leaf" },
    eval: fed,
    samples: [],
  };
  return op<(attrs: Named) => Value, never, Named>(kind, room).room;
};

/** The rooms of the leaves, by kind. */
export const leafRooms: ReadonlyMap<string, OpRoom> = new Map(leafOps.map((kind) => [kind, leafRoom(kind)]));

/** The value of a named piece of memory. The same kind, name and type in one build is the same value. */
export function leaf(kind: LeafOp, name: string, { dtype, shape }: TensorType): Value {
  const room = leafRooms.get(kind) ?? fault(`unknown kind of leaf "${kind}"`);
  return applyRoom(room, [], { name, dtype, shape }).outputs[0];
}

/** Stands for a cotangent while a forward derivative is made; no finished graph holds one. */
export const placeholder: Made<Typed & { readonly token: string }> = op<
  (attrs: Typed & { readonly token: string }) => Value,
  never,
  Typed & { readonly token: string }
>("placeholder", {
  doc: "Stands for a cotangent while a forward derivative is made.",
  inputs: [],
  type: (_, { dtype, shape }) => tensorType(dtype, shape),
  lower: { kind: "leaf" },
  eval: fed,
  samples: [],
});

type Constant = Typed & { readonly value: number };
export const constant: Made<Constant> = op<(attrs: Constant) => Value, never, Constant>("constant", {
  doc: "One number: a 0-d tensor.",
  inputs: [],
  type: (_, { value, dtype, shape }) => {
    if (shape.length > 0) fail("shape", `constant: a constant is 0-d, found ${shape.length} axes`);
    needNumber("constant", value, dtype);
    return tensorType(dtype, []);
  },
  lower: { kind: "at", at: (_inputs, _i, { attrs }) => e.constant(attrs.value, attrs.dtype) },
  eval: (_, { value, dtype }) => ({ dtype, shape: [], data: Float64Array.of(value) }),
  samples: [-2.5, 0, 1e30].map((value) => ({ inputs: [], attrs: { value, dtype: "f32", shape: [] } })),
});

type Tensor = Typed & { readonly values: readonly number[] };
export const constantTensor: Made<Tensor> = op<(attrs: Tensor) => Value, never, Tensor>("tensor", {
  doc: "A tensor of numbers that are part of the model, in row-major order.",
  inputs: [],
  type: (_, { values, dtype, shape }) => {
    if (shape.some(isBatch)) fail("shape", "tensor: a constant cannot have the batch dimension");
    const size = sizeOf(needShape("tensor:", shape), "tensor:");
    if (size !== values.length)
      fail("shape", `tensor: [${shape.join(",")}] holds ${size} values, found ${values.length}`);
    for (const value of values) needNumber("tensor", value, dtype);
    return tensorType(dtype, shape);
  },
  lower: { kind: "leaf" },
  eval: (_, { values, dtype }, { shapes }) => ({ dtype, shape: shapes[0], data: Float64Array.from(values) }),
  samples: [
    { inputs: [], attrs: { values: [1, -2, 3.5, 4, 5, 6], dtype: "f32", shape: [2, 3] } },
    { inputs: [], attrs: { values: [1, 0], dtype: "bool", shape: [2] } },
  ],
});

/** Refuses numbers that the element type cannot hold. */
function needNumber(name: string, value: number, dtype: DType): void {
  const [low, high] =
    dtype === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : dtype === "u32" ? [0, 2 ** 32 - 1] : [0, 1];
  if (dtype === "f32" || dtype === "f64") return;
  if (!Number.isInteger(value) || value < low || value > high)
    fail("dtype", `${name}: ${dtype} cannot hold ${String(value)}`);
}

type Iota = Typed & { readonly axis: number };
export const iota: Made<Iota> = op<(attrs: Iota) => Value, never, Iota>("iota", {
  doc: "Counts 0, 1, 2, … along one axis.",
  inputs: [],
  type: (_, { dtype, shape, axis }) => {
    needAxis("iota", axis, needShape("iota:", shape));
    if (dtype === "bool") fail("dtype", "iota: bool cannot count; use i32");
    return tensorType(dtype, shape);
  },
  lower: { kind: "at", at: (_inputs, i, { attrs }) => e.cast(e.index(i[attrs.axis]), attrs.dtype) },
  eval: (_, { dtype, axis }, { shapes }) => tabulate(dtype, shapes[0], (at) => at[axis]),
  samples: [
    { inputs: [], attrs: { shape: [4], axis: 0, dtype: "i32" } },
    { inputs: [], attrs: { shape: [sampleBatch, 3], axis: 1, dtype: "f32" } },
    { inputs: [], attrs: { shape: [sampleBatch, 3], axis: 0, dtype: "u32" } },
  ],
});

type Size = { readonly dim: Dim; readonly dtype: DType };
export const dimensionSize: Made<Size> = op<(attrs: Size) => Value, never, Size>("dimensionSize", {
  doc: "The run-time extent of a dimension (times · n for the batch) as a number.",
  inputs: [],
  type: (_, { dtype }) => {
    if (dtype === "bool") fail("dtype", "dimensionSize: bool cannot hold a size; use f32 or i32");
    return tensorType(dtype, []);
  },
  lower: {
    kind: "at",
    at: (_inputs, _i, { attrs: { dim, dtype } }) =>
      isBatch(dim) ? e.size(dim.times, dtype) : e.constant(dim, dtype),
  },
  eval: (_, { dim, dtype }, { n }) => ({ dtype, shape: [], data: Float64Array.of(extentAt(dim, n)) }),
  samples: [7, sampleBatch, { times: 3, max: 5 }].map((dim) => ({
    inputs: [],
    attrs: { dim, dtype: "f32" },
  })),
});
