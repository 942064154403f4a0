import { leafName, isLeaf, type Node, type Value } from "../ir/graph.ts";
import type { Group } from "./group.ts";
import type { KernelContext } from "./kernel.ts";
import { valueHint } from "./names.ts";

/** Line breaks, comment ends and control characters have no place in a comment, whatever a name holds. */
export const commentText = (text: string): string =>
  text
    .replace(/\*\//g, "* /")
    .replace(/<\/?script/gi, (tag) => tag.replace(/</, "< "))
    .replace(/[\u0000-\u001f\u007f\u2028\u2029`]/g, " ");

const infix: { readonly [op: string]: string } = {
  add: "+", sub: "−", mul: "·", div: "/", matmul: "·", equal: "=", notEqual: "≠", less: "<", lessEqual: "≤", greater: ">", greaterEqual: "≥",
}; // prettier-ignore
const silent = new Set(["reshape", "broadcastTo", "cast", "slice", "transpose", "stopGradient"]);

/** Comment lines of a kernel: what it computes as a formula, which gradient it is, and from which line. */
export function describe(group: Group, context: KernelContext): string[] {
  const lines: string[] = [];
  for (const job of group.jobs) {
    const sinks = context.sinks.get(job.value) ?? [];
    const isRead = context.buffers.has(job.value) || sinks.length > 0;
    if (!isRead) continue;
    const names = sinks.map((sink) =>
      sink.accumulate ? `∂loss/∂${sink.buffer.cell?.name}` : (sink.buffer.cell?.name ?? ""),
    );
    const buffer = context.buffers.get(job.value);
    const left = names[0] ?? buffer?.name ?? "";
    lines.push(
      commentText(
        `${left} = ${formulaText(job.node, context, new Set(group.jobs.map((member) => member.value)), 0)}${where(job.node, context)}`,
      ),
    );
  }
  return lines.slice(0, 4);
}

function where(node: Node, { graph }: KernelContext): string {
  const origin = graph.origins.get(node)?.[0];
  return origin?.source ? `   (${origin.source})` : "";
}

function formulaText(node: Node, context: KernelContext, inside: ReadonlySet<Value>, level: number): string {
  const args = node.inputs.map((input) => operandText(input, context, inside, level + 1));
  if (node.op === "matmul") {
    return `${args[0]}${node.attrs["transposeA"] ? "ᵀ" : ""} · ${args[1]}${node.attrs["transposeB"] ? "ᵀ" : ""}`;
  }
  if (node.op === "constant") return String(node.attrs["value"]);
  if (silent.has(node.op)) return args[0];
  const sign = infix[node.op];
  if (sign) return level > 0 ? `(${args.join(` ${sign} `)})` : args.join(` ${sign} `);
  if (node.op === "neg") return `−${args[0]}`;
  return `${node.op}(${args.join(", ")})`;
}

/** A leaf or a kept value by name, anything else by its formula, cut where it grows long. */
function operandText(
  value: Value,
  context: KernelContext,
  inside: ReadonlySet<Value>,
  level: number,
): string {
  if (isLeaf(value.node)) return leafName(value.node);
  const buffer = context.buffers.get(value);
  if (buffer && !inside.has(value)) return buffer.name;
  if (level > 6) return valueHint(context.graph, value);
  return formulaText(value.node, context, inside, level);
}
