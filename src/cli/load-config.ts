import { fail } from "../base/errors.ts";
import { suggest } from "../base/suggest.ts";
import type { Config } from "../config.ts";
import type { Disk } from "../disk.ts";
import { precisions, targetChoices } from "../target.ts";
import { importUserModule } from "./load-model.ts";

const file = "gradc.config.ts";

/** `"a", "b" or "c"`. */
const oneOf = (choices: readonly string[]): string =>
  choices
    .map((choice) => `"${choice}"`)
    .join(", ")
    .replace(/, (?=[^,]*$)/, " or ");
const isOneOf =
  (choices: readonly unknown[]) =>
  (value: unknown): boolean =>
    choices.includes(value);
const isBoolean = (value: unknown): boolean => typeof value === "boolean";

/** What each setting must be, in words and as a test. */
const settings: Readonly<Record<keyof Config, { what: string; holds: (value: unknown) => boolean }>> = {
  models: {
    what: "a pattern or a list of patterns",
    holds: (v) => [v].flat().every((item) => typeof item === "string"),
  },
  target: {
    what: oneOf(targetChoices),
    holds: isOneOf(targetChoices),
  },
  precision: { what: oneOf(precisions), holds: isOneOf(precisions) },
  strict: { what: "true or false", holds: isBoolean },
  wasmFile: { what: "true or false", holds: isBoolean },
  outDir: { what: "a directory", holds: (v) => typeof v === "string" },
  stages: { what: "true or false", holds: isBoolean },
};

/** The configuration beside which the command runs, or an empty one. Fails with `option`. */
export async function loadConfig(disk: Disk): Promise<Config> {
  if (!disk.isFile(file)) return {};
  const exports = await importUserModule(disk, file);
  const config = exports["default"];
  if (typeof config !== "object" || config === null) {
    return fail("option", `${file} has no default export that is an object`, {
      hint: "end the file with: export default defineConfig({ … })",
    });
  }
  for (const [name, value] of Object.entries(config)) {
    if (!Object.hasOwn(settings, name)) {
      fail("option", `${file} has an unknown setting "${name}"`, {
        hint: suggest(name, Object.keys(settings)),
      });
    }
    const { what, holds } = settings[name as keyof Config];
    if (value !== undefined && !holds(value)) {
      fail("option", `${file}: "${name}" is ${JSON.stringify(value)}; expected ${what}`);
    }
  }
  return config;
}

/** The model files to work on: those named, or else those of the configuration. Fails where there are none. */
export function modelPaths(disk: Disk, named: readonly string[], config: Config): string[] {
  const patterns = named.length > 0 ? named : [config.models ?? []].flat();
  if (patterns.length === 0) {
    return fail("no-model", "no model file was named", {
      hint: `name one, e.g. gradc compile digits.model.ts, or list models in ${file}`,
    });
  }
  const paths = patterns.flatMap((pattern) => {
    const found = disk.expand(pattern);
    if (found.length === 0) fail("no-model", `no file matches "${pattern}"`);
    return found;
  });
  return [...new Set(paths)];
}
