import { invariant } from "../base/errors.ts";
import type { Compilation } from "../compile.ts";

/** Evaluates the text of an emitted JavaScript module in this process; nothing is written. */
export async function importText(text: string): Promise<Readonly<Record<string, unknown>>> {
  const url = `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;
  // The variable keeps bundlers and test runners from resolving what is no path.
  return (await import(/* @vite-ignore */ url)) as Readonly<Record<string, unknown>>;
}

/** The emitted module of a compilation for the js target. */
export async function loadGenerated<Module>(compilation: Compilation): Promise<Module> {
  const file = compilation.files.find(({ name }) => name.endsWith(".js"));
  invariant(file, "only a compilation for the js target can run in process");
  return (await importText(file.text)) as Module;
}
