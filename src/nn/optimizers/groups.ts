import { checkName, checkOptions, reject, shown } from "../check.ts";
import type { LearningRate } from "../schedules/schedule.ts";

/** The scalars of a group of parameters; those not given are the optimizer's own and follow its `hyper`. */
export interface GroupOptions {
  /** A number keeps the optimizer's schedule and gives it another base; a schedule takes its place. */
  readonly learningRate?: LearningRate;
  readonly weightDecay?: number;
  /** Paths of parameters, with `*` for one segment and `**` for any path; the key itself by default. */
  readonly parameters?: string | readonly string[];
  /** Any other scalar that the optimizer takes. */
  readonly [scalar: string]: unknown;
}

export interface DeclaredGroup {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly changes: { readonly [scalar: string]: unknown };
}

/** `encoder/**` is the group "encoder", which is what stands before its scalars. */
const nameOf = (key: string): string =>
  key
    .split("/")
    .filter((segment) => !/^\*+$/.test(segment))
    .join("/");

/** Checks the groups of an optimizer, which takes `scalars`. */
export function groupsOf(optimizer: string, groups: unknown, scalars: readonly string[]): DeclaredGroup[] {
  if (groups === undefined) return [];
  if (typeof groups !== "object" || groups === null || Array.isArray(groups)) {
    return reject(
      "groups",
      `groups of ${optimizer} must be an object, found ${shown(groups)}`,
      `groups: { "encoder/**": { learningRate: 1e-4 } }`,
    );
  }
  const names = new Map<string, string>();
  return Object.entries(groups).map(([key, options]: [string, unknown]) => {
    const what = `group "${key}" of ${optimizer}`;
    checkOptions(what, options, [...scalars, "parameters"]);
    const { parameters = key, ...changes } = options as GroupOptions;
    const name = nameOf(key);
    const other = names.get(name);
    if (name === "" || other !== undefined) {
      reject(
        "groups",
        name === "" ? `${what} has no name` : `${what} has the name "${name}", as group "${other}" has`,
        `name the group by its key and list its paths: { bias: { parameters: ["**/bias"], weightDecay: 0 } }`,
      );
    }
    names.set(name, key);
    if (Object.keys(changes).length === 0) {
      reject(
        "groups",
        `${what} changes nothing`,
        `give it scalars of its own, such as ${scalars.join(", ")}`,
      );
    }
    const paths: readonly unknown[] = [parameters].flat();
    if (paths.length === 0) reject("groups", `${what} names no parameters`, `parameters: ["encoder/**"]`);
    return { name, changes, parameters: paths.map((path) => checkName(`parameters of ${what}`, path)) };
  });
}
