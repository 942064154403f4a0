import { invariant } from "../../base/errors.ts";
import {
  allGraphNodes,
  bodiesOf,
  graphNodes,
  isBody,
  isLeaf,
  leafName,
  nodesOf,
  type Attr,
  type Body,
  type Graph,
  type Node,
} from "../graph.ts";
import { typesOf, type OpTable } from "../op.ts";
import { isBatch, isFloat, sameType, typeText, type BatchDim } from "../type.ts";

/** A broken invariant: which one, where, and what was found. */
export interface Finding {
  readonly rule: "order" | "op" | "type" | "batch" | "leaf" | "body" | "output";
  readonly sentence: string;
  readonly node?: Node;
}

/**
 * What always holds of a graph: inputs come before their users, each type is what the op's type rule says,
 * n has one maximum, leaves of a kind have different names, bodies are closed, and outputs fit their roles.
 */
export function verifyGraph(graph: Graph, table: OpTable): Finding[] {
  const nodes = allGraphNodes(graph);
  return [
    ...orderFindings(nodes),
    ...nodes.flatMap((node) => typeFindings(node, table)),
    ...nodes.flatMap((node) => batchFindings(node, graph.batch)),
    ...leafFindings(nodes),
    ...bodyFindings(graph),
    ...nodes.flatMap((node) => bodiesOf(node).flatMap((body) => closedFindings(node, body))),
    ...outputFindings(graph),
  ];
}

/** Stops with the first finding; `stage` names who made the graph. */
export function assertGraph(graph: Graph, table: OpTable, stage: string): void {
  const [first] = verifyGraph(graph, table);
  invariant(!first, `after "${stage}" graph ${graph.name} breaks ${first?.rule}: ${first?.sentence}`);
}

function orderFindings(nodes: readonly Node[]): Finding[] {
  const seen = new Set<Node>();
  return nodes.flatMap((node): Finding[] => {
    seen.add(node);
    const late = node.inputs.find((value) => !seen.has(value.node) || value.node === node);
    const astray = node.outputs.some((value, k) => value.node !== node || value.index !== k);
    return [
      ...(late ? [{ rule: "order" as const, node, sentence: `"${node.op}" is part of a cycle` }] : []),
      ...(astray
        ? [{ rule: "order" as const, node, sentence: `an output of "${node.op}" belongs to another node` }]
        : []),
    ];
  });
}

function typeFindings(node: Node, table: OpTable): Finding[] {
  const room = table.get(node.op);
  if (!room) return [{ rule: "op", node, sentence: `there is no op "${node.op}"` }];
  try {
    const types = typesOf(
      room,
      node.inputs.map((value) => value.type),
      node.attrs,
    );
    const found = node.outputs.map((value) => value.type);
    if (types.length === found.length && types.every((type, k) => sameType(type, found[k]))) return [];
    const sentence = `"${node.op}" is ${found.map(typeText).join(", ")}, its rule says ${types.map(typeText).join(", ")}`;
    return [{ rule: "type", node, sentence }];
  } catch (error) {
    return [{ rule: "type", node, sentence: error instanceof Error ? error.message : String(error) }];
  }
}

function batchFindings(node: Node, batch: number | null): Finding[] {
  const dims = [
    ...node.outputs.flatMap((value) => value.type.shape.filter(isBatch)),
    ...Object.values(node.attrs).flatMap(batchDims),
  ];
  const other = dims.find((dim) => dim.max !== batch);
  if (!other) return [];
  const sentence = `"${node.op}" has n up to ${other.max}, the graph ${batch === null ? "has no batch" : `up to ${batch}`}`;
  return [{ rule: "batch", node, sentence }];
}

function batchDims(attr: Attr): BatchDim[] {
  if (Array.isArray(attr)) return attr.flatMap((item: Attr) => batchDims(item));
  if (isBody(attr)) return [];
  return typeof attr === "object" && attr !== null && "max" in attr ? [attr as BatchDim] : [];
}

function leafFindings(nodes: readonly Node[]): Finding[] {
  const seen = new Set<string>();
  return nodes.filter(isLeaf).flatMap((node): Finding[] => {
    const key = `${node.op} ${leafName(node)}`;
    if (seen.has(key)) return [{ rule: "leaf", node, sentence: `two different leaves are called ${key}` }];
    seen.add(key);
    return [];
  });
}

/** Placeholders stand in bodies only. */
const bodyFindings = (graph: Graph): Finding[] =>
  graphNodes(graph)
    .filter(({ op }) => op === "placeholder")
    .map((node) => ({ rule: "body", node, sentence: "a placeholder stands outside its body" }));

function closedFindings(node: Node, { inputs, outputs }: Body): Finding[] {
  const own = new Set(inputs.map((input) => input.node));
  const say = (sentence: string): Finding => ({ rule: "body", node, sentence });
  return [
    ...(own.size < inputs.length ? [say(`the body of "${node.op}" has one placeholder twice`)] : []),
    ...inputs
      .filter((input) => input.node.op !== "placeholder")
      .map(() => say(`an input of the body of "${node.op}" is no placeholder`)),
    ...nodesOf(outputs)
      .filter((inner) => isLeaf(inner) || (inner.op === "placeholder" && !own.has(inner)))
      .map((inner) => say(`the body of "${node.op}" reads "${inner.op}" from outside`)),
  ];
}

function outputFindings({ outputs }: Graph): Finding[] {
  const seen = new Set<string>();
  return outputs.flatMap(({ role, name, value, cell }): Finding[] => {
    const findings: Finding[] = [];
    const say = (sentence: string): void => {
      findings.push({ rule: "output", sentence: `${role} "${name}" ${sentence}`, node: value.node });
    };
    const key =
      role === "assign" && cell ? `assign ${cell.node.op} ${leafName(cell.node)}` : `${role} ${name}`;
    if (seen.has(key)) say("is returned twice");
    seen.add(key);
    if (value.node.outputs[value.index] !== value) say("is not an output of its node");
    if (role === "loss" && (value.type.shape.length > 0 || !isFloat(value.type.dtype))) {
      say(`must be a single float, not ${typeText(value.type)}`);
    }
    if (role === "gradient" && !isFloat(value.type.dtype)) say(`must be float, not ${typeText(value.type)}`);
    if (role !== "assign") {
      if (cell) say("has a cell, which only assign may have");
    } else if (!cell) say("has no cell to assign");
    else if (!isLeaf(cell.node)) say(`assigns "${cell.node.op}", which is no leaf`);
    else if (!sameType(cell.type, value.type))
      say(`assigns ${typeText(value.type)} to ${typeText(cell.type)}`);
    return findings;
  });
}
