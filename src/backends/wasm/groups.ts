import type { MemoryPlan } from "../../ir/arena.ts";
import type { LoopCall, LoopProgram } from "../../ir/loop.ts";
import { encodeModule } from "./encode/binary.ts";
import { host } from "./host.ts";
import { wasmModules, type WasmEntry } from "./module.ts";

/**
 * Some calls of a program by themselves, to be measured: an arena, and for each group a function of the batch size that
 * runs its calls in order and in their loops.
 */
export function groupsOf(
  loops: LoopProgram,
  memory: MemoryPlan,
  groups: readonly (readonly LoopCall[])[],
  options: { readonly relaxed: boolean },
): { readonly arena: Uint8Array; readonly run: readonly ((n: number) => void)[] } {
  const entries = groups.map((calls, k): WasmEntry => ({ name: `g${k}`, calls: [{ kind: "calls", calls }] }));
  const { plain, relaxed } = wasmModules(loops, memory, entries);
  const module = new host.Module(encodeModule(options.relaxed ? relaxed() : plain));
  const { exports } = new host.Instance(module);
  const { buffer } = exports["memory"] as { readonly buffer: ArrayBuffer };
  const run = entries.map(({ name }) => exports[name] as (n: number) => void);
  return { arena: new Uint8Array(buffer, 0, memory.arenaBytes), run };
}
