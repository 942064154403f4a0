import { invariant } from "../base/errors.ts";
import { builder, originOf } from "../ir/builder.ts";
import { nodesOf, type Attrs, type Node, type Origin, type Value } from "../ir/graph.ts";
import { byName, vjpRule, type Answers, type OpRoom, type VjpContext } from "../ir/op.ts";
import { isFloat, sameType, typeText } from "../ir/type.ts";
import { fullLike } from "../ops/broadcast.ts";
import { add } from "../ops/elementwise.ts";
import { roomHere } from "../ops/table.ts";

/**
 * The reverse sweep: from the cotangents of some outputs to those of `wrt`. Every node on a path between them is
 * asked once, users before inputs, what its output's cotangent means for each input; what meets is added up.
 * An op without a rule for an input passes nothing on, so nothing behind it is visited either.
 */
export function reverse(
  outputs: readonly Value[],
  cotangents: readonly Value[],
  wrt: readonly Value[],
): ReadonlyMap<Value, Value> {
  const order = nodesOf(outputs);
  const needed = neededFor(order, wrt);
  const gradients = new Map<Value, Value>();
  const contribute = (to: Value, gradient: Value): void => {
    invariant(
      sameType(to.type, gradient.type),
      `a gradient of ${to.node.op} is ${typeText(gradient.type)} instead of ${typeText(to.type)}`,
    );
    const known = gradients.get(to);
    gradients.set(to, known ? add(known, gradient) : gradient);
  };
  for (const [k, output] of outputs.entries()) if (needed.has(output)) contribute(output, cotangents[k]);
  for (const node of order.reverse()) {
    const gs = node.outputs.map((output) => gradients.get(output));
    if (gs.every((g) => g === undefined)) continue;
    const room = roomHere(node.op);
    const wanted = node.inputs.map((input, k) => needed.has(input) && passes(room, node, k) !== undefined);
    const [y] = node.outputs;
    const named = byName(room, node.inputs);
    const rest = { y, g: gs[0], ys: node.outputs, gs, needed: wanted, attrs: node.attrs, vjp: sweep };
    const context = { ...named, ...rest } as unknown as VjpContext<string, Attrs>;
    if (room.vjpAll) {
      const all = builder().within(gradientOrigin(node), () => room.vjpAll!(context));
      for (const [k, g] of all.entries()) {
        const input = node.inputs[k];
        if (g && wanted[k]) builder().within(gradientOrigin(node, input), () => contribute(input, g));
      }
      continue;
    }
    const answers: Answers = new Map();
    for (const [position, input] of node.inputs.entries()) {
      const rule = wanted[position] && vjpRule(room, position);
      if (rule)
        builder().within(gradientOrigin(node, input), () => contribute(input, rule(context, answers)));
    }
  }
  return gradients;
}

/** The sweep as rooms see it: a cotangent for each of `wrt`. */
export function sweep(
  outputs: readonly Value[],
  cotangents: readonly Value[],
  wrt: readonly Value[],
): Value[] {
  const gradients = reverse(outputs, cotangents, wrt);
  return wrt.map((value) => gradients.get(value) ?? fullLike(0, value));
}

/** The rule for an input, where both ends are floats: integers and booleans carry no gradient. */
function passes(room: OpRoom, node: Node, position: number) {
  const floats =
    node.outputs.some(({ type }) => isFloat(type.dtype)) && isFloat(node.inputs[position].type.dtype);
  return floats ? (room.vjpAll ?? vjpRule(room, position)) : undefined;
}

/** The values through which the outputs depend on `wrt`; gradients of all others are never built. */
function neededFor(order: readonly Node[], wrt: readonly Value[]): ReadonlySet<Value> {
  const needed = new Set<Value>(wrt);
  for (const node of order) {
    const room = roomHere(node.op);
    if (node.inputs.some((input, k) => needed.has(input) && passes(room, node, k)))
      for (const output of node.outputs) if (isFloat(output.type.dtype)) needed.add(output);
  }
  return needed;
}

/** A gradient's nodes come from the differentiated node's line, and belong to the layer whose value they are for. */
function gradientOrigin(node: Node, input?: Value): Origin {
  const { layer, source } = originOf(node);
  return { layer: (input && originOf(input.node).layer) || layer, source, gradientOf: node.op };
}
