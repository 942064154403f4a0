import { fail } from "../../base/errors.ts";
import { suggest } from "../../base/suggest.ts";

/**
 * Whether a path fits a pattern: "*" stands for one segment's text, "**" for any path; everything else for itself.
 * The places of the path that the pattern so far may end at are looked at together, so that no pattern takes long.
 */
function fits(pattern: string, path: string): boolean {
  let places = new Set([0]);
  for (const part of pattern.split(/(\*\*|\*)/)) {
    const next = new Set<number>();
    for (const start of places) {
      if (part !== "*" && part !== "**") {
        if (path.startsWith(part, start)) next.add(start + part.length);
        continue;
      }
      for (let end = start; end <= path.length && !next.has(end); end++) {
        next.add(end);
        if (part === "*" && path[end] === "/") break;
      }
    }
    places = next;
  }
  return places.has(path.length);
}

/** Everything below each path's folders, as patterns. */
const foldersOf = (paths: readonly string[]): Set<string> =>
  new Set(
    paths.flatMap((path) => {
      const parts = path.split("/");
      return parts.slice(1).map((_, k) => `${parts.slice(0, k + 1).join("/")}/**`);
    }),
  );

/** The paths that any pattern matches; a pattern that matches none is a mistake of the line that wrote it. */
export function matching(
  what: string,
  patterns: readonly string[],
  paths: readonly string[],
  source?: string,
): Set<string> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const hits = paths.filter((path) => fits(pattern, path));
    if (hits.length === 0) {
      const known = pattern.includes("*") ? [...foldersOf(paths), ...paths] : paths;
      fail("frozen", `${what}: "${pattern}" matches no parameter`, {
        place: { source },
        hint: suggest(pattern, known),
      });
    }
    for (const path of hits) found.add(path);
  }
  return found;
}
