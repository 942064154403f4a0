import { dirname, join } from "node:path";
import type { Disk } from "../../disk.ts";
import type { Context } from "../io.ts";
import { describeError } from "../report-error.ts";

/**
 * Compiles at once and after each change of a model or a file it imports, until the signal ends it.
 * An error is shown and watching goes on: the next save may mend it.
 */
export async function watchModels(
  context: Context,
  paths: readonly string[],
  compileAll: () => Promise<number>,
): Promise<void> {
  const { disk, io, note, noteStyle } = context;
  const compileSafely = async (): Promise<void> => {
    try {
      await compileAll();
    } catch (error) {
      io.err(describeError(error, io, context.debug));
    }
  };
  while (!io.signal.aborted) {
    // Imports are looked up before compiling, so that a change during it is not lost.
    const files = await importedFiles(disk, paths);
    let stop = (): void => undefined;
    const changed = new Promise<void>((resolve) => {
      stop = disk.watch(files, resolve);
      io.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await compileSafely();
    note(noteStyle("dim", `watching ${files.length} files; Ctrl+C ends`));
    await changed;
    stop();
  }
}

/** The models and every file they import by a relative path, directly or not. */
async function importedFiles(disk: Disk, paths: readonly string[]): Promise<string[]> {
  const { ts } = await import("ts-morph");
  const found = new Set<string>();
  const open = [...paths];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    if (!disk.isFile(path)) continue;
    for (const { fileName } of ts.preProcessFile(disk.readText(path), true, true).importedFiles) {
      if (!fileName.startsWith(".")) continue;
      const target = join(dirname(path), fileName);
      const file = [target, target.replace(/\.js$/, ".ts"), `${target}.ts`, `${target}/index.ts`].find(
        disk.isFile,
      );
      // A file that is missing now is watched too: creating it may be the next change.
      open.push(file ?? target);
    }
  }
  return [...found].sort();
}
