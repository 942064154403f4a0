import { fail } from "../base/errors.ts";
import { originOf } from "../ir/builder.ts";
import { nodesOf, type Attrs, type Node, type Value } from "../ir/graph.ts";
import { byName, onlyWaits, vjpRule, type VjpContext } from "../ir/op.ts";
import { substitute } from "../ir/rewrite.ts";
import { isFloat } from "../ir/type.ts";
import { numberOf } from "../ops/broadcast.ts";
import { placeholder } from "../ops/leaves.ts";
import { roomHere } from "../ops/table.ts";
import { sweep } from "./reverse.ts";

/** The nodes whose value depends on that of u, directly or through others. */
function dependents(u: Value, order: readonly Node[]): ReadonlySet<Node> {
  const found = new Set<Node>([u.node]);
  for (const node of order) if (dependsBy(node, found).includes(true)) found.add(node);
  return found;
}
/** For each input, whether the node looks at something in a set there. */
function dependsBy(node: Node, inside: ReadonlySet<Node>): boolean[] {
  const room = roomHere(node.op);
  return node.inputs.map((input, k) => inside.has(input.node) && !onlyWaits(room, k));
}

/**
 * Refuses a gradient that cannot be linear in its cotangent u: one that rounds or compares u, or adds something to
 * it. The gradients of the rooms are linear, but a user may write one that is not.
 */
export function needLinear(gradient: Value, u: Value): void {
  const order = nodesOf([gradient]);
  const inside = dependents(u, order);
  for (const node of order) {
    if (node === u.node || !inside.has(node)) continue;
    const room = roomHere(node.op);
    const mine = dependsBy(node, inside);
    const slope = node.inputs.map(
      ({ type }, k) => isFloat(type.dtype) && (room.vjpAll ?? vjpRule(room, k)) !== undefined,
    );
    const cut = mine.some((is, k) => is && !slope[k]);
    const shifted =
      room.offset && node.inputs.some((input, k) => slope[k] && !mine[k] && numberOf(input) !== 0);
    if (cut || shifted) refuseNonlinear(node);
  }
  if (!inside.has(gradient.node) && numberOf(gradient) !== 0) refuseNonlinear(gradient.node);
}

/**
 * `pushed`, the derivative of the gradient `pulled` by its cotangent u, without u. Refuses a gradient that leaves u
 * in its derivative, as a square of u does.
 */
export function withoutCotangent(pushed: Value, pulled: Value, u: Value): Value {
  const order = nodesOf([pushed]);
  if (dependents(u, order).has(pushed.node)) refuseNonlinear(curvedNode(pulled, u));
  // Nothing is recomputed in a forward derivative, so what waits for a cotangent need not wait.
  const waiting = new Map<Value, Value>();
  for (const node of order) {
    const idle = node.inputs.filter((_, k) => onlyWaits(roomHere(node.op), k));
    if (nodesOf(idle).includes(u.node)) waiting.set(node.outputs[0], node.inputs[0]);
  }
  let now = pushed;
  // From the last to the first, since what stands behind one may wait as well.
  for (const [value, x] of [...waiting].reverse()) [now] = substitute([now], new Map([[value, x]]), originOf);
  return now;
}

/** The first node whose own slope by what depends on u depends on u again. */
function curvedNode(pulled: Value, u: Value): Node {
  const order = nodesOf([pulled]);
  const inside = dependents(u, order);
  const isCurved = (node: Node): boolean => {
    const room = roomHere(node.op);
    const mine = dependsBy(node, inside);
    const [y] = node.outputs;
    const g = placeholder({ token: "slope", dtype: y.type.dtype, shape: y.type.shape });
    const rest = { y, g, ys: [y], gs: [g], needed: mine, attrs: node.attrs, vjp: sweep };
    const context = { ...byName(room, node.inputs), ...rest } as unknown as VjpContext<string, Attrs>;
    return mine.some((is, k) => {
      const rule = is ? vjpRule(room, k) : undefined;
      const slope = rule ? nodesOf([rule(context)]) : [];
      return slope.some((other) => other === node || inside.has(other));
    });
  };
  return order.find((node) => node !== u.node && inside.has(node) && isCurved(node)) ?? pulled.node;
}

function refuseNonlinear(node: Node): never {
  const { layer, source, gradientOf = node.op } = originOf(node);
  return fail(
    "gradient",
    `no forward derivative: the gradient of ${gradientOf} is not linear in its cotangent`,
    {
      place: { layer, source },
      hint: "use vjp, or take the function that was written for the gradient away",
    },
  );
}
