import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { op, type Op } from "../ir/op.ts";
import {
  dimText,
  maxOf,
  sameDim,
  sameShape,
  shapeText,
  sizeOf,
  tensorType,
  typeText,
  type Shape,
} from "../ir/type.ts";
import { read, tabulate } from "./naive.ts";
import { rows } from "./samples.ts";
import { need, needWithin } from "./types.ts";

export type Transposes = { readonly transposeA: boolean; readonly transposeB: boolean };
type Matmul = (a: Value, b: Value, attrs: Transposes) => Value;

/** The leading dims and the last two, swapped where the matrix is given transposed. */
function matrix(shape: Shape, transposed: boolean) {
  const [rows, columns] = transposed ? [shape.at(-1), shape.at(-2)] : [shape.at(-2), shape.at(-1)];
  return { batch: shape.slice(0, -2), rows: rows as Shape[number], columns: columns as Shape[number] };
}
const swapIf = <T>(swap: boolean, a: T, b: T): [T, T] => (swap ? [b, a] : [a, b]);

const [no, yes] = [false, true];
const forms: readonly Transposes[] = [no, yes].flatMap((transposeA) =>
  [no, yes].map((transposeB) => ({ transposeA, transposeB })),
);

export const matmul: Op<Matmul> = op<Matmul, "a" | "b", Transposes>("matmul", {
  doc: "The product of matrices, yᵢⱼ = Σₖ aᵢₖ·bₖⱼ, each possibly given transposed; leading axes are equal.",
  inputs: ["a", "b"],
  names: { stablehlo: "dot_general", onnx: "MatMul", keras: "ops.matmul" },
  type: ({ a, b }, { transposeA, transposeB }) => {
    need("matmul", "float", a, "a");
    const text = `matmul: ${typeText(a)}${transposeA ? " transposed" : ""} by ${typeText(b)}${transposeB ? " transposed" : ""}`;
    if (a.dtype !== b.dtype) fail("dtype", `${text}: both must have one element type`);
    if (a.shape.length < 2 || b.shape.length < 2) fail("shape", `${text}: both need at least two axes`);
    const [left, right] = [matrix(a.shape, transposeA), matrix(b.shape, transposeB)];
    if (!sameShape(left.batch, right.batch))
      fail("shape", `${text}: leading axes must be equal, found ${shapeText(left.batch)} and ${shapeText(right.batch)}`); // prettier-ignore
    if (!sameDim(left.columns, right.rows))
      fail("shape", `${text}: expected as many rows of b as columns of a, found ${dimText(right.rows)} and ${dimText(left.columns)}`); // prettier-ignore
    const shape = [...left.batch, left.rows, right.columns];
    sizeOf(shape, "matmul: the product");
    return tensorType(a.dtype, shape);
  },
  vjp: {
    // g·bᵀ, or its transpose b·gᵀ where a was given transposed.
    a: ({ b, g, attrs: { transposeA, transposeB } }) =>
      transposeA
        ? matmul(b, g, { transposeA: transposeB, transposeB: true })
        : matmul(g, b, { transposeA: false, transposeB: !transposeB }),
    // aᵀ·g, or its transpose gᵀ·a where b was given transposed.
    b: ({ a, g, attrs: { transposeA, transposeB } }) =>
      transposeB
        ? matmul(g, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, g, { transposeA: !transposeA, transposeB: false }),
  },
  lift: ({ a, b, types, attrs }) => {
    needWithin("matmul", types[0], [types[0].shape.length - (attrs.transposeA ? 2 : 1)]);
    return matmul(a, b, attrs);
  },
  work: ({ attrs, types: [a] }) => 2 * maxOf(matrix(a.shape, attrs.transposeA).columns),
  lower: {
    kind: "template",
    template: "matmul",
    operands: {
      depth: ({ attrs, types: [a] }) => [matrix(a.shape, attrs.transposeA).columns],
      read: ({ a, b }, at, [k], { attrs }) => {
        const batch = at.slice(0, -2);
        const [i, j] = at.slice(-2);
        return [
          a(...batch, ...swapIf(attrs.transposeA, i, k)),
          b(...batch, ...swapIf(attrs.transposeB, k, j)),
        ];
      },
    },
  },
  eval: ({ a, b }, { transposeA, transposeB }, { shapes }) =>
    tabulate(a.dtype, shapes[0], (at) => {
      const batch = at.slice(0, -2);
      const [i, j] = at.slice(-2);
      const depth = a.shape[a.shape.length - (transposeA ? 2 : 1)];
      let total = 0;
      for (let k = 0; k < depth; k++) {
        const left = read(a, transposeA ? [...batch, k, i] : [...batch, i, k]);
        total += left * read(b, transposeB ? [...batch, j, k] : [...batch, k, j]);
      }
      return total;
    }),
  samples: [
    ...rows<Transposes>(
      ["f32[2,3]", "f32[3,4]", forms[0]], ["f64[2,3]", "f64[4,3]", forms[1]], ["f32[3,2]", "f32[3,4]", forms[2]],
      ["f64[3,2]", "f64[4,3]", forms[3]], ["f32[1,1]", "f32[1,1]", forms[0]], ["f32[1,4]", "f32[4,1]", forms[0]],
      ["f32[n,3]", "f32[3,2]", forms[0]], ["f32[n,3]", "f32[n,2]", forms[2]], ["f32[2,3]", "f32[n,3]", forms[1]],
      ["f32[3,3]", "@0", forms[0]], ["f32[2,2,3]", "f32[2,3,2]", forms[0]], ["f32[n,2,3]", "f32[n,2,3]", forms[1]],
      ["f32[n,2,3,2]", "f32[n,2,2,3]", forms[3]], ["f64[2,2]~-1e4..1e4", "f64[2,2]~-1e4..1e4", forms[0]],
      ["f32[5,9]", "f32[9,6]", forms[0]],
    ), // prettier-ignore
  ],
});
