import { sameIndex, type Index } from "../ir/index.ts";
import type { Buffer, Kernel, KernelExpr, Target } from "../ir/kernel.ts";
import { bytesOf, sizeOf } from "../ir/type.ts";

/** Temporaries that share one place because an elementwise kernel overwrites an input that dies there. */
export interface Tenant {
  readonly buffers: Buffer[];
  readonly bytes: number;
  first: number;
  last: number;
}

export const alignment = 16;
export const align = (bytes: number, to = alignment): number => Math.ceil(bytes / to) * to;
export const bytesOfBuffer = (buffer: Buffer): number =>
  sizeOf(buffer.shape, buffer.name) * bytesOf[buffer.dtype];

/** Everything a kernel loads, with the stage it is loaded in (the core of a template is stage -1). */
export function loadsOfKernel(
  kernel: Kernel,
  visit: (buffer: Buffer, at: readonly Index[], stage: number, item: number) => void,
): void {
  const inside = (expr: KernelExpr, stage: number, item = 0): void => {
    if (expr.kind === "load") visit(expr.buffer, expr.at, stage, item);
    else if (expr.kind === "op") for (const arg of expr.args) inside(arg, stage, item);
    else if (expr.kind === "guard")
      for (const part of [expr.test, expr.yes, expr.no]) inside(part, stage, item);
  };
  for (const operand of kernel.core?.operands ?? []) visit(operand.buffer, operand.at, -1, 0);
  for (const buffer of kernel.nest?.arrays.slice(0, -1) ?? []) visit(buffer, [], -1, 0);
  for (const [k, stage] of kernel.stages.entries())
    for (const [m, item] of stage.items.entries()) inside(item.value, k, m);
  for (const item of kernel.before) inside(item.value, -2);
  for (const item of kernel.after) inside(item.value, Infinity);
}

export function targetsOfKernel(
  kernel: Kernel,
): { readonly target: Target; readonly stage: number; readonly item: number; readonly folded: boolean }[] {
  const own = kernel.stages.flatMap((stage, k) =>
    stage.items.flatMap((item, m) =>
      item.targets.map((target) => ({ target, stage: k, item: m, folded: item.reduce !== null })),
    ),
  );
  const after = [...kernel.before, ...kernel.after].flatMap((item) =>
    item.targets.map((target) => ({ target, stage: Infinity, item: 0, folded: true })),
  );
  const nest = kernel.nest
    ? [
        {
          target: { buffer: kernel.nest.arrays.at(-1)!, at: [], accumulate: kernel.nest.accumulate },
          stage: Infinity,
          item: 0,
          folded: true,
        },
      ]
    : [];
  return [...own, ...after, ...nest];
}

/** The lives of one entry's temporaries over its kernels, with in-place updates merged. */
export function tenantsOf(
  kernels: readonly Kernel[],
  isTemporary: (buffer: Buffer) => boolean,
  staysAlive: (buffer: Buffer) => boolean,
): Tenant[] {
  const tenants = new Map<Buffer, Tenant>();
  const touch = (buffer: Buffer, step: number): void => {
    if (!isTemporary(buffer)) return;
    const tenant = tenants.get(buffer);
    if (tenant) tenant.last = Math.max(tenant.last, step);
    else
      tenants.set(buffer, {
        buffers: [buffer],
        bytes: align(bytesOfBuffer(buffer)),
        first: step,
        last: step,
      });
  };
  for (const [step, kernel] of kernels.entries()) {
    loadsOfKernel(kernel, (buffer) => touch(buffer, step));
    for (const { target } of targetsOfKernel(kernel)) touch(target.buffer, step);
  }
  for (const [buffer, tenant] of tenants) if (staysAlive(buffer)) tenant.last = kernels.length;
  for (const [step, kernel] of kernels.entries()) mergeInPlace(kernel, step, tenants);
  return [...new Set(tenants.values())];
}

function mergeInPlace(kernel: Kernel, step: number, tenants: Map<Buffer, Tenant>): void {
  for (const { target, stage, item, folded } of targetsOfKernel(kernel)) {
    const out = tenants.get(target.buffer);
    if (!out || out.first !== step || out.last === step || folded || target.accumulate) continue;
    for (const [buffer, tenant] of tenants) {
      if (tenant === out || tenant.last !== step || tenant.first === step) continue;
      if (buffer.dtype !== target.buffer.dtype || bytesOfBuffer(buffer) !== bytesOfBuffer(target.buffer))
        continue;
      // The place may have passed through several hands already; whichever is read here counts.
      const fits = tenant.buffers.every((one) => mayTakePlace(kernel, one, target, [stage, item]));
      if (tenant.bytes !== out.bytes || !fits) continue;
      tenant.buffers.push(...out.buffers);
      tenant.last = out.last;
      for (const merged of out.buffers) tenants.set(merged, tenant);
      break;
    }
  }
}

/** True where every element of `input` is read before the element in its place is written. */
function mayTakePlace(
  kernel: Kernel,
  input: Buffer,
  target: Target,
  [stage, item]: readonly [number, number],
): boolean {
  const outer = kernel.outer.length;
  let fits = true;
  loadsOfKernel(kernel, (buffer, at, loadStage, loadItem) => {
    if (buffer !== input) return;
    const mine = at.filter((_, k) => input.shape[k] !== 1);
    const theirs = target.at.filter((_, k) => target.buffer.shape[k] !== 1);
    const same = mine.length === theirs.length && mine.every((index, k) => sameIndex(index, theirs[k]));
    const sameRow =
      mine.length === theirs.length && mine.slice(0, outer).every((index, k) => sameIndex(index, theirs[k]));
    if (loadStage < 0 || loadStage > stage) fits = false;
    // An item of the same stage that comes later would read what has just been written.
    else if (loadStage === stage ? !same || loadItem > item : !(sameRow && outer > 0)) fits = false;
  });
  return fits;
}
