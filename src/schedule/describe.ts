import type { Index } from "../ir/index.ts";
import type { Value } from "../ir/graph.ts";
import type { KernelContext } from "./context.ts";
import { jobFormula, type Telling } from "./formula.ts";
import type { Group } from "./group.ts";
import { ownCoordinates, type Job } from "./job.ts";
import { placeText } from "./notation.ts";
import type { Product } from "./product-text.ts";

/** Line breaks, comment ends and what changes how text reads have no place in a comment, whatever a name holds. */
export const commentText = (text: string): string =>
  text
    .replace(/\*\//g, "* /")
    .replace(/<\/?script/gi, (tag) => tag.replace(/</, "< "))
    .replace(/<!--/g, "< !--")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029`]/gu, " ");

/** A formula longer than this is told with less depth. */
const longest = 92;
const deepest = 5;
const mostLines = 2;

/** Comment lines of a kernel: what it computes as a formula, which gradient it is, and from which line. */
export function describe(group: Group, context: KernelContext, product: Product | null): string[] {
  const told = group.jobs.flatMap((job) => {
    const sink = context.sinks.get(job.value)?.[0];
    const place = sink ?? context.buffers.get(job.value);
    if (!place) return [];
    const lead = place.lead ?? [];
    const title = sink?.accumulate ? `∂loss/∂${place.buffer.cell?.name}` : place.buffer.name;
    return [{ job, title, lead, name: `${place.buffer.name}${placeText(lead)}` }];
  });
  // Of an update or an evaluation the last value says it all; slots and totals explain themselves.
  const shown =
    context.kind === "update" || context.kind === "evaluate" ? told.slice(-1) : told.slice(0, mostLines);
  const jobs = new Map<Value, Job>(group.jobs.map((job) => [job.value, job]));
  const names = new Map(told.map(({ job, name }) => [job.value, name]));
  return shown.map(({ job, title, lead }) => {
    const telling: Telling = { context, jobs, names, product, outer: group.depth };
    const source = context.graph.origins.get(job.node)?.[0]?.source;
    const { formula, at } = fitting(job, telling);
    return commentText(`${title}${placeText([...lead, ...at])} = ${formula}${source ? `  (${source})` : ""}`);
  });
}

/** The formula in as much depth as a line holds, and the place that it is of, where it speaks of places. */
function fitting(job: Job, telling: Telling): { readonly formula: string; readonly at: readonly Index[] } {
  const formula = jobFormula(job, telling);
  const told = (depth: number) => {
    const { text, axes } = formula(depth);
    return { formula: text, at: axes ? ownCoordinates(job, telling.outer) : [] };
  };
  let best = told(1);
  for (let depth = 2; depth <= deepest && best.formula.includes("…"); depth++) {
    const next = told(depth);
    if (next.formula.length + placeText(next.at).length > longest) break;
    best = next;
  }
  return best;
}
