import { Builder, withBuilder } from "../../src/ir/builder.ts";
import type { LeafOp, Node, Value } from "../../src/ir/graph.ts";
import type { NDArray } from "../../src/ir/op.ts";
import { leaf } from "../../src/ops/leaves.ts";
import * as nn from "../../src/nn/sugar/index.ts";
import { parseInput, randomArray, randomFrom } from "../ops/sample.ts";
import type { ScanCase } from "./cases.ts";

export interface Ready {
  readonly build: Builder;
  readonly leaves: readonly Value[];
  readonly outputs: readonly Value[];
  /** Contents for a batch of n, by node and by "kind:name". */
  readonly feed: (n: number, seed: number) => { nodes: Map<Node, NDArray>; cells: Map<string, NDArray> };
}

/** A case with its leaves and outputs in a build of its own. */
export function ready(subject: ScanCase, float: "f32" | "f64", scan = nn.scan): Ready {
  const build = new Builder();
  const types = new Map<string, ReturnType<typeof parseInput>>();
  return withBuilder(build, () => {
    const named: Record<string, Value> = {};
    for (const [key, text] of Object.entries(subject.leaves)) {
      const name = key.replace("p:", "");
      const kind: LeafOp = key.startsWith("p:") ? "parameter" : "input";
      const input = parseInput(text.replace("F", float));
      types.set(`${kind}:${name}`, input);
      named[name] = leaf(kind, name, input.type);
    }
    const outputs = subject.build(named, scan, float);
    const feed: Ready["feed"] = (n, seed) => {
      const random = randomFrom(seed);
      const cells = new Map([...types].map(([key, input]) => [key, randomArray(input, n, random)] as const));
      const nodes = new Map(
        Object.values(named).map(({ node }) => [
          node,
          cells.get(`${node.op}:${String(node.attrs["name"])}`)!,
        ]),
      );
      return { nodes, cells };
    };
    return { build, leaves: Object.values(named), outputs, feed };
  });
}
