import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { GradcError, fail } from "../base/errors.ts";
import { baseName } from "../base/model-name.ts";
import { suggest } from "../base/suggest.ts";
import type { Compilation, CompileOptions, compile } from "../compile.ts";
import type { Disk, Modules } from "../disk.ts";
import { aboutOf } from "../nn/about.ts";
import { ops } from "../ops/table.ts";

export type Model = Parameters<typeof compile>[0];

export interface LoadedModel {
  readonly path: string;
  /** The file's base name, which headers and origins show: `digits.model.ts`. */
  readonly source: string;
  /** What generated files are called after: `digits`. */
  readonly name: string;
  readonly model: Model;
}

const modelMark = Symbol.for("gradc.model");

/**
 * Loads a model file. Fails with `missing-file`, `model-syntax` (file, line, column), `model-throws` (the line
 * of the model file) or `model-export` (what was exported instead).
 */
export async function loadModel(disk: Disk, path: string): Promise<LoadedModel> {
  const exports = await importUserModule(disk, path);
  const found = Object.entries(exports).filter(([, value]) => isModel(value));
  const chosen = found.find(([name]) => name === "default") ?? (found.length === 1 ? found[0] : undefined);
  if (!chosen)
    return refuseExports(
      disk.shown(path),
      exports,
      found.map(([name]) => name),
    );
  const source = basename(path);
  return { path, source, name: baseName(source), model: chosen[1] as Model };
}

/** Compiles, with errors of the model's own `build` told as such. */
export async function compileModel(
  disk: Disk,
  loaded: LoadedModel,
  options: CompileOptions = {},
): Promise<Compilation> {
  const { compile } = await import("../compile.ts");
  try {
    return compile(loaded.model, { source: loaded.source, ...options });
  } catch (error) {
    throw explain(error, disk, loaded.path, { gradc: await import("../index.ts") });
  }
}

/** Evaluates a user's file; imports of gradc in it resolve to this running instance. */
export async function importUserModule(disk: Disk, path: string): Promise<Readonly<Record<string, unknown>>> {
  // Reading first gives the clear errors of a missing or unreadable file.
  disk.readBytes(path);
  const modules: Modules = {
    gradc: await import("../index.ts"),
    "gradc/config": await import("../config.ts"),
  };
  try {
    return await disk.importModule(path, modules);
  } catch (error) {
    throw explain(error, disk, path, modules);
  }
}

const isModel = (value: unknown): boolean =>
  ((typeof value === "object" && value !== null) || typeof value === "function") && modelMark in value;

function refuseExports(file: string, exports: Readonly<Record<string, unknown>>, models: string[]): never {
  const hint = `end the file with: export default defineModel({ … })`;
  const names = Object.keys(exports);
  if (names.length === 0) return fail("model-export", `${file} exports nothing`, { hint });
  if (models.length > 1) {
    return fail("model-export", `${file} exports ${models.length} models: ${models.join(", ")}`, {
      hint: "make one of them the default export",
    });
  }
  const found = names.map((name) => `${name} is ${kindOf(exports[name])}`).join(", ");
  return fail("model-export", `${file} exports no model: ${found}`, { hint });
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  const kind = typeof value;
  return kind === "object" ? "an object" : `a ${kind}`;
}

