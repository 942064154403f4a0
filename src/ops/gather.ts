import { fail } from "../base/errors.ts";
import { e } from "../ir/expr.ts";
import { sizeOf, tensorType, typeText, type DType } from "../ir/type.ts";
import { read, tabulate } from "./naive.ts";
import { rows } from "./samples.ts";
import { opWith, type With } from "./types.ts";

type OneHot = { readonly depth: number; readonly dtype: DType };
export const oneHot: With<OneHot> = opWith<OneHot>("oneHot", {
  doc: "A new last axis with 1 at the position that the integer names and 0 elsewhere.",
  inputs: ["x"],
  type: ({ x }, { depth, dtype }) => {
    if (x.dtype !== "i32") fail("dtype", `oneHot: x must be an i32 tensor, found ${typeText(x)}`);
    if (!Number.isInteger(depth) || depth < 1)
      fail("shape", `oneHot: depth must be a positive integer, found ${String(depth)}`);
    sizeOf([...x.shape, depth], "oneHot: the result");
    return tensorType(dtype, [...x.shape, depth]);
  },
  lower: {
    kind: "at",
    at: ({ x }, i, { attrs: { dtype } }) => {
      const hit = e.equal(x(...i.slice(0, -1)), e.index(i[i.length - 1], "i32"));
      return e.select(hit, e.constant(1, dtype), e.constant(0, dtype));
    },
  },
  eval: ({ x }, { dtype }, { shapes }) =>
    tabulate(dtype, shapes[0], (at) => (read(x, at.slice(0, -1)) === at.at(-1) ? 1 : 0)),
  limits: (_, { depth }) => ({ x: depth }),
  samples: rows(
    ["i32[]~0..3", { depth: 3, dtype: "f32" }], ["i32[4]~0..3", { depth: 3, dtype: "f64" }],
    ["i32[2,2]~0..2", { depth: 2, dtype: "i32" }], ["i32[n]~0..4", { depth: 4, dtype: "f32" }],
    ["i32[3]~0..1", { depth: 1, dtype: "f32" }], ["i32[3]~0..5", { depth: 5, dtype: "bool" }],
  ), // prettier-ignore
});
