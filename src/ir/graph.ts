import type { Dim, TensorType } from "./type.ts";

/** What an op may carry beside its inputs; plain data, so that it prints, parses and compares. */
export type Attr = number | string | boolean | null | Dim | Body | readonly Attr[];

/**
 * A graph inside an op, such as what a scan repeats: outputs as functions of placeholders. It is closed: it reads its
 * own placeholders and no leaf, so whatever rewrites graphs may rewrite it by itself.
 */
export interface Body {
  readonly kind: "body";
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}
export const isBody = (attr: Attr | undefined): attr is Body =>
  typeof attr === "object" && attr !== null && "kind" in attr;
export type Attrs = { readonly [name: string]: Attr };

/** An immutable operation, interned per build: the same op on the same inputs is the same node. */
export interface Node {
  readonly id: number;
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
  /** Op, attributes and types as text: what two nodes on the same inputs are told apart by. */
  readonly form: string;
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
 * a scalar that the caller may assign; `pending` is what a state becomes at the next update; `total` is a metric's
 * running total; `parameters`, `gradients`, `slot` and `averages` are flat blocks over all parameters of an optimizer
 * group; `seed` is what `init` is called with.
 */
export const leafOps = [
  "input",
  "parameter",
  "state",
  "hyper",
  "pending",
  "total",
  "parameters",
  "gradients",
  "slot",
  "averages",
  "seed",
] as const;
export type LeafOp = (typeof leafOps)[number];
export const isLeaf = (node: Node): boolean => (leafOps as readonly string[]).includes(node.op);
/** The name of a leaf. */
export const leafName = (node: Node): string => String(node.attrs["name"]);

/** The graphs that an op carries. */
export const bodiesOf = ({ attrs }: Node): readonly Body[] => {
  let bodies = none;
  for (const name in attrs) {
    const attr = attrs[name];
    if (isBody(attr)) bodies = [...bodies, attr];
  }
  return bodies;
};
const none: readonly Body[] = [];

/**
 * Every node that the outputs reach without passing a value of `ends`, inputs before users, in a fixed order; bodies
 * are not entered.
 */
export const nodesOf = (outputs: readonly Value[], ends: Ends = new Set()): Node[] =>
  collect(outputs, ends, ({ inputs }) => inputs);

/** What a node needs: its inputs, and the values of its bodies. */
export const needsOf = (node: Node): readonly Value[] => {
  const bodies = bodiesOf(node);
  if (bodies.length === 0) return node.inputs;
  return [...node.inputs, ...bodies.flatMap((body) => [...body.inputs, ...body.outputs])];
};

/**
 * Every node that the outputs reach, with those of all bodies, which come before the op that carries them; some nodes
 * may be said to need more.
 */
export const allNodesOf = (
  outputs: readonly Value[],
  needs: (node: Node) => readonly Value[] = needsOf,
): Node[] => collect(outputs, new Set(), needs);

interface Ends {
  has(value: Value): boolean;
}

function collect(outputs: readonly Value[], ends: Ends, before: (node: Node) => readonly Value[]): Node[] {
  const done = new Set<Node>();
  const order: Node[] = [];
  // An explicit stack keeps very deep graphs from overflowing the call stack.
  const stack: Array<{ node: Node; needs: readonly Value[]; next: number }> = [];
  for (const output of outputs) {
    const root = output.node;
    if (done.has(root) || ends.has(output)) continue;
    done.add(root);
    stack.push({ node: root, needs: before(root), next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.needs.length) {
        const input = top.needs[top.next++];
        const { node } = input;
        if (!done.has(node) && !ends.has(input)) {
          done.add(node);
          stack.push({ node, needs: before(node), next: 0 });
        }
      } else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

/** All nodes of a graph outside bodies, inputs before users. */
export const graphNodes = (graph: Graph): Node[] => nodesOf(graph.outputs.map((output) => output.value));
/** All nodes of a graph, those of bodies among them. Graphs never change and many passes ask, so it is told again. */
export function allGraphNodes(graph: Graph): readonly Node[] {
  const known = listed.get(graph);
  if (known) return known;
  const nodes = allNodesOf(graph.outputs.map((output) => output.value));
  listed.set(graph, nodes);
  return nodes;
}
const listed = new WeakMap<Graph, readonly Node[]>();
