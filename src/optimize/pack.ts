import type { Backend } from "../ir/backend.ts";
import type { Shape } from "../ir/type.ts";
import { maxOf } from "../ir/type.ts";
import { matmul } from "../ops/contract.ts";
import { contiguous } from "../ops/marks.ts";
import { transpose } from "../ops/movement.ts";
import type { Step } from "./settle.ts";

/**
 * x@yᵀ walks along the rows of y in as many places at once as a tile has columns, which caches and lanes like less
 * than neighbours. Where many rows read y, it is transposed into memory first; how many is the target's to say.
 */
export const packStep =
  ({ pack }: Backend): Step =>
  ({ node }) => {
    const { transposeA, transposeB } = node.attrs;
    if (node.op !== "matmul" || transposeB !== true || transposeA === true) return undefined;
    const [a, b] = node.inputs;
    const product = (shape: Shape): number => shape.reduce<number>((size, dim) => size * maxOf(dim), 1);
    const { shape } = node.outputs[0].type;
    const depth = maxOf(a.type.shape[a.type.shape.length - 1]);
    if (maxOf(shape[shape.length - 2]) < pack.rows || product(shape) * depth < pack.work) return undefined;
    const axes = b.type.shape.map((_, k) => k);
    const [rows, columns] = axes.splice(-2);
    const packed = contiguous(transpose(b, { permutation: [...axes, columns, rows] }));
    const plain = { transposeA: false, transposeB: false };
    return { rule: "x@yᵀ with yᵀ written out", value: matmul(a, packed, plain) };
  };
