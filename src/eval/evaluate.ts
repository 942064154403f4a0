import { fault, invariant } from "../base/errors.ts";
import { leafName, nodesOf, type Node, type Value } from "../ir/graph.ts";
import { byName, roomOf, type Arrays, type EvalContext, type NDArray, type OpTable } from "../ir/op.ts";
import { ops } from "../ops/table.ts";
import { roundTo, shapeAt } from "./ndarray.ts";

export interface EvaluateOptions {
  /** The run-time batch size. */
  readonly n?: number;
  /** Round every f32 result to f32, as a device does; without it floats are computed in f64 throughout. */
  readonly round?: boolean;
  /** The ops, if the user declared some. */
  readonly table?: OpTable;
}

/**
 * Computes values naively, op by op, from what the leaves hold: the first oracle of every other stage.
 * A leaf that is not fed, or not in its shape, is a fault of the caller.
 */
export function evaluate(
  outputs: readonly Value[],
  feed: ReadonlyMap<Node, NDArray>,
  { n = 1, round = false, table = ops }: EvaluateOptions = {},
): NDArray[] {
  const known = new Map<Node, readonly NDArray[]>();
  for (const node of nodesOf(outputs)) known.set(node, evaluateNode(node, known, feed, { n, round, table }));
  return outputs.map(({ node, index }) => (known.get(node) as readonly NDArray[])[index]);
}

function evaluateNode(
  node: Node,
  known: ReadonlyMap<Node, readonly NDArray[]>,
  feed: ReadonlyMap<Node, NDArray>,
  { n, round, table }: Required<EvaluateOptions>,
): readonly NDArray[] {
  const room = roomOf(table, node.op);
  const shapes = node.outputs.map(({ type }) => shapeAt(type.shape, n));
  const dtypes = node.outputs.map(({ type }) => type.dtype);
  const given = feed.get(node);
  let results: NDArray | readonly NDArray[];
  if (given) results = given;
  else if (room.lower.kind === "leaf" && "name" in node.attrs)
    return fault(`${node.op} "${leafName(node)}" has no value: feed one for its node`);
  else {
    const inputs = node.inputs.map(({ node: from, index }) => (known.get(from) as readonly NDArray[])[index]);
    const run: EvalContext["run"] = (outputs, held) => evaluate(outputs, held, { n, round, table });
    results = room.eval(byName(room, inputs) as Arrays<string>, node.attrs, { shapes, dtypes, n, run });
  }
  const list = (Array.isArray(results) ? results : [results]) as readonly NDArray[];
  return list.map(({ dtype, shape, data }, k) => {
    const fits = dtype === dtypes[k] && shape.length === shapes[k].length;
    if (!fits || shape.some((dim, axis) => dim !== shapes[k][axis])) {
      const text = `${dtypes[k]}[${shapes[k].join(",")}], found ${dtype}[${shape.join(",")}]`;
      const what = given ? `${node.op} "${leafName(node)}"` : `evaluating ${node.op}`;
      invariant(false, `${what}: expected ${text}`);
    }
    return { dtype, shape, data: data.map((value) => roundTo(dtype, value, round)) };
  });
}
