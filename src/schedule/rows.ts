import type { Backend } from "../ir/backend.ts";
import { indexConstant } from "../ir/index.ts";
import type { Buffer, Item, Kernel } from "../ir/kernel.ts";
import { mapKernelExpr } from "../ir/kernel-walk.ts";
import type { Storage } from "./storage.ts";

/**
 * Where rows of the outer loop run in lanes, each lane has a row of its own: what a kernel keeps of one row is then as
 * many numbers side by side as there are lanes, and none ends at a diagonal, which the others do not meet there.
 */
export function spreadRows(kernel: Kernel, { lanes }: Backend, storage: Storage): Kernel {
  const last = kernel.outer.at(-1);
  if (!last || !kernel.record.lanes.includes(last.name)) return kernel;
  const spread = new Map<Buffer, Buffer>();
  const wide = (buffer: Buffer): Buffer | undefined => {
    if (buffer.kind !== "row") return undefined;
    const known = spread.get(buffer) ?? { ...buffer, shape: [...buffer.shape, lanes] };
    spread.set(buffer, known);
    return known;
  };
  const first = indexConstant(0);
  const itemOf = (item: Item): Item => ({
    ...item,
    value: mapKernelExpr(item.value, (expr) => {
      const buffer = expr.kind === "load" ? wide(expr.buffer) : undefined;
      return expr.kind === "load" && buffer ? { ...expr, buffer, at: [...expr.at, first] } : expr;
    }),
    targets: item.targets.map((target) => {
      const buffer = wide(target.buffer);
      return buffer ? { ...target, buffer, at: [...target.at, first] } : target;
    }),
  });
  const stages = kernel.stages.map(({ inner, items }) => ({ inner, items: items.map(itemOf) }));
  for (const [row, buffer] of spread) storage.replace(row, buffer);
  return { ...kernel, stages };
}
