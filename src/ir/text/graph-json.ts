import {
  allGraphNodes,
  isBody,
  type Attr,
  type Graph,
  type Node,
  type Origin,
  type Value,
} from "../graph.ts";
import { originsOf } from "../rewrite.ts";
import type { TensorType } from "../type.ts";

/** A graph as plain data: nodes in order, values as [node, output]. */
export interface GraphJson {
  readonly name: string;
  readonly batch: number | null;
  readonly nodes: ReadonlyArray<{
    readonly id: number;
    readonly op: string;
    readonly inputs: ReadonlyArray<readonly [number, number]>;
    /** A body is told by its placeholders and outputs, which stand among the nodes. */
    readonly attrs: { readonly [name: string]: unknown };
    readonly types: readonly TensorType[];
    readonly origins: readonly Origin[];
  }>;
  readonly outputs: ReadonlyArray<{
    readonly role: string;
    readonly name: string;
    readonly value: readonly [number, number];
    readonly cell?: readonly [number, number];
  }>;
}

/** Numbers nodes in graph order, so that equal graphs give equal data. */
export function graphToJson(graph: Graph): GraphJson {
  const ids = new Map<Node, number>();
  const cells = graph.outputs.flatMap(({ cell }) => (cell ? [cell.node] : []));
  for (const node of [...allGraphNodes(graph), ...cells]) if (!ids.has(node)) ids.set(node, ids.size);
  const at = ({ node, index }: Value): readonly [number, number] => [ids.get(node) ?? -1, index];
  const plain = (attr: Attr): unknown =>
    isBody(attr) ? { inputs: attr.inputs.map(at), outputs: attr.outputs.map(at) } : attr;
  return {
    name: graph.name,
    batch: graph.batch,
    nodes: [...ids].map(([node, id]) => ({
      id,
      op: node.op,
      inputs: node.inputs.map(at),
      attrs: Object.fromEntries(Object.entries(node.attrs).map(([name, attr]) => [name, plain(attr)])),
      types: node.outputs.map((value) => value.type),
      origins: originsOf(graph, node),
    })),
    outputs: graph.outputs.map(({ role, name, value, cell }) => ({
      role,
      name,
      value: at(value),
      ...(cell ? { cell: at(cell) } : {}),
    })),
  };
}
