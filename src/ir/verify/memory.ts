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
  const places = placesIn(memory);
  const results = new Set(schedule.results.map((result) => result.buffer));
  return entriesOf(program).flatMap(({ phases }) => {
    const kernels = phases.flatMap((phase) => schedule.kernels.filter((kernel) => kernel.phase === phase));
    return new EntryMemory(runsOf(kernels), places, results).findings();
  });
}

type Places = ReturnType<typeof placesIn>;

/** What a plan says of where buffers are. */
function placesIn(memory: MemoryPlan) {
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
  return { share, isTemporary, placeOf };
}

/** The contents of a buffer, and the run that wrote them last. */
interface Written {
  readonly key: string;
  readonly other: Buffer;
  readonly since: number;
}

/** What the runs of one entry read and write. */
class EntryMemory {
  private readonly runs: readonly Run[];
  private readonly places: Places;
  private readonly contents: (buffer: Buffer, run: Run) => string;
  private readonly accesses: readonly ReturnType<typeof accessesOf>[];
  /** The runs that read contents; whoever called reads results after all of them. */
  private readonly readers = new Map<string, Set<number>>();

  constructor(runs: readonly Run[], places: Places, results: ReadonlySet<Buffer>) {
    this.runs = runs;
    this.places = places;
    this.contents = contentsIn(runs);
    this.accesses = runs.map(({ kernel }) => accessesOf(kernel));
    for (const [k, { reads, writes }] of this.accesses.entries()) {
      for (const { buffer } of reads) this.isReadBy(buffer, k, k);
      for (const { buffer } of writes) if (results.has(buffer)) this.isReadBy(buffer, k, Infinity);
    }
  }

  private isReadBy(buffer: Buffer, k: number, reader: number): void {
    const key = this.contents(buffer, this.runs[k]);
    this.readers.set(key, (this.readers.get(key) ?? new Set()).add(reader));
  }

  findings(): string[] {
    const found: string[] = [];
    const written = new Map<string, Written>();
    for (const [k, { writes }] of this.accesses.entries()) {
      const own = writes.filter(({ buffer }) => this.places.isTemporary(buffer));
      for (const write of own)
        for (const value of written.values())
          if (this.places.share(write.buffer, value.other)) found.push(...this.lost(k, write, value));
      for (const { buffer } of own) {
        const key = this.contents(buffer, this.runs[k]);
        written.set(key, { key, other: buffer, since: k });
      }
    }
    return found;
  }

  /** What is lost of contents that are still needed when a run writes over them. */
  private lost(k: number, write: Access, { key, other, since }: Written): string[] {
    const { kernel } = this.runs[k];
    const says = `${kernel.name} writes ${write.buffer.name} over ${other.name}`;
    const reading = [...(this.readers.get(key) ?? [])];
    const last = reading.findLast((run) => run > k && !this.readsItsOwn(k, run, write, other));
    if (last !== undefined) return [`${says} of kernel ${since}, read at ${last}`];
    if (!reading.includes(k)) return [];
    // What is read here as well: only the very element, and not after it is overwritten.
    const reads = this.accesses[k].reads.filter(({ buffer }) => buffer === other);
    const isLost = (read: Access): boolean => {
      const isSame = this.isSame(read, write) && read.order <= write.order;
      return !isSame && !(read.order < write.order && this.isInRow(read, write, kernel.outer.length));
    };
    return reads.filter(isLost).map(() => `${says} while it reads it`);
  }

  /** Whether a later turn of a kernel reads what is its own to overwrite. */
  private readsItsOwn(k: number, run: number, write: Access, other: Buffer): boolean {
    return (
      this.runs[run]?.kernel === this.runs[k].kernel &&
      this.accesses[run].reads.every((read) => read.buffer !== other || this.isSame(read, write)) &&
      turnsApart(this.runs[k], this.runs[run], write.at)
    );
  }

  private isSame(read: Access, write: Access): boolean {
    return this.beginAlike(read, write) && isSameElement(read, write);
  }

  private isInRow(read: Access, write: Access, loops: number): boolean {
    return (write.buffer.kind === "numbers" || this.beginAlike(read, write)) && isSameRow(read, write, loops);
  }

  private beginAlike(a: Access, b: Access): boolean {
    return this.places.placeOf(a.buffer) === this.places.placeOf(b.buffer);
  }
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
