import { leafName, isLeaf, type Node, type Value } from "../ir/graph.ts";
import { roomOf } from "../ir/op.ts";
import { dimText, type Dim } from "../ir/type.ts";
import type { Group } from "./group.ts";
import type { KernelContext } from "./context.ts";

/** Line breaks, comment ends and what changes how text reads have no place in a comment, whatever a name holds. */
export const commentText = (text: string): string =>
  text
    .replace(/\*\//g, "* /")
    .replace(/<\/?script/gi, (tag) => tag.replace(/</, "< "))
    .replace(/<!--/g, "< !--")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029`]/gu, " ");

/** A formula longer than this is told with less depth. */
const longest = 92;
const mostLines = 2;

/** Comment lines of a kernel: what it computes as a formula, which gradient it is, and from which line. */
export function describe(group: Group, context: KernelContext): string[] {
  const inside = new Set(group.jobs.map((member) => member.value));
  const told = group.jobs.flatMap((job) => {
    const sink = context.sinks.get(job.value)?.[0];
    const cell = sink?.buffer.cell;
    const name = sink?.accumulate
      ? `∂loss/∂${cell?.name}`
      : cell?.kind === "pending"
        ? `next ${cell.name}`
        : (cell?.name ?? context.buffers.get(job.value)?.buffer.name);
    return name === undefined ? [] : [{ job, name }];
  });
  // Of an update or an evaluation the last value says it all; slots and totals explain themselves.
  const shown =
    context.kind === "update" || context.kind === "evaluate" ? told.slice(-1) : told.slice(0, mostLines);
  const names = new Map(told.map(({ job, name }) => [job.value, name]));
  return shown.map(({ job, name }) => {
    const formulas = [5, 4, 3, 2, 1].map((depth) => formulaText(job.node, { context, inside, names, depth }));
    const formula = formulas.find((text) => text.length <= longest) ?? formulas[formulas.length - 1];
    const source = context.graph.origins.get(job.node)?.[0]?.source;
    return commentText(`${name} = ${formula}${source ? `  (${source})` : ""}`);
  });
}

interface Telling {
  readonly context: KernelContext;
  readonly inside: ReadonlySet<Value>;
  /** What the kernel's own values are called where they leave it. */
  readonly names: ReadonlyMap<Value, string>;
  readonly depth: number;
}

function formulaText(node: Node, telling: Telling, nested = false): string {
  const args = node.inputs.map((input) => operandText(input, telling));
  if (isLeaf(node)) return leafText(node);
  if (node.op === "tensor") return "the declared values";
  if (node.op === "constant") return String(node.attrs["value"]);
  if (node.op === "dimensionSize") return dimText(node.attrs["dim"] as Dim);
  const symbol = symbolOf(node, telling);
  if (symbol !== undefined) {
    let next = 0;
    const text = symbol.replaceAll("_", () => args[next++]);
    // Where several stand beside each other, parentheses say what belongs together.
    return nested && next > 1 && node.op !== "matmul" ? `(${text})` : text;
  }
  return `${node.op}(${args.map(unwrapped).join(", ")})`;
}

/** An argument without the parentheses that are around all of it. */
function unwrapped(text: string): string {
  if (!text.startsWith("(")) return text;
  let open = 0;
  const end = [...text].findIndex((letter) => (open += letter === "(" ? 1 : letter === ")" ? -1 : 0) === 0);
  return end === text.length - 1 ? text.slice(1, -1) : text;
}

function symbolOf(node: Node, { context }: Telling): string | undefined {
  const { symbol } = roomOf(context.ops, node.op);
  return typeof symbol === "function" ? symbol(node.attrs) : symbol;
}

const leafText = (node: Node): string => (node.op === "pending" ? `next ${leafName(node)}` : leafName(node));

/** A leaf or a kept value by name, anything else by its formula, cut where it grows deep. */
function operandText(value: Value, telling: Telling): string {
  if (isLeaf(value.node)) return leafText(value.node);
  const told = telling.names.get(value);
  if (told !== undefined) return told;
  const alias = telling.context.aliases.get(value);
  if (alias) return operandText(alias.from, telling);
  const buffer = telling.context.buffers.get(value)?.buffer;
  if (buffer && !telling.inside.has(value)) return buffer.name.replace(/_\d+$/, "");
  if (symbolOf(value.node, telling) === "_") return operandText(value.node.inputs[0], telling);
  const literal = value.node.inputs.length === 0;
  if (telling.depth <= 0 && !literal) return "…";
  return formulaText(value.node, { ...telling, depth: telling.depth - 1 }, true);
}
