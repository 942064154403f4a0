import { hashOf } from "../base/hash.ts";
import type { MemoryPlan } from "../ir/arena.ts";
import type { Schedule } from "../ir/kernel.ts";
import type { LoopProgram } from "../ir/loop.ts";
import type { Program } from "../ir/program.ts";
import { jsEngine } from "./js/engine.ts";
import { printAround, type PrintedFile, type PrintOptions } from "./module/index.ts";
import { watText } from "./wasm/encode/wat.ts";
import type { Assembled, WasmCode } from "./wasm/assemble.ts";
import { wasmEngine } from "./wasm/engine.ts";
import { withSection } from "./wasm/section.ts";
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
  // Code and module know each other by a key, so that a file of another build is refused.
  const text = watText(plain.module);
  const key = hashOf(text).toString(16).padStart(8, "0");
  const file = (kind: string, { bytes }: Assembled, wat: string): PrintedFile => ({
    name: `${options.base}${kind}.gen.wasm`,
    text: wat,
    bytes: withSection(bytes, key),
  });
  const files = [
    file("", plain, text),
    ...(relaxed ? [file(".relaxed", relaxed, watText(relaxed.module))] : []),
  ];
  return [
    ...around(
      givenSource(
        key,
        files.map(({ name }) => name),
      ),
    ),
    ...files,
  ];
}
