import { fail } from "./errors.ts";

/** One word of a text, with where it starts (both counted from 1). */
export interface Token {
  readonly kind: "name" | "number" | "string" | "symbol" | "comment" | "end";
  /** The word itself; of a string its contents, of a comment its text without the marks. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

const namePattern = /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy;
const numberPattern = /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const spacePattern = /\s+/y;
const lineComment = /\/\/[^\n]*/y;
const blockComment = /\/\*[\s\S]*?\*\//y;
const stringPattern = /"(?:[^"\\\n]|\\.)*"/y;

/**
 * Splits a text into names, numbers, strings, comments and the given symbols, and ends with an "end" token.
 * The longest symbol that fits is taken. A character that starts nothing is refused with its line and column.
 */
export function tokenize(text: string, symbols: readonly string[], source = "text"): readonly Token[] {
  const longestFirst = [...symbols].sort((a, b) => b.length - a.length);
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const next = (): { kind: Token["kind"] | "space"; raw: string; text: string } => {
    let raw = match(spacePattern);
    if (raw) return { kind: "space", raw, text: "" };
    raw = match(lineComment);
    if (raw !== undefined) return { kind: "comment", raw, text: raw.slice(2).trim() };
    raw = match(blockComment);
    if (raw) return { kind: "comment", raw, text: blockText(raw) };
    raw = match(namePattern);
    if (raw) return { kind: "name", raw, text: raw };
    raw = match(numberPattern);
    if (raw) return { kind: "number", raw, text: raw };
    raw = match(stringPattern);
    if (raw) return { kind: "string", raw, text: JSON.parse(raw) as string };
    raw = longestFirst.find((symbol) => text.startsWith(symbol, at));
    if (raw) return { kind: "symbol", raw, text: raw };
    return fail("syntax", `unexpected character ${JSON.stringify(text[at])}`, {
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

/** The lines of a block comment without the stars in front of them. */
function blockText(raw: string): string {
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
    return fail("syntax", sentence, {
      place: { source: `${this.#source}:${token.line}:${token.column}` },
      hint,
    });
  }
}
