import { fail } from "../base/errors.ts";
import { builder } from "../ir/builder.ts";
import { recomputation, type Node, type Origin, type Value } from "../ir/graph.ts";
import { op, type NDArray, type Op, type Sweep, type Unary } from "../ir/op.ts";
import { substitute } from "../ir/rewrite.ts";
import { isFloat, type TensorType } from "../ir/type.ts";
import { fullLike } from "./broadcast.ts";
import { unarySamples } from "./samples.ts";

// These ops hand their first input on; what they say is said to differentiation, and to the schedule.

export const barrier: Op<(x: Value, after: Value) => Value> = op("barrier", {
  doc: "The same tensor x, to be looked at only after another value is known; nothing is rewritten across it.",
  inputs: ["x", "after"],
  type: ({ x }) => x,
  vjp: { x: ({ g }) => g },
  waits: ["after"],
  lower: { kind: "at", at: ({ x }, i) => x(...i) },
  eval: ({ x }) => x,
  samples: [
    ["f32[]", "f32[]"], ["f32[1]", "f64[2]"], ["f64[5]", "f32[5]"], ["f32[2,3]", "f32[]"], ["f32[n,4]", "f32[n]"],
    ["f64[2,1,3]", "@0"], ["f32[1,1]", "f32[n]"], ["f32[3]~-1e6..1e6", "f32[1]"], ["i32[3]", "f32[1]"], ["bool[2]", "f32[2]"],
  ].map((inputs) => ({ inputs })), // prettier-ignore
});

export const contiguous: Unary = op("contiguous", {
  doc: "The same tensor, written out in the order of its own axes where it would otherwise be read through others.",
  inputs: ["x"],
  names: { numpy: "ascontiguousarray", pytorch: "Tensor.contiguous" },
  type: ({ x }) => x,
  vjp: { x: ({ g }) => g },
  lower: { kind: "at", at: ({ x }, i) => x(...i), kept: true },
  eval: ({ x }) => x,
  samples: [...unarySamples(), { inputs: ["i32[n,2]"] }],
});

/** The first of some inputs, which is what a mark with several computes. */
const first = {
  type: ({ all }: { readonly all: readonly TensorType[] }): TensorType =>
    all[0] ?? fail("shape", "a mark needs a tensor, found none"),
  eval: ({ all }: { readonly all: readonly NDArray[] }): NDArray => all[0],
};

type Marked<A> = Op<(inputs: readonly Value[], attrs: A) => Value>;

export const checkpoint: Marked<Record<never, never>> = op<
  (inputs: readonly Value[]) => Value,
  "x" | "captured",
  Record<never, never>
>("checkpoint", {
  doc: "The same tensor x, computed from the captured values; what lies between is computed again for the gradient.",
  inputs: ["x", "...captured"],
  type: first.type,
  mark: true,
  vjp: {
    captured: ({ x, all, g, vjp }) => recompute(x, all.slice(1), g, vjp),
  },
  lower: { kind: "at", at: ({ all }, i) => all[0](...i) },
  eval: first.eval,
  // As an op alone x has no gradient; what it does to those of its captured values is tested in test/autodiff.
  samples: ["f32[]", "f32[2]", "f32[n,3]"].map((type) => ({ inputs: [type, type] })),
});

/**
 * The cotangents of the captured values from a second copy of all that was computed from them. The copy starts behind
 * barriers that wait for the cotangent, so it is no value of the forward pass and cannot be had before it is needed.
 */
function recompute(x: Value, captured: readonly Value[], g: Value, vjp: Sweep): Value[] {
  const again = new Map(captured.map((value) => [value, barrier(value, g)]));
  const [copy] = substitute([x], again, recomputed);
  const floats = captured.filter(({ type }) => isFloat(type.dtype));
  const found = vjp(
    [copy],
    [g],
    floats.map((value) => again.get(value) as Value),
  );
  return captured.map((value) => found[floats.indexOf(value)] ?? fullLike(0, value));
}

/** A recomputed node comes from where it first came from. */
function recomputed(node: Node): Origin {
  const { layer, source } = builder().origins.get(node)?.[0] ?? { layer: "", source: "" };
  return { layer, source, gradientOf: recomputation };
}

type Token = { readonly token: string };
/** A function of its own for the cotangents of all inputs behind the first. */
const written = (name: string, doc: string): Marked<Token> =>
  op<(inputs: readonly Value[], attrs: Token) => Value, "x" | "inputs", Token>(name, {
    doc,
    inputs: ["x", "...inputs"],
    type: first.type,
    mark: true,
    vjp: {
      inputs: ({ x, all, g, attrs: { token } }) => builder().gradientOf(token)(g, x, all.slice(1)),
    },
    lower: { kind: "at", at: ({ all }, i) => all[0](...i) },
    eval: first.eval,
    samples: ["f32[]", "f32[2]", "f32[n,3]"].map((type) => ({ inputs: [type, type], attrs: { token: "0" } })),
  });

export const customVjp: Marked<Token> = written(
  "customVjp",
  "The same tensor x, computed from the inputs; their cotangents are what a function of the user's says.",
);

export const onGradient: Marked<Token> = written(
  "onGradient",
  "The same tensor x; its cotangent passes through a function of the user's on the way back.",
);
