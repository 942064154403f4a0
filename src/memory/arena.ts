import { invariant } from "../base/errors.ts";
import type { Placement, Region } from "../ir/arena.ts";
import type { LeafOp } from "../ir/graph.ts";
import type { Buffer, Schedule } from "../ir/kernel.ts";
import type { Program } from "../ir/program.ts";
import { bytesOf } from "../ir/type.ts";
import { align, bytesOfBuffer } from "./lives.ts";

/** The one block of memory while it is laid out, from its beginning to its end. */
export class Arena {
  readonly placements = new Map<Buffer, Placement>();
  readonly regions: { readonly region: Region; readonly offset: number; readonly bytes: number }[] = [];
  /** Where the next thing goes. */
  end = 0;
  /** Ends of buffers behind which nothing follows before the next vector. */
  private readonly pads = new Set<number>();
  private readonly program: Program;
  private readonly cells: ReadonlyMap<string, Buffer>;

  constructor(program: Program, { buffers }: Schedule) {
    this.program = program;
    this.cells = new Map(buffers.flatMap((b) => (b.cell ? [[`${b.cell.kind}:${b.cell.name}`, b]] : [])));
  }

  /** The buffer of a cell that the program declares. */
  cell(kind: string, name: string): Buffer | undefined {
    return this.cells.get(`${kind}:${name}`);
  }

  put(buffer: Buffer, region: Region, offset: number, life: Placement["life"] = null): void {
    invariant(!this.placements.has(buffer), `${buffer.name} has two places`);
    this.placements.set(buffer, { buffer, region, offset, bytes: bytesOfBuffer(buffer), life });
  }

  /** Begins a new vector. */
  pad(): void {
    this.pads.add(this.end);
    this.end = align(this.end);
  }
  /** What fills vectors of its own. */
  padded(): Set<Buffer> {
    const owns = ({ offset, bytes }: Placement): boolean =>
      offset === align(offset) && this.pads.has(offset + bytes);
    return new Set([...this.placements.values()].filter(owns).map(({ buffer }) => buffer));
  }

  /** Puts a buffer at the end. */
  add(buffer: Buffer, region: Region): void {
    this.put(buffer, region, this.end);
    this.end += bytesOfBuffer(buffer);
  }

  /** Puts all declared cells of a kind at the end, each where its numbers may lie, or in vectors of its own. */
  addCells(kind: LeafOp, region: Region, apart = false): void {
    for (const { name, type } of this.program.cells.filter((cell) => cell.kind === kind)) {
      this.end = align(this.end, bytesOf[type.dtype]);
      this.add(this.cell(kind, name)!, region);
      if (apart) this.pad();
    }
  }

  /** Puts blocks over their members, which are side by side. */
  overlay(
    kind: LeafOp,
    member: (name: string, step: string | null) => Buffer | undefined,
    region: Region,
  ): void {
    for (const { name, members = [], step = null } of this.program.cells.filter(
      (cell) => cell.kind === kind,
    )) {
      const block = this.cell(kind, name);
      const places = members.map((one) => this.placements.get(member(one, step)!)!);
      if (!block || places.length === 0) continue;
      for (const [k, place] of places.slice(1).entries()) {
        const end = places[k].offset + places[k].bytes;
        invariant(place.offset === end, `the parts of block "${name}" are not side by side`);
      }
      this.put(block, region, places[0].offset);
    }
  }

  /** What `fill` puts at the end is a region. */
  region(region: Region, fill: () => void): void {
    const offset = this.end;
    fill();
    this.regions.push({ region, offset, bytes: this.end - offset });
  }

  /** A region of buffers that each begin where lines of memory do. */
  list(region: Region, buffers: readonly Buffer[], to?: number): void {
    this.region(region, () => {
      for (const buffer of buffers) {
        this.add(buffer, region);
        this.end = align(this.end, to);
      }
    });
  }
}
