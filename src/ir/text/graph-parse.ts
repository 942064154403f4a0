import { GradcError } from "../../base/errors.ts";
import { suggest } from "../../base/suggest.ts";
import { builder, Builder, withBuilder } from "../builder.ts";
import {
  isLeaf,
  leafOps,
  type Attr,
  type Attrs,
  type Body,
  type Graph,
  type Node,
  type Output,
  type Role,
  type Value,
} from "../graph.ts";
import { applyRoom, type OpTable } from "../op.ts";
import {
  dtypes,
  sameType,
  tensorType,
  typeText,
  type BatchDim,
  type DType,
  type Dim,
  type TensorType,
} from "../type.ts";
import { commentOrigins } from "./graph-comment.ts";
import { failAt, graphTokens, type Line, type Token } from "./graph-tokens.ts";

const roles: readonly Role[] = ["output", "loss", "metric", "gradient", "assign"];

/**
 * Reads the text that `printGraph` writes. Each op's declared type is checked against its type rule.
 * Errors carry the code "graph-text" and begin with `line:column`.
 */
export function parseGraph(text: string, table: OpTable): Graph {
  const lines = graphTokens(text);
  const build = new Builder();
  const header = new Reader(
    lines[0] ?? { tokens: [{ kind: "end", text: "nothing", line: 1, column: 1 }], comment: "" },
  );
  header.word("graph");
  const name = header.take("word", "string").text;
  const batch = header.maybe("(") ? readBatch(header) : null;
  header.end();
  const outputs: Output[] = [];
  const origins = new Map<Node, ReturnType<typeof commentOrigins>>();
  const state: State = { table, batch, values: new Map(), origins, depth: 0 };
  withBuilder(build, () =>
    build.within({ layer: "", source: "" }, () => {
      const rest = lines.slice(1);
      while (rest.length > 0) {
        const reader = new Reader(rest[0]);
        if (reader.next.kind === "word") {
          rest.shift();
          outputs.push(readReturn(reader, state));
        } else readNode(rest, state);
      }
    }),
  );
  return { name, batch, outputs, origins };
}

interface State {
  readonly table: OpTable;
  readonly batch: number | null;
  readonly values: Map<string, Value>;
  readonly origins: Map<Node, ReturnType<typeof commentOrigins>>;
  /** How many bodies are open. */
  readonly depth: number;
}

/** Takes the tokens of one line in order. */
class Reader {
  private at = 0;
  private readonly line: Line;
  constructor(line: Line) {
    this.line = line;
  }
  get next(): Token {
    return this.line.tokens[this.at];
  }
  take(...kinds: readonly Token["kind"][]): Token {
    if (!kinds.includes(this.next.kind)) this.expected(kinds.join(" or "));
    return this.line.tokens[this.at++];
  }
  maybe(mark: string): boolean {
    const found = this.next.kind === "mark" && this.next.text === mark;
    if (found) this.at++;
    return found;
  }
  mark(mark: string): void {
    if (!this.maybe(mark)) this.expected(`"${mark}"`);
  }
  maybeWord(word: string): boolean {
    const found = this.next.kind === "word" && this.next.text === word;
    if (found) this.at++;
    return found;
  }
  word(word: string): void {
    if (this.next.kind !== "word" || this.next.text !== word) this.expected(`"${word}"`);
    this.at++;
  }
  end(): void {
    this.take("end");
  }
  expected(what: string): never {
    return failAt(this.next, `expected ${what}, found ${JSON.stringify(this.next.text)}`);
  }
  /** Items separated by commas up to a closing mark. */
  list<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    if (this.maybe(close)) return items;
    do items.push(item());
    while (this.maybe(","));
    this.mark(close);
    return items;
  }
}

function readBatch(reader: Reader): number {
  reader.word("batch");
  reader.word("n");
  if (!reader.maybe("≤")) reader.mark("<=");
  const token = reader.take("number");
  const batch = Number(token.text);
  if (!Number.isSafeInteger(batch) || batch < 1)
    failAt(token, `the batch must be a positive integer, not ${token.text}`);
  reader.mark(")");
  return batch;
}

