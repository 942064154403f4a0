import { fail } from "../base/errors.ts";
import { builder, originOf } from "../ir/builder.ts";
import { recomputation, type Node, type Origin, type Value } from "../ir/graph.ts";
import { op, type NDArray, type Op, type Unary } from "../ir/op.ts";
import { substitute } from "../ir/rewrite.ts";
import type { TensorType } from "../ir/type.ts";
import { unarySamples } from "./samples.ts";

// These ops hand their first input on; what they say is said to differentiation, and to the schedule.

type Wait = (inputs: readonly Value[]) => Value;
export const barrier: Op<Wait> = op<Wait, "x" | "after", Record<never, never>>("barrier", {
  doc: "The same tensor x, to be looked at only after other values are known; nothing is rewritten across it.",
  inputs: ["x", "...after"],
  type: ({ x }) => x,
  vjp: { x: ({ g }) => g },
  waits: ["after"],
  carries: "same",
  symbol: "_",
  lower: { kind: "at", at: ({ x }, i) => x(...i) },
  eval: ({ x }) => x,
  samples: [
    ["f32[]", "f32[]"], ["f32[1]", "f64[2]"], ["f64[5]", "f32[5]"], ["f32[2,3]", "f32[]", "i32[2]"], ["f32[n,4]", "f32[n]"],
    ["f64[2,1,3]", "@0"], ["f32[1,1]", "f32[n]"], ["f32[3]~-1e6..1e6", "f32[1]"], ["i32[3]", "f32[1]"], ["bool[2]", "f32[2]"],
  ].map((inputs) => ({ inputs })), // prettier-ignore
});

export const contiguous: Unary = op("contiguous", {
  doc: "The same tensor, written out in the order of its own axes where it would otherwise be read through others.",
  inputs: ["x"],
  names: { numpy: "ascontiguousarray", pytorch: "Tensor.contiguous" },
  type: ({ x }) => x,
  vjp: { x: ({ g }) => g },
  carries: "same",
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
type Results = { readonly results: number };

export const checkpoint: Marked<Results> = op<
  (inputs: readonly Value[], attrs: Results) => Value,
  "values",
  Results
>("checkpoint", {
  doc: "The first `results` values, computed from the others; what lies between is computed again for the gradient.",
  inputs: ["...values"],
  type: ({ all }, { results }) => all.slice(0, results),
  mark: true,
  vjpAll: ({ all, gs, needed, attrs: { results }, vjp }) => {
    const captured = all.slice(results);
    const again = afterwards(
      captured,
      gs.filter((g) => g !== undefined),
    );
    const asked = captured.filter((_, k) => needed[results + k]);
    const outputs = all.flatMap((value, k) => (gs[k] ? [{ value, g: gs[k] }] : []));
    const copies = substitute(outputs.map(({ value }) => value), again, recomputed); // prettier-ignore
    const found = vjp(copies, outputs.map(({ g }) => g), asked.map((value) => again.get(value) as Value)); // prettier-ignore
    return all.map((value, k) => (k < results ? undefined : found[asked.indexOf(value)]));
  },
  // Everything is computed anew for each example, so there is nothing to be spared.
  lift: ({ all, attrs: { results } }) => all.slice(0, results),
  carries: "same",
  lower: { kind: "at", at: ({ all }, i) => all[0](...i) },
  eval: ({ all }, { results }) => all.slice(0, results),
  // What it does to the cotangents of captured values is tested where values are captured, in test/autodiff.
  samples: ["f32[]", "f32[2]", "f32[n,3]"].map((type) => ({ inputs: [type, type], attrs: { results: 1 } })),
});

/**
 * The captured values behind barriers that wait for the cotangents: what is computed from them is no value of the
 * forward pass, and cannot be had before it is needed.
 */
const afterwards = (captured: readonly Value[], gs: readonly Value[]): ReadonlyMap<Value, Value> =>
  new Map(captured.map((value) => [value, barrier([value, ...gs])]));

/** A recomputed node comes from where it first came from. */
function recomputed(node: Node): Origin {
  const { layer, source } = originOf(node);
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
    carries: "same",
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
