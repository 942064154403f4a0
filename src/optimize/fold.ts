import { byName, roomOf, type Arrays, type NDArray, type OpTable } from "../ir/op.ts";
import { bodiesOf, type Node, type Value } from "../ir/graph.ts";
import { invariant } from "../base/errors.ts";
import { isBatch, isFloat, type DType } from "../ir/type.ts";
import { full } from "../ops/broadcast.ts";
import { constantTensor } from "../ops/leaves.ts";
import { numberOf } from "./values.ts";
import type { Step } from "./rewrite.ts";

/** Larger results stay formulas: a table of numbers would only make the generated code longer. */
const largest = 1024;

const isConstant = (value: Value): boolean => value.node.op === "tensor" || numberOf(value) !== undefined;

/**
 * Replaces ops on constants by their value, computed by the op's naive evaluation. Results stay unrounded doubles,
 * because scalars of the generated code are doubles too; a result that is not finite is left to the run.
 */
export const foldStep =
  (table: OpTable): Step =>
  (value) => {
    const folded = foldNode(value.node, table);
    return folded && { rule: "constant folding", value: folded };
  };

function foldNode(node: Node, table: OpTable): Value | undefined {
  const { dtype, shape } = node.outputs[0].type;
  if (node.op === "dimensionSize") {
    const dim = node.attrs["dim"];
    return typeof dim === "number" ? full(dim, { dtype, shape: [] }) : undefined;
  }
  if (node.inputs.length === 0 || !node.inputs.every(isConstant)) return undefined;
  if (roomOf(table, node.op).folds === false || bodiesOf(node).length > 0 || shape.some(isBatch))
    return undefined;
  const size = shape.reduce<number>((product, dim) => product * (dim as number), 1);
  if (size > largest) return undefined;
  const arrays = node.inputs.map(arrayOf);
  if (!arrays.every((array) => array !== undefined)) return undefined;
  const room = roomOf(table, node.op);
  const context = { shapes: [shape as readonly number[]], dtypes: [dtype], n: 1, run: noBody };
  const result = room.eval(byName(room, arrays) as unknown as Arrays<string>, node.attrs, context) as NDArray;
  return result.data.every((number) => fits(number, dtype)) ? asConstant(result) : undefined;
}

function noBody(): never {
  invariant(false, "an op with a body is no constant");
}

const fits = (number: number, dtype: DType): boolean =>
  Number.isFinite(number) &&
  (dtype !== "f32" || Number.isFinite(Math.fround(number))) &&
  (isFloat(dtype) || Number.isInteger(number));

/** The numbers of a small constant; a repeated number is written out. */
function arrayOf({ node, type: { dtype, shape } }: Value): NDArray | undefined {
  if (shape.some(isBatch)) return undefined;
  const extents = shape as readonly number[];
  const size = extents.reduce((product, dim) => product * dim, 1);
  if (size > largest) return undefined;
  if (node.op === "tensor") {
    return { dtype, shape: extents, data: Float64Array.from(node.attrs["values"] as readonly number[]) };
  }
  const number = numberOf(node.outputs[0]);
  return number === undefined
    ? undefined
    : { dtype, shape: extents, data: new Float64Array(size).fill(number) };
}

function asConstant({ dtype, shape, data }: NDArray): Value {
  const first = data[0];
  if (data.length > 0 && data.every((number) => Object.is(number, first)))
    return full(first, { dtype, shape });
  return constantTensor({ values: Array.from(data), dtype, shape });
}
