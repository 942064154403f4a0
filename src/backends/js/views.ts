import type { MemoryPlan } from "../../ir/arena.ts";
import { plainName, type Buffer, type Schedule } from "../../ir/kernel.ts";
import type { LoopProgram } from "../../ir/loop.ts";
import { sizeOf } from "../../ir/type.ts";

/**
 * Temporaries of one name and type at one place are one view, whichever entry they belong to, and so are plain numbers
 * in one array.
 */
export function shareViews(
  schedule: Schedule,
  memory: MemoryPlan,
  loops: LoopProgram,
): { readonly schedule: Schedule; readonly loops: LoopProgram } {
  const first = new Map<string, Buffer>();
  const sharedBy = new Map<Buffer, Buffer>();
  for (const buffer of schedule.buffers) {
    const place = memory.placements.get(buffer);
    if (!place || place.region !== "temporary") continue;
    const key = `${plainName(buffer.name)} ${place.offset} ${buffer.dtype} ${sizeOf(buffer.shape)}`;
    const known = first.get(key) ?? buffer;
    first.set(key, known);
    sharedBy.set(buffer, known);
  }
  for (const { array, holds } of memory.numbers) for (const buffer of holds) sharedBy.set(buffer, array);
  const view = (buffer: Buffer): Buffer => sharedBy.get(buffer) ?? buffer;
  const calls = [...loops.calls].map(
    ([phase, list]) => [phase, list.map((call) => ({ ...call, arrays: call.arrays.map(view) }))] as const,
  );
  const step = loops.step && { ...loops.step, arrays: loops.step.arrays.map(view) };
  const results = schedule.results.map((result) => ({ ...result, buffer: view(result.buffer) }));
  const buffers = [...schedule.buffers, ...memory.numbers.map(({ array }) => array)];
  return { schedule: { ...schedule, buffers, results }, loops: { ...loops, calls: new Map(calls), step } };
}
