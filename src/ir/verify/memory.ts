import { invariant } from "../../base/errors.ts";
import type { MemoryPlan } from "../arena.ts";
import { flatten, movesAlong, sameIndex, type Index } from "../index.ts";
import type { Buffer, Kernel, KernelExpr, Schedule, TimeLoop } from "../kernel.ts";
import { itemsOf, visitKernelExpr } from "../kernel-walk.ts";
import { entriesOf } from "../phase.ts";
import type { Program } from "../program.ts";
import { bytesOf, elementsOf, sameDim } from "../type.ts";

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
  const see = (expr: KernelExpr): void => {
    if (expr.kind === "load") reads.push({ buffer: expr.buffer, at: expr.at, order });
  };
  // A template reads its operands all the while.
  for (const { buffer } of kernel.core?.operands ?? []) reads.push({ buffer, at: null, order: Infinity });
  const arrays = kernel.nest?.arrays ?? [];
  for (const buffer of arrays.slice(0, -1)) reads.push({ buffer, at: null, order: Infinity });
  if (arrays.length > 0) writes.push({ buffer: arrays.at(-1)!, at: null, order: 0 });
  for (const item of itemsOf(kernel)) {
    order++;
    visitKernelExpr(item.value, see);
    for (const target of item.targets) writes.push({ buffer: target.buffer, at: target.at, order });
  }
  return { reads, writes };
}

/** A kernel as it runs, with the number of the turn of each loop around it. */
interface Run {
  readonly kernel: Kernel;
  readonly turns: readonly number[];
}

/**
 * Kernels in running order, those in a loop over time for two of its turns: what a turn leaves, the next may overwrite.
 * A loop of one turn has no next.
 */
function runsOf(kernels: readonly Kernel[], turns: readonly number[] = []): Run[] {
  const runs: Run[] = [];
  for (let k = 0; k < kernels.length;) {
    const loop = kernels[k].loops[turns.length] as TimeLoop | undefined;
    let end = k + 1;
    if (!loop) runs.push({ kernel: kernels[k], turns });
    else {
      while (end < kernels.length && kernels[end].loops[turns.length] === loop) end++;
      for (const turn of loop.axis.extent > 1 ? [0, 1] : [0])
        runs.push(...runsOf(kernels.slice(k, end), [...turns, turn]));
    }
    k = end;
  }
  return runs;
}

/** Says of a buffer in a run whose contents these are: those of one turn, where every turn begins anew. */
function contentsIn(runs: readonly Run[]): (buffer: Buffer, run: Run) => string {
  const uses = new Map<Buffer, { readonly kernel: Kernel; readonly at: readonly Index[] | null }[]>();
  for (const { kernel } of runs) {
    const { reads, writes } = accessesOf(kernel);
    for (const { buffer, at } of [...reads, ...writes])
      uses.set(buffer, [...(uses.get(buffer) ?? []), { kernel, at }]);
  }
  return (buffer, { kernel: { loops }, turns }) => {
    const isAnew = (loop: TimeLoop, level: number): boolean =>
      uses.get(buffer)!.every(({ kernel, at }) => kernel.loops[level] === loop && at && !movesAlong(at, loop.axis)); // prettier-ignore
    return `${buffer.name} ${turns.map((turn, level) => (isAnew(loops[level], level) ? turn : "")).join()}`;
  };
}

/** Whether two accesses are of one element, were the buffers in one place. */
const isSameElement = (read: Pick<Access, "buffer" | "at">, write: Pick<Access, "buffer" | "at">): boolean =>
  read.at !== null &&
  write.at !== null &&
  bytesOf[read.buffer.dtype] === bytesOf[write.buffer.dtype] &&
  sameIndex(flatten(read.at, read.buffer.shape), flatten(write.at, write.buffer.shape));

/** Whether an access in two turns is of two elements: a coordinate counts with a loop that has gone on. */
const turnsApart = (one: Run, later: Run, at: readonly Index[] | null): boolean =>
  one.kernel.loops.some(
    ({ axis }, level) =>
      one.turns[level] !== later.turns[level] &&
      at?.some(
        ({ terms: [{ atom } = {}, ...more] }) =>
          more.length === 0 && atom?.kind === "axis" && atom.axis.name === axis.name,
      ),
  );

