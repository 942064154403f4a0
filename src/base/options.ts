import { fail } from "./errors.ts";
import { listed, suggest } from "./suggest.ts";

/** A value that was given, as a message shows it: with quotes around a text, which may look like a number, and briefly. */
export function givenText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Refuses what is none of the choices. Fails with `option`. */
export function checkChoice(what: string, given: unknown, choices: readonly unknown[]): void {
  if (choices.includes(given)) return;
  const texts = choices.filter((choice) => typeof choice === "string");
  const hint = texts.length > 0 ? suggest(String(given), texts) : `it may be ${choices.join(" or ")}`;
  fail("option", `${what} cannot be ${givenText(given)}`, { hint });
}

/**
 * Refuses an option that a function does not know, and what is no object of options: plain JavaScript has no type
 * checker, and a misspelt name would be passed over without a word. Fails with `option`.
 */
export function checkNames(what: string, options: object, known: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(known);
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    fail("option", `${what} takes its options as an object, found ${givenText(options)}`, {
      hint: listed(names),
    });
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name))
      fail("option", `${what} has no option "${name}"`, { hint: suggest(name, names) });
  }
}
