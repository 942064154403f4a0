import { typeText } from "../ir/type.ts";
import { dimText } from "../ir/type.ts";
import { indexText, type Axis, type Index } from "../ir/index.ts";
import type { Item, Kernel, KernelExpr, Schedule } from "../ir/kernel.ts";

/** The kernels in running order: what each computes, over which axes, and which ops share its loops. */
export const kernelsText = ({ kernels, buffers }: Schedule): string =>
  [
    `${kernels.length} kernels, ${buffers.length} buffers`,
    "",
    ...kernels.flatMap((kernel) => [...kernelLines(kernel), ""]),
  ].join("\n");

function kernelLines(kernel: Kernel): string[] {
  const { name, phase, doc, outer, core, nest, stages, after, record } = kernel;
  const tiled = record.tile.some((tile) => tile > 1) ? `, tile ${record.tile.join("×")}` : "";
  const over = outer.length > 0 ? ` for ${axesText(outer)}` : "";
  return [
    `kernel ${name} (${phase})${over}${tiled}${record.unroll ? ", unrolled" : ""}`,
    ...doc.map((line) => `  // ${line}`),
    ...(core
      ? [
          `  ${core.result} = ${core.template} over ${axesText(core.depth)}: ${core.operands
            .map(({ buffer, at }) => buffer.name + coordinatesText(at))
            .join(" · ")}`,
        ]
      : []),
    ...(nest
      ? [`  ${nest.template}(${[...nest.arrays.map((b) => b.name), ...nest.sizes.map(dimText)].join(", ")})`]
      : []),
    ...stages.flatMap(({ inner, items }) => [
      ...(inner.length > 0 ? [`  for ${axesText(inner)}`] : []),
      ...items.flatMap((item) => itemLines(item, inner.length > 0 ? "    " : "  ")),
    ]),
    ...(after.length > 0 ? ["  after the loops", ...after.flatMap((item) => itemLines(item, "    "))] : []),
  ];
}

const axesText = (axes: readonly Axis[]): string =>
  axes.map(({ name, extent }) => `${name} < ${dimText(extent)}`).join(", ");
const coordinatesText = (at: readonly Index[]): string => `[${at.map(indexText).join(", ")}]`;

function itemLines({ name, dtype, value, reduce, targets }: Item, indent: string): string[] {
  const fold = reduce
    ? `${reduce.op} over ${reduce.over === "inner" ? "the inner axes" : "all axes"} of `
    : "";
  return [
    `${indent}${name}: ${dtype} = ${fold}${exprText(value)}`,
    ...targets.map(
      ({ buffer, at, accumulate }) =>
        `${indent}  ${buffer.name}${coordinatesText(at)} ${accumulate ? "+=" : "="} ${name}   // ${typeText(buffer)}`,
    ),
  ];
}

/** A scalar expression as calls of ops. */
function exprText(expr: KernelExpr): string {
  switch (expr.kind) {
    case "const":
      return String(expr.value);
    case "load":
      return expr.buffer.name + coordinatesText(expr.at);
    case "local":
      return expr.name;
    case "op":
      return `${expr.op}(${expr.args.map(exprText).join(", ")})`;
    case "guard":
      return `(${exprText(expr.test)} ? ${exprText(expr.yes)} : ${exprText(expr.no)})`;
    case "index":
      return indexText(expr.index);
    case "size":
      return expr.times === 1 ? "n" : `${expr.times}*n`;
  }
}
