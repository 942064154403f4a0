import type { Origin } from "../graph.ts";

const part = /∂(?:"(?:[^"\\]|\\.)*"|[^\s;]*)|at\s+"(?:[^"\\]|\\.)*"|"(?:[^"\\]|\\.)*"|[^\s;]+/gy;
const bare = (text: string): string => (text.startsWith('"') ? (JSON.parse(text) as string) : text);

/**
 * Reads a line's comment back to origins. Comments are for readers, so what does not look like an origin
 * is passed over in silence.
 */
export function commentOrigins(comment: string): Origin[] {
  return segments(comment).flatMap((words) => {
    let origin: Origin = { layer: "", source: "" };
    if (words[0]?.startsWith("+") && words[1] === "more") return [];
    try {
      for (const word of words) {
        if (word.startsWith("∂")) origin = { ...origin, gradientOf: bare(word.slice(1)) };
        else if (word.startsWith("at")) {
          const source = word.slice(2).trim();
          origin = source.startsWith('"') ? { ...origin, source: bare(source) } : { ...origin, layer: word };
        } else if (/^[\w$./-]+:\d+$/.test(word)) origin = { ...origin, source: word };
        else origin = { ...origin, layer: bare(word) };
      }
    } catch {
      return [];
    }
    return origin.layer || origin.source || origin.gradientOf !== undefined ? [origin] : [];
  });
}

/** The words of each origin; semicolons inside strings do not count. */
function segments(comment: string): string[][] {
  const all: string[][] = [[]];
  let at = 0;
  while (at < comment.length) {
    if (/[\s;]/.test(comment[at])) {
      if (comment[at] === ";") all.push([]);
      at++;
      continue;
    }
    part.lastIndex = at;
    const found = part.exec(comment)?.[0] ?? comment[at];
    all[all.length - 1].push(found);
    at += found.length;
  }
  return all;
}
