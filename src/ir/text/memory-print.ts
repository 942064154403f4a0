import type { MemoryPlan, Placement } from "../arena.ts";
import { sizeOf, typeText } from "../type.ts";

/** The memory map: every region with its buffers at their offsets, then the arena beside its lower bound. */
export function printMemory(memory: MemoryPlan): string {
  const placements = [...memory.placements.values()];
  const lines: string[] = [];
  for (const { region, offset, bytes } of memory.regions) {
    lines.push(`${region}  ${offset}..${offset + bytes}  (${bytes} bytes)`);
    const own = placements
      .filter((p) => p.region === region)
      .sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
    const wide = Math.max(0, ...own.map((p) => p.buffer.name.length));
    lines.push(...own.map((placement) => placementText(placement, wide)));
  }
  for (const { array, holds } of memory.numbers) {
    lines.push(`beside the arena: ${array.name}, ${sizeOf(array.shape)} plain numbers`);
    lines.push(...holds.map((buffer) => `            ${buffer.name}  ${typeText(buffer)}`));
  }
  const { arenaBytes, liveBoundBytes, stateBytes, layoutHash } = memory;
  lines.push(
    "",
    `state ${stateBytes} bytes, layout ${layoutHash}`,
    `arena ${arenaBytes} bytes, lower bound ${liveBoundBytes} bytes, ratio ${(arenaBytes / liveBoundBytes).toFixed(3)}`,
  );
  return `${lines.join("\n")}\n`;
}

function placementText({ buffer, offset, life }: Placement, wide: number): string {
  const alive = life ? `  alive ${life[0]}..${life[1]}` : "";
  return `  ${String(offset).padStart(8)}  ${buffer.name.padEnd(wide)}  ${typeText(buffer)}${alive}`;
}
