import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { op, type Op } from "../ir/op.ts";
import { extentAt, tensorType, typeText, type Dim, type Shape } from "../ir/type.ts";
import { eachCoordinate, read, tabulate } from "./naive.ts";
import { rows, sampleBatch as n } from "./samples.ts";
import { checkSubscripts, coordinatesOf, parseSubscripts, placeOf, summed } from "./subscripts.ts";
import { need, needShape, opWith, type With } from "./types.ts";

// What windows and convolutions become once they are differentiated. Neither op copies anything: both only say
// where elements are found.

const pairs = <T>(letters: readonly string[], things: readonly T[]): [string, T][] =>
  letters.map((letter, k) => [letter, things[k]]);

type View = { readonly subscripts: string; readonly shape: Shape };
export const affineView: With<View> = opWith<View>("affineView", {
  doc: 'The elements that subscripts name: "n,2*y+k -> n,y,k" is y[n,y,k] = x[n,2y+k].',
  inputs: ["x"],
  type: ({ x }, { subscripts: text, shape }) => {
    const subscripts = parseSubscripts("affineView", text);
    needShape("affineView: the result", shape);
    if (subscripts.result.length !== shape.length)
      fail(
        "shape",
        `affineView: "${text}" names ${subscripts.result.length} axes of a result with ${shape.length}`,
      );
    checkSubscripts("affineView", subscripts, [x.shape], new Map(pairs(subscripts.result, shape)));
    return tensorType(x.dtype, shape);
  },
  carries: "moved",
  lower: {
    kind: "at",
    rereads: true,
    at: ({ x }, i, { attrs }) => {
      const { operands, result } = parseSubscripts("affineView", attrs.subscripts);
      return x(...coordinatesOf(operands[0], new Map(pairs(result, i))));
    },
  },
  eval: ({ x }, { subscripts }, { shapes }) => {
    const { operands, result } = parseSubscripts("affineView", subscripts);
    return tabulate(x.dtype, shapes[0], (at) => read(x, placeOf(operands[0], new Map(pairs(result, at)))));
  },
  samples: rows(
    ["f32[5]", { subscripts: "y+k -> y,k", shape: [3, 3] }], ["f64[2,7]", { subscripts: "a,2*y+k -> a,y,k", shape: [2, 3, 3] }],
    ["f32[n,4]", { subscripts: "n,3-y -> y,n", shape: [4, n] }], ["i32[6]", { subscripts: "y-k+2 -> y,k", shape: [4, 3] }],
  ), // prettier-ignore
});

type Einsum = { readonly subscripts: string; readonly shape: Shape; readonly depth: Shape };
type Product = (a: Value, b: Value, attrs: Einsum) => Value;
export const affineEinsum: Op<Product> = op<Product, "a" | "b", Einsum>("affineEinsum", {
  doc: 'The sum of products over the letters that the result lacks, where a subscript may be a sum: "y+k; k -> y" is yᵢ = Σₖ aᵢ₊ₖ·bₖ.',
  inputs: ["a", "b"],
  type: ({ a, b }, { subscripts: text, shape, depth }) => {
    need("affineEinsum", "float", a, "a");
    if (a.dtype !== b.dtype)
      fail("dtype", `affineEinsum: ${typeText(a)} by ${typeText(b)}: both must have one element type`);
    const subscripts = parseSubscripts("affineEinsum", text);
    const over = summed(subscripts);
    needShape("affineEinsum: the result", shape);
    if (subscripts.result.length !== shape.length || over.length !== depth.length)
      fail("shape", `affineEinsum: "${text}" needs ${subscripts.result.length} extents and ${over.length} summed ones, found ${shape.length} and ${depth.length}`); // prettier-ignore
    const extents = new Map<string, Dim>([...pairs(subscripts.result, shape), ...pairs(over, depth)]);
    checkSubscripts("affineEinsum", subscripts, [a.shape, b.shape], extents);
    return tensorType(a.dtype, shape);
  },
  lower: {
    kind: "template",
    template: "matmul",
    operands: {
      depth: ({ attrs }) => attrs.depth,
      read: ({ a, b }, i, k, { attrs }) => {
        const subscripts = parseSubscripts("affineEinsum", attrs.subscripts);
        const loops = new Map([...pairs(subscripts.result, i), ...pairs(summed(subscripts), k)]);
        const [left, right] = subscripts.operands;
        return [a(...coordinatesOf(left, loops)), b(...coordinatesOf(right, loops))];
      },
    },
  },
  eval: ({ a, b }, { subscripts: text, depth }, { shapes, n: rowsGiven }) => {
    const subscripts = parseSubscripts("affineEinsum", text);
    const over = summed(subscripts);
    const [left, right] = subscripts.operands;
    const counts = depth.map((dim) => extentAt(dim, rowsGiven));
    return tabulate(a.dtype, shapes[0], (at) => {
      let total = 0;
      eachCoordinate(counts, (k) => {
        const loops = new Map([...pairs(subscripts.result, at), ...pairs(over, k)]);
        total += read(a, placeOf(left, loops)) * read(b, placeOf(right, loops));
      });
      return total;
    });
  },
  samples: rows(
    ["f32[6]", "f32[3]", { subscripts: "y+k; k -> y", shape: [4], depth: [3] }],
    ["f64[n,6,2]", "f64[2,2,3]", { subscripts: "n,2*y+k,c; k,c,o -> n,y,o", shape: [n, 3, 3], depth: [2, 2] }],
    ["f32[n,5]", "f32[n,3]", { subscripts: "n,y+k; n,y -> k", shape: [3], depth: [n, 3] }],
    ["f32[n,4,4,2]", "f32[3,3,2,4]", { subscripts: "n,y-i+2,x-k+2,c; i,k,c,o -> n,y,x,o", shape: [n, 2, 2, 4], depth: [3, 3, 2] }],
    ["f32[9,5]", "f32[2,5]", { subscripts: "y+2*k,c; k,c -> y,c", shape: [7, 5], depth: [2] }],
  ), // prettier-ignore
});