function readDtype(reader: Reader): DType {
  const token = reader.take("word");
  return (
    dtypes.find((dtype) => dtype === token.text) ??
    failAt(token, `"${token.text}" is not a dtype`, dtypes.join(", "))
  );
}

const readType = (reader: Reader, state: State): TensorType => {
  const dtype = readDtype(reader);
  reader.mark("[");
  return tensorType(
    dtype,
    reader.list("]", () => readDim(reader, state)),
  );
};

function readDim(reader: Reader, state: State): Dim {
  const token = reader.take("number", "word");
  if (token.kind === "word") return batchDim(token, 1, state);
  const times = Number(token.text);
  if (!Number.isSafeInteger(times) || times < 0) failAt(token, `${token.text} is not an extent`);
  return reader.maybe("*") ? batchDim(reader.take("word"), times, state) : times;
}

function batchDim(token: Token, times: number, { batch }: State): BatchDim {
  if (token.text !== "n") failAt(token, `expected n, found "${token.text}"`);
  return {
    times,
    max: batch ?? failAt(token, "n has no meaning in a graph without a batch", 'write "(batch n ≤ 64)"'),
  };
}

/** Attributes are flat or nearly so; deeper text is an attack on the call stack. */
const deepest = 8;

function readAttr(reader: Reader, state: State, depth = 0): Attr {
  if (depth > deepest) failAt(reader.next, `lists are nested deeper than ${deepest}`);
  if (reader.maybe("[")) return reader.list("]", () => readAttr(reader, state, depth + 1));
  const token = reader.take("number", "string", "word");
  if (token.kind === "string") return token.text;
  if (token.kind === "number") {
    return reader.maybe("*") ? batchDim(reader.take("word"), Number(token.text), state) : Number(token.text);
  }
  if (token.text === "true" || token.text === "false") return token.text === "true";
  return token.text === "null" ? null : batchDim(token, 1, state);
}

function readAttrs(reader: Reader, state: State): Attrs {
  const attrs = new Map<string, Attr>();
  if (!reader.maybe("{")) return {};
  reader.list("}", () => {
    const name = reader.take("word");
    if (attrs.has(name.text)) failAt(name, `the attribute "${name.text}" is written twice`);
    reader.mark(":");
    attrs.set(name.text, readAttr(reader, state));
  });
  return Object.fromEntries(attrs);
}

/** A value by name, or a literal whose dtype is its own or, without one, the op's. */
function readOperand(reader: Reader, state: State, dtype?: DType): Value {
  const token = reader.take("value", "number");
  if (token.kind === "value") {
    return state.values.get(token.text) ?? failAt(token, `%${token.text} is used before it is defined`);
  }
  const own = reader.maybe(":")
    ? readDtype(reader)
    : (dtype ?? failAt(token, `the literal ${token.text} needs a dtype`, `write ${token.text}:f32`));
  return apply(state, "constant", [], { value: Number(token.text), dtype: own, shape: [] }, token).outputs[0];
}

/** The placeholders after "over", then the lines of the body up to its "yield". */
function readBody(reader: Reader, lines: Line[], outer: State): Body {
  const start = reader.next;
  if (outer.depth >= deepest) failAt(start, `bodies are nested deeper than ${deepest}`);
  const state: State = { ...outer, values: new Map(), depth: outer.depth + 1 };
  const inputs: Value[] = [];
  if (reader.next.kind === "value")
    do {
      const token = reader.take("value");
      reader.mark(":");
      const { dtype, shape } = readType(reader, state);
      const attrs = { token: builder().token(), dtype, shape };
      if (state.values.has(token.text)) failAt(token, `%${token.text} is defined twice`);
      const [value] = apply(state, "placeholder", [], attrs, token).outputs;
      state.values.set(token.text, value);
      inputs.push(value);
    } while (reader.maybe(","));
  reader.end();
  for (;;) {
    const line = lines[0] as Line | undefined;
    if (!line) return failAt(start, 'the body has no "yield"');
    const inner = new Reader(line);
    if (inner.next.kind !== "word") {
      readNode(lines, state);
      continue;
    }
    lines.shift();
    inner.word("yield");
    const outputs: Value[] = [];
    do outputs.push(readOperand(inner, state));
    while (inner.maybe(","));
    inner.end();
    return { kind: "body", inputs, outputs };
  }
}

