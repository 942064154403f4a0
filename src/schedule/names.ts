import { reserved } from "../base/reserved.ts";
import { isLeaf, leafName, recomputation, type Graph, type Value } from "../ir/graph.ts";

/** Words that may not be identifiers in the emitted module or in other languages, and names that loops use themselves. */
const taboo = new Set([
  ...reserved,
  ...(
    "abstract boolean byte char double final float goto int long native short synchronized throws transient volatile " +
    "n i j k h g m q r t s constructor prototype hasOwnProperty toString valueOf"
  ).split(" "),
]);

const longestHint = 40;

/** Letters, digits and single underscores of a name: a hint for readers that can never be code. */
export function identifierHint(name: string): string {
  const letters = name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, longestHint);
  const safe = letters === "" || /^[0-9]/.test(letters) ? `v${letters}` : letters;
  return taboo.has(safe) ? `${safe}_` : safe;
}

/** Hands out identifiers that are unique in one module. */
export class Names {
  private readonly taken = new Set<string>();

  fresh(hint: string): string {
    const base = identifierHint(hint);
    let name = base;
    for (let k = 2; this.taken.has(name); k++) name = `${base}_${k}`;
    this.taken.add(name);
    return name;
  }
}

/** A name for a computed value: its layer and op, or whose gradient it is; of what is written out anew, what that is. */
export function valueHint(graph: Graph, value: Value): string {
  if (value.node.op === "contiguous") {
    const copied = copiedHint(value.node.inputs[0]);
    if (copied !== undefined) return copied;
  }
  const origin = graph.origins.get(value.node)?.[0];
  const layer = origin?.layer ?? "";
  if (origin?.gradientOf === recomputation) return `${layer}_${value.node.op}_again`;
  if (origin?.gradientOf) return `d_${layer || value.node.op}`;
  return layer ? `${layer}_${value.node.op}` : value.node.op;
}

const turning = ["transpose", "reshape"];
const moving = [...turning, "affineView", "reverse", "slice", "pad"];

/** The leaf that is read through other axes than its own; of a long path the end says more than the beginning. */
function copiedHint(value: Value): string | undefined {
  let { node } = value;
  let how = "_transposed";
  for (; moving.includes(node.op); { node } = node.inputs[0])
    if (!turning.includes(node.op)) how = "_rearranged";
  if (!isLeaf(node)) return undefined;
  const parts = leafName(node).split("/");
  while (parts.length > 1 && parts.join("/").length + how.length > longestHint) parts.shift();
  return `${parts.join("/").slice(0, longestHint - how.length)}${how}`;
}
