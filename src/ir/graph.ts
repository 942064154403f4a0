import type { Dim, TensorType } from "./type.ts";

/** What an op may carry beside its inputs; plain data, so that it prints, parses and compares. */
export type Attr = number | string | boolean | null | Dim | readonly Attr[];
export type Attrs = { readonly [name: string]: Attr };

/** An immutable operation, interned per build: the same op on the same inputs is the same node. */
export interface Node {
  readonly id: number;
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
  /** One value for each output. */
  readonly outputs: readonly Value[];
}

/** One output of a node: what models are written in. */
export interface Value {
  readonly node: Node;
  readonly index: number;
  readonly type: TensorType;
}

/** Where a node comes from: the layer's path, the line of the model file, and whose gradient it is. */
export interface Origin {
  readonly layer: string;
  readonly source: string;
  readonly gradientOf?: string;
}

/** Stands for the op whose gradient it is, where backward computes again what forward did not keep. */
export const recomputation = "recomputation";

/** Why a value leaves its graph. An "assign" replaces the contents of `cell` (a leaf) after the run. */
export type Role = "output" | "loss" | "metric" | "gradient" | "assign";

export interface Output {
  readonly role: Role;
  readonly name: string;
  readonly value: Value;
  readonly cell?: Value;
}

/** A graph is its outputs; whatever they do not reach does not exist. */
export interface Graph {
  readonly name: string;
  /** The largest n, or null for a fully static graph. */
  readonly batch: number | null;
  readonly outputs: readonly Output[];
  readonly origins: ReadonlyMap<Node, readonly Origin[]>;
}

/**
 * Leaves: ops without inputs that read a named piece of memory.
 * `input` is an argument of the step; `parameter` is trained; `state` is saved beside the parameters; `hyper` is
 * a scalar that the caller may assign; `total` is a metric's running total; `parameters`, `gradients` and `slot`
 * are flat blocks over all parameters of an optimizer group; `seed` is what `init` is called with.
 */
export const leafOps = [
  "input",
  "parameter",
  "state",
  "hyper",
  "total",
  "parameters",
  "gradients",
  "slot",
  "seed",
] as const;
export type LeafOp = (typeof leafOps)[number];
export const isLeaf = (node: Node): boolean => (leafOps as readonly string[]).includes(node.op);
/** The name of a leaf. */
export const leafName = (node: Node): string => String(node.attrs["name"]);

/** Every node that the outputs reach without passing a value of `ends`, inputs before users, in a fixed order. */
export function nodesOf(outputs: readonly Value[], ends: { has(value: Value): boolean } = new Set()): Node[] {
  const done = new Set<Node>();
  const order: Node[] = [];
  // An explicit stack keeps very deep graphs from overflowing the call stack.
  const stack: Array<{ node: Node; next: number }> = [];
  for (const output of outputs) {
    const root = output.node;
    if (done.has(root) || ends.has(output)) continue;
    done.add(root);
    stack.push({ node: root, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.node.inputs.length) {
        const input = top.node.inputs[top.next++];
        const { node } = input;
        if (!done.has(node) && !ends.has(input)) {
          done.add(node);
          stack.push({ node, next: 0 });
        }
      } else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

/** All nodes of a graph, inputs before users. */
export const graphNodes = (graph: Graph): Node[] => nodesOf(graph.outputs.map((output) => output.value));
