import * as node from "node:module";
import { pathToFileURL } from "node:url";

/** What answers a file's imports, by name. */
export type Modules = Readonly<Record<string, unknown>>;
type Exports = Readonly<Record<string, unknown>>;

/** Evaluates a TypeScript or JavaScript file by its absolute path. */
export async function importUserModule(path: string, modules: Modules): Promise<Exports> {
  return importByNode(path, modules) ?? (await importByJiti(path, modules));
}

async function importByJiti(path: string, modules: Modules): Promise<Exports> {
  const { createJiti } = await import("jiti");
  // Caches are off: a watched file must be read anew, and a compiler leaves no files behind.
  const jiti = createJiti(path, {
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    virtualModules: { ...modules },
  });
  return await jiti.import(path);
}

interface Resolved {
  readonly url: string;
  readonly format?: string | null | undefined;
  readonly shortCircuit?: boolean;
}
interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit: boolean;
}
interface Hooks {
  readonly resolve: (name: string, context: unknown, next: (name: string) => Resolved) => Resolved;
  readonly load: (
    url: string,
    context: { readonly format?: string | null },
    next: (url: string, context: unknown) => Loaded,
  ) => Loaded;
}
const { registerHooks } = node as { readonly registerHooks?: (hooks: Hooks) => { deregister(): void } };

const takesTypesAway = Number(process.versions.node.split(".")[0]) >= 24 && registerHooks !== undefined;
/** Node evaluates a file only once. */
const evaluated = new Set<string>();
/** Where the code of a stand-in finds what it stands for. */
const slot = "gradc.modules";

/**
 * Node takes types away itself, in a third of the time in which jiti's compiler is only loaded. Undefined where that
 * is not enough, or anything else is wrong: jiti has more of TypeScript, and its errors are those that we explain. What
 * the file itself throws goes on, so that nothing it does is done twice.
 */
function importByNode(path: string, modules: Modules): Exports | undefined {
  // Stack frames name a file by its address, which is to be the path itself.
  if (!takesTypesAway || pathToFileURL(path).href !== `file://${path}` || evaluated.has(path))
    return undefined;
  evaluated.add(path);
  const hooks = registerHooks(standIns(modules, `gradc:${evaluated.size}/`));
  const scope = globalThis as unknown as Record<symbol, Modules | undefined>;
  scope[Symbol.for(slot)] = modules;
  try {
    const { __esModule: _mark, ...exports } = node.createRequire(path)(path) as Exports;
    return exports;
  } catch (error) {
    if (isOfFile(error, path)) throw error;
    return undefined;
  } finally {
    delete scope[Symbol.for(slot)];
    hooks.deregister();
  }
}

/**
 * Whether an error came up while the file ran, and would with jiti too: not before, in reading and linking, where no
 * frame of the stack is the file's, and not for a name that only jiti provides, such as `module`.
 */
function isOfFile(error: unknown, path: string): boolean {
  if (!(error instanceof Error)) return true;
  if (error instanceof ReferenceError && error.message.includes("in ES module scope")) return false;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return frames.some((frame) => frame.includes(`${path}:`));
}

/** Answers imports of `modules` by modules that hand their members on, and takes all other files for modules too. */
const standIns = (modules: Modules, scheme: string): Hooks => ({
  resolve: (name, _context, next) =>
    Object.hasOwn(modules, name) ? { url: scheme + name, format: "module", shortCircuit: true } : next(name),
  load: (url, context, next) => {
    if (url.startsWith(scheme)) {
      const name = url.slice(scheme.length);
      const from = `globalThis[Symbol.for("${slot}")][${JSON.stringify(name)}]`;
      const names = Object.keys(modules[name] as object).join(", ");
      return { format: "module", source: `export const { ${names} } = ${from};`, shortCircuit: true };
    }
    const isOwn = url.startsWith("file:") && !url.includes("/node_modules/");
    const format = isOwn && /\.m?ts$/.test(url) ? "module-typescript" : context.format;
    return next(url, { ...context, format });
  },
});
