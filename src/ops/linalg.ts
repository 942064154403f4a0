import { fail } from "../base/errors.ts";
import { op, type Unary } from "../ir/op.ts";
import { isBatch, shapeText } from "../ir/type.ts";
import { tabulate } from "./naive.ts";
import { need } from "./types.ts";

export const orthogonalize: Unary = op("orthogonalize", {
  doc: "The columns of a matrix made orthonormal from left to right (modified Gram-Schmidt).",
  inputs: ["x"],
  type: ({ x }) => {
    need("orthogonalize", "float", x);
    const [rows, columns] = x.shape;
    if (x.shape.length !== 2 || isBatch(rows) || isBatch(columns))
      return fail("shape", `orthogonalize: expected a matrix of fixed size, found ${shapeText(x.shape)}`);
    if (rows < columns)
      return fail("shape", `orthogonalize: expected at least as many rows as columns, found ${shapeText(x.shape)}`); // prettier-ignore
    return x;
  },
  lower: { kind: "nest", template: "orthogonalize", sizes: ({ out }) => out.shape },
  eval: ({ x }) => {
    const [rows, columns] = x.shape;
    const done: number[][] = [];
    const dot = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((total, value, k) => total + value * b[k], 0);
    for (let j = 0; j < columns; j++) {
      let column = Array.from({ length: rows }, (_, i) => x.data[i * columns + j]);
      for (const unit of done) {
        const along = dot(column, unit);
        column = column.map((value, k) => value - along * unit[k]);
      }
      const length = Math.sqrt(dot(column, column));
      done.push(column.map((value) => value / length));
    }
    return tabulate(x.dtype, x.shape, ([i, j]) => done[j][i]);
  },
  samples: ["f32[1,1]", "f32[3,3]", "f64[5,3]", "f32[4,1]"].map((type) => ({ inputs: [type] })),
});
