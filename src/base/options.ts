import { fail } from "./errors.ts";
import { suggest } from "./suggest.ts";

/**
 * Refuses an option that a function does not know: plain JavaScript has no type checker, and a misspelt name would be
 * passed over without a word. Fails with `option`.
 */
export function checkNames(what: string, options: object, known: Readonly<Record<string, true>>): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name))
      fail("option", `${what} has no option "${name}"`, { hint: suggest(name, Object.keys(known)) });
  }
}