/** Reads the first line, and those of its body, off the lines. */
function readNode(lines: Line[], state: State): void {
  const line = lines.shift()!;
  const reader = new Reader(line);
  const start = reader.next;
  const results: Array<{ token: Token; type: TensorType }> = [];
  do {
    const token = reader.take("value");
    reader.mark(":");
    results.push({ token, type: readType(reader, state) });
  } while (reader.maybe(","));
  reader.mark("=");
  const op = reader.take("word");
  const leaf = (leafOps as readonly string[]).includes(op.text) ? reader.take("string") : undefined;
  const inputs: Value[] = [];
  if (reader.next.kind === "value" || reader.next.kind === "number") {
    do inputs.push(readOperand(reader, state, results[0].type.dtype));
    while (reader.maybe(","));
  }
  const flat = readAttrs(reader, state);
  const written: Attrs = reader.maybeWord("over") ? { ...flat, body: readBody(reader, lines, state) } : flat;
  if (!written["body"]) reader.end();
  const { type } = results[0];
  const attrs = leaf ? { name: leaf.text, dtype: type.dtype, shape: type.shape, ...written } : written;
  const node = apply(state, op.text, inputs, attrs, op);
  if (node.outputs.length !== results.length) {
    failAt(start, `"${op.text}" has ${node.outputs.length} outputs, not ${results.length}`);
  }
  for (const [k, { token, type: declared }] of results.entries()) {
    const value = node.outputs[k];
    if (!sameType(value.type, declared)) {
      failAt(
        token,
        `%${token.text} is declared ${typeText(declared)}, but ${op.text} gives ${typeText(value.type)}`,
      );
    }
    if (state.values.has(token.text)) failAt(token, `%${token.text} is defined twice`);
    state.values.set(token.text, value);
  }
  const known = commentOrigins(line.comment);
  if (known.length > 0) state.origins.set(node, known);
}

/** Applies an op; a refusal of its type rule gains the place in the text. */
function apply(state: State, op: string, inputs: readonly Value[], attrs: Attrs, place: Token): Node {
  try {
    const room = state.table.get(op) ?? failAt(place, `unknown op "${op}"`, suggest(op, state.table.keys()));
    const variadic = room.inputs.at(-1)?.startsWith("...") ?? false;
    if (variadic ? inputs.length < room.inputs.length - 1 : inputs.length !== room.inputs.length) {
      failAt(place, `"${op}" takes ${room.inputs.length} inputs, found ${inputs.length}`);
    }
    return applyRoom(room, inputs, attrs);
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    // A type rule may also stumble over attributes of the wrong kind, which only text can hold.
    const sentence = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return failAt(place, sentence, error instanceof GradcError ? error.hint : undefined);
  }
}

function readReturn(reader: Reader, state: State): Output {
  reader.word("return");
  const token = reader.take("word");
  const role =
    roles.find((known) => known === token.text) ??
    failAt(token, `"${token.text}" is not a role`, roles.join(", "));
  const name = reader.take("string").text;
  const place = reader.next;
  const cell = role === "assign" ? readOperand(reader, state) : undefined;
  if (cell && !isLeaf(cell.node)) failAt(place, "only a leaf can be assigned");
  const value = readOperand(reader, state);
  reader.end();
  return cell ? { role, name, value, cell } : { role, name, value };
}
