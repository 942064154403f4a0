import { attrText } from "../builder.ts";
import { allGraphNodes, bodiesOf, isLeaf, leafName, type Graph, type Node } from "../graph.ts";
import { originsOf } from "../rewrite.ts";
import { typeText } from "../type.ts";
import { attrsText, commentText, isLiteral } from "./graph-print.ts";

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

/** A graph for Graphviz: leaves are boxes, ops are ellipses, returned values are coloured. */
export function graphToDot(graph: Graph): string {
  const cells = graph.outputs.flatMap(({ cell }) => (cell ? [cell.node] : []));
  const nodes = [...new Set([...allGraphNodes(graph), ...cells])].filter((node) => !isLiteral(node));
  const ids = new Map<Node, string>(nodes.map((node, k) => [node, `v${k}`]));
  const lines = nodes.flatMap((node) => {
    const id = ids.get(node) as string;
    const shape = isLeaf(node) ? ", shape=box" : "";
    const tip = commentText(originsOf(graph, node));
    return [
      `  ${id} [label=${quote(nodeLabel(node))}${shape}${tip ? `, tooltip=${quote(tip)}` : ""}];`,
      ...node.inputs.flatMap(({ node: from }) => (ids.has(from) ? [`  ${ids.get(from)} -> ${id};`] : [])),
      ...bodiesOf(node)
        .flatMap(({ outputs }) => outputs)
        .flatMap(({ node: from }) => (ids.has(from) ? [`  ${ids.get(from)} -> ${id} [style=dotted];`] : [])),
    ];
  });
  const returns = graph.outputs.flatMap(({ role, name, value, cell }, k) => [
    `  r${k} [label=${quote(`${role} ${name}`)}, shape=box, style=filled, fillcolor=lightyellow];`,
    ...(ids.has(value.node) ? [`  ${ids.get(value.node)} -> r${k};`] : []),
    ...(cell ? [`  r${k} -> ${ids.get(cell.node)} [style=dashed];`] : []),
  ]);
  return [`digraph ${quote(graph.name)} {`, "  rankdir=TB;", ...lines, ...returns, "}", ""].join("\n");
}

function nodeLabel(node: Node): string {
  const types = node.outputs.map((value) => typeText(value.type)).join(", ");
  if (isLeaf(node)) return `${node.op} ${leafName(node)}\n${types}`;
  const literals = node.inputs
    .filter(({ node: from }) => isLiteral(from))
    .map(({ node: from }) => attrText(from.attrs["value"]));
  const attrs = attrsText(node.attrs);
  return `${[node.op, ...literals].join(" ")}${attrs.length > 0 && attrs.length < 60 ? ` ${attrs}` : ""}\n${types}`;
}
