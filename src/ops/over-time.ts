import { nodesOf, type Value } from "../ir/graph.ts";
import type { Shape } from "../ir/type.ts";
import { broadcastTo, full, reshape, sum } from "./broadcast.ts";
import { matmul, type Transposes } from "./contract.ts";
import { dotGeneral, type DotAxes } from "./dot-general.ts";
import { add, mul, neg, sub } from "./elementwise.ts";
import { transpose } from "./movement.ts";
import { pad, slice } from "./slice.ts";

/** How values of a body are had outside the loop. */
export interface OverTime {
  /** The value at all times, stacked along a first axis. */
  readonly stack: (value: Value) => Value;
  /** A value that is the same at all times. */
  readonly once: (value: Value) => Value;
  /** True for a value that depends on the time. */
  readonly varies: (value: Value) => boolean;
  readonly length: number;
}

/**
 * Σₜ of a value of a body, outside the loop. A product of two values that change becomes one product that also
 * contracts time, so that weights' gradients are no carries; what is linear is done once, after the sum.
 */
export function sumOverTime(value: Value, over: OverTime): Value {
  const { stack, once, varies, length } = over;
  const of = (part: Value): Value => sumOverTime(part, over);
  if (!varies(value)) {
    const same = once(value);
    return mul(same, full(length, same.type));
  }
  const { op, inputs, attrs } = value.node;
  const [a, b] = inputs;
  if (op === "neg") return neg(of(a));
  if ((op === "add" || op === "sub") && inputs.every((input) => isFactored(input, varies)))
    return (op === "add" ? add : sub)(of(a), of(b));
  if (op === "mul" && !inputs.every(varies)) return varies(a) ? mul(of(a), once(b)) : mul(once(a), of(b));
  const moved = movement[op] as ((x: Value, attrs: never) => Value) | undefined;
  if (moved && (op !== "pad" || attrs["value"] === 0)) return moved(of(a), attrs as never);
  if (op === "matmul") {
    const transposes = attrs as Transposes;
    if (!inputs.every(varies))
      return varies(a) ? matmul(of(a), once(b), transposes) : matmul(once(a), of(b), transposes);
    return dotGeneral(stack(a), stack(b), withTime(axesOfMatmul(a.type.shape, transposes)));
  }
  if (op === "dotGeneral") {
    const axes = attrs as DotAxes;
    if (!inputs.every(varies))
      return varies(a) ? dotGeneral(of(a), once(b), axes) : dotGeneral(once(a), of(b), axes);
    return dotGeneral(stack(a), stack(b), withTime(axes));
  }
  return sum(stack(value), { axes: [0] });
}

const movement: { readonly [op: string]: unknown } = {
  reshape, transpose, slice, pad, broadcastTo, sum,
}; // prettier-ignore

/** True where the sum over time ends in products or in what does not change, and not in a stack of its own. */
function isFactored(value: Value, varies: (value: Value) => boolean): boolean {
  if (!varies(value)) return true;
  const { op, inputs } = value.node;
  if (op === "matmul" || op === "dotGeneral") return true;
  if (op === "mul" && !inputs.every(varies)) return inputs.every((input) => isFactored(input, varies));
  return (op in movement || ["neg", "add", "sub"].includes(op)) && inputs.every((x) => isFactored(x, varies));
}

/** A matrix product as the general one: leading axes are batch axes. */
export function axesOfMatmul(a: Shape, { transposeA, transposeB }: Transposes): DotAxes {
  const rank = a.length;
  const batch = a.slice(0, -2).map((_, k) => k);
  return {
    batchA: batch,
    batchB: batch,
    contractA: [rank - (transposeA ? 2 : 1)],
    contractB: [rank - (transposeB ? 1 : 2)],
  };
}

/** The axes once time has become the first axis of both operands, and is summed over. */
const withTime = ({ batchA, batchB, contractA, contractB }: DotAxes): DotAxes => {
  const later = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);
  return {
    batchA: later(batchA),
    batchB: later(batchB),
    contractA: [0, ...later(contractA)],
    contractB: [0, ...later(contractB)],
  };
};

/** Whether values of a body depend on some placeholders; what is asked once is known. */
export function variesWith(placeholders: ReadonlySet<Value>): (value: Value) => boolean {
  const known = new Map<Value["node"], boolean>();
  return (value) => {
    for (const node of known.has(value.node) ? [] : nodesOf([value])) {
      const own = node.outputs.some((output) => placeholders.has(output));
      known.set(node, own || node.inputs.some((input) => known.get(input.node)));
    }
    return known.get(value.node)!;
  };
}
