import type { MemoryPlan } from "../ir/arena.ts";
import type { Buffer, Kernel, Schedule } from "../ir/kernel.ts";
import { itemsOf, targetsOf, visitKernelExpr } from "../ir/kernel-walk.ts";
import type { LoopProgram } from "../ir/loop.ts";
import { shapeText } from "../ir/type.ts";

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
const digraph = (name: string, lines: readonly string[]): string =>
  [`digraph ${quote(name)} {`, ...lines.map((line) => `  ${line}`), "}", ""].join("\n");

/** Kernels in the order in which they run, a box a phase, joined by the buffers that pass between them. */
export function kernelsDot({ kernels }: Schedule): string {
  const writers = new Map<Buffer, Kernel[]>();
  for (const kernel of kernels) {
    for (const buffer of written(kernel)) writers.set(buffer, [...(writers.get(buffer) ?? []), kernel]);
  }
  const ids = new Map(kernels.map((kernel, k) => [kernel, `k${k}`]));
  const phases = [...new Set(kernels.map(({ phase }) => phase))];
  const clusters = phases.flatMap((phase) => [
    `subgraph ${quote(`cluster_${phase}`)} {`,
    `  label=${quote(phase)};`,
    ...kernels
      .filter((kernel) => kernel.phase === phase)
      .map(
        (kernel) =>
          `  ${ids.get(kernel)} [shape=box, label=${quote([kernel.name, ...kernel.doc].join("\n"))}];`,
      ),
    "}",
  ]);
  const edges = kernels.flatMap((kernel) =>
    [...read(kernel)].flatMap((buffer) =>
      (writers.get(buffer) ?? [])
        .filter((from) => from !== kernel)
        .map((from) => `${ids.get(from)} -> ${ids.get(kernel)} [label=${quote(buffer.name)}];`),
    ),
  );
  return digraph("kernels", ["rankdir=TB;", ...clusters, ...edges]);
}

function written(kernel: Kernel): Set<Buffer> {
  const targets = targetsOf(kernel).map(({ buffer }) => buffer);
  // A nest writes its last array.
  return new Set([...targets, ...(kernel.nest?.arrays.slice(-1) ?? [])]);
}

function read(kernel: Kernel): Set<Buffer> {
  const found = new Set<Buffer>([
    ...(kernel.core?.operands.map(({ buffer }) => buffer) ?? []),
    ...(kernel.nest?.arrays.slice(0, -1) ?? []),
  ]);
  for (const { value } of itemsOf(kernel))
    visitKernelExpr(value, (expr) => expr.kind === "load" && found.add(expr.buffer));
  return found;
}

/** The arena, a column a region, with offset and bytes of every buffer. */
export function memoryDot({ regions, placements, arenaBytes, liveBoundBytes }: MemoryPlan): string {
  // These characters have a meaning in record labels.
  const field = (text: string): string => text.replace(/[{}|<> ]/g, (character) => `\\${character}`);
  const nodes = regions.map(({ region, offset, bytes }) => {
    const rows = [...placements.values()]
      .filter((placement) => placement.region === region)
      .sort((a, b) => a.offset - b.offset)
      .map(
        (p) => `${p.offset}: ${p.buffer.name} ${p.buffer.dtype}${shapeText(p.buffer.shape)}, ${p.bytes} B`,
      );
    const label = [`${region} at ${offset}, ${bytes} B`, ...rows].map(field).join("|");
    // Backslashes of a record label are its own escapes, so only quotes are escaped here.
    return `${region} [label="{${label.replaceAll('"', '\\"')}}"];`;
  });
  const chain = regions.map(({ region }) => region).join(" -> ");
  const title = `arena ${arenaBytes} B, bound ${liveBoundBytes} B`;
  return digraph("memory", [
    `label=${quote(title)};`,
    "rankdir=LR;",
    "node [shape=record];",
    ...nodes,
    `${chain};`,
  ]);
}

/** The calls of each phase in their order, a box a phase; functions that several phases share keep their name. */
export function loopsDot({ functions, calls }: LoopProgram): string {
  const docs = new Map(functions.map(({ name, doc }) => [name, doc]));
  const clusters = [...calls].flatMap(([phase, list]) => {
    // The name of a step may hold anything.
    const ids = list.map((_, k) => quote(`${phase}${k}`));
    return [
      `subgraph ${quote(`cluster_${phase}`)} {`,
      `  label=${quote(phase)};`,
      ...list.map(
        ({ name }, k) =>
          `  ${ids[k]} [shape=box, label=${quote([name, ...(docs.get(name) ?? [])].join("\n"))}];`,
      ),
      ...(ids.length > 1 ? [`  ${ids.join(" -> ")};`] : []),
      "}",
    ];
  });
  return digraph("loops", ["rankdir=TB;", ...clusters]);
}

/** The files and what they export. */
export function moduleDot(files: readonly { readonly name: string; readonly text: string }[]): string {
  const lines = files.flatMap(({ name, text }, k) => {
    const exports = [...text.matchAll(/^export (?:declare )?(?:const|function|interface|type) (\w+)/gm)];
    return [
      `m${k} [shape=box, label=${quote(name)}];`,
      ...exports.map(([, id]) => `m${k} -> ${quote(`${name} ${id}`)};`),
      ...exports.map(([, id]) => `${quote(`${name} ${id}`)} [label=${quote(id)}];`),
    ];
  });
  return digraph("code", ["rankdir=LR;", ...lines]);
}
