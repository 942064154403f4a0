import { indexText, type Axis } from "../index.ts";
import type { Buffer, Item, Kernel, KernelExpr, Schedule, TimeLoop } from "../kernel.ts";
import { dimText, shapeText } from "../type.ts";

/** The kernels of every phase in running order: loops as headings, stages as blocks, values as formulas. */
export const printKernels = (schedule: Schedule): string =>
  `${schedule.kernels.map(kernelText).join("\n\n")}\n`;

function kernelText(kernel: Kernel): string {
  const { outer, core, nest, record } = kernel;
  const tiles = outer.flatMap(({ name }, k) => (record.tile[k] > 1 ? [`${name}×${record.tile[k]}`] : []));
  if (record.alone > 1) tiles.push(`alone ${outer[outer.length - 1].name}×${record.alone}`);
  const lines = [
    ...kernel.doc.map((line) => `// ${line}`),
    `kernel ${kernel.name} ${kernel.phase}${loopsText(kernel.loops)}${axesText(outer)}${tiles.length > 0 ? ` tile ${tiles.join(" ")}` : ""}${record.lanes.length > 0 ? ` lanes ${record.lanes.join(" ")}` : ""}${record.calls ? " calls" : ""}`,
  ];
  if (nest)
    lines.push(
      `  nest ${nest.template}(${nest.arrays.map((a) => a.name).join(", ")}; ${shapeText(nest.sizes)})`,
    );
  if (core) {
    const operands = core.operands.map(({ buffer, at }) => elementText(buffer, at.map(indexText)));
    const { axis, from, upTo } = core.only ?? {};
    const ends = `${from ? ` ${axis}≥${indexText(from)}` : ""}${upTo ? ` ${axis}≤${indexText(upTo)}` : ""}`;
    lines.push(`  ${core.result} = ${core.template}${axesText(core.depth)}${ends} ${operands.join(" ")}`);
  }
  if (kernel.before.length > 0)
    lines.push("  before", ...kernel.before.map((item) => `    ${itemText(item)}`));
  for (const { inner, items } of kernel.stages) {
    if (inner.length > 0) lines.push(` ${axesText(inner)}`);
    lines.push(...items.map((item) => `${inner.length > 0 ? "    " : "  "}${itemText(item)}`));
  }
  if (kernel.after.length > 0) lines.push("  after", ...kernel.after.map((item) => `    ${itemText(item)}`));
  return lines.join("\n");
}

const loopsText = (loops: readonly TimeLoop[]): string =>
  loops
    .map(({ axis, reverse }) => ` for ${axis.name}<${axis.extent}${reverse ? " backwards" : ""}:`)
    .join("");
const axesText = (axes: readonly Axis[]): string =>
  axes.map(({ name, extent }) => ` ${name}<${dimText(extent)}`).join("");
const elementText = (buffer: Buffer, at: readonly string[]): string => `${buffer.name}[${at.join(", ")}]`;

/** Kernels write shared parts out wherever they are used; the loops, where each is named once, tell the whole. */
const shortened = (formula: string): string =>
  formula.length <= 400 ? formula : `${formula.slice(0, 400)}…`;

function itemText({ name, value, reduce, targets }: Item): string {
  const fold = reduce ? `${reduce.op}${reduce.over === "outer" ? " over all" : ""} ` : "";
  const stores = targets.map(
    ({ buffer, at, accumulate }) => ` ${accumulate ? "+→" : "→"} ${elementText(buffer, at.map(indexText))}`,
  );
  return `${name} = ${fold}${shortened(exprText(value))}${stores.join("")}`;
}

function exprText(expr: KernelExpr): string {
  switch (expr.kind) {
    case "const":
      return Object.is(expr.value, -0) ? "-0" : String(expr.value);
    case "local":
      return expr.name;
    case "load":
      return elementText(expr.buffer, expr.at.map(indexText));
    case "index":
      return `(${indexText(expr.index)})`;
    case "size":
      return expr.times === 1 ? "n" : `${expr.times}*n`;
    case "guard":
      return `guard(${exprText(expr.test)}, ${exprText(expr.yes)}, ${exprText(expr.no)})`;
    case "op":
      return `${expr.op === "cast" ? expr.dtype : expr.op}(${expr.args.map(exprText).join(", ")})`;
  }
}
