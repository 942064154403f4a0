import { hasLanes, type Backend } from "../ir/backend.ts";
import { pointsOf, type Axis } from "../ir/index.ts";
import { visitKernelExpr } from "../ir/kernel-walk.ts";
import type { Item, Kernel } from "../ir/kernel.ts";
import { scalarFunctions } from "../ir/loop.ts";
import type { Phase } from "../ir/phase.ts";
import { operationsOf } from "./lanes.ts";

/** The part of its phase's work that a kernel may spend on calls. */
const mostOfWork = 1 / 256;

/**
 * Kernels that call the templates of scalar functions: one copy for the whole program instead of one for each use, with
 * lanes and for what lanes leave over. Where a kernel computes so many values that the calls would be felt, the
 * functions are written out.
 */
export function withCalls(kernels: readonly Kernel[], backend: Backend): Kernel[] {
  const { vectors } = backend;
  if (!vectors) return [...kernels];
  const work = new Map<Phase, number>();
  const times = ({ loops }: Kernel): number => pointsOf(loops.map(({ axis }) => axis));
  for (const kernel of kernels) {
    const own = times(kernel) * operationsOf(kernel, kernel.record.lanes, vectors);
    work.set(kernel.phase, (work.get(kernel.phase) ?? 0) + own);
  }
  return kernels.map((kernel) => {
    const values = valuesOf(kernel, backend) / (kernel.record.lanes.length > 0 ? backend.lanes : 1);
    const cost = times(kernel) * values * vectors.call;
    const calls = cost > 0 && cost <= mostOfWork * work.get(kernel.phase)!;
    return calls ? { ...kernel, record: { ...kernel.record, calls } } : kernel;
  });
}

/** How many values of scalar functions that have lanes a kernel computes. */
function valuesOf({ outer, stages, before, after }: Kernel, backend: Backend): number {
  const inItem = ({ value }: Item): number => {
    let count = 0;
    visitKernelExpr(value, (expr) => {
      const isFunction = expr.kind === "op" && (scalarFunctions as readonly string[]).includes(expr.op);
      if (isFunction && expr.dtype === "f32" && hasLanes(backend, expr.op, "f32")) count++;
    });
    return count;
  };
  const at = (axes: readonly Axis[], items: readonly Item[]): number =>
    pointsOf(axes) * items.reduce((sum, item) => sum + inItem(item), 0);
  return (
    at([], [...before, ...after]) +
    stages.reduce((sum, { inner, items }) => sum + at([...outer, ...inner], items), 0)
  );
}
