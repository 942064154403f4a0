import { fail } from "../base/errors.ts";
import { suggest } from "../base/suggest.ts";
import type { LoopFunction } from "../ir/loop.ts";
import { parseLoops } from "../ir/text/loop-parse.ts";
import { templates } from "./templates.gen.ts";

/** Finds a template by its name. */
export type Templates = (name: string) => LoopFunction | undefined;

/**
 * Finds templates by function name. A file is parsed when one of its functions is first asked for, since most
 * models need few of them.
 */
export function templateLookup(): Templates {
  const found = new Map<string, LoopFunction>();
  return (name) => {
    const before = found.get(name);
    if (before) return before;
    const file = Object.keys(templates).find((key) => templates[key].includes(`export function ${name}(`));
    if (file === undefined) return undefined;
    for (const fn of parseLoops(templates[file], `templates/${file}.ts`)) found.set(fn.name, fn);
    return found.get(name);
  };
}

/** One template by name; refuses a name that no template has. */
export function templateNamed(find: Templates, name: string): LoopFunction {
  return (
    find(name) ??
    fail("template", `there is no template "${name}"`, { hint: suggest(name, Object.keys(templates)) })
  );
}
