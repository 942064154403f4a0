import { invariant } from "../base/errors.ts";
import { builder, Builder, building, withBuilder } from "./builder.ts";
import {
  allGraphNodes,
  allNodesOf,
  isBody,
  isLeaf,
  nodesOf,
  type Attr,
  type Attrs,
  type Graph,
  type Node,
  type Origin,
  type Value,
} from "./graph.ts";
import { sameType } from "./type.ts";

/**
 * What stands for a node's outputs in the new graph; undefined keeps the op. Inputs are mapped already, and so are the
 * bodies among the attributes; `map` gives what stands for any value that came before.
 */
export type Visit = (
  node: Node,
  inputs: readonly Value[],
  attrs: Attrs,
  map: (value: Value) => Value,
) => readonly Value[] | undefined;

const nowhere: Origin = { layer: "", source: "" };
const isNowhere = ({ layer, source, gradientOf }: Origin): boolean =>
  layer === "" && source === "" && gradientOf === undefined;

/** The origins of a node that say something. */
export const originsOf = (graph: Graph, node: Node): readonly Origin[] =>
  (graph.origins.get(node) ?? []).filter((origin) => !isNowhere(origin));

/**
 * Maps a graph bottom-up into a new build, in which what stays as it is stays the same node. `visit` is given each node with its inputs already mapped and answers
 * with the values that take its place; ops it applies are interned in the new build and inherit the node's origins.
 * The nodes of bodies are visited like all others, before the op that carries them. An order of one's own must hold
 * every node after what it needs.
 */
export function rebuild(graph: Graph, visit: Visit, order: readonly Node[] = allGraphNodes(graph)): Graph {
  const build = new Builder(building() ? builder() : undefined);
  const mapped = new Map<Node, readonly Value[]>();
  const map = ({ node, index }: Value): Value => (mapped.get(node) as readonly Value[])[index];
  withBuilder(build, () => {
    for (const node of order) {
      const origins = originsOf(graph, node);
      const inputs = node.inputs.map(map);
      const attrs = mapBodies(node.attrs, map);
      const outputs = build.within(
        origins[0] ?? nowhere,
        () => visit(node, inputs, attrs, map) ?? copy(build, node, inputs, attrs),
      );
      for (let k = 0; k < node.outputs.length; k++) {
        const { type } = node.outputs[k];
        const kept = outputs[k] && (outputs[k].type === type || sameType(outputs[k].type, type));
        if (!kept) invariant(false, `rewriting "${node.op}" changed its type`);
      }
      mapped.set(node, outputs);
      inherit(build, outputs, inputs, origins);
    }
    // A cell that is assigned may be read by no node, and so must be copied for its own sake.
    for (const { cell } of graph.outputs) {
      if (cell && !mapped.has(cell.node)) {
        const origin = originsOf(graph, cell.node)[0] ?? nowhere;
        mapped.set(
          cell.node,
          build.within(origin, () => copy(build, cell.node, cell.node.inputs)),
        );
      }
    }
  });
  const outputs = graph.outputs.map((output) => ({
    ...output,
    value: map(output.value),
    ...(output.cell ? { cell: map(output.cell) } : {}),
  }));
  const values = outputs.flatMap(({ value, cell }) => (cell ? [value, cell] : [value]));
  return { ...graph, outputs, origins: spoken(values, build) };
}

/** The same op on mapped inputs: types are preserved, so the type rule need not run again. */
export function copy(
  build: Builder,
  node: Node,
  inputs: readonly Value[],
  attrs: Attrs = node.attrs,
): readonly Value[] {
  if (attrs === node.attrs) return build.again(node, inputs).outputs;
  const types = node.outputs.map((output) => output.type);
  return build.make(node.op, inputs, attrs, types).outputs;
}

/** Attributes with the values of their bodies mapped; the very same where none changes. */
function mapBodies(attrs: Attrs, map: (value: Value) => Value): Attrs {
  const stays = (value: Value): boolean => map(value) === value;
  const isKept = (attr: Attr): boolean =>
    !isBody(attr) || (attr.inputs.every(stays) && attr.outputs.every(stays));
  if (Object.values(attrs).every(isKept)) return attrs;
  const entries = Object.entries(attrs).map(([name, attr]) =>
    isBody(attr)
      ? [name, { ...attr, inputs: attr.inputs.map(map), outputs: attr.outputs.map(map) }]
      : [name, attr],
  );
  return Object.fromEntries(entries) as Attrs;
}

/**
 * The outputs with some values replaced by others of the same types, in the build in progress. What does not depend
 * on a replaced value stays as it is; the rest is made again, and `originOf` says where each node then comes from.
 */
export function substitute(
  outputs: readonly Value[],
  replaced: ReadonlyMap<Value, Value>,
  originOf: (node: Node) => Origin,
): Value[] {
  const mapped = new Map(replaced);
  const of = (value: Value): Value => mapped.get(value) ?? value;
  for (const node of nodesOf(outputs, replaced)) {
    const inputs = node.inputs.map(of);
    if (inputs.every((input, k) => input === node.inputs[k])) continue;
    const made = builder().within(originOf(node), () => copy(builder(), node, inputs));
    for (const [k, value] of node.outputs.entries()) if (!replaced.has(value)) mapped.set(value, made[k]);
  }
  return outputs.map(of);
}

/** Gives a node's origins to what takes its place, also to an equal op found again; not to a mere input or leaf. */
function inherit(
  build: Builder,
  outputs: readonly Value[],
  inputs: readonly Value[],
  origins: readonly Origin[],
): void {
  for (const output of outputs) {
    const known = build.origins.get(output.node);
    if (!known || inputs.includes(output) || isLeaf(output.node)) continue;
    for (const origin of origins) if (!known.some((other) => sameOrigin(origin, other))) known.push(origin);
  }
}

const sameOrigin = (a: Origin, b: Origin): boolean =>
  a.layer === b.layer && a.source === b.source && a.gradientOf === b.gradientOf;

/** The origins of the nodes that are still reached, without the empty ones. */
function spoken(values: readonly Value[], build: Builder): ReadonlyMap<Node, readonly Origin[]> {
  const origins = new Map<Node, readonly Origin[]>();
  for (const node of allNodesOf(values)) {
    const known = (build.origins.get(node) ?? []).filter((origin) => !isNowhere(origin));
    if (known.length > 0) origins.set(node, known);
  }
  return origins;
}
