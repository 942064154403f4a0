import { InvalidArgumentError, Option, type Command } from "commander";

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
  new Option("--precision <p>", "numbers of the build").choices(["f32", "f64"]);

export const jsonOption = (): Option => new Option("--json", "print the result as JSON, for programs");
