import type { Backend } from "../ir/backend.ts";
import type { Node, Value } from "../ir/graph.ts";
import { elementsOf, maxOf, type Dim } from "../ir/type.ts";
import { matmul } from "../ops/contract.ts";
import { dotGeneral, type DotAxes } from "../ops/dot-general.ts";
import { contiguous } from "../ops/marks.ts";
import { transpose } from "../ops/movement.ts";
import type { Step } from "./rewrite.ts";

/**
 * A product whose columns are no neighbours in memory, as in x@yᵀ, walks along the rows of y in as many places at once
 * as a tile has columns, which caches and lanes like less than neighbours. Where many rows read y, it is written out in
 * the order of the walk first; how many is the target's to say.
 */
export const packStep =
  (backend: Backend): Step =>
  ({ node }) => {
    const made = packed(node, backend);
    return made && { rule: "x@yᵀ with yᵀ written out", value: made.value() };
  };

/** Whether a node is such a product. */
export const isPacked = (node: Node, backend: Backend): boolean => packed(node, backend) !== undefined;

function packed(node: Node, { pack }: Backend): Packed | undefined {
  if (!pack || (node.op !== "matmul" && node.op !== "dotGeneral")) return undefined;
  const [a, b] = node.inputs;
  const made = node.op === "matmul" ? packedMatmul(node, a, b) : packedDot(node, a, b);
  const work = elementsOf(node.outputs[0].type.shape) * (made?.depth ?? 0);
  return !made || made.rows < pack.rows || work < pack.work ? undefined : made;
}

interface Packed {
  /** How many rows of a read each column. */
  readonly rows: number;
  readonly depth: number;
  readonly value: () => Value;
}

function packedMatmul({ attrs, outputs }: Node, a: Value, b: Value): Packed | undefined {
  const { transposeA, transposeB } = attrs;
  if (transposeB !== true || transposeA === true) return undefined;
  const { shape } = outputs[0].type;
  const axes = b.type.shape.map((_, k) => k);
  const [rows, columns] = axes.splice(-2);
  const value = (): Value => {
    const packed = contiguous(transpose(b, { permutation: [...axes, columns, rows] }));
    return matmul(a, packed, { transposeA: false, transposeB: false });
  };
  return { rows: maxOf(shape[shape.length - 2]), depth: maxOf(a.type.shape[a.type.shape.length - 1]), value };
}

function packedDot({ attrs }: Node, a: Value, b: Value): Packed | undefined {
  const { batchA, batchB, contractA, contractB } = attrs as DotAxes;
  const free = (value: Value, ...used: readonly (readonly number[])[]): number[] =>
    value.type.shape.map((_, k) => k).filter((k) => !used.flat().includes(k));
  const columns = free(b, batchB, contractB);
  if (columns.length === 0 || columns.at(-1) === b.type.shape.length - 1) return undefined;
  const value = (): Value => {
    const packed = contiguous(transpose(b, { permutation: [...batchB, ...contractB, ...columns] }));
    const places = [...batchB, ...contractB].map((_, k) => k);
    const axes = { batchB: places.slice(0, batchB.length), contractB: places.slice(batchB.length) };
    return dotGeneral(a, packed, { batchA, contractA, ...axes });
  };
  const dims = (axes: readonly number[]): Dim[] => axes.map((axis) => a.type.shape[axis]);
  return { rows: elementsOf(dims(free(a, batchA, contractA))), depth: elementsOf(dims(contractA)), value };
}
