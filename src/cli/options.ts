import { InvalidArgumentError, Option, type Command } from "commander";
import { precisions, targets } from "../target.ts";
import { usage } from "./usage.ts";

/** A whole number of at least `least`; anything else is wrong usage. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
  };

/** A share from 0 (included or not) to 1 (not included). */
export const fraction = (text: string): number => {
  const value = decimal(text);
  if (value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("Expected a share from 0 to less than 1, such as 0.2.");
};

/** A number above 0. */
export const positive = (text: string): number => {
  const value = decimal(text);
  if (value > 0) return value;
  throw new InvalidArgumentError("Expected a number above 0.");
};

/** Texts between commas; the option may be given again for more. */
export const textList = (text: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  ...text.split(","),
];

const decimal = (text: string): number => (/^[\d.]+(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN);

/** What every command takes. */
export const withCommon = (command: Command): Command =>
  command.option("--debug", "show the stack of an error, and verify more on the way");

export const precisionOption = (): Option =>
  new Option("--precision <p>", "numbers of the build").choices(precisions);

/** Whose code is meant. */
export const targetOption = (words: string, choices: readonly string[] = targets): Option =>
  new Option("--target <t>", words).choices(choices);

export const strictOption = (): Option =>
  new Option("--strict", "wasm without relaxed SIMD, whose last bits depend on the host");

/** Refuses options of the wasm target for another, and float64 for wasm. */
export function checkTarget(target: string, flags: TargetFlags): void {
  if (target === "wasm" && flags.precision === "f64") {
    usage(
      "--target wasm computes in float32, so --precision f64 cannot be had with it",
      "use --target js for float64",
    );
  }
  if (target === "wasm" || target === "auto") return;
  const given = flags.strict ? "--strict" : flags.wasmFile ? "--wasm-file" : undefined;
  if (given) usage(`${given} is of the target wasm, not of ${target}`, "add --target wasm, or leave it out");
}
export interface TargetFlags {
  readonly precision?: "f32" | "f64";
  readonly strict?: boolean;
  readonly wasmFile?: boolean;
}

export const jsonOption = (): Option => new Option("--json", "print the result as JSON, for programs");
