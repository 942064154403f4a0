import { suggest } from "../../base/suggest.ts";
import { reject } from "../check.ts";

/** "*" stands for one segment's text, "**" for any path; everything else for itself. */
function matcher(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) =>
      part === "**" ? "[^]*" : part === "*" ? "[^/]*" : part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&"),
    )
    .join("");
  return new RegExp(`^${source}$`, "u");
}

/** The paths that any pattern matches; a pattern that matches none is a mistake. */
export function matching(what: string, patterns: readonly string[], paths: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const test = matcher(pattern);
    const hits = paths.filter((path) => test.test(path));
    if (hits.length === 0)
      reject("frozen", `${what}: "${pattern}" matches no parameter`, suggest(pattern, paths));
    for (const path of hits) found.add(path);
  }
  return found;
}
