import { fault } from "../base/errors.ts";
import type { LoopFunction } from "../ir/loop.ts";
import { templates } from "./templates.gen.ts";

/** Finds a template by its name. */
export type Templates = (name: string) => LoopFunction | undefined;

/** Finds templates by name. One is made when it is first asked for, since most models need few, and then stays the same. */
export function templateLookup(): Templates {
  const found = new Map<string, LoopFunction>();
  return (name) => {
    if (!Object.hasOwn(templates, name)) return undefined;
    const template = found.get(name) ?? templates[name]();
    found.set(name, template);
    return template;
  };
}

/** One template by name; refuses a name that no template has. */
export function templateNamed(find: Templates, name: string): LoopFunction {
  return find(name) ?? fault(`there is no template "${name}"`);
}
