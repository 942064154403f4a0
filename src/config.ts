import { checkOptions } from "./nn/check.ts";
import type { TargetChoice } from "./target.ts";

export type { TargetChoice } from "./target.ts";

/** What `gradc.config.ts` may say; flags on the command line win over it. */
export interface Config {
  /** Model files or patterns, relative to the configuration file: `"models/*.model.ts"`. */
  readonly models?: string | readonly string[];
  /** `auto` is wasm or js, by the work of a training step. */
  readonly target?: TargetChoice;
  /** Of what floats modules are made; f32 by default. */
  readonly precision?: "f32" | "f64";
  /** For wasm: whether relaxed SIMD, whose results depend on the host, is left out. */
  readonly strict?: boolean;
  /** For wasm: whether the code goes into a file of its own. */
  readonly wasmFile?: boolean;
  /** Where modules go; `{name}` stands for the model file's base name: `"generated/{name}"`. */
  readonly outDir?: string;
  /** Whether every stage is written as text beside the module. */
  readonly stages?: boolean;
}

const known = {
  models: true,
  target: true,
  precision: true,
  strict: true,
  wasmFile: true,
  outDir: true,
  stages: true,
} satisfies Record<keyof Config, true>;

/**
 * Gives a configuration its type: `export default defineConfig({ models: "models/*.model.ts" })`. Fails with `option` for
 * settings that are not these.
 */
export function defineConfig(config: Config): Config {
  checkOptions("defineConfig", config, Object.keys(known));
  return config;
}
