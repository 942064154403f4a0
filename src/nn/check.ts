import { givenText } from "../base/options.ts";
import { fail, type Code } from "../base/errors.ts";
import { listed, suggest } from "../base/suggest.ts";
import { building, sourceLine } from "../ir/builder.ts";
import type { Value } from "../ir/graph.ts";
import { place } from "./context.ts";

const whereNow = (): { layer?: string; source: string } => (building() ? place() : { source: sourceLine() });

/** Stops with an error that knows the line, also outside a build. */
export function reject(code: Code, sentence: string, hint?: string): never {
  return fail(code, sentence, { place: whereNow(), hint });
}

/** A short text for a value of any kind in an error. */
export const shown = (thing: unknown): string => (isValue(thing) ? "a graph value" : givenText(thing));

/** True for values of a graph, also those of another copy of gradc. */
export const isValue = (thing: unknown): thing is Value =>
  typeof thing === "object" && thing !== null && "node" in thing && "index" in thing && "type" in thing;

/** Refuses options that do not exist, with the closest name that does. */
export function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options) || isValue(options)) {
    return reject("option", `${what} takes its options as an object, found ${shown(options)}`, listed(known));
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) reject("option", `${what} has no option "${name}"`, suggest(name, known));
  }
}

/** Refuses what cannot name anything; every other text is a name, quotes and reserved words included. */
export function checkName(what: string, name: unknown): string {
  if (typeof name !== "string" || name === "") {
    return reject("name", `${what} needs a name that is not empty, found ${shown(name)}`);
  }
  return name;
}

/** A finite number within bounds. */
export function checkNumber(what: string, value: unknown, least = -Infinity, below = Infinity): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= least && value < below) return value;
  const range =
    least === -Infinity ? "" : below === Infinity ? ` of at least ${least}` : ` in [${least}, ${below})`;
  return reject("option", `${what} must be a finite number${range}, found ${shown(value)}`);
}

/** A positive integer. */
export function checkCount(what: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  return reject("option", `${what} must be a positive integer, found ${shown(value)}`);
}
