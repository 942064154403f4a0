// gradc as competitors: every workload compiled for a target by the built command line, run on an engine.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { reason } from "./reason.mjs";
import { flagsOf } from "./targets.mjs";
import { workloads } from "./workloads/data.mjs";

export const here = (name) => fileURLToPath(new URL(name, import.meta.url));
export const cli = here("../dist/src/cli/main.js");

export const trained = ["W1", "W2", "W3", "W4", "W5", "W6"];
export const others = ["W7-W3", "W7-W4", "W8"];
export const modelOf = (workload) => here(`workloads/${workload.split("-").at(-1)}.model.ts`);

/** The name of a competitor: target and engine. */
export const nameOf = (target, engine) => `gradc ${target}, Node ${engine.major}`;

const sizeOf = (bytes) => ({ bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length });

/**
 * Compiles a model into a folder of its own, by this engine or another. Returns the module's path, sizes, and the
 * milliseconds of the process.
 */
export function compiled(folder, target, model, name, extra = [], program = process.execPath) {
  const out = join(folder, target, name, ...extra);
  mkdirSync(out, { recursive: true });
  const start = performance.now();
  const args = [cli, "compile", model, ...flagsOf(target), ...extra, "--out-dir", out, "--json"];
  const text = execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const ms = performance.now() - start;
  const { sizes } = JSON.parse(text);
  const base = join(out, `${name}.gen`);
  const files = {};
  for (const ending of [".js", ".wasm"])
    if (existsSync(base + ending)) files[ending] = sizeOf(readFileSync(base + ending));
  if (existsSync(join(out, `${name}.relaxed.gen.wasm`)))
    files[".relaxed.wasm"] = sizeOf(readFileSync(join(out, `${name}.relaxed.gen.wasm`)));
  return { path: `${base}.js`, files, sizes, ms };
}

/** A cache of compiled workloads by target, which remembers refusals too. */
export function workshop(folder) {
  const known = new Map();
  return (target, workload) => {
    const id = workload.split("-").at(-1);
    const key = `${target} ${id}`;
    if (!known.has(key)) {
      try {
        known.set(key, compiled(folder, target, modelOf(id), id));
      } catch (error) {
        known.set(key, { failed: reason(error) });
      }
    }
    return known.get(key);
  };
}

export const gradcCompetitor = (shop, target, engine) => ({
  name: nameOf(target, engine),
  library: "gradc",
  engine,
  prepare: [engine.path, here("prepare.mjs")],
  takes: (workload) => workload !== "tile",
  command: (workload, { losses = 0, mode = "serve", ...more } = {}) => {
    const { path, failed } = shop(target, workload);
    if (failed) throw new Error(failed);
    const own = Object.entries(more).map(([key, value]) => `--${key}=${value}`);
    return [engine.path, here("measure.mjs"), workload, path, `--mode=${mode}`, `--losses=${losses}`, ...own];
  },
});

/** Operations of a workload's step; undefined for predictions, which the compiler does not count. */
export function flopsOf(workload, flopsPerRow) {
  if (workload === "tile") return 2 * 64 * 784 * 128;
  if (workload === "W8") return 2 * workloads.W8.n ** 3;
  return flopsPerRow && !workload.startsWith("W7")
    ? flopsPerRow * (workloads[workload].batch ?? 1)
    : undefined;
}
