import { unreadable } from "./errors.ts";

/** One word of a text, with where it starts (both counted from 1). */
export interface Token {
  readonly kind: "name" | "number" | "string" | "symbol" | "comment" | "end";
  /** The word itself; of a string its contents, of a comment its text without the marks. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Space, a comment, a name, a number or a string, in this order of groups. */
const word =
  /(\s+)|(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|([A-Za-z_$][\w$]*)|(0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|("(?:[^"\\\n]|\\.)*")/y;
/** Names in all letters. Engines take milliseconds to prepare it, so it is kept for texts that need it. */
const anyName = /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy;

/**
 * Splits a text into names, numbers, strings, comments and the given symbols, and ends with an "end" token.
 * The longest symbol that fits is taken. A character that starts nothing is refused with its line and column.
 */
export function tokenize(text: string, symbols: readonly string[], source = "text"): readonly Token[] {
  const longestFirst = [...symbols].sort((a, b) => b.length - a.length);
  const symbol = new RegExp(longestFirst.map((one) => one.replace(/\W/g, "\\$&")).join("|"), "y");
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const next = (): { kind: Token["kind"] | "space"; raw: string; text: string } => {
    const [raw, space, comment, name, number, string] = match(word) ?? [""];
    // Outside ASCII a name may start or go on.
    if ((name !== undefined || raw === "") && text.charCodeAt(at + raw.length) > 127) {
      const whole = match(anyName)?.[0];
      if (whole !== undefined) return { kind: "name", raw: whole, text: whole };
    }
    if (space !== undefined) return { kind: "space", raw, text: "" };
    if (comment !== undefined) return { kind: "comment", raw, text: commentText(raw) };
    if (name !== undefined) return { kind: "name", raw, text: raw };
    if (number !== undefined) return { kind: "number", raw, text: raw };
    if (string !== undefined) return { kind: "string", raw, text: JSON.parse(raw) as string };
    const found = match(symbol)?.[0];
    if (found) return { kind: "symbol", raw: found, text: found };
    return unreadable(`unexpected character ${JSON.stringify(text[at])}`, {
      place: { source: `${source}:${line}:${at - lineStart + 1}` },
    });
  };
  while (at < text.length) {
    const found = next();
    if (found.kind !== "space") {
      tokens.push({ kind: found.kind, text: found.text, line, column: at - lineStart + 1 });
    }
    for (let k = found.raw.indexOf("\n"); k >= 0; k = found.raw.indexOf("\n", k + 1)) {
      line++;
      lineStart = at + k + 1;
    }
    at += found.raw.length;
  }
  tokens.push({ kind: "end", text: "end of text", line, column: at - lineStart + 1 });
  return tokens;
}

/** What a comment says: of a block the lines without the stars in front of them. */
function commentText(raw: string): string {
  if (raw.startsWith("//")) return raw.slice(2).trim();
  const inner = raw.slice(2, -2).replace(/^\*/, "");
  const lines = inner.split("\n").map((line) => line.replace(/^\s*\*?\s?/, "").trimEnd());
  while (lines.length > 0 && lines[0].trim() === "") lines.shift();
  while (lines.length > 0 && lines[lines.length - 1].trim() === "") lines.pop();
  return lines.join("\n");
}

/** A place in a list of tokens that only moves forward: what every recursive-descent parser needs. */
export class Cursor {
  readonly #tokens: readonly Token[];
  readonly #source: string;
  #at = 0;

  constructor(tokens: readonly Token[], source = "text") {
    this.#tokens = tokens;
    this.#source = source;
  }

  /** The token `ahead` words further on, without moving. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
  }

  take(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  /** Whether the next word is this name or symbol. */
  is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return (token.kind === "name" || token.kind === "symbol") && token.text === text;
  }

  /** Takes the next word if it is this name or symbol. */
  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.#at++;
    return true;
  }

  expect(text: string): Token {
    if (!this.is(text)) this.refuse(`expected "${text}", found ${this.found()}`);
    return this.take();
  }

  name(what: string): string {
    if (this.peek().kind !== "name") this.refuse(`expected ${what}, found ${this.found()}`);
    return this.take().text;
  }

  found(): string {
    const token = this.peek();
    return token.kind === "end" ? "the end of the text" : `"${token.text}"`;
  }

  /** Stops with the line and column of a token, the next one unless said. */
  refuse(sentence: string, token: Token = this.peek(), hint?: string): never {
    return unreadable(sentence, {
      place: { source: `${this.#source}:${token.line}:${token.column}` },
      hint,
    });
  }
}
