import { indexText, type Axis } from "../index.ts";
import type { Buffer, Item, Kernel, Only, Schedule, Tiles, TimeLoop } from "../kernel.ts";
import { itemsOf } from "../kernel-walk.ts";
import { dimText, shapeText } from "../type.ts";
import { formulaText } from "./kernel-parts.ts";

/** The kernels of every phase in running order: loops as headings, stages as blocks, values as formulas. */
export const printKernels = (schedule: Schedule): string =>
  `${schedule.kernels.map(kernelText).join("\n\n")}\n`;

/** How many iterations of which axes are computed at once. */
function tilesText(outer: readonly Axis[], { tile, join, alone }: Tiles): string {
  const parts = outer.flatMap(({ name }, k) => (tile[k] > 1 ? [`${name}×${tile[k]}`] : []));
  if (join > 1) parts.push(`join ×${join}`);
  if (alone > 1) parts.push(`alone ${outer[outer.length - 1].name}×${alone}`);
  return parts.join(" ");
}

function kernelText(kernel: Kernel): string {
  const { outer, core, nest, record, read } = kernel;
  const tiles = tilesText(outer, record);
  const plain = record.plain ? ` plain ${tilesText(outer, record.plain) || "single"}` : "";
  const lines = [
    ...kernel.doc.map((line) => `// ${line}`),
    `kernel ${kernel.name} ${kernel.phase}${loopsText(kernel.loops)}${axesText(outer)}${endsText(read)}${tiles ? ` tile ${tiles}` : ""}${plain}${record.lanes.length > 0 ? ` lanes ${record.lanes.join(" ")}` : ""}${record.calls ? " calls" : ""}${record.pass ? ` in ${record.pass.name}` : ""}`,
  ];
  if (nest)
    lines.push(
      `  nest ${nest.template}(${nest.arrays.map((a) => a.name).join(", ")}; ${shapeText(nest.sizes)})`,
    );
  if (core) {
    const operands = core.operands.map(({ buffer, at }) => elementText(buffer, at.map(indexText)));
    lines.push(
      `  ${core.result} = ${core.template}${axesText(core.depth)}${endsText(core.only)} ${operands.join(" ")}`,
    );
  }
  const fresh = partNames(kernel);
  const block = (heading: string, items: readonly Item[]): void => {
    const indent = heading ? "    " : "  ";
    const inside = items.flatMap((item) => itemLines(item, fresh)).map((line) => indent + line);
    lines.push(...(heading ? [heading] : []), ...inside);
  };
  if (kernel.before.length > 0) block("  before", kernel.before);
  for (const { inner, items, only } of kernel.stages)
    block(inner.length > 0 ? ` ${axesText(inner)}${endsText(only)}` : "", items);
  if (kernel.after.length > 0) block("  after", kernel.after);
  return lines.join("\n");
}

/** t1, t2, … without the names of items. */
function partNames(kernel: Kernel): () => string {
  const taken = new Set(itemsOf(kernel).map(({ name }) => name));
  let count = 0;
  return () => {
    do count++;
    while (taken.has(`t${count}`));
    return `t${count}`;
  };
}

const loopsText = (loops: readonly TimeLoop[]): string =>
  loops
    .map(({ axis, reverse }) => ` for ${axis.name}<${axis.extent}${reverse ? " backwards" : ""}:`)
    .join("");
const axesText = (axes: readonly Axis[]): string =>
  axes.map(({ name, extent }) => ` ${name}<${dimText(extent)}`).join("");
const endsText = ({ axis, from, upTo }: Partial<Only> = {}): string =>
  `${from ? ` ${axis}≥${indexText(from)}` : ""}${upTo ? ` ${axis}≤${indexText(upTo)}` : ""}`;
const elementText = (buffer: Buffer, at: readonly string[]): string => `${buffer.name}[${at.join(", ")}]`;

/** An item's line, after those of the parts that its formula names. */
function itemLines({ name, value, reduce, targets }: Item, fresh: () => string): string[] {
  const fold = reduce ? `${reduce.op}${reduce.over === "outer" ? " over all" : ""} ` : "";
  const stores = targets.map(
    ({ buffer, at, accumulate }) => ` ${accumulate ? "+→" : "→"} ${elementText(buffer, at.map(indexText))}`,
  );
  const { before, text } = formulaText(value, fresh);
  return [...before, `${name} = ${fold}${text}${stores.join("")}`];
}