/**
 * Places where a memory plan lets one value overwrite another that is still needed, a sentence each; an empty list means
 * sound. It looks at nothing but what is read and written in which order, over two turns of every loop.
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
  /** Arrays of plain numbers begin at no byte of the arena. */
  const placeOf = (buffer: Buffer): unknown => memory.placements.get(buffer)?.offset ?? buffer;
  const results = new Set(schedule.results.map((result) => result.buffer));
  for (const { phases } of entriesOf(program)) {
    const kernels = phases.flatMap((phase) => schedule.kernels.filter((kernel) => kernel.phase === phase));
    const runs = runsOf(kernels);
    const list = runs.map(({ kernel }) => kernel);
    const contents = contentsIn(runs);
    const accesses = list.map(accessesOf);
    const readers = new Map<string, Set<number>>();
    const readBy = (buffer: Buffer, k: number, reader: number): void => {
      const key = contents(buffer, runs[k]);
      readers.set(key, (readers.get(key) ?? new Set()).add(reader));
    };
    for (const [k, { reads, writes }] of accesses.entries()) {
      for (const { buffer } of reads) readBy(buffer, k, k);
      for (const { buffer } of writes) if (results.has(buffer)) readBy(buffer, k, Infinity);
    }
    const written = new Map<string, { readonly other: Buffer; readonly since: number }>();
    for (const [k, { reads, writes }] of accesses.entries()) {
      for (const { buffer, at, order } of writes.filter((write) => isTemporary(write.buffer))) {
        for (const [key, { other, since }] of written) {
          if (!share(buffer, other)) continue;
          const isSame = (read: Access): boolean =>
            placeOf(other) === placeOf(buffer) && isSameElement(read, { buffer, at });
          /** Whether a later turn of this kernel reads what is its own to overwrite. */
          const readsItsOwn = (run: number): boolean =>
            list[run] === list[k] &&
            accesses[run].reads.every((read) => read.buffer !== other || isSame(read)) &&
            turnsApart(runs[k], runs[run], at);
          const reading = [...(readers.get(key) ?? [])];
          const last = reading.findLast((run) => run > k && !readsItsOwn(run));
          if (last !== undefined)
            found.push(
              `${list[k].name} writes ${buffer.name} over ${other.name} of kernel ${since}, read at ${last}`,
            );
          if (last !== undefined || !reading.includes(k)) continue;
          // What is read here as well: only the very element, and not after it is overwritten.
          for (const read of reads.filter((one) => one.buffer === other)) {
            const sameRow =
              (buffer.kind === "numbers" || placeOf(other) === placeOf(buffer)) &&
              isSameRow(read, { buffer, at }, list[k].outer.length);
            const earlier = read.order < order;
            if (!(isSame(read) && read.order <= order) && !(earlier && sameRow))
              found.push(`${list[k].name} writes ${buffer.name} over ${other.name} while it reads it`);
          }
        }
      }
      for (const { buffer } of writes)
        if (isTemporary(buffer)) written.set(contents(buffer, runs[k]), { other: buffer, since: k });
    }
  }
  return found;
}

type Reached = Pick<Access, "buffer" | "at">;

/**
 * Whether two buffers that begin at one place have the same memory for every point of the loops around: the same
 * coordinates there, and as many bytes for each, whatever the shape within.
 */
function isSameRow(read: Reached, write: Reached, loops: number): boolean {
  if (!read.at || !write.at || loops === 0) return false;
  const rowsOf = ({ buffer: { shape, dtype } }: Reached, at: readonly Index[]) => {
    const long = shape.flatMap((dim, axis) => (dim === 1 ? [] : [{ dim, index: at[axis] }]));
    const [around, within] = [long.slice(0, loops), long.slice(loops)];
    return { around, bytes: bytesOf[dtype] * elementsOf(within.map(({ dim }) => dim)) };
  };
  const [mine, theirs] = [rowsOf(read, read.at), rowsOf(write, write.at)];
  return (
    mine.bytes === theirs.bytes &&
    mine.around.length === theirs.around.length &&
    mine.around.every(
      ({ dim, index }, k) =>
        sameIndex(index, theirs.around[k].index) && (k === 0 || sameDim(dim, theirs.around[k].dim)),
    )
  );
}

/** Checks a plan; a finding is a fault of the planner. */
export function assertMemory(program: Program, schedule: Schedule, memory: MemoryPlan): void {
  const [finding] = verifyMemory(program, schedule, memory);
  invariant(finding === undefined, `memory: ${finding}`);
}
