import type { MemoryPlan } from "../ir/arena.ts";
import { typeText } from "../ir/type.ts";

/** The arena beside its lower bound, then every buffer by region and offset. */
export function memoryText(plan: MemoryPlan): string {
  const { arenaBytes, liveBoundBytes, stateBytes, layoutHash, regions, placements } = plan;
  const share = liveBoundBytes > 0 ? ` (${(arenaBytes / liveBoundBytes).toFixed(3)} of the bound)` : "";
  const head = [
    `arena ${arenaBytes} bytes, lower bound ${liveBoundBytes} bytes${share}`,
    `state ${stateBytes} bytes, layout ${layoutHash}`,
    "",
  ];
  const parts = regions.flatMap(({ region, offset, bytes }) => {
    const rows = [...placements.values()]
      .filter((placement) => placement.region === region)
      .sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)
      .map(({ buffer, offset: at, bytes: size, life }) => [
        String(at),
        String(size),
        life ? `kernels ${life[0]}-${life[1]}` : "always",
        buffer.name,
        typeText(buffer),
        buffer.cell ? `${buffer.cell.kind} ${JSON.stringify(buffer.cell.name)}` : buffer.kind,
      ]);
    return [
      `${region}: ${bytes} bytes at ${offset}`,
      ...columns([["offset", "bytes", "life", "buffer", "type", "holds"], ...rows]),
      "",
    ];
  });
  return [...head, ...parts].join("\n");
}

/** Offsets and sizes to the right, texts to the left; nothing where there is only the heading. */
function columns(rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 1) return [];
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows.map((row) =>
    `  ${row.map((cell, k) => (k < 2 ? cell.padStart(widths[k]) : cell.padEnd(widths[k]))).join("  ")}`.trimEnd(),
  );
}
