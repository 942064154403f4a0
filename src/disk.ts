import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { fail } from "./base/errors.ts";
import { suggest } from "./base/suggest.ts";
import { importUserModule, type Modules } from "./disk/user-module.ts";

export type { Modules } from "./disk/user-module.ts";

export interface FileToWrite {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** What a write did to a file; an unchanged file keeps its time stamp, so that watchers and builds stay quiet. */
export interface Written {
  readonly path: string;
  readonly changed: boolean;
}

/** The file system as seen from one directory: paths are relative to it, and messages name them that way. */
export interface Disk {
  readonly cwd: string;
  /** The absolute path. */
  readonly absolute: (path: string) => string;
  /** The path as a reader of messages would type it, always with forward slashes. */
  readonly shown: (path: string) => string;
  readonly isFile: (path: string) => boolean;
  readonly readText: (path: string) => string;
  readonly readBytes: (path: string) => Uint8Array;
  /**
   * Writes all files or none: prepared beside their places first, renamed into them last. Then removes the files that
   * they make out of date.
   */
  readonly writeAtomically: (
    files: readonly FileToWrite[],
    outdated?: readonly string[],
  ) => readonly Written[];
  /**
   * Fails now as writing these files would later, so that what takes minutes to compute is not lost to a wrong path. It
   * tries: modes alone do not tell what a system allows.
   */
  readonly checkWritable: (paths: readonly string[]) => void;
  /** Files that match a pattern (`*`, `**`, `?`), sorted; a path without wildcards stands for itself. */
  readonly expand: (pattern: string) => readonly string[];
  /** Calls back after a change of one of the files, once for changes that come together. */
  readonly watch: (paths: readonly string[], changed: () => void) => () => void;
  /** Evaluates a TypeScript or JavaScript file; `modules` answer its imports by name. */
  readonly importModule: (path: string, modules: Modules) => Promise<Readonly<Record<string, unknown>>>;
}

/** Opens the file system at a directory. Every failure is an error a user can act on. */
export function diskAt(cwd: string): Disk {
  const absolute = (path: string): string => resolve(cwd, path);
  const shown = (path: string): string => {
    const near = relative(cwd, absolute(path)).split(sep).join("/") || ".";
    // A path with many steps upwards is harder to read than the absolute one.
    return near.startsWith("../../../") ? absolute(path) : near;
  };
  const names: Names = { absolute, shown };
  const readBytes = (path: string): Uint8Array => {
    try {
      return fs.readFileSync(absolute(path));
    } catch (error) {
      return refuse("read", path, error, names);
    }
  };
  return {
    cwd,
    absolute,
    shown,
    isFile: (path) => isFile(absolute(path)),
    readBytes,
    // A byte order mark would become part of the first column's name or of the first token.
    readText: (path) => new TextDecoder().decode(readBytes(path)),
    writeAtomically: (files, outdated = []) => writeAll(files, outdated, names),
    checkWritable: (paths) => paths.forEach((path) => tryWriting(path, names)),
    expand: (pattern) => expand(pattern, cwd),
    watch: (paths, changed) => watchFiles(paths.map(absolute), changed),
    importModule: (path, modules) => importUserModule(absolute(path), modules),
  };
}

/** A path through a file leads to no file, as one that does not exist. */
function isFile(path: string): boolean {
  try {
    return fs.statSync(path).isFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}

type Names = Pick<Disk, "absolute" | "shown">;

/** Says in the reader's words why the system refused a file. */
function refuse(doing: "read" | "write", path: string, error: unknown, { absolute, shown }: Names): never {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const name = `"${shown(path)}"`;
  if (code === "ENOENT" && doing === "read") {
    return fail("missing-file", `there is no file ${name}`, { hint: nearby(absolute(path), shown) });
  }
  if (code === "EISDIR") {
    return fail("not-a-file", `${name} is a directory; a file is expected`, { hint: "name a file in it" });
  }
  if (code === notOrdinary) {
    return fail("not-a-file", `${name} is a device or a pipe; a file is expected`, {
      hint: "name a file, which may be replaced",
    });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return fail("no-permission", `no permission to ${doing} ${name}`, {
      hint: "check the owner and the mode of the file and of its directory",
    });
  }
  if (code === "ENOSPC") {
    return fail("disk-full", `the disk is full: ${name} could not be written`, { hint: "free some space" });
  }
  if (code === "ENOTDIR" || code === "EEXIST") {
    return fail("not-a-directory", `a part of the path ${name} is a file, not a directory`);
  }
  return fail("file-error", `could not ${doing} ${name}: ${code}`, { cause: error });
}

/** A hint out of what does exist: a file of a similar name, or that the directory itself is missing. */
function nearby(path: string, shown: (path: string) => string): string | undefined {
  const folder = dirname(path);
  if (!fs.existsSync(folder)) return `the directory "${shown(folder)}" does not exist either`;
  const hint = suggest(basename(path), listNames(folder));
  return hint.startsWith("did you mean") ? hint : undefined;
}

function listNames(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}

interface Prepared {
  readonly path: string;
  readonly temporary: string;
  readonly before: Uint8Array | undefined;
}

function writeAll(files: readonly FileToWrite[], outdated: readonly string[], names: Names): Written[] {
  const made: string[] = [];
  const prepared: Prepared[] = [];
  const replaced: Pick<Prepared, "path" | "before">[] = [];
  const written: Written[] = [];
  let current = "";
  try {
    for (const file of files) {
      current = file.path;
      const path = names.absolute(file.path);
      const content = Buffer.from(file.content as Uint8Array);
      const before = readIfThere(path);
      const changed = !before?.equals(content);
      written.push({ path: file.path, changed });
      if (!changed) continue;
      makeFolders(dirname(path), made);
      removeLeftovers(path);
      const temporary = join(dirname(path), temporaryName(path));
      prepared.push({ path, temporary, before });
      fs.writeFileSync(temporary, content, { flag: "wx" });
    }
    for (const file of prepared) {
      current = file.path;
      fs.renameSync(file.temporary, file.path);
      replaced.push(file);
    }
    for (const path of outdated) {
      current = path;
      const before = readIfThere(names.absolute(path));
      fs.rmSync(names.absolute(path), { force: true });
      replaced.push({ path: names.absolute(path), before });
    }
    return written;
  } catch (error) {
    // What was already renamed or removed goes back to what it was, so that a failed run leaves the old files.
    for (const { path, before } of replaced) {
      if (before) fs.writeFileSync(path, before);
      else fs.rmSync(path, { force: true });
    }
    for (const { temporary } of prepared) fs.rmSync(temporary, { force: true });
    removeFolders(made);
    return refuse("write", current, error, names);
  }
}

/** Makes a file of no length beside its place, and takes it and the folders that it needed away again. */
function tryWriting(path: string, names: Names): void {
  const place = names.absolute(path);
  const temporary = join(dirname(place), temporaryName(place));
  const made: string[] = [];
  try {
    readIfThere(place);
    makeFolders(dirname(place), made);
    fs.writeFileSync(temporary, "", { flag: "wx" });
    fs.rmSync(temporary);
  } catch (error) {
    refuse("write", path, error, names);
  } finally {
    removeFolders(made);
  }
}

/** The code of an error for what is neither a file nor a directory. */
const notOrdinary = "no ordinary file";

/** What a file holds that is about to be replaced. A device stays: renaming a file to /dev/null would take it away. */
function readIfThere(path: string): Buffer | undefined {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (found && !found.isFile() && !found.isDirectory())
    throw Object.assign(new Error(notOrdinary), { code: notOrdinary });
  try {
    return fs.readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const suffix = ".gradc-tmp";
const temporaryName = (path: string): string =>
  `.${basename(path)}.${process.pid}.${randomBytes(4).toString("hex")}${suffix}`;

/** Removes the temporary files that a killed run left for this path; those of living processes stay. */
function removeLeftovers(path: string): void {
  for (const name of listNames(dirname(path))) {
    if (!name.startsWith(`.${basename(path)}.`) || !name.endsWith(suffix)) continue;
    const owner = Number(name.slice(basename(path).length + 2).split(".")[0]);
    if (owner !== process.pid && !isRunning(owner)) fs.rmSync(join(dirname(path), name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function expand(pattern: string, cwd: string): string[] {
  if (!/[*?]/.test(pattern)) return [pattern];
  const parts = pattern.split("/");
  const fixed = parts.findIndex((part) => /[*?]/.test(part));
  const root = resolve(cwd, parts.slice(0, fixed).join("/") || (pattern.startsWith("/") ? "/" : "."));
  const expression = globExpression(parts.slice(fixed).join("/"));
  return filesUnder(root, parts.includes("**") ? 32 : parts.length - fixed)
    .filter((path) => expression.test(relative(root, path).split(sep).join("/")))
    .map((path) => [...parts.slice(0, fixed), ...relative(root, path).split(sep)].join("/"));
}

/**
 * Makes what is missing of a path, one folder at a time: Node's recursive form never ends under /proc. `made` takes note
 * of each, also where a later one fails.
 */
function makeFolders(path: string, made: string[]): void {
  if (fs.existsSync(path)) return;
  makeFolders(dirname(path), made);
  fs.mkdirSync(path);
  made.push(path);
}

/** Removes folders that were made, the inner ones first; what others have put there meanwhile stays. */
function removeFolders(made: readonly string[]): void {
  for (const folder of made.toReversed()) {
    try {
      fs.rmdirSync(folder);
    } catch {
      // It is not empty, or not there any more: either way it is no longer ours to remove.
    }
  }
}

/** `**` stands for any number of directories, `*` and `?` for characters within a name. */
function globExpression(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|[^\w/]/g, (token) => {
    if (token === "**/") return "(?:[^/]+/)*";
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    return /[\\^$.+()[\]{}|]/.test(token) ? `\\${token}` : token;
  });
  return new RegExp(`^${source}$`, "u");
}

/** Sorted by code units, so that the order does not depend on the machine's language. */
function filesUnder(folder: string, depth: number): string[] {
  const hidden = (name: string): boolean =>
    name.startsWith(".") || name === "node_modules" || name === "dist";
  if (depth === 0 || !fs.existsSync(folder)) return [];
  return listNames(folder).flatMap((name) => {
    const path = join(folder, name);
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (!stat || hidden(name)) return [];
    return stat.isDirectory() ? filesUnder(path, depth - 1) : [path];
  });
}

function watchFiles(paths: readonly string[], changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  // Editors save by renaming, which ends a watch of the file itself; its directory stays.
  const folders = [...new Set(paths.map((path) => dirname(path)))].filter((folder) => fs.existsSync(folder));
  const watchers = folders.map((folder) =>
    fs.watch(folder, (_, name) => {
      if (name !== null && !paths.includes(join(folder, name))) return;
      clearTimeout(timer);
      timer = setTimeout(changed, 50);
    }),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
