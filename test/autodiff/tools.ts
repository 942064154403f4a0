import { evaluate } from "../../src/eval/evaluate.ts";
import { ndarray } from "../../src/eval/ndarray.ts";
import { Builder, withBuilder } from "../../src/ir/builder.ts";
import type { Node, Value } from "../../src/ir/graph.ts";
import type { NDArray } from "../../src/ir/op.ts";
import { tensorType, type DType } from "../../src/ir/type.ts";
import { leaf } from "../../src/ops/leaves.ts";

export type Make = (values: readonly number[], shape?: readonly number[], dtype?: DType) => Value;

/** Builds values from numbers and computes them: `make` gives a leaf that holds what it is given. */
export function compute(body: (make: Make) => readonly Value[]): number[][] {
  const feed = new Map<Node, NDArray>();
  return withBuilder(new Builder(), () => {
    const make: Make = (values, shape = [values.length], dtype = "f64") => {
      const value = leaf("input", `x${feed.size}`, tensorType(dtype, shape));
      feed.set(value.node, ndarray(dtype, shape, values));
      return value;
    };
    return evaluate(body(make), feed).map(({ data }) => [...data]);
  });
}
