import type { TargetChoice } from "../../target.ts";
import type { Config } from "../../config.ts";
import type { Disk } from "../../disk.ts";
import { checkTarget } from "../options.ts";

export interface Settings {
  readonly target: TargetChoice;
  readonly precision?: "f32" | "f64";
  readonly strict?: boolean;
  readonly wasmFile?: boolean;
  readonly outDir?: string;
  readonly stages: boolean;
  readonly debug: boolean;
}

export interface SettingsFlags {
  readonly target?: TargetChoice;
  readonly precision?: "f32" | "f64";
  readonly strict?: boolean;
  readonly wasmFile?: boolean;
  readonly outDir?: string;
  readonly stages?: boolean;
  readonly debug?: boolean;
}

/**
 * The settings of each model. Flags win over the configuration, which speaks only for the models it lists, or for
 * all where it lists none. Who asks for a target or a place wants the module: stages are then left to `--stages`.
 */
export function settingsFor(disk: Disk, flags: SettingsFlags, config: Config): (path: string) => Settings {
  const listed = new Set([config.models ?? []].flat().flatMap(disk.expand).map(disk.absolute));
  const asked = flags.target !== undefined || flags.outDir !== undefined;
  return (path) => {
    const own = config.models === undefined || listed.has(disk.absolute(path)) ? config : {};
    const target = flags.target ?? own.target ?? "js";
    // What a configuration says of wasm does not speak to another target.
    const ofWasm = target === "wasm" || target === "auto" ? own : {};
    checkTarget(target, { ...flags, precision: flags.precision ?? own.precision });
    return {
      target,
      strict: flags.strict ?? ofWasm.strict,
      wasmFile: flags.wasmFile ?? ofWasm.wasmFile,
      precision: flags.precision ?? own.precision,
      outDir: flags.outDir ?? own.outDir,
      stages: flags.stages ?? (!asked && own.stages === true),
      debug: flags.debug ?? false,
    };
  };
}
