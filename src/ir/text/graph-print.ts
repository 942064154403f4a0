import { attrText } from "../builder.ts";
import {
  graphNodes,
  isBody,
  isLeaf,
  leafName,
  nodesOf,
  type Attrs,
  type Graph,
  type Node,
  type Origin,
  type Value,
} from "../graph.ts";
import { originsOf } from "../rewrite.ts";
import { typeText, type DType } from "../type.ts";

/** Comments stop here: constants shared by a whole model would otherwise list every line of it. */
const mostOrigins = 3;
/** Comments are aligned, but one long line shall not push all of them off the screen. */
const widest = 100;

/**
 * A graph as text: leaves, then one op a line, then what it returns. `parseGraph` reads it back to the same
 * graph. The comment of a line tells the layer, the source line and, after `∂`, whose gradient the op belongs to.
 */
export function printGraph(graph: Graph): string {
  const nodes = graphNodes(graph);
  const cells = graph.outputs.flatMap(({ cell }) => (cell && !nodes.includes(cell.node) ? [cell.node] : []));
  const leaves = [...new Set([...nodes.filter(isLeaf), ...cells])];
  const taken = new Set<string>();
  const names = new Map<Value, string>(leafNames(leaves, taken));
  const fresh = counter(taken);
  const lines = linesOf(graph, [...leaves, ...nodes.filter((node) => !isLeaf(node))], names, fresh, "  ");
  const column = Math.min(widest, Math.max(0, ...lines.map(({ text }) => text.length))) + 2;
  const body = lines.map(({ text, comment }) =>
    comment ? `${text.padEnd(column - 2)}  // ${comment}` : text,
  );
  return [headerText(graph), ...body, ...graph.outputs.map((output) => returnText(output, names)), ""].join(
    "\n",
  );
}

const headerText = ({ name, batch }: Graph): string =>
  `graph ${/^[A-Za-z_$][\w.$]*$/.test(name) ? name : JSON.stringify(name)}${batch === null ? "" : `(batch n ≤ ${batch})`}`;

const returnText = ({ role, name, value, cell }: Graph["outputs"][number], names: Names): string =>
  `  return ${role} ${JSON.stringify(name)} ${cell ? `${operand(cell, names)} ` : ""}${operand(value, names)}`;

/** 0-d constants stand where they are used. */
export const isLiteral = (node: Node): boolean =>
  node.op === "constant" && node.outputs[0].type.shape.length === 0;

type Names = ReadonlyMap<Value, string>;

interface PrintedLine {
  readonly text: string;
  readonly comment: string;
}

/** A line for each node, after a node with a body the lines of the body; `names` gains what they define. */
function linesOf(
  graph: Graph,
  nodes: readonly Node[],
  names: Map<Value, string>,
  fresh: () => string,
  indent: string,
): PrintedLine[] {
  return nodes.flatMap((node): PrintedLine[] => {
    if (isLiteral(node)) return [];
    for (const value of node.outputs) if (!names.has(value)) names.set(value, fresh());
    const comment = commentText(originsOf(graph, node));
    const body = node.attrs["body"];
    if (!isBody(body)) return [{ text: `${indent}${nodeText(node, names)}`, comment }];
    // A body is closed, so the names outside mean nothing in it; numbers go on, so that no two are alike.
    const own = new Map(body.inputs.map((input) => [input, fresh()]));
    const over = body.inputs.map((input) => `${own.get(input)!}: ${typeText(input.type)}`).join(", ");
    const inner = nodesOf(body.outputs).filter(({ op }) => op !== "placeholder");
    const lines = linesOf(graph, inner, own, fresh, `${indent}  `);
    const results = body.outputs.map((output) => operand(output, own)).join(", ");
    return [
      { text: `${indent}${nodeText(node, names)} over ${over}`, comment },
      ...lines,
      { text: `${indent}  yield ${results}`, comment: "" },
    ];
  });
}

/** `%1`, `%2`, … but for the names of leaves. */
function counter(taken: ReadonlySet<string>): () => string {
  let count = 0;
  return () => {
    do count++;
    while (taken.has(String(count)));
    return `%${count}`;
  };
}

/** `%name` for leaves. */
function leafNames(leaves: readonly Node[], taken: Set<string>): Names {
  const names = new Map<Value, string>();
  for (const leaf of leaves) {
    let name = leafName(leaf);
    while (taken.has(name)) name += "~";
    taken.add(name);
    names.set(leaf.outputs[0], /^[A-Za-z_][\w./~$-]*$/.test(name) ? `%${name}` : `%${JSON.stringify(name)}`);
  }
  return names;
}

/** A value's name, or a literal, with its dtype unless `dtype` already says it. */
function operand(value: Value, names: Names, dtype?: DType): string {
  if (!isLiteral(value.node)) return names.get(value) ?? "%?";
  const text = attrText(value.node.attrs["value"]);
  return value.type.dtype === dtype ? text : `${text}:${value.type.dtype}`;
}

function nodeText(node: Node, names: Names): string {
  const left = node.outputs.map((value) => `${names.get(value) ?? "%?"}: ${typeText(value.type)}`).join(", ");
  const name = isLeaf(node) ? ` ${JSON.stringify(leafName(node))}` : "";
  const dtype = node.outputs[0].type.dtype;
  const inputs = node.inputs.map((value) => operand(value, names, dtype)).join(", ");
  const attrs = attrsText(node.attrs, isLeaf(node));
  return `${left} = ${node.op}${name}${inputs ? ` ${inputs}` : ""}${attrs ? ` ${attrs}` : ""}`;
}

/** A leaf's name, dtype and shape are already told by the rest of its line. */
const told: readonly string[] = ["name", "dtype", "shape"];

export function attrsText(attrs: Attrs, leaf = false): string {
  const names = Object.keys(attrs).filter(
    (name) => !(leaf && told.includes(name)) && attrs[name] !== undefined && !isBody(attrs[name]),
  );
  return names.length === 0 ? "" : `{${names.map((name) => `${name}: ${attrText(attrs[name])}`).join(", ")}}`;
}

const plain = (text: string, pattern: RegExp): string => (pattern.test(text) ? text : JSON.stringify(text));

/** `∂loss  hidden  digits.model.ts:8`; several origins are separated by semicolons. */
export function commentText(origins: readonly Origin[]): string {
  const texts = origins
    .slice(0, mostOrigins)
    .map(({ layer, source, gradientOf }) =>
      [
        gradientOf === undefined ? "" : `∂${gradientOf ? plain(gradientOf, /^[\w$./-]+$/) : ""}`,
        layer ? plain(layer, /^[\w$./-]+$/) : "",
        source ? `${/^[\w$./-]+:\d+$/.test(source) ? "" : "at "}${plain(source, /^[\w$./-]+:\d+$/)}` : "",
      ]
        .filter(Boolean)
        .join("  "),
    );
  const more = origins.length - mostOrigins;
  return [...texts, ...(more > 0 ? [`+${more} more`] : [])].join("; ");
}
