import { compile, type Compilation, type CompileOptions } from "../../src/compile.ts";
import { all } from "./models.ts";

const made = new Map<string, Compilation>();

/** One of `all`, compiled under its own name; made once for all files that share a worker. */
export function compiled(name: string, options: Omit<CompileOptions, "source"> = {}): Compilation {
  const full: CompileOptions = { precision: "f32", target: "js", ...options, source: `${name}.model.ts` };
  const key = JSON.stringify(full);
  const compilation = made.get(key) ?? compile(all[name], full);
  made.set(key, compilation);
  return compilation;
}
