import { vi } from "vitest";
import type { Model } from "gradc";
import type { Generated } from "../../src/cli/train/module.ts";
import { compile, type CompileOptions } from "../../src/compile.ts";
import { loadText } from "../compile/program.ts";
import type { Build } from "./asked.ts";

const load = (text: string): Generated => loadText(text) as unknown as Generated;

/** A model in float64, and in float32 for both targets. */
export function buildsOf(model: Model, debug: boolean) {
  const build = (name: string, options: CompileOptions): Build => {
    const compilation = compile(model, { ...options, debug });
    return { name, compilation, module: load(compilation.files[0].text) };
  };
  return {
    double: build("js f64", { precision: "f64" }),
    js: build("js", {}),
    relaxed: build("relaxed wasm", { target: "wasm" }),
  };
}

/** The module on a host without relaxed instructions. */
export function strictOf({ compilation }: Build): Build {
  const spy = vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
  try {
    const module = load(compilation.files[0].text);
    // The variant is chosen when the first network is made.
    module.create();
    return { name: "wasm", compilation, module };
  } finally {
    spy.mockRestore();
  }
}
