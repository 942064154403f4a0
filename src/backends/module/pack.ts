import type { MemoryPlan, Region } from "../../ir/arena.ts";
import type { Buffer } from "../../ir/kernel.ts";

/** Neighbouring 0-d float64 cells that one view holds: `scalars` among the saved bytes, `totals` of the metrics. */
export interface Pack {
  readonly name: string;
  readonly buffer: Buffer;
  /** Bytes from the start of the arena. */
  readonly offset: number;
  readonly members: ReadonlyMap<Buffer, number>;
}

const packed: readonly { readonly name: string; readonly region: Region }[] = [
  { name: "scalars", region: "saved" },
  { name: "totals", region: "totals" },
];

/** Finds what may share a view, in order of place. */
export function packsOf(buffers: readonly Buffer[], memory: MemoryPlan): Pack[] {
  return packed.flatMap(({ name, region }) => {
    const places = buffers.flatMap((buffer) => {
      const place = memory.placements.get(buffer);
      return place?.region === region &&
        buffer.dtype === "f64" &&
        buffer.shape.length === 0 &&
        buffer.cell?.kind !== "parameter"
        ? [place]
        : [];
    });
    if (places.length === 0) return [];
    const offset = Math.min(...places.map((place) => place.offset));
    const members = new Map(places.map((place) => [place.buffer, (place.offset - offset) / 8]));
    const buffer: Buffer = { name, kind: "cell", dtype: "f64", shape: [Math.max(...members.values()) + 1] };
    return [{ name, buffer, offset, members }];
  });
}
