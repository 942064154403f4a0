import type { Compilation } from "../../src/compile.ts";
import type { Net } from "../../src/cli/train/module.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import { ndarray, shapeAt } from "../../src/eval/ndarray.ts";
import { graphNodes, isLeaf, leafName, type Graph, type Node } from "../../src/ir/graph.ts";
import { sizeOf } from "../../src/ir/type.ts";
import { opsOf } from "../../src/ops/table.ts";
import type { Rows } from "./arguments.ts";
import type { Saved } from "./saved.ts";

/** What the leaves of a graph may read. */
export interface Held {
  readonly saved: Saved;
  readonly rows: Rows;
  readonly gradients: Net["gradients"];
}

/** A graph's outputs, op by op, in float64: numbers by the output's name, an assigned pending cell by its state's. */
export function naively({ training, forward }: Compilation, graph: Graph, held: Held): Map<string, Float64Array> {
  const { n, values } = held.rows;
  const inputs = training.cells.filter(({ kind }) => kind === "input");
  const joined = (kind: string, name: string, part: (member: string) => ArrayLike<number>): number[] => {
    const block = training.cells.find((cell) => cell.kind === kind && cell.name === name);
    return block!.members!.flatMap((member) => Array.from(part(member)));
  };
  const read = (node: Node): ArrayLike<number> => {
    const { op } = node;
    const name = leafName(node);
    if (op === "input") return values[inputs.findIndex((cell) => cell.name === name)];
    if (op === "parameters" || op === "averages") return joined(op, name, (member) => held.saved.get(member)!);
    if (op === "gradients") return joined(op, name, (member) => held.gradients[member]);
    // Running totals have just been set back.
    if (op === "total") return new Float64Array(sizeOf(node.outputs[0].type.shape));
    return held.saved.get(name)!;
  };
  const feed = new Map(
    graphNodes(graph)
      .filter(isLeaf)
      .map((node) => {
        const { dtype, shape } = node.outputs[0].type;
        return [node, ndarray(dtype, shapeAt(shape, n), read(node))];
      }),
  );
  const outputs = graph.outputs.map(({ value }) => value);
  const found = evaluate(outputs, feed, { n, table: opsOf(forward.builder) });
  return new Map(graph.outputs.map(({ name }, k) => [name, found[k].data as Float64Array]));
} // prettier-ignore
