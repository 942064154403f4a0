import { join } from "node:path";
import { wasmNames } from "../../backends/index.ts";
import { endsWithSection } from "../../backends/wasm/section.ts";
import type { Disk } from "../../disk.ts";

/**
 * Files of code that an earlier build left beside a module which no longer takes them: a program would go on to load
 * them, only to be refused. `paths` are the files that are written now. What gradc did not write stays.
 */
export function outdatedFiles(disk: Disk, folder: string, base: string, paths: readonly string[]): string[] {
  const module = join(folder, `${base}.gen.js`);
  // A module of the target ts has no such files, and says nothing of the one in JavaScript beside it.
  if (!paths.includes(module)) return [];
  const candidates = wasmNames(base).map((name) => join(folder, name));
  return candidates.filter((path) => {
    const owner = path.replace(/\.wasm$/, ".js");
    // "digits.relaxed.gen.wasm" is also what a model called "digits.relaxed" has beside its module.
    const isOwn = owner === module || !disk.isFile(owner);
    return isOwn && !paths.includes(path) && disk.isFile(path) && endsWithSection(disk.readBytes(path));
  });
}
