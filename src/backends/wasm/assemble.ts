import { invariant } from "../../base/errors.ts";
import type { MemoryPlan } from "../../ir/arena.ts";
import type { Schedule } from "../../ir/kernel.ts";
import type { LoopProgram } from "../../ir/loop.ts";
import type { Program } from "../../ir/program.ts";
import { encodeModule } from "./encode/binary.ts";
import type { WasmModule } from "./encode/module.ts";
import { exportsOf, type Exports } from "./entries.ts";
import { hasRelaxed, host } from "./host.ts";
import { wasmModules } from "./module.ts";

/** A variant of the module, as it is read and as it is run. */
export interface Assembled {
  readonly module: WasmModule;
  readonly bytes: Uint8Array;
}
/** The kernels of a program in WebAssembly: for every host with SIMD, and for those with relaxed SIMD too. */
export interface WasmCode {
  readonly exports: Exports;
  readonly plain: Assembled;
  /** Null where it is left out, since its results depend on the host; and where the training step is straight lines. */
  readonly relaxed: Assembled | null;
}

/** Encodes a program's loops, and has the host confirm that the outcome is WebAssembly. */
export function assemble(
  program: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  loops: LoopProgram,
  { strict }: { readonly strict: boolean },
): WasmCode {
  const exports = exportsOf(program, schedule, memory, loops);
  const { plain, relaxed } = wasmModules(loops, memory, exports.entries);
  // Scalars have no relaxed instructions: straight lines would round a product that the update's own loops do not, and a
  // step would no longer be its parts to the bit.
  const alone = strict || loops.step !== null;
  return {
    exports,
    plain: accepted(plain),
    // A host that does not know relaxed SIMD refuses it, right or wrong.
    relaxed: alone ? null : hasRelaxed() ? accepted(relaxed()) : encoded(relaxed()),
  };
}

const encoded = (module: WasmModule): Assembled => ({ module, bytes: encodeModule(module) });
function accepted(module: WasmModule): Assembled {
  const found = encoded(module);
  if (!host.validate(found.bytes)) refuse(module);
  return found;
}

/** A fault of the encoder. The host's own words name the kernel, if it is told the names. */
function refuse(module: WasmModule): never {
  try {
    new host.Module(encodeModule(module, { names: true }));
  } catch (error) {
    invariant(false, `the encoded kernels are no WebAssembly: ${(error as Error).message}`);
  }
  throw new Error(
    "gradc internal error: the host refuses the encoded kernels, and compiles them all the same",
  );
}
