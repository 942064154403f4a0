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

/** Everything below each path's folders, as patterns. */
const foldersOf = (paths: readonly string[]): Set<string> =>
  new Set(
    paths.flatMap((path) => {
      const parts = path.split("/");
      return parts.slice(1).map((_, k) => `${parts.slice(0, k + 1).join("/")}/**`);
    }),
  );

/** The paths that any pattern matches; a pattern that matches none is a mistake. */
export function matching(what: string, patterns: readonly string[], paths: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const test = matcher(pattern);
    const hits = paths.filter((path) => test.test(path));
    if (hits.length === 0) {
      const known = pattern.includes("*") ? [...foldersOf(paths), ...paths] : paths;
      reject("frozen", `${what}: "${pattern}" matches no parameter`, suggest(pattern, known));
    }
    for (const path of hits) found.add(path);
  }
  return found;
}
