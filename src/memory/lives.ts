import {
  axesOf,
  flatten,
  movesAlong,
  rangeOf,
  sameIndex,
  type Axis,
  type Index,
  type Term,
} from "../ir/index.ts";
import type { Buffer, Kernel, KernelExpr, Target, TimeLoop } from "../ir/kernel.ts";
import { visitKernelExpr } from "../ir/kernel-walk.ts";
import { bytesOf, maxOf, sizeOf } from "../ir/type.ts";

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
function loadsOfKernel(
  kernel: Kernel,
  visit: (buffer: Buffer, at: readonly Index[], stage: number, item: number) => void,
): void {
  const inside = (value: KernelExpr, stage: number, item = 0): void =>
    visitKernelExpr(value, (expr) => expr.kind === "load" && visit(expr.buffer, expr.at, stage, item));
  for (const operand of kernel.core?.operands ?? []) visit(operand.buffer, operand.at, -1, 0);
  for (const buffer of kernel.nest?.arrays.slice(0, -1) ?? []) visit(buffer, [], -1, 0);
  for (const [k, stage] of kernel.stages.entries())
    for (const [m, item] of stage.items.entries()) inside(item.value, k, m);
  for (const item of kernel.before) inside(item.value, -2);
  for (const item of kernel.after) inside(item.value, Infinity);
}

function targetsOfKernel(
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
  const stacked = new Map<Buffer, Set<TimeLoop>>();
  const touched = (buffer: Buffer, at: readonly Index[], step: number): void => {
    touch(buffer, step);
    for (const loop of kernels[step].loops) {
      if (movesAlong(at, loop.axis)) stacked.set(buffer, (stacked.get(buffer) ?? new Set()).add(loop));
    }
  };
  for (const [step, kernel] of kernels.entries()) {
    loadsOfKernel(kernel, (buffer, at) => touched(buffer, at, step));
    for (const { target } of targetsOfKernel(kernel)) touched(target.buffer, target.at, step);
  }
  extendOverLoops(kernels, tenants, stacked);
  for (const [buffer, tenant] of tenants) if (staysAlive(buffer)) tenant.last = kernels.length;
  for (const [step, kernel] of kernels.entries()) mergeInPlace(kernel, step, tenants);
  return [...new Set(tenants.values())];
}

/**
 * A buffer lives over the whole of a loop that it is used in, unless every time begins by writing it anew: it is not
 * used outside the loop, and it has no slot for each time.
 */
function extendOverLoops(
  kernels: readonly Kernel[],
  tenants: ReadonlyMap<Buffer, Tenant>,
  stacked: ReadonlyMap<Buffer, ReadonlySet<TimeLoop>>,
): void {
  const spans = new Map<TimeLoop, [number, number]>();
  for (const [step, { loops }] of kernels.entries())
    for (const loop of loops) spans.set(loop, [spans.get(loop)?.[0] ?? step, step]);
  // From the innermost loops outwards: what is extended over one may reach beyond the next.
  const inwards = [...spans].sort(([, a], [, b]) => a[1] - a[0] - (b[1] - b[0]));
  for (const [loop, [from, to]] of inwards) {
    for (const [buffer, tenant] of tenants) {
      if (tenant.first > to || tenant.last < from) continue;
      const inside = tenant.first >= from && tenant.last <= to;
      if (inside && !stacked.get(buffer)?.has(loop)) continue;
      tenant.first = Math.min(tenant.first, from);
      tenant.last = Math.max(tenant.last, to);
    }
  }
}

function mergeInPlace(kernel: Kernel, step: number, tenants: Map<Buffer, Tenant>): void {
  const written = new Set(targetsOfKernel(kernel).map(({ target }) => target.buffer));
  for (const { target, stage, item, folded } of targetsOfKernel(kernel)) {
    const out = tenants.get(target.buffer);
    if (!out || out.first !== step || out.last === step || folded || target.accumulate) continue;
    for (const [buffer, tenant] of tenants) {
      if (tenant === out || tenant.last !== step || tenant.first === step) continue;
      // A carry that the same kernel writes for the next time would overwrite what this time has left in its place.
      if (tenant.buffers.some((one) => written.has(one))) continue;
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

/**
 * The run of memory that one point of the outer axes has to itself, as a text that equal runs share: every axis
 * moves by more than all that lies within. Undefined where points may meet.
 */
function rowOf(index: Index, axes: readonly Axis[]): string | undefined {
  const names = new Set(axes.map(({ name }) => name));
  const outer: Array<{ readonly times: number; readonly axis: Axis }> = [];
  const inner: Term[] = [];
  for (const term of index.terms) {
    const { atom, times } = term;
    if (atom.kind === "axis" && names.has(atom.axis.name)) outer.push({ times, axis: atom.axis });
    else if ([...axesOf({ constant: 0, terms: [term] })].some((name) => names.has(name))) return undefined;
    else inner.push(term);
  }
  if (outer.length !== axes.length) return undefined;
  const [low, high] = rangeOf({ constant: index.constant, terms: inner });
  let width = high + 1;
  if (low < 0) return undefined;
  outer.sort((a, b) => a.times - b.times);
  for (const { times, axis } of outer) {
    if (times < width) return undefined;
    width = times * maxOf(axis.extent);
  }
  return outer.map(({ times, axis }) => `${times}*${axis.name}`).join();
}

/** True where every element of `input` is read before the element in its place is written. */
function mayTakePlace(
  kernel: Kernel,
  input: Buffer,
  target: Target,
  [stage, item]: readonly [number, number],
): boolean {
  const axes = [...kernel.loops.map(({ axis }) => axis), ...kernel.outer];
  const place = flatten(target.at, target.buffer.shape);
  const row = rowOf(place, axes);
  let fits = true;
  loadsOfKernel(kernel, (buffer, at, loadStage, loadItem) => {
    if (buffer !== input) return;
    const found = flatten(at, input.shape);
    if (loadStage < 0 || loadStage > stage) fits = false;
    // An item of the same stage that comes later would read what has just been written.
    else if (loadStage === stage) fits &&= loadItem <= item && sameIndex(found, place);
    else fits &&= kernel.outer.length > 0 && row !== undefined && rowOf(found, axes) === row;
  });
  return fits;
}
