import type { Attrs } from "../ir/graph.ts";
import type { Sample } from "../ir/op.ts";
import type { BatchDim } from "../ir/type.ts";

/** The batch dimension that samples write as "n". */
export const sampleBatch: BatchDim = { times: 1, max: 5 };

const ranks = ["f32[]", "f32[1]", "f64[5]", "f32[2,3]", "f64[2,1,3]", "f32[n,4]", "f32[1,1]", "f32[2,2,1,2]"];

/** Samples of an element-by-element op with one input; `range` such as "~0.1..4" restricts the values. */
export const unarySamples = (range = "", wide = "~-900..900"): Sample<Attrs>[] => [
  ...ranks.map((type) => ({ inputs: [type + range] })),
  { inputs: [`f32[6]${wide}`] },
];

/** Samples of an element-by-element op with two inputs, among them one tensor as both. */
export const binarySamples = (a = "", b = a, wide = "~-1e4..1e4"): Sample<Attrs>[] => [
  ...ranks.map((type) => ({ inputs: [type + a, type + b] })),
  { inputs: [`f64[4]${a}`, "@0"] },
  { inputs: [`f32[3,2]${wide}`, `f32[3,2]${wide}`] },
];

/** Samples with attributes, one row a call: the input types, then the attributes. */
export const rows = <A extends Attrs>(...list: readonly (readonly [...string[], A])[]): Sample<A>[] =>
  list.map((row) => ({ inputs: row.slice(0, -1) as string[], attrs: row.at(-1) as A }));
