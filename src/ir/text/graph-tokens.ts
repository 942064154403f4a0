import { unreadable } from "../../base/errors.ts";

/** One word of graph text with the place where it stands (both count from 1). */
export interface Token {
  readonly kind: "value" | "word" | "number" | "string" | "mark" | "end";
  /** The name without `%` and quotes, the string's contents, or the characters themselves. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}
export interface Line {
  readonly tokens: readonly Token[];
  /** What follows `//`, trimmed. */
  readonly comment: string;
}

const quoted = String.raw`"(?:[^"\\\u0000-\u001f]|\\.)*"`;
const patterns: ReadonlyArray<readonly [Token["kind"], RegExp]> = [
  ["value", new RegExp(String.raw`%(?:${quoted}|[\w./~$-]+)`, "y")],
  ["string", new RegExp(quoted, "y")],
  ["number", /-?(?:Infinity|\d+(?:\.\d+)?(?:e[+-]?\d+)?)|NaN/iy],
  ["word", /[A-Za-z_$][\w.$]*/y],
  ["mark", /[=:,[\](){}*≤]|<=/y],
];

export function failAt(
  { line, column }: { line: number; column: number },
  sentence: string,
  hint?: string,
): never {
  return unreadable(`${line}:${column}: ${sentence}`, { hint });
}

/** Reads a JSON string; a bad escape is an error of the text, not of the parser. */
function unquote(text: string, place: { line: number; column: number }): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return failAt(place, `the string ${text} holds an escape that is not JSON`);
  }
}

/** Splits graph text into lines of tokens; empty lines and lines of comments vanish. */
export function graphTokens(text: string): Line[] {
  const lines: Line[] = [];
  for (const [k, source] of text.split(/\r?\n/).entries()) {
    const tokens: Token[] = [];
    let comment = "";
    let at = 0;
    for (;;) {
      while (source[at] === " " || source[at] === "\t") at++;
      if (at >= source.length) break;
      if (source.startsWith("//", at)) {
        comment = source.slice(at + 2).trim();
        break;
      }
      const token = tokenAt(source, at, k + 1);
      tokens.push(token.token);
      at = token.next;
    }
    if (tokens.length === 0) continue;
    tokens.push({ kind: "end", text: "the end of the line", line: k + 1, column: at + 1 });
    lines.push({ tokens, comment });
  }
  return lines;
}

function tokenAt(source: string, at: number, line: number): { token: Token; next: number } {
  const place = { line, column: at + 1 };
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0];
    if (found === undefined) continue;
    const bare = kind === "value" ? found.slice(1) : found;
    const text = bare.startsWith('"') ? unquote(bare, place) : bare;
    return { token: { kind, text, ...place }, next: at + found.length };
  }
  return failAt(place, `the character ${JSON.stringify(source[at])} has no meaning here`);
}
