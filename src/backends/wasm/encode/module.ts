import type { Code, Local } from "./code.ts";
import type { ValueType } from "./opcodes.ts";

export interface WasmFunction {
  readonly name: string;
  /** Comment lines above the function, in the text only. */
  readonly doc: readonly string[];
  readonly params: readonly Local[];
  /** In the order of their numbers, which go on after those of the parameters. */
  readonly locals: readonly Local[];
  readonly results: readonly ValueType[];
  readonly body: readonly Code[];
  /** The name under which it is exported. */
  readonly exported: string | null;
}

/** A module that imports nothing and exports its memory, of a fixed size, as `memory`. */
export interface WasmModule {
  readonly functions: readonly WasmFunction[];
  /** Pages of 64 kB. */
  readonly pages: number;
  readonly data: readonly { readonly offset: number; readonly bytes: Uint8Array; readonly note: string }[];
}
