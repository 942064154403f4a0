import type { Refuse } from "./refuse.ts";

const maxDepth = 100;

/**
 * Parses JSON that comes from outside. `JSON.parse` keeps the last of two equal keys and nests without limit;
 * here both are refused, because two readers could otherwise see two different files in the same bytes.
 */
export function parseJson(text: string, refuse: Refuse): unknown {
  checkNesting(text, refuse);
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse(`the JSON does not parse (${(error as Error).message})`);
  }
}

/** A record by its own keys only: an array, null or a scalar is not one. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Depth and repeated keys, in one pass over the text; the grammar itself is left to `JSON.parse`. */
function checkNesting(text: string, refuse: Refuse): void {
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "{" || c === "[") {
      if (open.length === maxDepth) refuse(`the JSON is nested deeper than ${maxDepth} levels`);
      open.push(c === "{" ? new Set() : undefined);
    } else if (c === "}" || c === "]") {
      open.pop();
    } else if (c === '"') {
      const end = endOfString(text, i);
      const keys = open.at(-1);
      if (keys && isFollowedByColon(text, end)) {
        const key = unescape(text.slice(i, end));
        if (keys.has(key)) refuse(`the key "${key}" appears twice in one JSON object`);
        keys.add(key);
      }
      i = end - 1;
    }
  }
}

/** The position after the closing quote; the end of the text where there is none. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return Math.min(i + 1, text.length);
}

function isFollowedByColon(text: string, at: number): boolean {
  let i = at;
  while (text[i] === " " || text[i] === "\n" || text[i] === "\r" || text[i] === "\t") i++;
  return text[i] === ":";
}

/** Equal keys may be spelt with different escapes, so they are compared as the strings they mean. */
function unescape(literal: string): string {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal; // A broken escape is refused by JSON.parse of the whole text, with its position.
  }
}
