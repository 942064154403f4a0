import type { Kernel, Schedule } from "../../src/ir/kernel.ts";

/** What the schedule has decided of a kernel, and what kind of kernel it is, in words. */
function decisionsOf({ name, loops, core, nest, outer, stages, before, after, record }: Kernel): string[] {
  const last = outer.at(-1)?.name;
  const tiled = record.tile.filter((count) => count > 1).length;
  return [
    ...(core ? [`product ${core.template}`, ...(tiled > 1 ? ["rows and columns tiled"] : [])] : []),
    ...(core?.only ? ["depth cut at a diagonal"] : []),
    ...(nest ? [`nest ${nest.template}`] : []),
    ...(!core && tiled > 0 ? ["columns folded side by side"] : []),
    ...record.lanes.map((lane) => (lane === last ? "lanes outside" : "lanes inside")),
    ...(record.whole.includes(true) ? ["whole tiles beyond n"] : []),
    ...(record.alone > 1 ? ["one row alone"] : []),
    ...(record.calls ? ["functions called"] : []),
    ...(name.endsWith("_panels") ? ["panels"] : []),
    ...(loops.length > 0 ? ["inside a loop over time"] : []),
    ...(stages.length > 1 ? ["several stages"] : []),
    ...(before.length + after.length > 0 ? ["scalars around the loops"] : []),
  ];
}

export const decisionsIn = ({ kernels }: Schedule): Set<string> => new Set(kernels.flatMap(decisionsOf));
