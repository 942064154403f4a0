import { invariant } from "../../base/errors.ts";
import type { MemoryPlan } from "../arena.ts";
import { flatten, sameIndex, type Index } from "../index.ts";
import type { Buffer, Kernel, KernelExpr, Schedule } from "../kernel.ts";
import { entriesOf } from "../phase.ts";
import type { Program } from "../program.ts";
import { bytesOf } from "../type.ts";

interface Access {
  readonly buffer: Buffer;
  readonly at: readonly Index[] | null;
  readonly order: number;
}

/** Every read and write of a kernel in the order of its items; at null the place within the buffer is unknown. */
function accessesOf(kernel: Kernel): { reads: Access[]; writes: Access[] } {
  const reads: Access[] = [];
  const writes: Access[] = [];
  let order = 0;
  const inside = (expr: KernelExpr): void => {
    if (expr.kind === "load") reads.push({ buffer: expr.buffer, at: expr.at, order });
    else if (expr.kind === "op") expr.args.forEach(inside);
    else if (expr.kind === "guard") [expr.test, expr.yes, expr.no].forEach(inside);
  };
  // A template reads its operands all the while.
  for (const { buffer } of kernel.core?.operands ?? []) reads.push({ buffer, at: null, order: Infinity });
  const arrays = kernel.nest?.arrays ?? [];
  for (const buffer of arrays.slice(0, -1)) reads.push({ buffer, at: null, order: Infinity });
  if (arrays.length > 0) writes.push({ buffer: arrays.at(-1)!, at: null, order: 0 });
  for (const item of [...kernel.before, ...kernel.stages.flatMap((stage) => stage.items), ...kernel.after]) {
    order++;
    inside(item.value);
    for (const target of item.targets) writes.push({ buffer: target.buffer, at: target.at, order });
  }
  return { reads, writes };
}

/**
 * Places where a memory plan lets one value overwrite another that is still needed, a sentence each; an empty list means
 * sound. It looks at nothing but what is read and written in which order, so it does not err where the planner does.
 */
export function verifyMemory(program: Program, schedule: Schedule, memory: MemoryPlan): readonly string[] {
  const found: string[] = [];
  const share = (a: Buffer, b: Buffer): boolean => {
    if (a === b || (a.kind === "numbers") !== (b.kind === "numbers")) return false;
    if (a.kind === "numbers")
      return memory.numbers.some(({ holds }) => holds.includes(a) && holds.includes(b));
    const [p, q] = [memory.placements.get(a)!, memory.placements.get(b)!];
    return p.offset < q.offset + q.bytes && q.offset < p.offset + p.bytes;
  };
  const isTemporary = (buffer: Buffer): boolean =>
    buffer.kind === "numbers" || memory.placements.get(buffer)?.region === "temporary";
  const results = new Set(schedule.results.map((result) => result.buffer));
  for (const { phases } of entriesOf(program)) {
    const list = phases.flatMap((phase) => schedule.kernels.filter((kernel) => kernel.phase === phase));
    const accesses = list.map(accessesOf);
    const lastRead = new Map<Buffer, number>();
    for (const [k, { reads }] of accesses.entries()) for (const { buffer } of reads) lastRead.set(buffer, k);
    for (const result of results)
      if (accesses.some((a) => a.writes.some((w) => w.buffer === result))) lastRead.set(result, Infinity);
    const written = new Map<Buffer, number>();
    for (const [k, { reads, writes }] of accesses.entries()) {
      for (const { buffer, at, order } of writes.filter((write) => isTemporary(write.buffer))) {
        for (const [other, since] of written) {
          if (!share(buffer, other)) continue;
          const last = lastRead.get(other) ?? -1;
          if (last > k)
            found.push(
              `${list[k].name} writes ${buffer.name} over ${other.name} of kernel ${since}, read at ${last}`,
            );
          if (last !== k) continue;
          // Read here for the last time: only the very element, and not after it is overwritten.
          for (const read of reads.filter((one) => one.buffer === other)) {
            const mine = read.at?.filter((_, axis) => other.shape[axis] !== 1);
            const theirs = at?.filter((_, axis) => buffer.shape[axis] !== 1);
            const [from, to] = [other, buffer].map((one) => memory.placements.get(one)?.offset);
            const same =
              read.at &&
              at &&
              from !== undefined &&
              from === to &&
              bytesOf[other.dtype] === bytesOf[buffer.dtype] &&
              sameIndex(flatten(read.at, other.shape), flatten(at, buffer.shape));
            const sameRow =
              mine &&
              theirs &&
              list[k].outer.length > 0 &&
              mine.length === theirs.length &&
              mine.every((index, axis) => axis >= list[k].outer.length || sameIndex(index, theirs[axis]));
            const earlier = read.order < order;
            if (!(same && read.order <= order) && !(earlier && sameRow))
              found.push(`${list[k].name} writes ${buffer.name} over ${other.name} while it reads it`);
          }
        }
      }
      for (const { buffer } of writes) if (isTemporary(buffer)) written.set(buffer, k);
    }
  }
  return found;
}

/** Checks a plan; a finding is a fault of the planner. */
export function assertMemory(program: Program, schedule: Schedule, memory: MemoryPlan): void {
  const [finding] = verifyMemory(program, schedule, memory);
  invariant(finding === undefined, `memory: ${finding}`);
}
