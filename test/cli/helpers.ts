import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { run } from "../../src/cli/run.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in process, in a directory, and captures what it says. */
export async function gradc(cwd: string, argv: readonly string[], signal?: AbortSignal): Promise<Ran> {
  let out = "";
  let err = "";
  const code = await run(argv, {
    cwd,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    outColor: false,
    errColor: false,
    width: 100,
    signal: signal ?? new AbortController().signal,
  });
  return { code, out, err };
}

/** A new directory with these files, removed after the test. */
export function folder(files: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), "gradc-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

/** Every file below a directory, sorted, with forward slashes. */
export const tree = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();
