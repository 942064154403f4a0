import type { Shape } from "../ir/type.ts";
import { maxOf } from "../ir/type.ts";
import { matmul } from "../ops/contract.ts";
import { contiguous } from "../ops/marks.ts";
import { transpose } from "../ops/movement.ts";
import type { Step } from "./settle.ts";

/** A product of fewer multiply-adds than this takes microseconds either way, and short code is worth more. */
const leastWork = 2 ** 18;
/** So many rows must read the written-out matrix. */
const leastRows = 128;

/**
 * x@yᵀ walks along the rows of y in as many places at once as a tile has columns, which a cache serves a quarter
 * slower than neighbours. Where many rows read y, it is transposed into memory first.
 */
export const packStep: Step = ({ node }) => {
  const { transposeA, transposeB } = node.attrs;
  if (node.op !== "matmul" || transposeB !== true || transposeA === true) return undefined;
  const [a, b] = node.inputs;
  const product = (shape: Shape): number => shape.reduce<number>((size, dim) => size * maxOf(dim), 1);
  const { shape } = node.outputs[0].type;
  const depth = maxOf(a.type.shape[a.type.shape.length - 1]);
  if (maxOf(shape[shape.length - 2]) < leastRows || product(shape) * depth < leastWork) return undefined;
  const axes = b.type.shape.map((_, k) => k);
  const [rows, columns] = axes.splice(-2);
  const packed = contiguous(transpose(b, { permutation: [...axes, columns, rows] }));
  const plain = { transposeA: false, transposeB: false };
  return { rule: "x@yᵀ with yᵀ written out", value: matmul(a, packed, plain) };
};