/** An error of the user's file in the user's terms; errors of gradc's own catalogue pass as they are. */
function explain(error: unknown, disk: Disk, path: string, modules: Modules): unknown {
  if (error instanceof GradcError) return atLine(error, disk, path, modules);
  const file = disk.shown(path);
  if (!(error instanceof Error)) return thrown(file, String(error), undefined, undefined, error);
  const syntax = /^ParseError: ([^]*?)\s*\n\s*(.+):(\d+):(\d+)\s*$/.exec(error.message);
  if (syntax) {
    const [, message, where, line, column] = syntax;
    // The parser counts columns from 0, editors from 1.
    const source = `${disk.shown(where)}:${line}:${Number(column) + 1}`;
    return new GradcError(
      "model-syntax",
      `${file} does not parse: ${message.replace(/\.$/, "").toLowerCase()}`,
      {
        place: { source },
        cause: error,
      },
    );
  }
  if (error.message.startsWith("gradc internal error")) return error;
  const [, extension, stranger] = /^Unknown file extension "([^"]*)" for (.+)$/.exec(error.message) ?? [];
  if (stranger !== undefined && disk.shown(stranger) === file) {
    return new GradcError(
      "model-export",
      `${file} is no model file: ${extension} is neither TypeScript nor JavaScript`,
      {
        hint: "name one that declares a model, e.g. digits.model.ts; a table goes to gradc train --data",
        cause: error,
      },
    );
  }
  const source = frameOf(error, disk, path);
  if (source === undefined && !("code" in error)) return error;
  const missing = /^Cannot find (?:module|package) '([^']+)'/.exec(error.message)?.[1];
  if (missing !== undefined) {
    return new GradcError("model-import", `${file} imports "${missing}", which was not found`, {
      place: { source },
      hint: missing.startsWith(".") ? "check the path" : `install it: npm install ${missing}`,
      cause: error,
    });
  }
  const absent = absentFunction(error, modules, source);
  if (absent) return absent;
  return thrown(file, `${error.name}: ${error.message}`, source, undefined, error);
}

/** What calling a function means that gradc does not have. */
function absentFunction(error: Error, modules: Modules, source: string | undefined): GradcError | undefined {
  const name = /^\(0 , _gradc\d*\.(\w+)\) is not a function/.exec(error.message)?.[1];
  if (name === undefined) return undefined;
  const gradc = (modules["gradc"] as object | undefined) ?? {};
  const hint = calledElsewhere(name, gradc) ?? suggest(name, Object.keys(gradc));
  return new GradcError("unknown-import", `"gradc" has no function "${name}"`, {
    place: { source },
    hint,
    cause: error,
  });
}

/** The function here that Keras or PyTorch calls by this name. */
function calledElsewhere(name: string, gradc: object): string | undefined {
  const plain = (text: string): string => text.split(/[ (]/, 1)[0].toLowerCase();
  for (const [own, thing] of Object.entries(gradc)) {
    const about = aboutOf(thing);
    const { keras, pytorch, numpy } = ops.get(own)?.names ?? {};
    // Those of ops are written with their modules, such as nn.functional.
    const names = [
      about?.keras,
      about?.pytorch,
      ...[keras, pytorch, numpy].map((other) => other?.split(".").at(-1)),
    ];
    if (names.some((other) => other && plain(other) === name.toLowerCase()))
      return `it is called "${own}" here`;
  }
  return undefined;
}

/** What a build function threw: the line that threw is nearer to the fault than that of the declaration. */
function atLine(error: GradcError, disk: Disk, path: string, modules: Modules): GradcError {
  const source = error.cause instanceof Error ? frameOf(error.cause, disk, path) : undefined;
  if (error.code !== "build" || source === undefined) return error;
  const absent = absentFunction(error.cause as Error, modules, source);
  if (absent) return absent;
  const [sentence] = error.message.split("\n  at ");
  return new GradcError(error.code, sentence, { place: { ...error.place, source }, cause: error.cause });
}

function thrown(
  file: string,
  message: string,
  source: string | undefined,
  hint: string | undefined,
  cause: unknown,
): GradcError {
  return new GradcError("model-throws", `${file} threw ${message}`, { place: { source }, hint, cause });
}

const ownFolder = fileURLToPath(new URL("..", import.meta.url));
const isOwn = (file: string): boolean => file.startsWith(ownFolder);

/** The innermost line of the stack that lies in the user's own files: the model's, or one it imports. */
function frameOf(error: Error, disk: Disk, path: string): string | undefined {
  const frames = [
    ...(error.stack ?? "").matchAll(/\(?(?:file:\/\/)?(\/[^\s()]+|[A-Za-z]:\\[^\s()]+):(\d+):\d+\)?$/gm),
  ];
  const model = disk.absolute(path);
  const last = frames.findIndex(([, file]) => file === model);
  if (last < 0) return undefined;
  // Frames above the model's belong to what it called: a file of its own counts, a library does not.
  const own = frames
    .slice(0, last + 1)
    .find(([, file]) => !isOwn(file) && !file.includes("node_modules") && disk.isFile(file));
  const [, file, line] = own ?? frames[last];
  return `${disk.shown(file)}:${line}`;
}
