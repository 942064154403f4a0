import { evaluate } from "../../src/eval/evaluate.ts";
import { Builder, withBuilder } from "../../src/ir/builder.ts";
import {
  isLeaf,
  leafName,
  nodesOf,
  type Graph,
  type Node,
  type Output,
  type Value,
} from "../../src/ir/graph.ts";
import { byName, roomOf, vjpRule, type Arrays, type NDArray } from "../../src/ir/op.ts";
import { extentAt, isFloat } from "../../src/ir/type.ts";
import { fullLike } from "../../src/ops/broadcast.ts";
import { add } from "../../src/ops/elementwise.ts";
import { ops } from "../../src/ops/table.ts";

/** Evaluates values with the rooms' naive evaluations; `feed` gives the data of each leaf. */
export function evaluateValues(
  values: readonly Value[],
  feed: (name: string, size: number) => Float64Array,
  n = 3,
): Float64Array[] {
  const known = new Map<Node, readonly NDArray[]>();
  for (const node of nodesOf(values)) {
    const shapes = node.outputs.map(({ type }) => type.shape.map((dim) => extentAt(dim, n)));
    const dtypes = node.outputs.map(({ type }) => type.dtype);
    if (isLeaf(node)) {
      const size = shapes[0].reduce((a, b) => a * b, 1);
      known.set(node, [{ dtype: dtypes[0], shape: shapes[0], data: feed(leafName(node), size) }]);
      continue;
    }
    const room = roomOf(ops, node.op);
    const inputs = node.inputs.map((value) => (known.get(value.node) as readonly NDArray[])[value.index]);
    const answer = room.eval(byName(room, inputs) as unknown as Arrays<string>, node.attrs, {
      shapes,
      dtypes,
      n,
      run: (outputs, given) => evaluate(outputs, given, { n }),
    });
    known.set(node, Array.isArray(answer) ? (answer as NDArray[]) : [answer as NDArray]);
  }
  return values.map(({ node, index }) => (known.get(node) as readonly NDArray[])[index].data);
}

/** A plain reverse sweep over the rooms' gradients; undefined where nothing flows. */
export function gradientsOf(y: Value, cotangent: Value, wrt: readonly Value[]): (Value | undefined)[] {
  const flowing = new Map<Value, Value>([[y, cotangent]]);
  for (const node of nodesOf([y]).toReversed()) {
    const g = flowing.get(node.outputs[0]);
    if (!g) continue;
    const room = roomOf(ops, node.op);
    for (const [k, input] of node.inputs.entries()) {
      const back = vjpRule(room, k);
      if (!back || !isFloat(input.type.dtype)) continue;
      const named = byName(room, node.inputs);
      const part = back(Object.assign(named, { y: node.outputs[0], g, attrs: node.attrs }) as never);
      const before = flowing.get(input);
      flowing.set(input, before ? add(before, part) : part);
    }
  }
  return wrt.map((value) => flowing.get(value));
}

export const zeros = (x: Value): Value => fullLike(0, x);

/** Builds a graph; every op gets the same origin, which spares the search for a source line. */
export function graphOf(
  build: () => readonly Output[],
  batch: number | null = 5,
  name = "test.graph",
): Graph {
  const holder = new Builder();
  const outputs = withBuilder(holder, () =>
    holder.within({ layer: "layer", source: "some.model.ts:1" }, build),
  );
  return { name, batch, outputs, origins: holder.origins };
}
