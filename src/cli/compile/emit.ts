import { dirname, join } from "node:path";
import { fail } from "../../base/errors.ts";
import type { Compilation } from "../../compile.ts";
import type { Disk, FileToWrite, Written } from "../../disk.ts";
import type { Context } from "../io.ts";
import { compileModel, loadModel, type LoadedModel } from "../load-model.ts";
import { sizesOf, sizesText, type Sizes } from "../sizes.ts";
import { plural } from "../text.ts";
import { outdatedFiles } from "./outdated.ts";
import type { Settings } from "./settings.ts";

/** What one model becomes: files with their places, nothing written yet. */
export interface Emission {
  readonly loaded: LoadedModel;
  readonly settings: Settings;
  readonly compilation: Compilation;
  readonly sizes: Sizes;
  readonly files: readonly FileToWrite[];
  /** Files of an earlier build that its module no longer takes. */
  readonly outdated: readonly string[];
}

/** The stages that `--stages` writes; the code is the module itself, and for wasm its text form too. */
const numbered = ["forward", "training", "optimized", "kernels", "memory", "loops"] as const;

/** The text of the code, which only wasm has; an earlier build of that target may have left it. */
const watFile = "7-code.wat";

/** Loads and compiles one model. Fails where two files would be written to one place. */
export async function emit(disk: Disk, path: string, settings: Settings): Promise<Emission> {
  const loaded = await loadModel(disk, path);
  const { target, precision, strict, wasmFile, debug, stages } = settings;
  const compilation = await compileModel(disk, loaded, { target, precision, strict, wasmFile, debug });
  const folder = folderOf(loaded, settings);
  const files: FileToWrite[] = compilation.files.map(({ name, text, bytes }) => ({
    path: join(folder, name),
    content: bytes ?? text,
  }));
  if (stages) files.push(...(await stageFiles(folder, compilation)));
  const paths = files.map((file) => file.path);
  const outdated = outdatedFiles(disk, folder, loaded.name, paths);
  if (stages && !compilation.wasm) outdated.push(...[join(folder, watFile)].filter(disk.isFile));
  return { loaded, settings, compilation, sizes: sizesOf(compilation), files, outdated };
}

const folderOf = (loaded: LoadedModel, { outDir }: Settings): string =>
  outDir === undefined ? dirname(loaded.path) : outDir.replaceAll("{name}", loaded.name);

async function stageFiles(
  folder: string,
  compilation: Compilation,
): Promise<{ path: string; content: string }[]> {
  const { stageText } = await import("../../stages.ts");
  const texts = numbered.map((stage, k) => ({
    path: join(folder, `${k + 1}-${stage}.txt`),
    content: stageText(compilation, stage),
  }));
  // A module of bytes is no text to read.
  const wat = { path: join(folder, watFile), content: stageText(compilation, "code") };
  return compilation.wasm ? [...texts, wat] : texts;
}

/** Writes all files, and removes what they make out of date: never what another model has just written there. */
export function write(disk: Disk, emissions: readonly Emission[]): readonly Written[] {
  const files = emissions.flatMap((emission) => emission.files);
  const places = new Set(files.map(({ path }) => disk.absolute(path)));
  const outdated = emissions.flatMap((emission) => emission.outdated);
  return disk.writeAtomically(
    files,
    outdated.filter((path) => !places.has(disk.absolute(path))),
  );
}

/** Two models must not overwrite each other's files. */
export function checkPlaces(disk: Disk, emissions: readonly Emission[]): void {
  const owners = new Map<string, string>();
  for (const { loaded, files } of emissions) {
    for (const { path } of files) {
      const owner = owners.get(disk.absolute(path));
      if (owner !== undefined) {
        fail(
          "same-file",
          `${disk.shown(owner)} and ${disk.shown(loaded.path)} would both write "${disk.shown(path)}"`,
          {
            hint: 'give each its own directory: --out-dir "generated/{name}"',
          },
        );
      }
      owners.set(disk.absolute(path), loaded.path);
    }
  }
}

/** Why a file is taken away. */
const removal = "left by another build";

export interface Stale {
  readonly path: string;
  readonly reason: string;
}

/** Files that compiling now would write anew or remove, and modules that could allocate in a step. */
export async function staleOf(disk: Disk, emissions: readonly Emission[]): Promise<readonly Stale[]> {
  const stale: Stale[] = [];
  for (const { loaded, compilation, files, outdated } of emissions) {
    for (const { path, content } of files) {
      if (!disk.isFile(path)) stale.push({ path, reason: "missing" });
      else if (!Buffer.from(content).equals(disk.readBytes(path)))
        stale.push({ path, reason: "out of date" });
    }
    for (const path of outdated) stale.push({ path, reason: removal });
    for (const finding of await proofFindings(disk, loaded, files, compilation)) {
      stale.push({ path: files[0].path, reason: finding });
    }
  }
  return stale;
}

/** What the syntax tree check says against the module; TypeScript is checked through its JavaScript twin. */
async function proofFindings(
  disk: Disk,
  loaded: LoadedModel,
  files: readonly FileToWrite[],
  { target, training: { precision } }: Compilation,
): Promise<readonly string[]> {
  const { proveModule } = await import("../../backends/module/prove.ts");
  if (target !== "ts") return proveModule(String(files[0].content));
  const twin = await compileModel(disk, loaded, { target: "js", precision });
  return proveModule(twin.files[0].text);
}

/** Says what was written, a line of sizes for each model. */
export function report(
  { disk, print, style }: Context,
  emissions: readonly Emission[],
  written: readonly Written[],
  json: boolean,
): void {
  const changed = new Map(written.map((file) => [file.path, file.changed]));
  for (const { loaded, sizes, files, outdated } of emissions) {
    const paths = files.map(({ path }) => ({ path: disk.shown(path), changed: changed.get(path) ?? false }));
    if (json) {
      const removed = outdated.map(disk.shown);
      print(
        JSON.stringify({
          model: disk.shown(loaded.path),
          files: paths,
          ...(removed.length > 0 ? { removed } : {}),
          sizes,
        }),
      );
      continue;
    }
    for (const { path, changed } of paths) {
      print(`${path} ${style("dim", changed ? "written" : "unchanged")}`);
    }
    for (const path of outdated) print(`${disk.shown(path)} ${style("dim", `removed: ${removal}`)}`);
    print(`${style("bold", loaded.name)}: ${sizesText(sizes)}`);
  }
}

/** Lists what is stale; the exit code of `--check`. */
export function reportStale(
  { disk, print, style }: Context,
  stale: readonly Stale[],
  emissions: readonly Emission[],
  json: boolean,
): number {
  const shown = stale.map(({ path, reason }) => ({ path: disk.shown(path), reason }));
  if (json) print(JSON.stringify({ stale: shown }));
  else if (stale.length === 0) print(`${plural(emissions.length, "model")} up to date`);
  else {
    for (const { path, reason } of shown) print(`${style("red", path)}: ${reason}`);
    print(
      `${plural(stale.length, "finding")}; run gradc compile with the same options to bring files up to date`,
    );
  }
  return stale.length === 0 ? 0 : 1;
}
