import { hashOf } from "../base/hash.ts";
import type { MemoryPlan } from "../ir/arena.ts";
import type { Schedule } from "../ir/kernel.ts";
import type { LoopProgram } from "../ir/loop.ts";
import type { Program } from "../ir/program.ts";
import { jsEngine } from "./js/engine.ts";
import { printAround, type PrintedFile, type PrintOptions } from "./module/index.ts";
import { watText } from "./wasm/encode/wat.ts";
import type { WasmCode } from "./wasm/assemble.ts";
import { wasmEngine } from "./wasm/engine.ts";
import { sectionName, withSection } from "./wasm/section.ts";
import { givenSource, inlineSource, type WasmSource } from "./wasm/source.ts";

export type { PrintedFile } from "./module/index.ts";

/** The files of a program; with `code`, those of the wasm target. */
export function printModule(
  program: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  loops: LoopProgram,
  code: WasmCode | null,
  options: PrintOptions & { readonly wasmFile?: boolean },
): PrintedFile[] {
  if (!code) return printAround(program, memory, jsEngine(schedule, memory, loops, options.types), options);
  const { plain, relaxed } = code;
  const around = (source: WasmSource): PrintedFile[] =>
    printAround(program, memory, wasmEngine(schedule, memory, loops, code.exports, source), options);
  if (!options.wasmFile) return around(inlineSource({ plain: plain.bytes, relaxed: relaxed?.bytes ?? null }));
  // Code and module know each other by a key over all bytes, so that a file of another build is refused.
  const variants = relaxed ? [plain, relaxed] : [plain];
  const hash = hashOf(variants.flatMap(({ bytes }) => [...bytes]));
  const key = sectionName(hash.toString(16).padStart(8, "0"));
  const files = variants.map(({ module, bytes }, k): PrintedFile => ({
    name: wasmNames(options.base)[k],
    text: watText(module),
    bytes: withSection(bytes, key),
  }));
  const names = files.map(({ name }) => name);
  return [...around(givenSource(key, names)), ...files];
}

/** The files of the code where it is not in the module: for every host with SIMD, and for those with relaxed SIMD. */
export const wasmNames = (base: string): readonly string[] => [
  `${base}.gen.wasm`,
  `${base}.relaxed.gen.wasm`,
];
