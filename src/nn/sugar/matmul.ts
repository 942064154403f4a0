import type { Value } from "../../ir/graph.ts";
import { sameDim, typeText } from "../../ir/type.ts";
import * as ops from "../../ops/contract.ts";
import { dotGeneral } from "../../ops/dot-general.ts";
import { checkOptions } from "../check.ts";
import { here, refuse } from "../context.ts";
import { expandDims, squeeze } from "./movement.ts";
import { broadcastShape, operand, stretched } from "./operand.ts";

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * The matrix product [..., M, K] × [..., K, N] → [..., M, N]. Leading axes broadcast; a vector counts as one row
 * on the left and as one column on the right, and that axis is dropped again (NumPy's rule).
 */
export const matmul = (a: Value, b: Value, options: MatmulOptions = {}): Value =>
  here(() => {
    checkOptions("matmul", options, ["transposeA", "transposeB"]);
    const [x, y] = [operand("matmul", a), operand("matmul", b)];
    const found = `${typeText(x.type)} and ${typeText(y.type)}`;
    if (x.type.shape.length === 0 || y.type.shape.length === 0) {
      refuse(
        "shape",
        `matmul takes vectors, matrices or stacks of them, found ${found}`,
        "use mul to scale by a number",
      );
    }
    if (x.type.dtype !== y.type.dtype)
      refuse("dtype", `matmul: dtypes differ: ${found}`, "convert one with cast");
    const [left, right] = [x.type.shape.length === 1, y.type.shape.length === 1];
    const transposeA = (options.transposeA ?? false) && !left;
    const transposeB = (options.transposeB ?? false) && !right;
    const product = matrices(
      left ? expandDims(x, 0) : x,
      right ? expandDims(y, 1) : y,
      transposeA,
      transposeB,
      found,
    );
    const gone = [...(left ? [-2] : []), ...(right ? [-1] : [])];
    return gone.length > 0 ? squeeze(product, gone) : product;
  });

function matrices(x: Value, y: Value, transposeA: boolean, transposeB: boolean, found: string): Value {
  const [p, q] = [x.type.shape, y.type.shape];
  const inner = [p[p.length - (transposeA ? 2 : 1)], q[q.length - (transposeB ? 1 : 2)]];
  if (!sameDim(inner[0], inner[1])) {
    refuse(
      "shape",
      `matmul: the inner dims of ${found} differ`,
      "the last axis of the left and the second to last of the right must be equal, after transposes",
    );
  }
  const attrs = { transposeA, transposeB };
  if (q.length === 2 && p.length > 2 && !transposeA) {
    // One product for all rows, however many axes they have, with the one right side.
    const axes = { batchA: [], batchB: [], contractA: [p.length - 1], contractB: [transposeB ? 1 : 0] };
    return dotGeneral(x, y, axes);
  }
  const leading = broadcastShape("matmul", [p.slice(0, -2), q.slice(0, -2)]);
  return ops.matmul(
    stretched(x, [...leading, ...p.slice(-2)]),
    stretched(y, [...leading, ...q.slice(-2)]),
    attrs,
  );
}
